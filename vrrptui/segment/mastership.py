"""Determines the master of a group from its adverts, and the changes of master.

It follows the election of RFC 9568 §6.4 from outside: an outranked master has one interval to yield, a silent one is
lost after four intervals, and a router that advertises after three silent ones has taken over.
"""

from __future__ import annotations

from vrrptui.protocol.advert import NS_PER_SECOND, PRIORITY_OWNER
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import NEVER_NS, Departure, Group, Role, Router

VACANT_AFTER_INTERVALS = 2  # a backup takes over within one interval of a resignation: the skew time is never longer


def heard(group: Group, router: Router, now_ns: int) -> list[SegmentEvent]:
    """Process an advert of `router` with a priority above 0; its fields are already updated."""
    master = group.master
    if router.role is Role.MASTER:
        group.master = group.masters[0]  # a changed priority may have changed the order of two masters
        return []
    if master is None:
        return _fill_vacancy(group, router, now_ns)
    if _fell_silent(master, now_ns):
        _depart(group, master, Role.LOST, master.last_seen_ns)
        rest = group.masters
        if not rest or router.rank > rest[0].rank:
            return _fill_vacancy(group, router, now_ns)
        return _left_to(group, rest, master, now_ns, "fell silent") + _contend(group, router, rest[0], now_ns)
    if router.rank > master.rank:
        master.role = Role.YIELDED
        _crown(group, router, now_ns, f"preempted {master.source}")
        return [_failover(group, router, now_ns, f"{_named(router)} preempted {_named(master)}", gap_ns=0)]
    return _contend(group, router, master, now_ns)


def resigned(group: Group, router: Router, now_ns: int) -> list[SegmentEvent]:
    """Process an advert of `router` with priority 0 (RFC 9568 §6.4.3: sent when it stops being master)."""
    was_master = router.role is Role.MASTER or (router.adverts == 1 and group.master is None)
    if not was_master:
        router.role = Role.RESIGNED
        return []
    others = [r for r in group.masters if r is not router]
    _depart(group, router, Role.RESIGNED, now_ns)
    text = f"{router.source} resigned"
    events = [SegmentEvent(time_ns=now_ns, group=group.key, kind=Kind.RESIGNED, text=text, router=str(router.source))]
    if others:
        events += _left_to(group, others, router, now_ns, "resigned")
    return events


def check_silence(group: Group, now_ns: int) -> list[SegmentEvent]:
    """Mark masters that fell silent as lost, and report a group that has had no master for too long."""
    events: list[SegmentEvent] = []
    for router in group.masters:
        if now_ns < router.lost_at_ns:
            continue
        others = [r for r in group.masters if r is not router]
        _depart(group, router, Role.LOST, router.last_seen_ns)
        if others:
            events += _left_to(group, others, router, now_ns, "fell silent")
    if group.master is None and not group.vacant and now_ns >= _vacant_at_ns(group):
        group.vacant = True
        events.append(_master_lost(group, now_ns))
    return events


def wake_ns(group: Group) -> int:
    """Return the next time at which `check_silence` could find something."""
    return min([_vacant_at_ns(group), *(r.lost_at_ns for r in group.masters)])


def _vacant_at_ns(group: Group) -> int:
    departure = group.departure
    if group.master or group.vacant or departure is None:
        return NEVER_NS
    if departure.resigned:
        return departure.at_ns + VACANT_AFTER_INTERVALS * departure.router.interval_ns
    return departure.router.lost_at_ns


def _fell_silent(master: Router, now_ns: int) -> bool:
    """Report whether backups may have timed out: after 2.9 intervals, to allow for clock differences."""
    return (now_ns - master.last_seen_ns) * 10 >= master.interval_ns * 29


def _contend(group: Group, router: Router, master: Router, now_ns: int) -> list[SegmentEvent]:
    """Process an advert of lower rank than a live master's: normal for one interval, then a second master."""
    overlap_ns = now_ns - max(master.since_ns, router.speaking_since_ns)
    if overlap_ns <= max(router.interval_ns, master.interval_ns):
        router.role = Role.YIELDED
        return []
    router.role, router.since_ns = Role.MASTER, now_ns - overlap_ns
    text = f"{_named(router)} advertises beside {_named(master)} and does not yield"
    return [
        SegmentEvent(
            time_ns=now_ns,
            group=group.key,
            kind=Kind.SECOND_MASTER,
            severity="critical",
            text=text,
            router=str(router.source),
        )
    ]


