"""Which programs may run and as whom, the host's own scripts, and starts that fall due together."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from pathlib import Path

import pytest

from tests.engine.host import until
from vrrptui.config.model.configuration import GlobalConfig, HostScript, User
from vrrptui.engine.programs import script_policy
from vrrptui.engine.programs.host_script import run_host_script
from vrrptui.engine.programs.script_policy import ScriptPolicy
from vrrptui.engine.programs.start_queue import StartQueue
from vrrptui.engine.programs.subprocess_run import AS_WE_DO, Account

STRICT = GlobalConfig(script_security=True, script_user="root")


def host_user(monkeypatch: pytest.MonkeyPatch, is_root: bool, has_default: bool) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0 if is_root else 1000)
    monkeypatch.setattr(script_policy, "user_exists", lambda _: has_default)


@pytest.mark.parametrize(
    ("is_root", "has_default", "general", "account"),
    [
        (True, True, GlobalConfig(), Account("keepalived_script")),
        (True, False, GlobalConfig(), AS_WE_DO),
        (False, True, GlobalConfig(), AS_WE_DO),
        (True, True, GlobalConfig(script_user="x", script_group="y"), Account("x", "y")),
    ],
)
def test_who_runs_a_script_without_a_user(monkeypatch, is_root, has_default, general, account):
    """keepalived(5), script_user: keepalived_script if there is such a user, else root."""
    host_user(monkeypatch, is_root, has_default)
    policy = ScriptPolicy(general)
    assert policy.account(None) == account
    assert policy.account(User("z", "g")) == Account("z", "g")


def test_without_security_every_script_may_run(monkeypatch, tmp_path):
    host_user(monkeypatch, is_root=True, has_default=False)
    assert ScriptPolicy(GlobalConfig()).refusal((str(tmp_path / "missing"),)) is None


def test_security_wants_a_user_for_scripts(monkeypatch):
    host_user(monkeypatch, is_root=True, has_default=False)
    policy = ScriptPolicy(GlobalConfig(script_security=True))
    why = "enable_script_security needs script_user, or a user keepalived_script"
    assert policy.refusal(("/bin/true",)) == why
    assert policy.refusal(("/bin/true",), User("nobody")) is None


@pytest.mark.parametrize(("user", "refused"), [("root", True), ("nobody", False), ("nobody-of-that-name", False)])
def test_security_refuses_what_others_can_change_as_root(tmp_path, user, refused):
    program = tmp_path / "check"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    why = ScriptPolicy(STRICT).refusal((str(program),), User(user))
    assert (why is not None) is refused
    if why is not None:
        assert why.startswith("it is not safe to run as root: ")
    assert ScriptPolicy(STRICT).refusal(("true",), User(user)) is None  # of the PATH, root's own


def test_security_refuses_a_setuid_program_of_root(tmp_path, monkeypatch):
    program = tmp_path / "check"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    real = os.stat

    def as_setuid(path: str) -> os.stat_result:
        mode, *more = real(path)[:10]
        return os.stat_result((mode | 0o4000, *more[:3], 0, *more[4:]))

    assert ScriptPolicy(STRICT).refusal((str(program),), User("nobody")) is None
    monkeypatch.setattr("os.stat", as_setuid)
    assert ScriptPolicy(STRICT).refusal((str(program),), User("nobody")) is not None


# The host's scripts.


def general(command: str = "", timeout_s: float = 5) -> GlobalConfig:
    words = ("/bin/sh", "-c", command) if command else ()
    return GlobalConfig(startup=HostScript(words, timeout_ns=round(timeout_s * 1e9)))


@pytest.mark.parametrize(
    ("command", "timeout_s", "level", "said"),
    [
        ("echo up", 5, logging.INFO, "startup_script /bin/sh ended with 0: up"),
        ("echo no >&2; exit 3", 5, logging.WARNING, "startup_script /bin/sh ended with 3: no"),
        ("sleep 5", 0.1, logging.WARNING, "startup_script /bin/sh timed out: "),
    ],
)
async def test_a_host_script_is_waited_for_and_logged(caplog, command, timeout_s, level, said):
    caplog.set_level(logging.INFO)
    await asyncio.wait_for(run_host_script("startup_script", general(command, timeout_s), None), 4)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(level, said)]


async def test_without_a_host_script_nothing_is_logged(caplog):
    caplog.set_level(logging.INFO)
    await run_host_script("shutdown_script", general("echo up"), None)
    assert caplog.records == []


async def test_a_host_script_ends_when_the_engine_stops(caplog, tmp_path):
    cut = asyncio.Event()
    pid_file = tmp_path / "pid"
    running = asyncio.create_task(
        run_host_script("startup_script", general(f"echo $$ > {pid_file}; exec sleep 60", 60), cut)
    )
    await until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    cut.set()
    await asyncio.wait_for(running, 4)
    assert "is ended early: the engine stops" in caplog.text
    status = Path(f"/proc/{pid_file.read_text().strip()}/stat")
    await until(lambda: not status.exists())  # killed, and reaped by the loop


async def test_a_host_script_that_is_refused_does_not_run(caplog, tmp_path, monkeypatch):
    host_user(monkeypatch, is_root=True, has_default=False)
    config = GlobalConfig(script_security=True, startup=HostScript(("/bin/touch", str(tmp_path / "ran"))))
    await run_host_script("startup_script", config, None)
    assert "startup_script /bin/touch is not run: enable_script_security needs script_user" in caplog.text
    assert not (tmp_path / "ran").exists()


# Starts that fall due together.


async def test_one_program_is_started_a_turn():
    loop, turns, started = asyncio.get_running_loop(), [0], []
    queue = StartQueue(loop)

    def turn() -> None:
        turns[0] += 1
        if turns[0] < 20:
            loop.call_soon(turn)

    def started_in(number: int) -> None:
        started.append((number, turns[0]))

    loop.call_soon(turn)
    for number in range(4):
        queue.add(partial(started_in, number))
    assert started == []
    while turns[0] < 20:
        await asyncio.sleep(0)
    assert [number for number, _ in started] == [0, 1, 2, 3]
    assert len({turn for _, turn in started}) == 4


async def test_a_start_that_fails_holds_no_other_back():
    loop, started = asyncio.get_running_loop(), []
    errors: list[object] = []
    loop.set_exception_handler(lambda _, context: errors.append(context["exception"]))
    queue = StartQueue(loop)
    queue.add(lambda: 1 / 0)
    queue.add(lambda: started.append(1))
    for _ in range(5):
        await asyncio.sleep(0)
    assert (started, [type(error) for error in errors]) == ([1], [ZeroDivisionError])
    queue.add(lambda: started.append(2))
    await asyncio.sleep(0)
    assert started == [1, 2]
