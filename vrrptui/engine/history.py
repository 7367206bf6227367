"""What happened, numbered, with a limit on how much is remembered."""

from __future__ import annotations

import time
from collections import deque

from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import Severity

EVENTS_KEPT = 1000


class History:
    """The latest events, oldest first."""

    def __init__(self) -> None:
        self.events: deque[HistoryEvent] = deque(maxlen=EVENTS_KEPT)
        self._seq = 0

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def add(
        self,
        kind: str,
        text: str,
        group: str = "",
        severity: Severity = "ok",
        by: str = "engine",
    ) -> HistoryEvent:
        """Remember that something happened now."""
        event = HistoryEvent(
            seq=self.next_seq(), time=time.time(), group=group, kind=kind, severity=severity, text=text, by=by
        )
        self.events.append(event)
        return event
