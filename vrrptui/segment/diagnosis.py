"""What is wrong with a group: one small function a code, each giving a sentence, or None when all is well.

A new diagnosis is a member of `Code`, a function here and a row in `DIAGNOSES`. Routers are compared as they were last
heard within ten minutes, because of a group only the master speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from vrrptui.protocol.advert import NS_PER_SECOND, PRIORITY_OWNER, Address, Auth, Reason, virtual_mac
from vrrptui.protocol.timers import skew_gap_ns
from vrrptui.segment.group import LOST_AFTER_INTERVALS, MEMORY_NS, NEVER_NS, Code, Group, Router

VIRTUAL_MAC_PREFIX = b"\x00\x00\x5e\x00"
REFUSAL_MEMORY_NS = 10 * NS_PER_SECOND
LEAST_SKEW_GAP_NS = 2_000_000  # what a busy host and a switch may take between a timer and the other's ear
REFUSALS: dict[Reason, tuple[Code, str] | tuple[Code, str, str]] = {  # what a refused advert says of its group
    Reason.ZERO_INTERVAL: (Code.INTERVAL_ZERO, "with an interval of 0"),
    Reason.BAD_CHECKSUM: (Code.BAD_CHECKSUM, "with a wrong checksum"),
    Reason.TTL_NOT_255: (Code.TTL_NOT_255, "that may have been forwarded, TTL or hop limit below 255"),
    Reason.FIRST_NOT_LINK_LOCAL: (
        Code.V6_FIRST_NOT_LINKLOCAL,
        "whose first address is not link-local",
        "routers of RFC 9568 refuse them, older ones may not",
    ),
}


def diagnose(group: Group, now_ns: int) -> dict[Code, str]:
    """Everything wrong with `group` at `now_ns`, the gravest first."""
    recent = group.recent(now_ns)
    alone = len(group.routers) < 2
    problems = {}
    for code, diagnosis in DIAGNOSES.items():
        if alone and code in COMPARISONS:
            continue
        sentence = diagnosis(group, recent, now_ns)
        if sentence:
            problems[code] = sentence
    return problems


def wake_ns(group: Group, now_ns: int) -> int:
    """When a diagnosis, or the group's severity, can change though nothing is heard."""
    times = [refusal.last_ns + _refusal_memory_ns(group) for refusal in group.refused.values()]
    if group.problems:
        times += [router.last_seen_ns + MEMORY_NS for router in group.routers.values()]
    if group.failover_ns is not None:
        times.append(group.failover_ns + MEMORY_NS)
    return min((t for t in times if t > now_ns), default=NEVER_NS)


def _no_master(group: Group, recent: list[Router], now_ns: int) -> str | None:
    if not group.vacant or group.departure is None:
        return None
    how = "resigned" if group.departure.resigned else "fell silent"
    return f"Nobody serves the addresses: {group.departure.router.source} {how} and nobody took over."


def _dual_master(group: Group, recent: list[Router], now_ns: int) -> str | None:
    masters = group.masters
    if len(masters) < 2:
        return None
    names = " and ".join(f"{r.source} ({r.priority})" for r in masters)
    return f"{names} are master at once: they do not hear, or do not accept, each other's adverts."


