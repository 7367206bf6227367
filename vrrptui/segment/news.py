"""Events for what changed in an advert or an announcement."""

from __future__ import annotations

from vrrptui.protocol.advert import PRIORITY_RESIGN, Advert
from vrrptui.segment import diagnosis
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import Group, Router
from vrrptui.segment.overheard import Announced


def changes(group: Group, router: Router | None, advert: Advert, now_ns: int) -> list[SegmentEvent]:
    """Return events for the differences between a router's advert and its last one."""
    events: list[SegmentEvent] = []
    if router is None or advert.priority == PRIORITY_RESIGN:
        return events
    if router.priority not in (advert.priority, PRIORITY_RESIGN):
        text = f"{router.source} advertises priority {advert.priority}, before {router.priority}"
        events.append(SegmentEvent(time_ns=now_ns, group=group.key, kind=Kind.PRIORITY, text=text))
    if router.addresses != advert.addresses and set(router.addresses) != set(advert.addresses):
        text = f"{router.source} advertises {_listed(advert.addresses)}, before {_listed(router.addresses)}"
        events.append(SegmentEvent(time_ns=now_ns, group=group.key, kind=Kind.ADDRESSES, text=text))
    return events


def announced(group: Group, heard: Announced, now_ns: int) -> list[SegmentEvent]:
    """Return the event for a new master's first announcement of an address, with the time since the takeover."""
    master = group.master
    if master is None or group.failover_ns is None or group.announced or heard.mac not in diagnosis.right_macs(group):
        return []
    group.announced = True
    delay_ns = now_ns - group.failover_ns
    text = f"{master.source} announced {heard.address} {delay_ns / 1e6:.1f} ms after it took over"
    return [
        SegmentEvent(
            time_ns=now_ns,
            group=group.key,
            kind=Kind.ANNOUNCED,
            text=text,
            announced_ns=delay_ns,
            router=str(master.source),
        )
    ]


def _listed(addresses: tuple[object, ...]) -> str:
    return ", ".join(map(str, addresses)) or "no address"
