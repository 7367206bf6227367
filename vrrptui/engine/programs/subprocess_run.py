"""Running a program without waiting for it: own process group, time limit, bounded output.

After its time limit a program gets SIGTERM, and 2 s later SIGKILL, with its whole process group. A program that does
not end even then, because it is stuck in the kernel, is reported as timed out and abandoned.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.children import PATH
from vrrptui.engine.runtime import process_settings

OUTPUT_BYTES = 4096
KILL_AFTER_S = 2.0
GIVE_UP_AFTER_S = 1.0
ENVIRONMENT = {"PATH": PATH, "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a program. `code` is its exit status or minus its signal; None if it never started or never ended."""

    code: int | None
    output: str  # the last 4 KiB of stdout and stderr
    seconds: float
    timed_out: bool = False

    @property
    def good(self) -> bool:
        return self.code == 0 and not self.timed_out


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a program runs as, and its group unless another is named. Without a user: the engine's own."""

    user: str | None = None
    group: str | None = None

    def ids(self) -> tuple[int, int, list[int]] | None:
        """Return uid, gid and groups; None if nothing changes. Raises LookupError for an unknown name."""
        if self.user is None:
            return None
        known = pwd.getpwnam(self.user)
        if known.pw_uid == os.geteuid() and self.group is None:
            return None
        group = known.pw_gid if self.group is None else grp.getgrnam(self.group).gr_gid
        return known.pw_uid, group, os.getgrouplist(self.user, group)


AS_WE_DO = Account()


class Run:
    """A running program. `ended` is called once from the loop, with its outcome.

    Without `timeout_s` it runs until it ends or is ended.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        timeout_s: float | None,
        ended: Callable[[Outcome], None],
        account: Account = AS_WE_DO,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = ended
        self._began = time.monotonic()
        self._output = b""
        self._timed_out = False
        self._timer: asyncio.TimerHandle | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pid_fd = self._pipe = -1
        try:
            self._start(command, account)
        except (OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            self._output = f"cannot run {command[0] if command else 'nothing'}: {error}".encode()
            self._timer = self._loop.call_later(0, self._finish, None)
            return
        if timeout_s is not None:
            self._timer = self._loop.call_later(timeout_s, self._on_timeout)

    def _start(self, command: tuple[str, ...], account: Account) -> None:
        ids = account.ids()
        user, group, groups = ids if ids is not None else (None, None, None)
        self._pipe, write_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._pipe, False)  # only this end: a program that writes too much blocks
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd="/",
                env=ENVIRONMENT,
                process_group=0,
                user=user,
                group=group,
                extra_groups=groups,
                umask=0o077,
            )
        finally:
            os.close(write_end)
        process_settings.as_started(self._process.pid)
        try:
            self._pid_fd = os.pidfd_open(self._process.pid)
        except OSError:  # no descriptor is free to learn of its end
            self._process.kill()
            self._process.wait()
            raise
        self._loop.add_reader(self._pid_fd, self._on_exit)
        self._loop.add_reader(self._pipe, self._read)

    def end(self, wait_s: float = KILL_AFTER_S, alone: bool = False) -> None:
        """Send SIGTERM, and SIGKILL to its process group after `wait_s` seconds.

        `alone`: SIGTERM is not sent to its children, so that it can finish what it does with them.
        """
        if self._process is not None and self.alive:
            if alone:
                self._process.send_signal(signal.SIGTERM)
            else:
                self._signal(signal.SIGTERM)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(wait_s, self._kill)

    def stop(self) -> None:
        """Kill it now. `ended` is not called. Does not wait for its end."""
        self._ended = lambda _: None
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGKILL)  # the loop reaps it

    @property
    def alive(self) -> bool:
        """Whether the program is running."""
        return self._process is not None and self._process.poll() is None

    def _read(self) -> None:
        try:
            data = os.read(self._pipe, 65536)
        except BlockingIOError:
            return
        if data:
            self._output = (self._output + data)[-OUTPUT_BYTES:]
        else:
            self._loop.remove_reader(self._pipe)  # no process has the other end open

    def _on_timeout(self) -> None:
        self._timed_out = True
        self._signal(signal.SIGTERM)
        self._timer = self._loop.call_later(KILL_AFTER_S, self._kill)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._timer = self._loop.call_later(GIVE_UP_AFTER_S, self._finish, None)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _on_exit(self) -> None:
        assert self._process is not None
        if self._timed_out:  # also end what remains of its process group
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
        for descriptor in (self._pid_fd, self._pipe):
            if descriptor >= 0:
                self._loop.remove_reader(descriptor)
                os.close(descriptor)
        self._pid_fd = self._pipe = -1