def _owner_duplicate(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 9568 §8.3.2: one router owns the addresses. A router that changed its address is not two."""
    owners = [r for r in recent if r.priority == PRIORITY_OWNER]
    for one, other in combinations(owners, 2):
        at_once = one.last_seen_ns >= other.first_seen_ns and other.last_seen_ns >= one.first_seen_ns
        if one.source_mac != other.source_mac or at_once:
            return f"{one.source} and {other.source} both advertise priority 255, which is the address owner's alone."
    return None


def _priority_tie(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 9568 §8.3.2, for routers that are master at once; one after the other is a normal change."""
    for one, other in combinations(group.masters, 2):
        if one.priority == other.priority:
            return f"{one.source} and {other.source} both have priority {one.priority}: the larger address wins."
    return None


def _skew_too_close(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 9568 §8.3.2, for two that can be backup at once: equal priorities are another matter, owners never wait."""
    electable = [r for r in recent if 0 < r.priority < PRIORITY_OWNER]
    for one, other in combinations(electable, 2):
        if one.priority == other.priority or one.version != other.version:
            continue
        gap_ns = skew_gap_ns(one.version, one.priority, other.priority, min(one.interval_ns, other.interval_ns))
        if gap_ns < LEAST_SKEW_GAP_NS:
            return (
                f"{one.source} ({one.priority}) and {other.source} ({other.priority}) wait only {gap_ns / 1e6:.2g} ms "
                "apart for a lost master: both may take over. Set their priorities further apart."
            )
    return None


def _vip_mismatch(group: Group, recent: list[Router], now_ns: int) -> str | None:
    reference = group.spokesman
    for router in recent if reference else ():
        assert reference is not None
        extra = _listed(set(router.addresses) - set(reference.addresses))
        missing = _listed(set(reference.addresses) - set(router.addresses))
        if extra or missing:
            parts = [f"has {extra} in addition" if extra else "", f"lacks {missing}" if missing else ""]
            return f"Compared with {reference.source}, {router.source} {' and '.join(filter(None, parts))}."
    return None


def _interval_mismatch(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 3768 §7.1 discards such adverts, RFC 9568 §7.1 adopts the interval."""
    pair = _first_pair(recent, lambda r: r.interval_ns)
    if pair is None:
        return None
    one, other = pair
    effect = "version 2 routers refuse each other for it" if one.version == 2 else "backups adopt the master's"
    return f"{one.source} advertises every {_seconds(one)}, {other.source} every {_seconds(other)}: {effect}."


def _version_mix(group: Group, recent: list[Router], now_ns: int) -> str | None:
    pair = _first_pair(recent, lambda r: r.version)
    if pair is None:
        return None
    one, other = pair
    return (
        f"{one.source} speaks VRRPv{one.version}, {other.source} VRRPv{other.version}: "
        "they refuse each other's adverts and both become master."
    )


def _v2_outranks_fast_v3(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 9568 §8.4.2.1.1."""
    for old in (r for r in recent if r.version == 2):
        for fast in (r for r in recent if r.version == 3 and r.interval_ns < NS_PER_SECOND):
            if old.priority > fast.priority:
                return (
                    f"{old.source} speaks VRRPv2 with priority {old.priority}, above {fast.source} ({fast.priority}), "
                    f"whose interval of {_seconds(fast)} it cannot announce."
                )
    return None


def _auth_mismatch(group: Group, recent: list[Router], now_ns: int) -> str | None:
    pair = _first_pair(recent, lambda r: (r.auth, r.auth_data if r.auth is Auth.SIMPLE else b""))
    if pair is None or pair[0].version != pair[1].version:
        return None
    one, other = pair
    if one.auth is other.auth:
        return f"{one.source} and {other.source} send different passwords: they refuse each other's adverts."
    return f"{one.source} authenticates with {one.auth.value}, {other.source} with {other.auth.value}."


def _wrong_vmac(group: Group, recent: list[Router], now_ns: int) -> str | None:
    """RFC 9568 §7.3. A physical address is no fault: many send from it."""
    right = virtual_mac(group.key.family, group.key.vrid)
    for router in recent:
        mac = router.source_mac
        if mac and mac.startswith(VIRTUAL_MAC_PREFIX) and mac != right:
            return f"{router.source} sends from {mac.hex(':')}, but this group's virtual MAC is {right.hex(':')}."
    return None


def _refused(reason: Reason, what: str, by: str = "every router refuses them") -> Diagnosis:
    """A diagnosis from adverts that were refused for `reason`: over when none came for a while."""

    def diagnosis(group: Group, recent: list[Router], now_ns: int) -> str | None:
        refusal = group.refused.get(reason)
        if refusal is None or now_ns - refusal.last_ns >= _refusal_memory_ns(group):
            return None
        return f"{refusal.source} sends adverts {what} ({refusal.count} so far): {by}."

    return diagnosis


def _refusal_memory_ns(group: Group) -> int:
    slowest_ns = max((r.interval_ns for r in group.routers.values()), default=0)
    return max(REFUSAL_MEMORY_NS, LOST_AFTER_INTERVALS * slowest_ns)


def _first_pair(routers: list[Router], fact: Callable[[Router], object]) -> tuple[Router, Router] | None:
    """The first router and the first that differs from it in `fact`."""
    return next(((routers[0], other) for other in routers[1:] if fact(other) != fact(routers[0])), None)


def _listed(addresses: set[Address]) -> str:
    return ", ".join(str(address) for address in sorted(addresses, key=int))


def _seconds(router: Router) -> str:
    return f"{router.interval_ns / NS_PER_SECOND:g} s"


Diagnosis = Callable[[Group, list[Router], int], str | None]

DIAGNOSES: dict[Code, Diagnosis] = {
    Code.NO_MASTER: _no_master,
    Code.DUAL_MASTER: _dual_master,
    Code.OWNER_DUPLICATE: _owner_duplicate,
    Code.PRIORITY_TIE: _priority_tie,
    Code.SKEW_TOO_CLOSE: _skew_too_close,
    Code.VIP_MISMATCH: _vip_mismatch,
    Code.VERSION_MIX: _version_mix,
    Code.V2_OUTRANKS_FAST_V3: _v2_outranks_fast_v3,
    Code.INTERVAL_MISMATCH: _interval_mismatch,
    Code.AUTH_MISMATCH: _auth_mismatch,
    Code.WRONG_VMAC: _wrong_vmac,
} | {code: _refused(reason, *words) for reason, (code, *words) in REFUSALS.items()}

# Codes for which there must be two routers at least.
COMPARISONS = frozenset(
    (
        Code.DUAL_MASTER,
        Code.OWNER_DUPLICATE,
        Code.PRIORITY_TIE,
        Code.SKEW_TOO_CLOSE,
        Code.VIP_MISMATCH,
        Code.VERSION_MIX,
        Code.V2_OUTRANKS_FAST_V3,
        Code.INTERVAL_MISMATCH,
        Code.AUTH_MISMATCH,
    )
)
