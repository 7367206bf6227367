"""The diagnoses of a group: one function per code, each returning a finding, or None if all is well.

To add one, add a member of `Code` with its explanation, a function and a row in `DIAGNOSES`. Functions that compare
routers are in `comparisons`; `suspicion` records what is suspicious in single adverts in the group.
"""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.protocol.advert import NS_PER_SECOND, Auth, Reason, virtual_mac
from vrrptui.segment import comparisons
from vrrptui.segment.codes import Code
from vrrptui.segment.group import LOST_AFTER_INTERVALS, MEMORY_NS, NEVER_NS, Evidence, Finding, Group, Router

VIRTUAL_MAC_PREFIX = b"\x00\x00\x5e\x00"
REFUSAL_MEMORY_NS = 10 * NS_PER_SECOND
ANNOUNCEMENT_NS = 2 * NS_PER_SECOND  # time for a new master to announce its addresses, or
ANNOUNCEMENT_INTERVALS = 3  # this many intervals if longer, enough for another master to yield
FLAPPING_CHANGES = 5
FLAPPING_NS = 3600 * NS_PER_SECOND
SIGHTINGS = {  # how long each one counts after it was last seen
    Code.ROGUE_SPEAKER: MEMORY_NS,
    Code.OWN_SOURCE: REFUSAL_MEMORY_NS,
    Code.INTERVAL_POISONING: MEMORY_NS,
    Code.FOREIGN_VRRP_SUPPRESSION: 60 * NS_PER_SECOND,
    Code.NEAR_FAILOVER: MEMORY_NS,
    Code.VHID_COLLISION: 60 * NS_PER_SECOND,
}
REFUSALS: dict[Reason, tuple[Code, str]] = {  # the code and text for each reason to discard
    Reason.ZERO_INTERVAL: (Code.INTERVAL_ZERO, "with an interval of 0"),
    Reason.BAD_CHECKSUM: (Code.BAD_CHECKSUM, "with a wrong checksum"),
    Reason.TTL_NOT_255: (Code.TTL_NOT_255, "that may have been forwarded, TTL or hop limit below 255"),
}


def diagnose(group: Group, now_ns: int) -> dict[Code, Finding]:
    """Return all problems of `group` at `now_ns`, the most severe first."""
    recent = group.recent(now_ns)
    problems = {}
    for code, diagnosis in TABLES[len(group.routers) > 1, bool(group.sightings or group.refused)]:
        finding = diagnosis(group, recent, now_ns)
        if finding:
            before = group.problems.get(code)
            finding.since_ns = before.since_ns if before else now_ns
            problems[code] = finding
    return problems


def wake_ns(group: Group, now_ns: int) -> int:
    """Return when a diagnosis or the group's severity can change although nothing is heard."""
    times = [refusal.last_ns + _refusal_memory_ns(group) for refusal in group.refused.values()]
    times += [sighting.last_ns + SIGHTINGS[code] for code, sighting in group.sightings.items()]
    if group.problems:
        times += [router.last_seen_ns + MEMORY_NS for router in group.routers.values()]
    if group.failover_ns is not None:
        times.append(group.failover_ns + MEMORY_NS)
    if len(group.changes_ns) >= FLAPPING_CHANGES:
        times.append(group.changes_ns[-FLAPPING_CHANGES] + FLAPPING_NS)
    if group.master:
        grace_ns = _announcement_ns(group.master)
        times += [max(group.since_ns, answer.since_ns) + grace_ns for answer in group.answers.values()]
    return min((t for t in times if t > now_ns), default=NEVER_NS)


