"""The history on disk: an SQLite file written by a thread, so that the loop never waits for a disk.

Events that cannot be written (disk full, file damaged, thread too slow) are dropped and counted. Engines with the same
state directory share a history.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import queue
import sqlite3
import stat
import threading
import time
from pathlib import Path

import msgspec

from vrrptui.control.messages import HistoryEvent
from vrrptui.files import NOT_REGULAR

log = logging.getLogger(__name__)

EVENTS_ON_DISK = 10_000
SECONDS_ON_DISK = 90 * 86_400
MAX_WAITING = 5_000  # events waiting for the thread
BATCH = 500
PAUSE_S = 0.2  # seconds between two batches, so that a flood of events does not keep the thread busy
CLOSE_S = 2.0  # seconds at the end for the remaining events
BUSY_S = 1.0  # another engine may be writing
SCHEMA = "CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL, event TEXT)"


class HistoryFile:
    """The events in `path`. Never raises: without a usable file, it is empty and drops events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.Queue[HistoryEvent | None] = queue.Queue(MAX_WAITING)
        self._overflowed = 0  # counted by the loop
        self._unwritten = 0  # counted by the thread
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="history", daemon=True)

    @property
    def lost(self) -> int:
        """Events that were dropped."""
        return self._overflowed + self._unwritten

    def read(self, most: int) -> list[HistoryEvent]:
        """Return the latest events, oldest first, with their numbers. Call it once, at the start."""
        events = []
        try:
            with contextlib.closing(self._open()) as connection:
                rows = connection.execute("SELECT number, event FROM events ORDER BY number DESC LIMIT ?", (most,))
                for number, text in rows:
                    event = msgspec.json.decode(text, type=HistoryEvent)
                    events.append(msgspec.structs.replace(event, seq=number))
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
        except (OSError, msgspec.MsgspecError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            log.warning("cannot read the history in %s: %s", self._path, why)
        self._thread.start()
        return events[::-1]

    def put(self, event: HistoryEvent) -> None:
        """Queue an event for writing. Never waits."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._overflowed += 1

    def close(self) -> None:
        """Write the queued events, within a time limit."""
        self._ending.set()
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._waiting.put(None, timeout=CLOSE_S)
            self._thread.join(CLOSE_S)

    def _open(self) -> sqlite3.Connection:
        """Open the database. Raises sqlite3.Error, or OSError if the path is not a regular file."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(self._path.stat().st_mode):
                raise OSError(errno.EINVAL, NOT_REGULAR)
        connection = sqlite3.connect(self._path, timeout=BUSY_S)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(SCHEMA)
        return connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Move a file away that is not a database and start a new one. Other errors may be temporary."""
        if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            log.warning("cannot read the history in %s: %s", self._path, error)
            return
        damaged = self._path.with_suffix(".damaged")
        log.warning("the history in %s is damaged: moved to %s, starting a new one", self._path, damaged.name)
        with contextlib.suppress(OSError):
            self._path.replace(damaged)

    def _write_all(self) -> None:
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH:
                    batch.append(self._waiting.get_nowait())
            ended = None in batch
            self._write([event for event in batch if event is not None])
            self._ending.wait(PAUSE_S)

    def _write(self, events: list[HistoryEvent]) -> None:
        rows = [(event.time, msgspec.json.encode(event).decode()) for event in events]
        try:
            with contextlib.closing(self._open()) as connection, connection:
                connection.executemany("INSERT INTO events (time, event) VALUES (?, ?)", rows)
                connection.execute("DELETE FROM events WHERE time < ?", (time.time() - SECONDS_ON_DISK,))
                limit = "DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?"
                connection.execute(limit, (EVENTS_ON_DISK,))
        except (sqlite3.Error, OSError) as error:
            if not self._unwritten:
                why = error.strerror if isinstance(error, OSError) else error
                log.warning("cannot write the history to %s: %s; events are lost and counted", self._path, why)
            self._unwritten += len(events)
