"""An engine that a console starts for itself ends with it, whatever ends the console, and leaves no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vrrptui.engine.capture.pcap import CapturedFrame, CaptureWriter

CONSOLE = """
import signal, sys, time
from vrrptui.cli.commands.start import Observed, private_observer
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with private_observer(Observed(capture=sys.argv[1])) as path:
    print(path, flush=True)
    time.sleep(float(sys.argv[2]))
"""
ADVERT = bytes.fromhex(
    "01005e00001200005e000133080045c000200000 0000ff70d0290a0000020e000012".replace(" ", "") + "3133640100640000"
    "0a0000fe"
)


def within(seconds: float, what: Callable[[], object]) -> bool:
    ends = time.monotonic() + seconds
    while not what():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def engines(folder: Path) -> list[int]:
    """The processes that have this folder in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found


@pytest.fixture
def console(tmp_path):
    capture = tmp_path / "one.pcap"
    with capture.open("wb") as file:
        CaptureWriter(file).write(CapturedFrame(1_700_000_000_000_000_000, ADVERT))
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    started = []

    def start(seconds: float) -> tuple[subprocess.Popen[str], Path]:
        command = [sys.executable, "-c", CONSOLE, str(capture), str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip()).parent

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_with_a_console_that_is_killed(console, number):
    process, folder = console(60)
    assert engines(folder)
    process.send_signal(number)
    if number is signal.SIGHUP:  # ignored, as when a terminal goes: the console ends later
        process.kill()
    process.wait()
    assert within(5, lambda: not engines(folder)), "the engine lives on"
    assert within(5, lambda: not folder.exists()), "its folder is left"


def test_it_ends_with_a_console_that_is_left(console):
    process, folder = console(0.1)
    assert process.wait(timeout=10) == 0
    assert not engines(folder)
    assert not folder.exists()