def _no_master(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    departure = group.departure
    if not group.vacant or departure is None:
        return None
    source, how = str(departure.router.source), "resigned" if departure.resigned else "fell silent"
    field = "priority 0" if departure.resigned else "its last advert"
    text = f"Nobody serves the addresses: {source} {how} and nobody took over."
    return Finding(text, (Evidence(source, departure.at_ns, field),))


def _stale_arp(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find an address last announced by a host other than the master, after the master had time to announce it."""
    masters = group.masters if group.answers else []
    if not masters or None in [m.source_mac for m in masters]:
        return None
    grace_ns = _announcement_ns(masters[0])
    right = right_macs(group)
    for address in group.addresses:
        answer = group.answers.get(address)
        if answer is None or answer.mac in right:
            continue
        if now_ns - max(group.since_ns, answer.since_ns) < grace_ns:
            continue
        mac = answer.mac.hex(":")
        owner = next((f" ({r.source})" for r in group.routers.values() if r.source_mac == answer.mac), "")
        text = (
            f"The last word on {address} was that of {mac}{owner}, by {answer.how}, which is not the master "
            f"{masters[0].source}: hosts that heard it send to the wrong machine."
        )
        return Finding(text, (Evidence(mac, answer.at_ns, f"{answer.how}: {address} is at {mac}"),))
    return None


def right_macs(group: Group) -> set[bytes | None]:
    """Return the MAC addresses that may announce the group's addresses now: the virtual one and the masters'."""
    return {virtual_mac(group.key.family, group.key.vrid), *(m.source_mac for m in group.masters)}


def _announcement_ns(master: Router) -> int:
    return max(ANNOUNCEMENT_NS, ANNOUNCEMENT_INTERVALS * master.interval_ns)


def _flapping(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    times_ns = [t for t in group.changes_ns if now_ns - t < FLAPPING_NS]
    if len(times_ns) < FLAPPING_CHANGES:
        return None
    period_ns = period(times_ns)
    rhythm = f", with a period of {period_ns / NS_PER_SECOND:.0f} s" if period_ns else ", at no steady period"
    text = f"{len(times_ns)} changes of master within an hour{rhythm}."
    name = str(group.spokesman.source) if group.spokesman else ""
    return Finding(text, tuple(Evidence(name, t, "change of master") for t in times_ns[-FLAPPING_CHANGES:]))


def period(times_ns: list[int]) -> int | None:
    """Return the steady time between changes, or between every second one (there and back); None if not steady."""
    for step in (1, 2):
        gaps = [later - earlier for earlier, later in zip(times_ns, times_ns[step:], strict=False)]
        mean = sum(gaps) // len(gaps) if gaps else 0
        if len(gaps) >= 3 and (max(gaps) - min(gaps)) * 10 <= mean:
            return mean
    return None


def _wrong_vmac(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    """Find a virtual MAC address of another group (RFC 9568 §7.3); many routers send from a physical one."""
    for router in recent:
        mac, right = router.source_mac, virtual_mac(group.key.family, group.key.vrid)
        if mac and mac != right and mac.startswith(VIRTUAL_MAC_PREFIX):
            text = f"{router.source} sends from {mac.hex(':')}, but this group's virtual MAC is {right.hex(':')}."
            return Finding(text, (Evidence(str(router.source), router.last_seen_ns, f"sent from {mac.hex(':')}"),))
    return None


def _auth_cleartext(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    open_ones = [r for r in recent if r.auth is Auth.SIMPLE]
    if not open_ones:
        return None
    names = ", ".join(str(r.source) for r in open_ones)
    evidence = tuple(Evidence(str(r.source), r.last_seen_ns, "authentication simple") for r in open_ones)
    return Finding(f"The password of {names} can be read by everybody on the segment.", evidence)


def _first_not_link_local(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
    odd = [r for r in recent if r.advert is not None and Reason.FIRST_NOT_LINK_LOCAL in r.advert.oddities]
    if not odd:
        return None
    names = ", ".join(str(r.source) for r in odd)
    evidence = tuple(Evidence(str(r.source), r.last_seen_ns, f"first address {r.addresses[0]}") for r in odd)
    return Finding(f"The first address that {names} advertises is not link-local.", evidence)


def _sighted(code: Code) -> Diagnosis:
    """Return a diagnosis for a sighting; it ends some time after the last one."""

    def diagnosis(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
        sighting = group.sightings.get(code)
        if sighting is None or now_ns - sighting.last_ns >= SIGHTINGS[code]:
            return None
        return Finding(sighting.text, (sighting.evidence,))

    return diagnosis


def _refused(reason: Reason, what: str) -> Diagnosis:
    """Return a diagnosis for adverts discarded for `reason`; it ends some time after the last one."""

    def diagnosis(group: Group, recent: list[Router], now_ns: int) -> Finding | None:
        refusal = group.refused.get(reason)
        if refusal is None or now_ns - refusal.last_ns >= _refusal_memory_ns(group):
            return None
        text = f"{refusal.evidence.source} sends adverts {what} ({refusal.count} so far): every router refuses them."
        return Finding(text, (refusal.evidence,))

    return diagnosis


def _refusal_memory_ns(group: Group) -> int:
    slowest_ns = max((r.interval_ns for r in group.routers.values()), default=0)
    return max(REFUSAL_MEMORY_NS, LOST_AFTER_INTERVALS * slowest_ns)


Diagnosis = Callable[[Group, list[Router], int], Finding | None]

DIAGNOSES: dict[Code, Diagnosis] = {
    Code.NO_MASTER: _no_master,
    Code.DUAL_MASTER: comparisons.dual_master,
    Code.STALE_ARP: _stale_arp,
    **{code: _sighted(code) for code in SIGHTINGS},
    Code.FLAPPING: _flapping,
    Code.OWNER_DUPLICATE: comparisons.owner_duplicate,
    Code.PRIORITY_TIE: comparisons.priority_tie,
    Code.SKEW_TOO_CLOSE: comparisons.skew_too_close,
    Code.VRID_COLLISION: comparisons.vrid_collision,
    Code.VIP_MISMATCH: comparisons.vip_mismatch,
    Code.VERSION_MIX: comparisons.version_mix,
    Code.V2_OUTRANKS_FAST_V3: comparisons.v2_outranks_fast_v3,
    Code.INTERVAL_MISMATCH: comparisons.interval_mismatch,
    Code.AUTH_MISMATCH: comparisons.auth_mismatch,
    Code.CHECKSUM_FORM_MIX: comparisons.checksum_form_mix,
    Code.WRONG_VMAC: _wrong_vmac,
    **{code: _refused(reason, what) for reason, (code, what) in REFUSALS.items()},
    Code.V6_FIRST_NOT_LINKLOCAL: _first_not_link_local,
    Code.AUTH_CLEARTEXT: _auth_cleartext,
}

# Codes that need at least two routers.
COMPARISONS = frozenset(
    (
        Code.DUAL_MASTER,
        Code.OWNER_DUPLICATE,
        Code.PRIORITY_TIE,
        Code.SKEW_TOO_CLOSE,
        Code.VRID_COLLISION,
        Code.VIP_MISMATCH,
        Code.VERSION_MIX,
        Code.V2_OUTRANKS_FAST_V3,
        Code.INTERVAL_MISMATCH,
        Code.AUTH_MISMATCH,
        Code.CHECKSUM_FORM_MIX,
    )
)

# Most groups have one router and nothing suspicious; they are checked with a small part of the table.
OF_SIGHTINGS = frozenset((*SIGHTINGS, *(row[0] for row in REFUSALS.values())))
TABLES = {
    (several, suspicious): tuple(
        (code, diagnosis)
        for code, diagnosis in DIAGNOSES.items()
        if (several or code not in COMPARISONS) and (suspicious or code not in OF_SIGHTINGS)
    )
    for several in (False, True)
    for suspicious in (False, True)
}
