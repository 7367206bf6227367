"""A FIFO with one line per change of state, and the script that reads it (keepalived's notify_fifo).

Writing never blocks: lines that do not fit into the pipe are dropped and counted. The FIFO is also held open for
reading, so that lines wait for a late reader, and stays open across a reload.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import stat

from vrrptui.config.model.configuration import Fifo
from vrrptui.engine.programs.subprocess_run import Account, Outcome, Run
from vrrptui.engine.state.host_changes import HostChanges, make_fifo

log = logging.getLogger(__name__)

MODE = 0o600


class NotifyFifo:
    """An open FIFO. It is created if missing, and then removed at the end."""

    def __init__(self, config: Fifo, account: Account, changes: HostChanges | None) -> None:
        """`account` runs the script, and owns the FIFO unless the configuration names another user.

        `changes` records the FIFO before it is created; None: nothing is recorded.
        """
        self._changes = changes
        assert config.path is not None
        self.path = config.path
        self.lost = 0  # lines dropped since the last one that was written
        self.script_ended = asyncio.Event()  # no script is running
        self.script_ended.set()
        self._made = False
        self._descriptor = -1
        self._script: Run | None = None
        self._command: tuple[str, ...] = ()
        owner = account if config.user is None else Account(config.user.name, config.user.group)
        try:
            self._open(owner)
        except (OSError, LookupError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            log.error("cannot use the FIFO %s: %s", self.path, reason)

    def _open(self, owner: Account) -> None:
        self._made = make_fifo(self.path, MODE, self._changes)
        flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags)
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(0, "it is not a FIFO")
        self._descriptor = descriptor
        if self._made and owner.user is not None:
            known = pwd.getpwnam(owner.user)
            group = known.pw_gid if owner.group is None else grp.getgrnam(owner.group).gr_gid
            os.fchown(descriptor, known.pw_uid, group)

    def run(self, command: tuple[str, ...], account: Account) -> None:
        """Run this script. A running script is kept if the command is the same."""
        if self._descriptor < 0 or (self._script is not None and command == self._command):
            return
        if self._script is not None:
            self._script.end()
        self._command, self._script = command, None
        self.script_ended.set()
        if command:
            self.script_ended.clear()
            self._script = Run((*command, self.path), None, lambda outcome: self._ended(command, outcome), account)

    def _ended(self, command: tuple[str, ...], outcome: Outcome) -> None:
        if command == self._command:
            self._script = None
            self.script_ended.set()
        how = f"cannot be run: {outcome.output}" if outcome.code is None else f"ended with {outcome.code}"
        log.info("the script %s of the FIFO %s %s", command[0], self.path, how)

    def write(self, line: str) -> None:
        """Write one line, if there is room."""
        if self._descriptor < 0:
            return
        try:
            os.write(self._descriptor, f"{line}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            self.lost += 1
            if self.lost == 1:
                log.error("the FIFO %s has no reader: lines are lost (%s)", self.path, error.strerror)
            return
        if self.lost:
            log.warning("%d lines for the FIFO %s were lost", self.lost, self.path)
            self.lost = 0

    def end_script(self, wait_s: float) -> None:
        """Ask the script to end. It has `wait_s` seconds to process the last lines."""
        if self._script is not None:
            self._script.end(wait_s, alone=True)

    def close(self) -> None:
        """Close the FIFO, and end the script if it still runs."""
        if self._script is not None:
            self._script.stop()
            self._script = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._made:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            if self._changes is not None:
                self._changes.is_gone(self.path)
