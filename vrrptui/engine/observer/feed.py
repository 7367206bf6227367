"""Feeding a segment model with decoded frames: live, from a played capture, or from a whole file."""

from __future__ import annotations

from vrrptui.control.snapshots import GroupSnapshot
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.capture.other_protocols import overhear
from vrrptui.engine.observer.snapshots import group_snapshot, key_text
from vrrptui.protocol.advert import Family
from vrrptui.segment.events import SegmentEvent
from vrrptui.segment.group import Group, GroupKey
from vrrptui.segment.segment import MAX_GROUPS, MAX_ROUTERS, Segment


class Feed:
    """A segment model and its input. The caller's clock counts in nanoseconds and must not go back."""

    def __init__(self, max_groups: int = MAX_GROUPS, max_routers: int = MAX_ROUTERS) -> None:
        self.segment = Segment(max_groups, max_routers)
        self.adverts = 0  # received so far

    def take(self, now_ns: int, frame: DecodedFrame, own_source: bool = False) -> list[SegmentEvent]:
        """Process a frame received at `now_ns`. Return the events.

        `own_source`: the source address belongs to this host, although another host sent the frame.
        """
        if frame.vrrp is None:
            found = overhear(frame.data, frame.link_type, frame.vlan, frame.interface, frame.local)
            return [event for one in found for event in self.segment.overhear(now_ns, one)]
        self.adverts += 1
        heard, router = frame.hear(own_source), frame.router
        if router and router.steady is heard and router.refresh(now_ns):
            return []
        events = self.segment.hear(now_ns, heard)
        frame.router = self.segment.speaker(heard)
        return events

    def took(self, adverts: int) -> None:
        """Count adverts that repeated a steady master's and were processed by `Router.refresh`."""
        self.adverts += adverts

    def snapshot(self, group: Group, now_ns: int, clock_offset_s: float = 0.0) -> GroupSnapshot:
        """Return a snapshot of a group; `clock_offset_s` converts the model's time to wall-clock seconds."""
        listeners = self.segment.listeners.of(group.key.place, group.key.family, now_ns)
        return group_snapshot(group, now_ns, clock_offset_s, listeners)

    @property
    def other_protocols(self) -> list[str]:
        """The other redundancy protocols received (HSRP, CARP), with source address and interface."""
        found = ((place[0], f"{name} of {source}") for place, name, source in self.segment.others)
        return [f"{what} on {interface}" if interface else what for interface, what in found]

    @property
    def vhids(self) -> list[str]:
        """The VHIDs that CARP uses, as `INTERFACE/NUMBER`."""
        return [key_text(GroupKey(*place, Family.IPV4, vhid)) for place, vhid in self.segment.vhids]
