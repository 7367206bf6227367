"""A segment model in virtual seconds: adverts are said, and every deadline between them passes at its time."""

from __future__ import annotations

from ipaddress import ip_address

from vrrptui.protocol.advert import (
    IPV4_GROUP,
    IPV6_GROUP,
    NS_PER_SECOND,
    Advert,
    Auth,
    Checksum,
    Family,
    Reason,
    list_oddities,
)
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import Group, HeardFrame
from vrrptui.segment.segment import Segment


def ns(seconds: float) -> int:
    return round(seconds * NS_PER_SECOND)


def advert(
    source="10.0.0.1",
    priority=100,
    *,
    vrid=51,
    interval=1.0,
    version=2,
    addresses=("10.0.0.254",),
    auth=Auth.NONE,
    password=b"",
    checksum=Checksum.MESSAGE,
    problems=(),
) -> Advert:
    source = ip_address(source)
    return Advert(
        source=source,
        destination=IPV4_GROUP if source.version == 4 else IPV6_GROUP,
        ttl=255,
        length=20,
        version=version,
        type=1,
        vrid=vrid,
        priority=priority,
        count=len(addresses),
        interval_ns=ns(interval),
        auth=auth,
        auth_data=password,
        checksum=checksum,
        addresses=tuple(map(ip_address, addresses)),
        problems=tuple(map(Reason, problems)),
        oddities=list_oddities(version, Family.of(source), tuple(map(ip_address, addresses))),
    )


class Observed:
    """What an observer knows after what was said."""

    def __init__(self, **limits: int) -> None:
        self.segment = Segment(**limits)
        self.events: list[SegmentEvent] = []

    def say(self, at: float, source="10.0.0.1", priority=100, *, mac=None, interface="eth0", vlan=None, **fields):
        """One advert at `at` seconds. Gives the events that it caused itself."""
        self.until(at)
        frame = HeardFrame(
            advert=advert(source, priority, **fields),
            interface=interface,
            vlan=vlan,
            source_mac=bytes.fromhex(mac.replace(":", "")) if mac else None,
        )
        events = self.segment.hear(ns(at), frame)
        self.events += events
        return events

    def steadily(self, start: float, end: float, source="10.0.0.1", priority=100, *, every=1.0, **fields) -> None:
        """An advert every interval, from `start` up to `end`."""
        count = 0
        while start + count * every <= end:
            self.say(start + count * every, source, priority, interval=every, **fields)
            count += 1

    def until(self, at: float) -> None:
        """Let time pass."""
        while (due_ns := self.segment.next_deadline_ns()) is not None and due_ns <= ns(at):
            self.events += self.segment.tick(due_ns)

    @property
    def group(self) -> Group:
        (group,) = self.segment.groups.values()
        return group

    @property
    def masters(self) -> list[str]:
        return [str(router.source) for router in self.group.masters]

    @property
    def codes(self) -> list[str]:
        return [code.value for code in self.group.problems]

    @property
    def story(self) -> list[tuple[float, str]]:
        """When what happened, in seconds."""
        return [
            (event.time_ns / NS_PER_SECOND, event.code.value if event.kind is Kind.PROBLEM else event.kind.value)
            for event in self.events
        ]

    def of(self, kind: Kind) -> list[SegmentEvent]:
        return [event for event in self.events if event.kind is kind]
