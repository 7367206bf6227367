"""Foreign programs: how each kind of end is told, and that none of them holds the engine up or stays behind."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import runs
from tests.rights import needs_two_users
from vrrptui.config.model.configuration import Notify, Place, ScriptConfig
from vrrptui.engine.notify import notifications as notify_module
from vrrptui.engine.notify.notifications import NotifyQueue
from vrrptui.engine.programs import subprocess_run as process_module
from vrrptui.engine.programs.subprocess_run import OUTPUT_BYTES, Account, Outcome, Run
from vrrptui.engine.trackers.script import ScriptTracker


async def outcome_of(*command: str, timeout_s: float = 5.0, account: Account = process_module.AS_WE_DO) -> Outcome:
    ended = asyncio.get_running_loop().create_future()
    Run(command, timeout_s, ended.set_result, account)
    return await asyncio.wait_for(ended, 10)


def shell(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


async def gone(pid: int) -> bool:
    for _ in range(200):
        if not runs(pid):
            return True
        await asyncio.sleep(0.01)
    return False


async def pid_in(file: Path) -> int:
    for _ in range(300):
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        await asyncio.sleep(0.01)
    raise AssertionError("the program did not start")


@pytest.mark.parametrize("code", [0, 1, 2, 127, 255])
async def test_an_exit_status_is_told(code):
    outcome = await outcome_of(*shell(f"exit {code}"))
    assert (outcome.code, outcome.good, outcome.timed_out) == (code, code == 0, False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_a_death_by_signal_is_told_as_its_negative_number(number):
    assert (await outcome_of(*shell(f"kill -{int(number)} $$"))).code == -number


async def test_a_missing_program_is_bad_and_named():
    outcome = await outcome_of("/nonexistent/check")
    assert outcome.code is None
    assert not outcome.good
    assert "/nonexistent/check" in outcome.output


async def test_a_missing_interpreter_is_bad(tmp_path):
    script = tmp_path / "check"
    script.write_text("#!/nonexistent/sh\n")
    script.chmod(0o755)
    outcome = await outcome_of(str(script))
    assert outcome.code is None
    assert "cannot run" in outcome.output


async def test_a_script_without_the_right_to_run_is_bad(tmp_path):
    script = tmp_path / "check"
    script.write_text("#!/bin/sh\n")
    assert (await outcome_of(str(script))).code is None


async def test_an_unknown_user_is_bad_and_no_crash():
    outcome = await outcome_of("/bin/true", account=Account("nobody-of-this-name"))
    assert outcome.code is None
    assert "nobody-of-this-name" in outcome.output


@needs_two_users
async def test_a_script_of_another_user_has_none_of_our_groups():
    nobody = pwd.getpwnam("nobody")
    outcome = await outcome_of("/usr/bin/id", account=Account("nobody"))
    assert f"uid={nobody.pw_uid}" in outcome.output
    assert f"gid={nobody.pw_gid}" in outcome.output
    assert "root" not in outcome.output


@needs_two_users
async def test_a_named_group_is_the_one_it_runs_with():
    assert (await outcome_of("/usr/bin/id", "-gn", account=Account("nobody", "daemon"))).output.strip() == "daemon"


async def test_of_a_flood_of_output_the_last_is_kept():
    outcome = await outcome_of(*shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo the end"))
    assert outcome.good
    assert len(outcome.output.encode()) <= OUTPUT_BYTES
    assert outcome.output.endswith("line 19999\nthe end\n")


async def test_output_that_is_no_text_is_taken():
    assert "\ufffd" in (await outcome_of(*shell(r"printf '\377\376'"))).output


async def test_a_slow_program_is_asked_to_end_and_counts_as_failed():
    began = time.monotonic()
    outcome = await outcome_of("/bin/sleep", "60", timeout_s=0.1)
    assert (outcome.timed_out, outcome.code, outcome.good) == (True, -signal.SIGTERM, False)
    assert time.monotonic() - began < 1


async def test_a_slow_program_that_ends_well_when_asked_has_failed():
    outcome = await outcome_of(*shell("trap 'exit 0' TERM; sleep 60 & wait"), timeout_s=0.1)
    assert (outcome.code, outcome.good) == (0, False)


async def test_a_program_that_will_not_end_is_killed_with_its_group(tmp_path, monkeypatch):
    monkeypatch.setattr(process_module, "KILL_AFTER_S", 0.2)
    child = tmp_path / "pid"
    stubborn = f"trap '' TERM; (trap '' TERM; exec sleep 60) & echo $! > {child}; while :; do sleep 60; done"
    outcome = await outcome_of(*shell(stubborn), timeout_s=0.2)
    assert (outcome.timed_out, outcome.code) == (True, -signal.SIGKILL)
    assert await gone(await pid_in(child))


async def test_a_grandchild_with_the_pipe_does_not_delay_the_result(tmp_path):
    child = tmp_path / "pid"
    outcome = await outcome_of(*shell(f"sleep 30 & echo $! > {child}; echo done"))
    os.kill(await pid_in(child), signal.SIGKILL)
    assert (outcome.good, outcome.output) == (True, "done\n")
    assert outcome.seconds < 5


async def test_a_program_that_becomes_a_daemon_delays_no_result(tmp_path):
    child = tmp_path / "pid"
    outcome = await outcome_of(*shell(f"setsid sh -c 'echo $$ > {child}; exec sleep 30' & exit 3"))
    os.kill(await pid_in(child), signal.SIGKILL)
    assert outcome.code == 3
    assert outcome.seconds < 5


async def test_stop_leaves_no_process_and_says_nothing(tmp_path):
    leader, child, said = tmp_path / "leader", tmp_path / "child", []
    run = Run(shell(f"trap '' TERM; echo $$ > {leader}; sleep 60 & echo $! > {child}; wait; wait"), 60.0, said.append)
    pids = await pid_in(leader), await pid_in(child)
    began = time.monotonic()
    run.stop()
    assert time.monotonic() - began < 0.05, "stop does not wait"
    assert await gone(pids[0])
    assert await gone(pids[1])
    await asyncio.sleep(0.1)
    assert not Path(f"/proc/{pids[0]}").exists(), "it was not reaped"
    assert said == []


async def test_two_hundred_runs_leave_no_descriptor_open():
    await outcome_of("/bin/true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        await asyncio.gather(*(outcome_of("/bin/true") for _ in range(5)), *(outcome_of("/no/such") for _ in range(5)))
    assert len(os.listdir("/proc/self/fd")) == before


WITHOUT_PROCESSES = """
import asyncio, os, resource, sys
from vrrptui.engine.programs.subprocess_run import Run

