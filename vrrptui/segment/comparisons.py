"""Diagnoses that compare the routers of a group: one function per code, each returning a finding or None.

The routers compared are those heard within ten minutes, because normally only the master of a group sends adverts.
`diagnosis` calls these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

from vrrptui.protocol.advert import NS_PER_SECOND, PRIORITY_OWNER, Address, Auth, Checksum, Family
from vrrptui.protocol.timers import skew_gap_ns, too_close
from vrrptui.segment.group import Evidence, Finding, Group, Router

LEAST_ASSERTIONS = 3  # minimum number of answers before they are interpreted


def dual_master(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    masters = group.masters
    if len(masters) < 2:
        return None
    names = " and ".join(f"{r.source} ({r.priority})" for r in masters)
    overlap_s = (now_ns - sorted(r.since_ns for r in masters)[1]) / NS_PER_SECOND
    text = f"{names} have been master at once for {overlap_s:.1f} s: {_who_hears_whom(group, masters)}."
    return Finding(text, _evidence(masters, lambda r: f"priority {r.priority}"))


def _who_hears_whom(group: Group, masters: list[Router]) -> str:
    """Describe which master hears the other: one that does answers lower priorities at once (RFC 9568 §6.4.3)."""
    winner, loser = masters[0].source, masters[1].source
    if group.asserted >= LEAST_ASSERTIONS and group.asserted > 3 * group.ignored:
        return (
            f"{winner} answers each advert of {loser} at once, so it hears {loser}, while {loser} does not hear, "
            f"or refuses, what {winner} says; look for a loss in that direction"
        )
    if group.ignored >= LEAST_ASSERTIONS and group.ignored > 3 * group.asserted:
        return "neither answers the other, so neither seems to hear, or to accept, the other's adverts"
    return "they do not hear, or do not accept, each other's adverts"


def owner_duplicate(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find two address owners (RFC 9568 §8.3.2), unless it is one router that changed its address."""
    owners = [r for r in recent if r.priority == PRIORITY_OWNER]
    for one, other in combinations(owners, 2):
        if one.source_mac != other.source_mac or _at_once(one, other):
            text = f"{one.source} and {other.source} both advertise priority 255, which is the address owner's alone."
            return Finding(text, _evidence((one, other), lambda r: "priority 255"))
    return None


