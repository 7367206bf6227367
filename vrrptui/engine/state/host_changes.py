"""Changes to the host beside addresses, recorded before they are made.

Sysctls with their former values, and FIFOs that did not exist: both are unknown when the configuration is read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterable

import msgspec

from vrrptui.engine.state.ownership_record import OwnershipRecord, SettingChange
from vrrptui.engine.state.state_dir import StateDir, StateError

log = logging.getLogger(__name__)


class HostChanges:
    """The ownership record of one engine."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._planned = OwnershipRecord()
        self._settings: dict[str, SettingChange] = {}
        self._fifos: dict[str, None] = {}

    def plan(self, record: OwnershipRecord) -> None:
        """Record everything that a configuration may add. Raises StateError."""
        self._planned = record
        self._write()

    def will_set(self, changes: Iterable[tuple[str, SettingChange]]) -> None:
        """Record sysctls, by path, that are about to be changed."""
        self._settings |= changes
        self._write_or_warn("kernel settings")

    def is_back(self, path: str) -> None:
        """Record that a sysctl has its former value. A failure is harmless."""
        self._settings.pop(path, None)

    def will_make(self, fifo: str) -> None:
        """Record a FIFO that is about to be created."""
        self._fifos[fifo] = None
        self._write_or_warn(fifo)

    def is_gone(self, fifo: str) -> None:
        """Record that a FIFO was removed."""
        if fifo in self._fifos:
            del self._fifos[fifo]
            self._write_or_warn(fifo)

    def _write(self) -> None:
        self._state.write_owned(
            msgspec.structs.replace(self._planned, settings=dict(self._settings), fifos=list(self._fifos))
        )

    def _write_or_warn(self, what: str) -> None:
        try:
            self._write()
        except StateError as error:
            log.warning("%s: if the engine is killed, %s will stay as it is", error, what)


def make_fifo(path: str, mode: int, deeds: HostChanges | None) -> bool:
    """Create a FIFO unless the path exists. Return whether it was created. Raises OSError."""
    if os.path.lexists(path):
        return False
    if deeds is not None:
        deeds.will_make(path)
    try:
        os.mkfifo(path, mode)
    except OSError as error:
        if deeds is not None:
            deeds.is_gone(path)
        if isinstance(error, FileExistsError):
            return False
        raise
    return True


def remove_fifo(path: str) -> bool:
    """Remove a FIFO that a killed engine created. Return whether it existed."""
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.lstat(path).st_mode):
            os.unlink(path)
            return True
    return False