def _left_to(group: Group, others: list[Router], gone: Router, now_ns: int, how: str) -> list[SegmentEvent]:
    """Process the loss of one of several masters; `others` are those that remain."""
    if group.master is not others[0]:
        group.master, group.since_ns, group.cause = others[0], others[0].since_ns, f"{gone.source} {how}"
    if len(others) > 1:
        return []
    overlap_ns = max(0, gone.last_seen_ns - max(gone.since_ns, others[0].since_ns))
    text = f"{gone.source} {how}, {_named(others[0])} alone is master; both were for {overlap_ns / NS_PER_SECOND:.1f} s"
    return [
        SegmentEvent(
            time_ns=now_ns, group=group.key, kind=Kind.SECOND_MASTER_OVER, text=text, router=str(others[0].source)
        )
    ]


def _fill_vacancy(group: Group, router: Router, now_ns: int) -> list[SegmentEvent]:
    departure = group.departure
    if departure is None:
        _crown(group, router, now_ns, "first heard")
        text = f"{_named(router)} is master"
        return [_master(group, router, now_ns, text)]
    gap_ns = now_ns - departure.at_ns
    if departure.router is router:
        _crown(group, router, now_ns, "back after resigning" if departure.resigned else "back after a silence")
        text = f"{_named(router)} is back as master"
        return [_master(group, router, now_ns, text, gap_ns)]
    how = "resigned" if departure.resigned else "timed out"
    _crown(group, router, now_ns, f"{departure.router.source} {how}")
    text = f"{_named(router)} took over, {departure.router.source} {how}"
    return [_failover(group, router, now_ns, text, gap_ns, _predicted_ns(router, departure))]


def _predicted_ns(router: Router, departure: Departure) -> int | None:
    """Return how long a backup's takeover takes by the formulas of RFC 9568 §6.1 and RFC 3768 §6.1.

    None for an address owner, which does not wait, and across versions.
    """
    if router.version != departure.router.version or router.priority == PRIORITY_OWNER:
        return None
    formula = skew_time_ns if departure.resigned else master_down_interval_ns
    return formula(router.version, router.priority, departure.router.interval_ns)


def _crown(group: Group, router: Router, now_ns: int, cause: str) -> None:
    router.role, router.since_ns = Role.MASTER, now_ns
    group.master, group.since_ns, group.cause = router, now_ns, cause
    group.vacant = False


def _depart(group: Group, router: Router, role: Role, at_ns: int) -> None:
    router.role = role
    if group.master is router or group.master is None:  # not if another master remains
        group.departure = Departure(router, at_ns, role is Role.RESIGNED)
        group.master, group.since_ns = None, at_ns


def _master(group: Group, router: Router, now_ns: int, text: str, gap_ns: int | None = None) -> SegmentEvent:
    return SegmentEvent(
        time_ns=now_ns, group=group.key, kind=Kind.MASTER, text=text, gap_ns=gap_ns, router=str(router.source)
    )


def _failover(
    group: Group, router: Router, now_ns: int, text: str, gap_ns: int, predicted_ns: int | None = None
) -> SegmentEvent:
    group.failover_ns, group.announced = now_ns, False
    group.changes_ns.append(now_ns)
    return SegmentEvent(
        time_ns=now_ns,
        group=group.key,
        kind=Kind.FAILOVER,
        severity="warning",
        text=text,
        gap_ns=gap_ns,
        predicted_ns=predicted_ns,
        cause=group.cause,
        router=str(router.source),
    )


def _master_lost(group: Group, now_ns: int) -> SegmentEvent:
    departure = group.departure
    how = "resigned" if departure and departure.resigned else "fell silent"
    text = f"{departure.router.source if departure else 'the master'} {how} and nobody took over"
    return SegmentEvent(
        time_ns=now_ns,
        group=group.key,
        kind=Kind.MASTER_LOST,
        severity="critical",
        text=text,
        gap_ns=now_ns - departure.at_ns if departure else None,
        router=str(departure.router.source) if departure else "",
    )


def _named(router: Router) -> str:
    return f"{router.source} ({router.priority})"
