"""What the console costs, in a terminal of 120x36: start, idle, groups that change, and adverts by the thousand.

The console is the real command in a process of its own on a pseudo-terminal, whose bytes are read and counted. What it
shows is told by `loud_engine` over a real Unix socket, for the rates must be known.
"""

from __future__ import annotations

import compileall
import contextlib
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Sheet, share

COLUMNS, LINES = 120, 36
EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("vrrptui")
Empty().run(mouse=False)
"""
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[2]
GROUPS, ADVERTS = 255, 10_000  # a second
FULL_S = 6.0  # until the ring of 50,000 is full at that rate
BURST = 12  # keys, in less time than an advert stays in the ring


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, *command: str) -> None:
        self.began = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.chdir(ROOT)
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            environment.pop("NO_COLOR", None)
            os.execve(sys.executable, [sys.executable, *command], environment)
        self.bytes = 0

    def read(self, seconds: float) -> bytes:
        """What it writes within that time, or the first of it."""
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            return b""
        data = os.read(self.master, 65536)
        self.bytes += len(data)
        return data

    def drain(self, seconds: float) -> None:
        """Read for that long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def until(self, word: bytes, seconds: float = 10.0) -> float:
        """Read until it has written `word`; the seconds that took."""
        began, seen = time.monotonic(), b""
        while word not in seen:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{word!r} did not come in {seconds} s")
            seen = seen[-200:] + self.read(0.5)
        return time.monotonic() - began

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def used_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cost(self, seconds: float) -> tuple[float, float]:
        """Per cent of a core, and kB a second to the terminal, over so long."""
        used, written, began = self.used_s(), self.bytes, time.monotonic()
        self.drain(seconds)
        took = time.monotonic() - began
        return 100 * (self.used_s() - used) / took, (self.bytes - written) / took / 1000

    def close(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        with contextlib.suppress(OSError):
            while os.read(self.master, 65536):
                pass
        os.waitpid(self.pid, 0)
        os.close(self.master)


@contextlib.contextmanager
def console(groups: int = 0, adverts: int = 0, known: int = GROUPS) -> Iterator[Terminal]:
    """The console on an engine that says so much a second."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "engine.sock"
        with _engine(socket, known, groups, adverts):
            terminal = Terminal("-m", "vrrptui", "--socket", str(socket))
            try:
                terminal.until(b"LIVE")
                terminal.drain(3.0)  # until it has settled
                yield terminal
            finally:
                terminal.close()


@contextlib.contextmanager
def _engine(socket: Path, known: int = 0, groups: int = 0, adverts: int = 0) -> Iterator[None]:
    """An engine that answers already."""
    command = [sys.executable, "-m", "tests.bench.loud_engine", socket, *map(str, (known, groups, adverts))]
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert engine.stdout is not None
    engine.stdout.readline()
    try:
        yield
    finally:
        engine.terminate()
        engine.wait()


def run(rounds: int, seconds: int) -> None:
    """Measure and print. `rounds` starts of each program, `seconds` of each load."""
    compileall.compile_dir(ROOT / "vrrptui", quiet=1)
    sheet = Sheet("The console, in a pseudo-terminal of 120x36", "what", "measured", "goal")
    _starts(sheet, rounds)
    with console(known=0) as one:
        percent, kilobytes = one.cost(seconds)
        sheet.add("idle, nothing on the segment: of a core", f"{percent:.2f} %", "0.5 %")
        sheet.add("idle: to the terminal", f"{kilobytes:.2f} kB/s", "")
        sheet.add("idle: memory", f"{one.rss_mb():.0f} MB", "60 MB")
    with console(groups=GROUPS) as one:
        percent, kilobytes = one.cost(seconds)
        sheet.add(f"{GROUPS} groups, each changed once a second: of a core", f"{percent:.1f} %", "3 %")
        sheet.add("the same: to the terminal", f"{kilobytes:.1f} kB/s", "12 kB/s")
    with console(adverts=ADVERTS) as one:
        one.type("2")
        one.drain(FULL_S)
        percent, kilobytes = one.cost(seconds)
        name = f"{ADVERTS:,} adverts/s arriving, 50,000 kept"
        sheet.add(f"{name}: of a core", f"{percent:.1f} %", "6 %")
        sheet.add("the same: to the terminal", f"{kilobytes:.1f} kB/s", "")
        sheet.add("the same: memory", f"{one.rss_mb():.0f} MB", "60 MB")
        waits = keys(one, max(2, rounds // 2))
        spread = f"{share(waits, 0.5):.0f} / {share(waits, 0.95):.0f} / {max(waits):.0f} ms"
        sheet.add(f"the same: from a key to what it changes, median / p95 / most of {len(waits)}", spread, "p95 50 ms")
    waits = _returns(rounds)
    spread = f"{statistics.median(waits):.0f} / {max(waits):.0f} ms"
    sheet.add(f"from an engine that answers again to LIVE, median / most of {len(waits)}", spread, "2000 ms")
    sheet.end()


def _returns(rounds: int) -> list[float]:
    """Milliseconds from an engine's return until the console shows it, the engine gone for a second each time."""
    waits = []
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "engine.sock"
        with _engine(socket):
            one = Terminal("-m", "vrrptui", "--socket", str(socket))
            one.until(b"LIVE")
        try:
            for number in range(rounds):
                one.until(b"RECONNECTING")
                one.drain(1.0 + 0.1 * number)  # not in step with its attempts
                with _engine(socket):
                    waits.append(1000 * one.until(b"LIVE"))
        finally:
            one.close()
    return waits


def _starts(sheet: Sheet, rounds: int) -> None:
    """First paint beside that of an app with one word in it, in turn."""
    found: dict[str, list[float]] = {"empty": [], "console": []}
    with tempfile.TemporaryDirectory() as folder:
        nowhere = str(Path(folder) / "none.sock")
        commands = {"empty": ("-c", EMPTY_APP), "console": ("-m", "vrrptui", "--socket", nowhere)}
        for _ in range(rounds):
            for name, command in commands.items():
                one = Terminal(*command)
                found[name].append(one.until(b"vrrptui"))
                one.close()
    empty, ours = (1000 * statistics.median(found[name]) for name in ("empty", "console"))
    sheet.add(f"first paint, median of {rounds}: empty app, console", f"{empty:.0f} ms, {ours:.0f} ms", "")
    sheet.add("first paint: over the empty app's", f"{ours / empty:.2f}", "1.6")


def keys(one: Terminal, bursts: int) -> list[float]:
    """Milliseconds from a key that moves the cursor until the packet it is on is named, the list going on meanwhile."""
    waits = []
    for _ in range(bursts):
        one.type("f")
        one.drain(0.6)
        one.type("k")
        one.drain(0.4)
        for number in range(BURST):
            one.type("k")
            waits.append(1000 * one.until(b"packet "))
            one.drain(0.05 + 0.017 * (number % 7))
    return waits
