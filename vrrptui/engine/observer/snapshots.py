"""Converting the segment model, its events and adverts to messages for clients.

The model's clock is in nanoseconds; `clock_offset_s` converts it to wall-clock seconds (0 for a capture). Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from vrrptui.control.keys import group_key
from vrrptui.control.messages import AdvertLine, EventKind, HistoryEvent
from vrrptui.control.plain import plain
from vrrptui.control.snapshots import (
    AnswerSnapshot,
    EvidenceSnapshot,
    FindingSnapshot,
    GroupSnapshot,
    HeardSnapshot,
    MacKind,
    MasterSnapshot,
    Severity,
)
from vrrptui.protocol.advert import NS_PER_SECOND, Address, Advert, virtual_mac
from vrrptui.segment.codes import EXPLANATIONS, Code
from vrrptui.segment.diagnosis import VIRTUAL_MAC_PREFIX
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import Finding, Group, GroupKey, Role, Router

NS_PER_MILLISECOND = 1_000_000
LISTENERS_SHOWN = 64
SEVERITIES: dict[str, Severity] = {"ok": "ok", "warning": "warning", "critical": "critical"}
KINDS: dict[Kind, EventKind] = {
    kind: EventKind(kind.value) for kind in Kind if kind is not Kind.PROBLEM
}  # which goes by its code


def key_text(key: GroupKey) -> str:
    """Return a group's key as text."""
    return group_key(key.interface, key.vlan, key.family.value, key.vrid)


def group_snapshot(
    group: Group, now_ns: int, clock_offset_s: float = 0.0, listeners: Collection[Address] = ()
) -> GroupSnapshot:
    """Return a snapshot of `group` at `now_ns` of the model's clock. `listeners` are those of its interface."""
    spokesman = group.spokesman
    key = group.key
    return GroupSnapshot(
        key=key_text(key),
        interface=key.interface,
        vlan=key.vlan,
        family=key.family.value,
        vrid=key.vrid,
        version=spokesman.version if spokesman else 0,
        masters=[_master(router, clock_offset_s) for router in group.masters],
        addresses=[str(address) for address in group.addresses],
        listeners=[str(a) for a in islice(listeners, LISTENERS_SHOWN) if a not in group.routers],
        severity=SEVERITIES[group.severity(now_ns)],
        problems=[code.value for code in group.problems],
        explanations=[finding.text for finding in group.problems.values()],
        findings=[_finding(code, finding, clock_offset_s) for code, finding in group.problems.items()],
        since=_seconds(group.since_ns, clock_offset_s),
        last_cause=group.cause,
        routers=[_heard(r, group, clock_offset_s, r.source in listeners) for r in group.routers.values()],
        answers=[
            AnswerSnapshot(
                address=str(address),
                mac=answer.mac.hex(":"),
                how=answer.how,
                time=_seconds(answer.at_ns, clock_offset_s),
            )
            for address, answer in group.answers.items()
        ],
    )


def history_event(event: SegmentEvent, seq: int, clock_offset_s: float = 0.0) -> HistoryEvent:
    """Return an event of the model for the history. The kind of a problem is its code."""
    return HistoryEvent(
        seq=seq,
        time=_seconds(event.time_ns, clock_offset_s),
        group=key_text(event.group),
        kind=event.code.value if event.kind is Kind.PROBLEM and event.code else KINDS[event.kind].value,
        severity=SEVERITIES[event.severity],
        text=event.text,
        gap_ms=_milliseconds(event.gap_ns),
        predicted_gap_ms=_milliseconds(event.predicted_ns),
        announced_ms=_milliseconds(event.announced_ns),
        cause=event.cause,
        router=event.router,
    )


def advert_line(
    time_s: float, advert: Advert, interface: str | None, vlan: int | None, source_mac: bytes | None
) -> AdvertLine:
    """Return an advert as shown by `watch --json`, without password."""
    return AdvertLine(
        time=time_s,
        interface=None if interface is None else plain(interface),
        vlan=vlan,
        source=str(advert.source),
        destination=str(advert.destination),
        source_mac=source_mac.hex(":") if source_mac else None,
        ttl=advert.ttl,
        version=advert.version,
        type=advert.type,
        vrid=advert.vrid,
        priority=advert.priority,
        interval=None if advert.interval_ns is None else advert.interval_ns / NS_PER_SECOND,
        auth=advert.auth.value if advert.auth else None,
        addresses=[str(address) for address in advert.addresses],
        checksum=advert.checksum.value if advert.checksum else None,
        length=advert.length,
        problems=[reason.value for reason in advert.problems],
        oddities=[reason.value for reason in advert.oddities],
    )


def _master(router: Router, clock_offset_s: float) -> MasterSnapshot:
    return MasterSnapshot(
        source=str(router.source),
        priority=router.priority,
        since=_seconds(router.since_ns, clock_offset_s),
        last_seen=_seconds(router.last_seen_ns, clock_offset_s),
        interval=router.interval_ns / NS_PER_SECOND,
        adverts=router.adverts,
        source_mac=router.source_mac.hex(":") if router.source_mac else None,
        local=router.local,
    )


def _mac_kind(mac: bytes | None, key: GroupKey) -> MacKind | None:
    if mac is None:
        return None
    if mac == virtual_mac(key.family, key.vrid):
        return "virtual"
    return "wrong-virtual" if mac.startswith(VIRTUAL_MAC_PREFIX) else "physical"


def _heard(router: Router, group: Group, clock_offset_s: float, listens: bool) -> HeardSnapshot:
    master = router.role is Role.MASTER
    differs = set(router.addresses) != set(group.addresses)
    return HeardSnapshot(
        source=str(router.source),
        role=router.role.value,
        priority=router.priority,
        interval=router.interval_ns / NS_PER_SECOND,
        adverts=router.adverts,
        first_seen=_seconds(router.first_seen_ns, clock_offset_s),
        last_seen=_seconds(router.last_seen_ns, clock_offset_s),
        version=router.version,
        source_mac=router.source_mac.hex(":") if router.source_mac else None,
        mac_kind=_mac_kind(router.source_mac, group.key),
        ttl=router.advert.ttl if router.advert else None,
        auth=router.auth.value,
        checksum=router.checksum.value,
        jitter_ms=router.jitter_ns / NS_PER_MILLISECOND,
        next_due=_seconds(router.last_seen_ns + router.interval_ns, clock_offset_s) if master else None,
        near_failovers=router.near_failovers,
        listens=listens,
        local=router.local,
        addresses=[str(address) for address in router.addresses] if differs else [],
    )


def _finding(code: Code, finding: Finding, clock_offset_s: float) -> FindingSnapshot:
    return FindingSnapshot(
        code=code.value,
        severity=SEVERITIES[EXPLANATIONS[code].severity],
        since=_seconds(finding.since_ns, clock_offset_s),
        text=finding.text,
        evidence=[
            EvidenceSnapshot(source=one.source, time=_seconds(one.time_ns, clock_offset_s), field=one.field)
            for one in finding.evidence
        ],
    )


def _milliseconds(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / NS_PER_MILLISECOND


def _seconds(time_ns: int, clock_offset_s: float) -> float:
    return round(time_ns / NS_PER_SECOND + clock_offset_s, 6)
