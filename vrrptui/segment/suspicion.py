"""Records what is suspicious in a single advert, or in its timing, as a sighting in the group for `diagnosis`.

Called before the advert is applied to the group. Has no effect on mastership.
"""

from __future__ import annotations

from vrrptui.protocol.advert import NS_PER_SECOND, PRIORITY_OWNER, Address, Advert, virtual_mac
from vrrptui.segment.codes import Code
from vrrptui.segment.group import LATE_INTERVALS, Evidence, Group, HeardFrame, Role, Router, Sighting

SETTLED_ADVERTS = 3  # adverts after which a master counts as established
LEAST_STRANGERS = 3
POISONOUS_FACTOR = 10  # an interval is suspicious if greater than the previous one by more than this factor
ANSWER_SHARE = 10  # an answer comes within this fraction of the interval and within ANSWER_NS
ANSWER_NS = 2_000_000
LATE_ANSWER_NS = 20_000_000  # a later advert is not an answer; in between it may be a coincidence


def is_late(router: Router, now_ns: int) -> bool:
    """Report whether at least one advert of `router` is missing."""
    return now_ns - router.last_seen_ns >= LATE_INTERVALS * router.interval_ns


def see(group: Group, code: Code, text: str, evidence: Evidence) -> None:
    """Record a sighting; its text replaces that of the previous one."""
    before = group.sightings.get(code)
    count = before.count + 1 if before else 1
    group.sightings[code] = Sighting(text, evidence, evidence.time_ns, count)


def look(group: Group, router: Router | None, advert: Advert, now_ns: int) -> None:
    """Examine an accepted advert of `router` (None: heard for the first time)."""
    master = group.master
    if master is None:
        return
    if is_late(master, now_ns):
        _look_at_lateness(group, master, router, now_ns)
    if router is not master:
        group.strangers += 1
    source = str(advert.source)
    false_owner = advert.priority == PRIORITY_OWNER and advert.source not in advert.addresses
    if router is None and false_owner and master.adverts >= SETTLED_ADVERTS:
        text = (
            f"{source} came into a group that {master.source} served, with priority 255, "
            "though it has none of the addresses as its own."
        )
        see(group, Code.ROGUE_SPEAKER, text, Evidence(source, now_ns, "priority 255"))
    known_ns = router.interval_ns if router else master.interval_ns
    if advert.version == 3 and advert.interval_ns and advert.interval_ns > POISONOUS_FACTOR * known_ns > 0:
        seconds = f"{advert.interval_ns / NS_PER_SECOND:g} s"
        text = (
            f"{source} advertises an interval of {seconds}, {known_ns / NS_PER_SECOND:g} s was known: "
            f"backups that adopt it wait {3 * advert.interval_ns / NS_PER_SECOND:g} s and more for a lost master."
        )
        see(group, Code.INTERVAL_POISONING, text, Evidence(source, now_ns, f"interval {seconds}"))


def look_at_return(group: Group, router: Router, now_ns: int) -> None:
    """Examine an advert of a router that has just resigned."""
    back_ns = now_ns - router.last_seen_ns
    if router.role is Role.RESIGNED and router.priority != PRIORITY_OWNER and back_ns < router.interval_ns:
        text = (
            f"{router.source} resigned and went on {back_ns / 1e6:.0f} ms later: "
            "somebody may send resignations in its name."
        )
        see(group, Code.ROGUE_SPEAKER, text, Evidence(str(router.source), router.last_seen_ns, "priority 0"))


def look_at_own_source(group: Group, frame: HeardFrame, now_ns: int) -> None:
    """Record an advert from another host with an address of this host as its source."""
    source, mac = str(frame.advert.source), frame.source_mac
    text = f"An advert from {source}, an address of this host, came in from {mac.hex(':') if mac else 'outside'}."
    see(group, Code.OWN_SOURCE, text, Evidence(source, now_ns, f"source {source}"))


def look_at_carp(group: Group, source: Address, now_ns: int) -> bool:
    """Record a CARP VHID equal to the VRID, if a router sends from the shared MAC address; return whether one does."""
    mac = virtual_mac(group.key.family, group.key.vrid)
    if all(router.source_mac != mac for router in group.routers.values()):
        return False
    text = f"{source} uses CARP's VHID {group.key.vrid}, whose virtual MAC address {mac.hex(':')} is this group's too."
    see(group, Code.VHID_COLLISION, text, Evidence(str(source), now_ns, f"VHID {group.key.vrid}"))
    return True


def note_answer(group: Group, router: Router, now_ns: int) -> None:
    """With several masters, count whether the winner of the election answers the others' adverts at once."""
    if len(group.masters) < 2:
        group.asserted = group.ignored = 0
        group.contender_ns = None
    elif router is not group.master:
        group.ignored += group.contender_ns is not None
        group.contender_ns = now_ns
    elif group.contender_ns is not None:
        after_ns, share_ns = now_ns - group.contender_ns, router.interval_ns // ANSWER_SHARE
        group.asserted += after_ns <= min(share_ns, ANSWER_NS)
        group.ignored += after_ns > min(share_ns, LATE_ANSWER_NS)
        group.contender_ns = None


def _look_at_lateness(group: Group, master: Router, router: Router | None, now_ns: int) -> None:
    gap_ns = now_ns - master.last_seen_ns
    said = f"{gap_ns / NS_PER_SECOND:.2f} s after the one before, interval {master.interval_ns / NS_PER_SECOND:g} s"
    if group.strangers >= LEAST_STRANGERS and group.strangers * master.interval_ns * 2 > gap_ns * 3:
        text = (
            f"{master.source} said nothing for {gap_ns / NS_PER_SECOND:.1f} s while {group.strangers} adverts of "
            f"others came in for VRID {group.key.vrid}: they may hold its own back."
        )
        see(group, Code.FOREIGN_VRRP_SUPPRESSION, text, Evidence(str(master.source), now_ns, f"next word {said}"))
    if router is master and not group.strangers and 2 * gap_ns >= 5 * master.interval_ns:
        master.near_failovers += 1
        text = (
            f"An advert of {master.source} came {gap_ns / NS_PER_SECOND:.2f} s after the one before "
            f"({master.near_failovers} so far): one more missed would have been a failover."
        )
        see(group, Code.NEAR_FAILOVER, text, Evidence(str(master.source), now_ns, said))
