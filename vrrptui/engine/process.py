"""Runs one foreign program without ever waiting for it: own process group, time limit, bounded output.

A program that outlives its time gets SIGTERM, and 2 s later SIGKILL, with everything in its process group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

OUTPUT_BYTES = 4096
KILL_AFTER_S = 2.0
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. `code` is its exit status, minus the signal that ended it, or None if it never started."""

    code: int | None
    output: str  # the last 4 KiB of stdout and stderr
    seconds: float
    timed_out: bool = False

    @property
    def good(self) -> bool:
        return self.code == 0 and not self.timed_out


class Run:
    """One program that is running. `ended` is called once, with its outcome, from the loop."""

    def __init__(
        self, command: tuple[str, ...], timeout_s: float, ended: Callable[[Outcome], None], user: str | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = ended
        self._began = time.monotonic()
        self._output = b""
        self._timed_out = False
        self._timer: asyncio.TimerHandle | None = None
        self._pid_fd: int | None = None
        self._pipe, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd="/",
                env=ENVIRONMENT,
                process_group=0,
                user=user,
                umask=0o077,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._process = None
            self._output = f"cannot run {command[0] if command else 'nothing'}: {error}".encode()
            self._loop.call_soon(self._finish, None)
            return
        finally:
            os.close(write_end)
        self._loop.add_reader(self._pipe, self._read)
        self._pid_fd = os.pidfd_open(self._process.pid)
        self._loop.add_reader(self._pid_fd, self._on_exit)
        self._timer = self._loop.call_later(timeout_s, self._on_timeout)

    def stop(self) -> None:
        """End it now, whatever it does; `ended` is not called any more."""
        self._ended = lambda _: None
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._release()

    def _read(self) -> None:
        try:
            data = os.read(self._pipe, 65536)
        except BlockingIOError:
            return
        if data:
            self._output = (self._output + data)[-OUTPUT_BYTES:]
        else:
            self._loop.remove_reader(self._pipe)

    def _on_timeout(self) -> None:
        self._timed_out = True
        self._signal(signal.SIGTERM)
        self._timer = self._loop.call_later(KILL_AFTER_S, self._signal, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _on_exit(self) -> None:
        assert self._process is not None
        if self._timed_out:  # what it left behind in its group goes too
            self._signal(signal.SIGKILL)
        code = self._process.wait()
        self._read()
        self._finish(code)

    def _finish(self, code: int | None) -> None:
        self._release()
        text = self._output.decode("utf-8", "replace")
        self._ended(Outcome(code, text, time.monotonic() - self._began, self._timed_out))

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._pid_fd is not None:
            self._loop.remove_reader(self._pid_fd)
            os.close(self._pid_fd)
            self._pid_fd = None
        if self._pipe >= 0:
            self._loop.remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = -1
