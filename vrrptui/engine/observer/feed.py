"""A segment model and what it is fed: decoded frames of a live segment, of a capture played, or of a whole file."""

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
    """The model's clock is the caller's: nanoseconds that never go back."""

    def __init__(self, max_groups: int = MAX_GROUPS, max_routers: int = MAX_ROUTERS) -> None:
        self.segment = Segment(max_groups, max_routers)
        self.adverts = 0  # heard so far

    def take(self, now_ns: int, frame: DecodedFrame, own_source: bool = False) -> list[SegmentEvent]:
        """Take in one frame, heard at `now_ns`; what happened with it.

        `own_source`: it has a source address of this host, and this host did not send it.
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
        """So many adverts were a steady master's once more, and taken in by `Router.refresh`."""
        self.adverts += adverts

    def snapshot(self, group: Group, now_ns: int, clock_offset_s: float = 0.0) -> GroupSnapshot:
        """One group as clients see it; `clock_offset_s` makes wall-clock seconds of the model's."""
        listeners = self.segment.listeners.of(group.key.place, group.key.family, now_ns)
        return group_snapshot(group, now_ns, clock_offset_s, listeners)

    @property
    def other_protocols(self) -> list[str]:
        """What was heard that is like VRRP and is not: HSRP or CARP, from which address, on which interface."""
        found = ((place[0], f"{name} of {source}") for place, name, source in self.segment.others)
        return [f"{what} on {interface}" if interface else what for interface, what in found]

    @property
    def vhids(self) -> list[str]:
        """The VHIDs that CARP uses, as `INTERFACE/NUMBER`."""
        return [key_text(GroupKey(*place, Family.IPV4, vhid)) for place, vhid in self.segment.vhids]
