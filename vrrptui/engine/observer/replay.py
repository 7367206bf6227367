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
MAX_GROUPS, MAX_ROUTERS = 16_384, 65_536  # a file is finite, and nothing else waits


class Replay:
    """A segment model fed from a capture file, and what happened meanwhile."""

    def __init__(self) -> None:
        self.feed = Feed(MAX_GROUPS, MAX_ROUTERS)
        self.events: deque[SegmentEvent] = deque(maxlen=MAX_EVENTS)
        self.time_ns = 0  # of the last frame; a capture's clock may step back, the model's never does

    def read(self, path: str) -> None:
        """Feed the whole file. Raises CaptureError after what was whole."""
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
        """Feed one frame, all that is due before it first."""
        self.time_ns = time_ns
        self.tick()
        self.events += self.feed.take(time_ns, reading)

    @property
    def segment(self) -> Segment:
        """The model."""
        return self.feed.segment

    def snapshots(self) -> list[GroupSnapshot]:
        """The groups as of the last frame, in the order of their keys."""
        groups = map(self.snapshot, self.segment.groups.values())
        return sorted(groups, key=lambda g: (g.interface or "", g.vlan or 0, g.family, g.vrid))

    def snapshot(self, group: Group) -> GroupSnapshot:
        """One of them."""
        return self.feed.snapshot(group, self.time_ns)

    def history(self) -> list[HistoryEvent]:
        """What happened, oldest first."""
        return [history_event(event, number) for number, event in enumerate(self.events, start=1)]

    def tick(self) -> None:
        """Let every deadline before the frame pass at its own time, so that losses are dated rightly."""
        while (due_ns := self.segment.next_deadline_ns()) is not None and due_ns <= self.time_ns:
            self.events += self.segment.tick(due_ns)
