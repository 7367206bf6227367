"""What an engine owes its surroundings: the console that started it, signals, and the service manager."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.engine.host import until
from vrrptui.engine.runtime import lifetime, signals
from vrrptui.engine.runtime.lifetime import end_with_console, remove_folder
from vrrptui.engine.runtime.systemd import notify_systemd


async def test_an_engine_ends_when_its_console_closes_the_pipe(monkeypatch):
    ours, theirs = os.pipe()
    monkeypatch.setattr(lifetime, "STDIN", ours)
    ended: list[int] = []
    end_with_console(lambda: ended.append(1))
    os.write(theirs, b"typed")
    await asyncio.sleep(0.02)
    assert ended == []
    os.close(theirs)
    await until(lambda: ended)
    await asyncio.sleep(0.02)
    assert ended == [1]  # once
    os.close(ours)


def test_only_a_folder_made_for_an_engine_is_removed(tmp_path):
    made, other = tmp_path / "vrrptui-abc", tmp_path / "state"
    for folder in (made, other):
        folder.mkdir()
        (folder / "file").touch()
        remove_folder(folder)
    assert (made.exists(), other.exists()) == (False, True)
    remove_folder(made)  # the console has done it already


SCRIPT = """
import os, signal, subprocess
from vrrptui.engine.runtime.signals import NOTED, stay_alive
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
stay_alive()
for number in (signal.SIGHUP, *NOTED):
    os.kill(os.getpid(), number)
print("alive", signal.getsignal(signal.SIGUSR2) is signal.SIG_IGN, flush=True)
print(subprocess.run(["sh", "-c", "kill -USR1 $$"]).returncode)
"""


def test_signals_for_keepalived_end_no_engine_that_starts():
    """Their default would; a program that the engine starts has the default again."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["alive", "True", str(-signal.SIGUSR1)]), done.stderr


@pytest.mark.parametrize(
    ("number", "name", "hinted"),
    [(signal.SIGUSR1, "SIGUSR1", True), (signal.SIGPWR, "SIGPWR", False), (signal.SIGRTMIN + 2, "SIGRTMIN+2", True)],
)
async def test_a_signal_for_keepalived_is_logged(caplog, number, name, hinted):
    """keepalived(8): USR1 writes its data, USR2 its statistics."""
    loop = asyncio.get_running_loop()
    before = {one: signal.getsignal(one) for one in signals.NOTED}
    caplog.set_level("INFO")
    signals.note(loop)
    try:
        os.kill(os.getpid(), number)
        await until(lambda: caplog.records)
        said = caplog.records[0].getMessage()
        assert said.startswith(f"{name} received and ignored")
        assert ("vrrptui status" in said) is hinted
    finally:
        for one, handler in before.items():
            loop.remove_signal_handler(one)
            signal.signal(one, handler)


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(tmp_path, monkeypatch, abstract):
    """sd_notify(3): one datagram; a path that begins with @ is an abstract socket."""
    name = f"vrrptui-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}" if abstract else name)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else name)
        notify_systemd("READY=1")
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("path", ["", "/nowhere/notify"])
def test_a_missing_service_manager_is_no_error(monkeypatch, path):
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    notify_systemd("READY=1")


def test_a_full_service_manager_delays_nothing(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        for _ in range(1000):  # more than net.unix.max_dgram_qlen
            notify_systemd("WATCHDOG=1")