async def main():
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.setgid(65534), os.setuid(65534)
    ended = asyncio.get_running_loop().create_future()
    Run(("/bin/true",), 5.0, ended.set_result)
    outcome = await asyncio.wait_for(ended, 10)
    print(outcome.code, outcome.good, outcome.output)

asyncio.run(main())
"""


@needs_two_users
def test_a_refused_fork_is_a_bad_result_and_no_crash():
    command = [sys.executable, "-c", WITHOUT_PROCESSES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("None False cannot run /bin/true: [Errno 11]"), done.stdout


async def test_a_program_that_overfills_the_pipe_loses_nothing():
    """Its end of the pipe is as any program expects it: a write waits, and does not fail with EAGAIN."""
    outcome = await outcome_of(*shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo status $?"))
    assert outcome.output.endswith("x\nstatus 0\n")
    assert "unavailable" not in outcome.output


async def test_a_number_that_is_printed_with_exit_0_is_hinted_at():
    hints = {}
    for text in ("echo 5", "echo 5; exit 1", "echo 0", "echo 5 good", "true"):
        done = asyncio.get_running_loop().create_future()
        config = ScriptConfig(name="chk", command=shell(text), place=Place("test.conf", 1))
        check = ScriptTracker(config, Account(), lambda one, done=done: done.done() or done.set_result(one))  # type: ignore[misc]
        check.start()
        await asyncio.wait_for(done, 10)
        check.stop()
        hints[text] = check.snapshot([]).hint
    assert [text for text, hint in hints.items() if hint] == ["echo 5"]


async def test_a_program_gets_a_clean_environment_and_no_descriptors(monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    output = (await outcome_of(*shell("env; pwd; umask; ls /proc/$$/fd | tr '\\n' ' '"))).output
    assert "SECRET_OF_OURS" not in output
    assert output.splitlines()[-3:-1] == ["/", "0077"]
    assert output.splitlines()[-1].split()[:3] == ["0", "1", "2"]
    assert len(output.splitlines()[-1].split()) <= 4  # a shell may keep one for itself


async def test_a_check_that_cannot_be_ended_fails_and_starts_no_second(tmp_path, monkeypatch):
    monkeypatch.setattr(process_module, "KILL_AFTER_S", 0.05)
    monkeypatch.setattr(process_module, "GIVE_UP_AFTER_S", 0.05)
    signals = []
    monkeypatch.setattr(Run, "_signal", lambda _, number: signals.append(number))  # as if it were stuck in the kernel
    pids, results = tmp_path / "pids", []
    config = ScriptConfig(
        name="chk",
        command=shell(f"echo $$ >> {pids}; exec sleep 60"),
        interval_ns=200_000_000,
        timeout_ns=50_000_000,
        fall=3,
        place=Place("test.conf", 1),
    )
    check = ScriptTracker(config, Account(), lambda one: results.append(one.last))
    check.health.up = True
    check.start()
    for _ in range(300):
        if check.up is False:
            break
        await asyncio.sleep(0.01)
    check.stop()
    (pid,) = pids.read_text().split()
    os.kill(int(pid), signal.SIGKILL)
    assert check.up is False
    assert signals[:2] == [signal.SIGTERM, signal.SIGKILL]
    assert [(one.code, one.timed_out) for one in results] == [(None, True)] * 3


# Notifications.


def queue(file: Path, **commands: str) -> NotifyQueue:
    parts = {state: shell(f"{text} >> {file}") for state, text in commands.items() if state != "any"}
    if "any" in commands:
        parts["any"] = (*shell(f'{commands["any"]} "$@" >> {file}'), "notify")
    return NotifyQueue("VI_1", Notify(**parts), Account())


async def test_notifications_run_one_after_the_other_in_order(tmp_path):
    file = tmp_path / "log"
    one = queue(file, backup="sleep 0.2; echo backup", master="sleep 0.1; echo master", fault="echo fault")
    for state in ("backup", "master", "fault", "master"):
        one.entered(state, 100)
    await asyncio.wait_for(one.idle.wait(), 10)
    assert file.read_text().split() == ["backup", "master", "fault", "master"]


async def test_the_general_notification_has_keepalived_s_arguments(tmp_path):
    file = tmp_path / "log"
    one = queue(file, any="echo", stop="echo own")
    one.entered("stop", 90)
    await asyncio.wait_for(one.idle.wait(), 10)
    assert file.read_text().splitlines() == ["own", "INSTANCE VI_1 STOP 90"]


async def test_a_failed_notification_is_logged_and_the_next_one_runs(tmp_path, caplog):
    file = tmp_path / "log"
    one = NotifyQueue("VI_1", Notify(fault=("/no/such",), master=shell(f"echo on > {file}")), Account())
    one.entered("fault", 100)
    one.entered("master", 100)
    await asyncio.wait_for(one.idle.wait(), 10)
    assert "(VI_1) notify /no/such for FAULT ended with None" in caplog.text
    assert file.read_text() == "on\n"


async def test_notifications_are_idle_only_when_the_last_one_has_run(tmp_path):
    file = tmp_path / "log"
    one = queue(file, backup="sleep 0.1; echo first", master="sleep 0.1; echo second")
    waiting = asyncio.create_task(one.idle.wait())
    one.entered("backup", 100)
    one.entered("master", 100)
    waiting.cancel()
    await asyncio.wait_for(one.idle.wait(), 10)
    assert file.read_text().split() == ["first", "second"]


async def test_more_notifications_than_the_limit_are_dropped_and_said(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(notify_module, "QUEUE_LENGTH", 2)
    one = queue(tmp_path / "log", backup="sleep 0.1; echo b")
    for _ in range(5):
        one.entered("backup", 100)
    await asyncio.wait_for(one.idle.wait(), 10)
    assert caplog.text.count("too many notifications are waiting") == 2
    assert (tmp_path / "log").read_text().split() == ["b"] * 3
