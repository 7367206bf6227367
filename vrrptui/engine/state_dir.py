"""What an engine keeps on disk: a lock per network namespace, and the record of what it may have added.

The record is written before the first address is added, so that nothing is written at a takeover and a killed engine
leaves enough behind to be cleaned up after.
"""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

import msgspec

from vrrptui.engine.record import Record

log = logging.getLogger(__name__)


class StateError(Exception):
    """The state directory cannot be used, or another engine uses it."""


class StateDir:
    """The state directory of one engine in one network namespace. Raises StateError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        namespace = os.stat("/proc/self/ns/net").st_ino
        try:
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._lock = os.open(path / f"engine-{namespace}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StateError(f"cannot use the state directory {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            text = f"another engine (pid {holder}) runs in this network namespace with the state directory {path}"
            raise StateError(text) from None
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        self._record = path / f"owned-{namespace}.json"

    def read_owned(self) -> Record:
        """What the last engine here may have left; nothing if the record cannot be read."""
        try:
            record = msgspec.json.decode(self._record.read_bytes(), type=Record)
            for owned in record.addresses:
                owned.virtual_address()
            return record
        except FileNotFoundError:
            return Record()
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors too
            log.warning("cannot read %s: %s; an address that a killed engine left stays", self._record, error)
            return Record()

    def write_owned(self, record: Record) -> None:
        """Record what this engine may add from now on. Raises StateError."""
        try:
            new = self._record.with_suffix(".new")
            new.write_bytes(msgspec.json.encode(record))
            new.replace(self._record)
        except OSError as error:
            raise StateError(f"cannot write {self._record}: {error.strerror}") from error

    def forget_owned(self) -> None:
        """Nothing of ours is left on any interface."""
        for path in (self._record, self._record.with_suffix(".new")):
            path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let the lock go."""
        os.close(self._lock)
