"""The history: numbered events, the latest in memory and more of them on disk across restarts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from vrrptui.control.messages import EventKind, HistoryEvent
from vrrptui.control.snapshots import Severity
from vrrptui.engine.serve.history_file import HistoryFile
from vrrptui.segment.codes import Code

EVENTS_KEPT = 1000


class History:
    """The latest events, oldest first, including those of earlier runs if there is a file."""

    def __init__(self, path: Path | None = None, happened: Callable[[HistoryEvent], None] = lambda _: None) -> None:
        """`happened` is called with every event after it is stored."""
        self._happened = happened
        self._file = HistoryFile(path) if path else None
        self.events: deque[HistoryEvent] = deque(self._file.read(EVENTS_KEPT) if self._file else (), EVENTS_KEPT)
        self._seq = self.events[-1].seq if self.events else 0

    @property
    def lost(self) -> int:
        """Events that could not be written to disk."""
        return self._file.lost if self._file else 0

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def keep(self, event: HistoryEvent) -> None:
        """Store an event."""
        self.events.append(event)
        if self._file:
            self._file.put(event)
        self._happened(event)

    def add(
        self,
        kind: EventKind | Code,
        text: str,
        group: str = "",
        severity: Severity = "ok",
        by: str = "engine",
    ) -> None:
        """Store an event that happened now. `kind` is a `Code` if this problem began."""
        event = HistoryEvent(
            seq=self.next_seq(), time=time.time(), group=group, kind=kind.value, severity=severity, text=text, by=by
        )
        self.keep(event)

    def close(self) -> None:
        """Write the remaining events to disk."""
        if self._file:
            self._file.close()
