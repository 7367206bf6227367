"""A segment model fed from a capture file, in the capture's own time."""

from __future__ import annotations

from collections import deque

from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import GroupSnapshot
from vrrptui.engine.capture.fast_pcap import read_quickly
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.capture.other_protocols import overhear
from vrrptui.engine.observer.snapshots import group_snapshot, history_event
from vrrptui.segment.events import SegmentEvent
from vrrptui.segment.group import NEVER_NS, Group
from vrrptui.segment.segment import Segment

MAX_EVENTS = 10_000
MAX_GROUPS, MAX_ROUTERS = 16_384, 65_536  # a file is finite, and nothing else waits


class Replay:
    """A segment model fed from a capture file, and what happened meanwhile."""

    def __init__(self) -> None:
        self.segment = Segment(MAX_GROUPS, MAX_ROUTERS)
        self.events: deque[SegmentEvent] = deque(maxlen=MAX_EVENTS)
        self.time_ns = 0  # of the last frame; a capture's clock may step back, the model's never does

    def read(self, path: str) -> None:
        """Feed the whole file. Raises CaptureError after what was whole."""
        latest_ns, due_ns = self.time_ns, NEVER_NS
        for time_ns, reading in read_quickly(path):
            if time_ns > latest_ns:
                latest_ns = time_ns
            if latest_ns >= due_ns:
                self.time_ns = latest_ns
                self.tick()
                due_ns = self.segment.next_deadline_ns() or NEVER_NS
            router = reading.router
            if router and router.steady is reading.heard and router.goes_on(latest_ns):
                continue  # nearly always
            self.time_ns = latest_ns
            self._hear(reading)
            due_ns = self.segment.next_deadline_ns() or NEVER_NS
        self.time_ns = latest_ns

    def take(self, time_ns: int, reading: DecodedFrame) -> None:
        """Feed one frame, all that is due before it first."""
        self.time_ns = time_ns
        self.tick()
        self._hear(reading)

    def _hear(self, reading: DecodedFrame) -> None:
        if reading.vrrp is None:
            for said in overhear(reading.data, reading.link_type, reading.vlan, reading.interface):
                self.events += self.segment.overhear(self.time_ns, said)
            return
        heard = reading.hear()
        self.events += self.segment.hear(self.time_ns, heard)
        reading.router = self.segment.speaker(heard)

    def snapshots(self) -> list[GroupSnapshot]:
        """The groups as of the last frame, in the order of their keys."""
        groups = map(self.snapshot, self.segment.groups.values())
        return sorted(groups, key=lambda g: (g.interface or "", g.vlan or 0, g.family, g.vrid))

    def snapshot(self, group: Group) -> GroupSnapshot:
        """One of them."""
        listeners = self.segment.listeners.of(group.key.place, group.key.family, self.time_ns)
        return group_snapshot(group, self.time_ns, listeners=listeners)

    def history(self) -> list[HistoryEvent]:
        """What happened, oldest first."""
        return [history_event(event, number) for number, event in enumerate(self.events, start=1)]

    def tick(self) -> None:
        """Let every deadline before the frame pass at its own time, so that losses are dated rightly."""
        while (due_ns := self.segment.next_deadline_ns()) is not None and due_ns <= self.time_ns:
            self.events += self.segment.tick(due_ns)
