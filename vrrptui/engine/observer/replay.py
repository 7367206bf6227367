"""A segment model fed from a capture file, in the capture's own time."""

from __future__ import annotations

from collections import deque

from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import GroupSnapshot
from vrrptui.engine.capture.fast_pcap import read_quickly
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.observer.feed import Feed
from vrrptui.engine.observer.snapshots import history_event
from vrrptui.segment.events import SegmentEvent
from vrrptui.segment.group import NEVER_NS, Group
from vrrptui.segment.segment import Segment

MAX_EVENTS = 10_000
MAX_GROUPS, MAX_ROUTERS = 16_384, 65_536  # larger than live: a file is finite, and nothing else waits


class Replay:
    """Feeds a capture file to a segment model and collects the events."""

    def __init__(self) -> None:
        self.feed = Feed(MAX_GROUPS, MAX_ROUTERS)
        self.events: deque[SegmentEvent] = deque(maxlen=MAX_EVENTS)
        self.time_ns = 0  # of the last frame; times in a capture may go back, the model's do not

    def read(self, path: str) -> None:
        """Read the whole file. Raises CaptureError after the complete frames."""
        latest_ns, due_ns, again = self.time_ns, NEVER_NS, 0
        for time_ns, reading in read_quickly(path):
            if time_ns > latest_ns:
                latest_ns = time_ns
            if latest_ns >= due_ns:
                self.time_ns = latest_ns
                self.tick()
                due_ns = self.segment.next_deadline_ns() or NEVER_NS
            router = reading.router
            if router and router.steady is reading.heard and router.refresh(latest_ns):
                again += 1
                continue  # nearly always
            self.time_ns = latest_ns
            self.events += self.feed.take(latest_ns, reading)
            due_ns = self.segment.next_deadline_ns() or NEVER_NS
        self.time_ns = latest_ns
        self.feed.took(again)

    def take(self, time_ns: int, reading: DecodedFrame) -> None:
        """Process one frame, after everything that is due before it."""
        self.time_ns = time_ns
        self.tick()
        self.events += self.feed.take(time_ns, reading)

    @property
    def segment(self) -> Segment:
        """The model."""
        return self.feed.segment

    def snapshots(self) -> list[GroupSnapshot]:
        """Return the groups as of the last frame, sorted by key."""
        groups = map(self.snapshot, self.segment.groups.values())
        return sorted(groups, key=lambda g: (g.interface or "", g.vlan or 0, g.family, g.vrid))

    def snapshot(self, group: Group) -> GroupSnapshot:
        """Return a snapshot of one group."""
        return self.feed.snapshot(group, self.time_ns)

    def history(self) -> list[HistoryEvent]:
        """Return the events, oldest first."""
        return [history_event(event, number) for number, event in enumerate(self.events, start=1)]

    def tick(self) -> None:
        """Process every deadline before the frame at its own time, so that losses have the right times."""
        while (due_ns := self.segment.next_deadline_ns()) is not None and due_ns <= self.time_ns:
            self.events += self.segment.tick(due_ns)