def priority_tie(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find equal priorities among simultaneous masters (RFC 9568 §8.3.2); masters in succession are normal."""
    for one, other in combinations(group.masters, 2):
        if one.priority == other.priority:
            text = f"{one.source} and {other.source} both have priority {one.priority}: the larger address wins."
            return Finding(text, _evidence((one, other), lambda r: f"priority {r.priority}"))
    return None


def skew_too_close(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find two backups that time out too close together (RFC 9568 §8.3.2).

    Equal priorities are not reported here, and an address owner never waits.
    """
    electable = [r for r in recent if 0 < r.priority < PRIORITY_OWNER]
    for one, other in combinations(electable, 2):
        if one.priority == other.priority or one.version != other.version:
            continue
        timers = one.version, one.priority, other.priority, min(one.interval_ns, other.interval_ns)
        if too_close(*timers):
            gap_ns = skew_gap_ns(*timers)
            text = (
                f"{one.source} ({one.priority}) and {other.source} ({other.priority}) wait only {gap_ns / 1e6:.2g} ms "
                "apart for a lost master: both may take over. Set their priorities further apart."
            )
            return Finding(text, _evidence((one, other), lambda r: f"priority {r.priority}, interval {_seconds(r)}"))
    return None


def vrid_collision(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find two routers active at the same time that share no address; in succession it is a configuration change."""
    for one, other in combinations(recent, 2):
        listed = one.addresses and other.addresses
        if listed and _at_once(one, other) and not set(one.addresses) & set(other.addresses):
            text = (
                f"{one.source} serves {_listed(one.addresses)} and {other.source} {_listed(other.addresses)}: "
                f"two unrelated groups seem to use VRID {group.key.vrid}."
            )
            return Finding(text, _evidence((one, other), lambda r: f"addresses {_listed(r.addresses)}"))
    return None


def vip_mismatch(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    reference = group.spokesman
    if reference is None:
        return None
    for router in recent:
        extra = _listed(set(router.addresses) - set(reference.addresses))
        missing = _listed(set(reference.addresses) - set(router.addresses))
        if extra or missing:
            parts = [f"has {extra} in addition" if extra else "", f"lacks {missing}" if missing else ""]
            text = f"Compared with {reference.source}, {router.source} {' and '.join(filter(None, parts))}."
            return Finding(text, _evidence((reference, router), lambda r: f"addresses {_listed(r.addresses)}"))
    return None


def interval_mismatch(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find different intervals, for which RFC 3768 §7.1 discards adverts; RFC 9568 §7.1 adopts the interval."""
    pair = _first_pair(recent, lambda r: r.interval_ns)
    if pair is None:
        return None
    one, other = pair
    effect = "version 2 routers refuse each other for it" if one.version == 2 else "backups adopt the master's"
    text = f"{one.source} advertises every {_seconds(one)}, {other.source} every {_seconds(other)}: {effect}."
    return Finding(text, _evidence(pair, lambda r: f"interval {_seconds(r)}"))


def version_mix(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    pair = _first_pair(recent, lambda r: r.version)
    if pair is None:
        return None
    one, other = pair
    text = (
        f"{one.source} speaks VRRPv{one.version}, {other.source} VRRPv{other.version}: "
        "they refuse each other's adverts and both become master."
    )
    return Finding(text, _evidence(pair, lambda r: f"version {r.version}"))


def v2_outranks_fast_v3(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find a v2 router of higher priority than a v3 router with a sub-second interval (RFC 9568 §8.4.2.1.1)."""
    for old in (r for r in recent if r.version == 2):
        for fast in (r for r in recent if r.version == 3 and r.interval_ns < NS_PER_SECOND):
            if old.priority > fast.priority:
                text = (
                    f"{old.source} speaks VRRPv2 with priority {old.priority}, above {fast.source} ({fast.priority}), "
                    f"whose interval of {_seconds(fast)} it cannot announce."
                )
                return Finding(text, _evidence((old, fast), lambda r: f"version {r.version}, priority {r.priority}"))
    return None


def auth_mismatch(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    pair = _first_pair(recent, lambda r: (r.auth, r.auth_data if r.auth is Auth.SIMPLE else b""))
    if pair is None or pair[0].version != pair[1].version:
        return None
    one, other = pair
    evidence = _evidence(pair, lambda r: f"authentication {r.auth.value}")
    if one.auth is other.auth:
        text = f"{one.source} and {other.source} send different passwords: they refuse each other's adverts."
        return Finding(text, evidence)
    return Finding(
        f"{one.source} authenticates with {one.auth.value}, {other.source} with {other.auth.value}.", evidence
    )


def checksum_form_mix(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find different checksum forms in version 3 over IPv4 (RFC 9568 §5.2.8, RFC 5798 §5.2.8)."""
    if group.key.family is Family.IPV6:
        return None
    pair = _first_pair([r for r in recent if r.version == 3], lambda r: r.checksum)
    if pair is None:
        return None
    with_header, without = sorted(pair, key=lambda r: r.checksum is Checksum.MESSAGE)
    text = (
        f"{with_header.source} includes the pseudo-header in its checksum, {without.source} does not: "
        "either may refuse the other's adverts."
    )
    return Finding(text, _evidence(pair, lambda r: f"checksum over {r.checksum.value}"))


def _at_once(one: Router, other: Router) -> bool:
    """Report whether the periods in which the two routers were heard overlap."""
    return one.last_seen_ns >= other.first_seen_ns and other.last_seen_ns >= one.first_seen_ns


def _first_pair(routers: list[Router], fact: Callable[[Router], object]) -> tuple[Router, Router] | None:
    """Return the first router and the first one that differs from it in `fact`."""
    return next(((routers[0], other) for other in routers[1:] if fact(other) != fact(routers[0])), None)


def _evidence(routers: Iterable[Router], field: Callable[[Router], str]) -> tuple[Evidence, ...]:
    """Return the last advert of each router as evidence."""
    return tuple(Evidence(str(r.source), r.last_seen_ns, field(r)) for r in routers)


def _listed(addresses: Iterable[Address]) -> str:
    return ", ".join(str(address) for address in sorted(addresses, key=int))


def _seconds(router: Router) -> str:
    return f"{router.interval_ns / NS_PER_SECOND:g} s"
