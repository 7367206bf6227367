"""A real terminal to test in: one tmux server of our own with one window."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


class Tmux:
    """Types keys and reads the screen."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "tmux.sock")

    def run(self, *words: str) -> str:
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *words]
        kept = dict(os.environ)  # without LINES and COLUMNS, which readline sets behind Python's back
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=10, env=kept).stdout

    def start(self, command: str, columns: int = 100, rows: int = 30) -> None:
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh")
        self.run("set-option", "-s", "escape-time", "0")
        self.run("send-keys", command, "Enter")

    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def keys(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def until(self, text: str, seconds: float = 20) -> str:
        """The screen once `text` is on it; fails with the screen when it does not come."""
        return self._until(lambda screen: text in screen, f"{text!r} never came", seconds)

    def until_gone(self, text: str, seconds: float = 20) -> str:
        """The screen once `text` is no longer on it. After an escape: a key right behind it would be one with alt."""
        return self._until(lambda screen: text not in screen, f"{text!r} never went", seconds)

    def _until(self, condition: Callable[[str], bool], complaint: str, seconds: float) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition(screen := self.screen()):
                return screen
            time.sleep(0.05)
        pytest.fail(f"{complaint}:\n{self.screen()}")
