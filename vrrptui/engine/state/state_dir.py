"""The state directory: a lock per network namespace, and the ownership record.

The record is written before the first address is added: a takeover writes nothing, and a killed engine can be cleaned
up after.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
from pathlib import Path

import msgspec

from vrrptui.engine.state.ownership_record import OwnershipRecord
from vrrptui.files import NOT_REGULAR, open_to_write, read_regular

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20  # permissions of a record


class StateError(Exception):
    """The state directory cannot be used, or another engine uses it."""


class StateDir:
    """The state directory of one engine in one network namespace. Raises StateError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        namespace = os.stat("/proc/self/ns/net").st_ino
        try:
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            lock = path / f"engine-{namespace}.lock"
            self._lock = open_to_write(lock, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise StateError(f"cannot use the state directory {path}: {_with_name(error)}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            text = f"another engine (pid {holder}) runs in this network namespace with the state directory {path}"
            raise StateError(text) from None
        except OSError as error:
            os.close(self._lock)
            raise StateError(f"cannot lock {lock}: {error.strerror}") from error
        try:
            os.truncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._lock)
            raise StateError(f"cannot write {lock}: {error.strerror}; make room there") from error
        self._record = path / f"owned-{namespace}.json"

    def read_owned(self) -> OwnershipRecord:
        """Return what the last engine may have left; an empty record if it cannot be read."""
        try:
            record = msgspec.json.decode(read_regular(self._record, MOST_BYTES)[1], type=OwnershipRecord)
            for owned in record.addresses:
                owned.virtual_address()
            return record
        except FileNotFoundError:
            return OwnershipRecord()
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors too
            log.warning("cannot read %s: %s; addresses of a killed engine will not be removed", self._record, error)
            return OwnershipRecord()

    def write_owned(self, record: OwnershipRecord) -> None:
        """Record what this engine may add from now on. Raises StateError."""
        try:
            if not stat.S_ISREG(self._kind()):
                raise OSError(errno.EINVAL, f"{NOT_REGULAR}: remove it")
            new = self._record.with_suffix(".new")
            with open(open_to_write(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(msgspec.json.encode(record))
            new.replace(self._record)
        except OSError as error:
            raise StateError(f"cannot write {self._record}: {error.strerror}") from error

    def forget_owned(self) -> None:
        """Delete the record, because nothing is left on the host."""
        for path in (self._record, self._record.with_suffix(".new")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("cannot remove %s: %s", path, error.strerror)

    def _kind(self) -> int:
        """Return the file type of the record; that of a regular file if it does not exist."""
        try:
            return self._record.stat().st_mode
        except FileNotFoundError:
            return stat.S_IFREG

    def release(self) -> None:
        """Release the lock."""
        os.close(self._lock)


def _with_name(error: OSError) -> str:
    """Return an error's text with the name of its file, if known."""
    return f"{error.filename}: {error.strerror}" if error.errno == errno.EINVAL else str(error.strerror)
