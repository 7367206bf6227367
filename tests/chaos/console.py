"""Random keys, texts, clicks and sizes at a console on a pty; its engine is killed now and then, and comes back."""

from __future__ import annotations

import contextlib
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.console.pty_terminal import PtyTerminal
from tests.engine.capture_bytes import ETHERNET, pcap
from tests.tmux import ROOT
from vrrptui.protocol.advert import NS_PER_SECOND

KINDS = {"alone": [], "hostile": ["--hostile"], "busy": ["--busy"], "of a pair": [], "playing a capture": []}
PLAY = [sys.executable, "-m", "tests.console.play", "--engine"]
KEYS = [
    *"12345jkgGnNsr<>/xfmtywYaeT?:p+-,.@DRSWXAML[] \r\t\x7f",
    *("\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z"),
]
TEXTS = ["vrid 51", "bad", "~[", "!not", "((", "\x1b[200~pasted\ntext\x1b[201~", "💩é", "-10", "200", "999999999999"]
TEXTS += ["drop", "theme", "03:12", "+90", "vrid", "chaos.pcap"]
BUTTONS = (0, 1, 2, 64, 65)
ROUND = 60  # acts before it is asked whether it still answers
STYLES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Bench:
    """A console with its engine or engines, started again whenever it was left."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._kind, self._folder = kind, folder
        self._sockets = [str(folder / f"{name}.sock") for name in ("a", "b")[: 2 if kind == "of a pair" else 1]]
        self._engines: dict[str, subprocess.Popen[bytes]] = {}
        for path in self._sockets:
            self.start_engine(path)
        if kind == "playing a capture":
            times = [(1_700_000_000 + second) * NS_PER_SECOND for second in range(600) if not 300 < second < 330]
            (folder / "chaos.pcap").write_bytes(pcap([(at, ETHERNET) for at in times]))
        self.console = self.start_console()

    def start_engine(self, path: str = "") -> None:
        path = path or self._sockets[0]
        if path in self._engines:
            self._end(path)
        self._engines[path] = subprocess.Popen([*PLAY, *KINDS[self._kind], path], stdout=subprocess.PIPE, cwd=ROOT)
        output = self._engines[path].stdout
        assert output is not None
        assert output.readline() == b"ready\n"

    def start_console(self) -> PtyTerminal:
        options = [word for path in self._sockets for word in ("--socket", path)]
        if self._kind == "playing a capture":
            options = ["-r", str(self._folder / "chaos.pcap")]
        kept = {
            "TERM": "xterm-256color",
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "PYTHONPATH": str(ROOT),
        }
        self.console = PtyTerminal([sys.executable, "-m", "vrrptui", *options], kept, folder=self._folder)
        self.console.until("ADDRESSES")
        return self.console

    def _end(self, path: str) -> None:
        self._engines[path].kill()
        self._engines[path].wait()

    def close(self) -> None:
        self.console.end()
        for path in self._engines:
            self._end(path)


def run(kind: str, folder: Path, seed: int, seconds: float) -> tuple[int, Sequence[str]]:
    """How many acts there were, and what broke: at the first thing it ends."""
    chance, bench, done = random.Random(seed), Bench(kind, folder), 0
    ends = time.monotonic() + seconds
    try:
        while time.monotonic() < ends:
            for _ in range(ROUND):
                with contextlib.suppress(OSError):  # it was told to leave a moment ago
                    _act(bench, chance)
                done += 1
                if not bench.console.alive:
                    break
            if wrong := _what_is_wrong(bench):
                return done, [wrong]
    finally:
        bench.close()
    return done, []


def _act(bench: Bench, chance: random.Random) -> None:
    console, kind = bench.console, chance.random()
    if kind < 0.75:
        console.type(chance.choice(KEYS))
    elif kind < 0.82:
        console.type(chance.choice(TEXTS))
    elif kind < 0.88:
        console.resize(chance.randint(10, 300), chance.randint(2, 100))
    elif kind < 0.97:
        place = f"\x1b[<{chance.choice(BUTTONS)};{chance.randint(1, 130)};{chance.randint(1, 40)}"
        console.type(f"{place}M{place}m")
    elif kind < 0.975:
        bench.start_engine()
    console.read(chance.choice((0.003, 0.003, 0.01, 0.06)))


def _what_is_wrong(bench: Bench) -> str:
    """Whether it was ended by an error, or does not come to the groups and paint them any more."""
    console = bench.console
    for _ in range(6):
        if console.alive:
            console.type("\x1b")
            console.read(0.15)
    last = STYLES.sub("", bytes(console.data[-20_000:]).decode(errors="replace"))
    if not console.alive:
        if console.status:
            return f"ended with {os.waitstatus_to_exitcode(console.status)}: {last.strip().splitlines()[-1:]}"
        bench.start_console()  # it was told to leave
        return ""
    console.read(0.5)
    console.type("1")
    console.read(0.3)
    console.resize(121, 37)
    console.read(0.2)
    console.forget()
    console.resize(120, 36)
    ends = time.monotonic() + 20
    while b"ADDRESSES" not in console.data:
        if time.monotonic() > ends:
            return f"does not paint any more; the last was {bytes(console.data[-200:])!r}"
        console.read(0.1)
    return ""
