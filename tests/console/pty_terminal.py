"""A console on a pty: every byte it writes is kept, and the size can be changed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.tmux import ROOT


class PtyTerminal:
    """Runs a command on a terminal of its own until `end`."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 120,
        rows: int = 36,
        folder: Path = ROOT,
    ) -> None:
        self.data = bytearray()
        self.status: int | None = None  # of its end, as `waitpid` gives it
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            size(0, columns, rows)
            os.execvpe(command[0], list(command), dict(environment))

    def resize(self, columns: int, rows: int) -> None:
        """Another size, which the kernel tells the console by SIGWINCH."""
        size(self._terminal, columns, rows)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def read(self, seconds: float) -> None:
        """Take what is written within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                try:
                    self.data += os.read(self._terminal, 1 << 16)
                except OSError:
                    return

    def until(self, text: str, seconds: float = 30) -> None:
        """Read until the text was written since `forget`; styles within it are not overlooked."""
        end = time.monotonic() + seconds
        while text.encode() not in self.data:
            if time.monotonic() > end:
                pytest.fail(f"{text!r} never came: {bytes(self.data[-2000:])!r}")
            self.read(0.05)

    def forget(self) -> None:
        self.data.clear()

    @property
    def alive(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is None

    def end(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)


def size(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
