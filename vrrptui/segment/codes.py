"""The diagnosis codes and their explanations, the source of `vrrptui explain` and docs/diagnosis.md.

The name of a code never changes. `diagnosis` decides when a code applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Code(Enum):
    """A diagnosis code. The value is its name in JSON, history and documentation."""

    VIP_MISSING = "VIP_MISSING"
    ADVERTS_NOT_SENT = "ADVERTS_NOT_SENT"
    VIP_HELD_BY_BACKUP = "VIP_HELD_BY_BACKUP"
    ACCEPT_FILTER_LOST = "ACCEPT_FILTER_LOST"
    OTHER_DAEMON = "OTHER_DAEMON"
    NO_MASTER = "NO_MASTER"
    DUAL_MASTER = "DUAL_MASTER"
    STALE_ARP = "STALE_ARP"
    ROGUE_SPEAKER = "ROGUE_SPEAKER"
    OWN_SOURCE = "OWN_SOURCE"
    INTERVAL_POISONING = "INTERVAL_POISONING"
    FOREIGN_VRRP_SUPPRESSION = "FOREIGN_VRRP_SUPPRESSION"
    FLAPPING = "FLAPPING"
    NEAR_FAILOVER = "NEAR_FAILOVER"
    OWNER_DUPLICATE = "OWNER_DUPLICATE"
    PRIORITY_TIE = "PRIORITY_TIE"
    SKEW_TOO_CLOSE = "SKEW_TOO_CLOSE"
    VRID_COLLISION = "VRID_COLLISION"
    VHID_COLLISION = "VHID_COLLISION"
    VIP_MISMATCH = "VIP_MISMATCH"
    VERSION_MIX = "VERSION_MIX"
    V2_OUTRANKS_FAST_V3 = "V2_OUTRANKS_FAST_V3"
    INTERVAL_MISMATCH = "INTERVAL_MISMATCH"
    AUTH_MISMATCH = "AUTH_MISMATCH"
    CHECKSUM_FORM_MIX = "CHECKSUM_FORM_MIX"
    WRONG_VMAC = "WRONG_VMAC"
    INTERVAL_ZERO = "INTERVAL_ZERO"
    BAD_CHECKSUM = "BAD_CHECKSUM"
    TTL_NOT_255 = "TTL_NOT_255"
    V6_FIRST_NOT_LINKLOCAL = "V6_FIRST_NOT_LINKLOCAL"
    LOCAL_STALL = "LOCAL_STALL"
    TABLE_FULL = "TABLE_FULL"
    AUTH_CLEARTEXT = "AUTH_CLEARTEXT"

    __hash__ = object.__hash__  # faster than Enum's hash


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a code. Each part is one or two plain sentences."""

    severity: str  # critical (an address unserved or served twice), warning, or ok (worth knowing, nothing is wrong)
    meaning: str
    cause: str
    action: str


# Codes about this host or the observer, which no group has.
OF_THE_HOST = frozenset((Code.LOCAL_STALL, Code.TABLE_FULL, Code.OTHER_DAEMON))
# Codes about a virtual router of this host that does not do what it should.
OF_OWN_ROUTERS = frozenset((Code.VIP_MISSING, Code.ADVERTS_NOT_SENT, Code.VIP_HELD_BY_BACKUP, Code.ACCEPT_FILTER_LOST))

EXPLANATIONS: dict[Code, Explanation] = {
    Code.VIP_MISSING: Explanation(
        "critical",
        "A virtual router of this host is master, and this host does not hold each of its addresses.",
        "The kernel refuses the address, as the sentence says, or duplicate address detection found it elsewhere.",
        "Remove what is named; until then stop the instance, so that another router serves the addresses.",
    ),
    Code.ADVERTS_NOT_SENT: Explanation(
        "critical",
        "A virtual router of this host is master, and the kernel does not send its adverts: others will take over.",
        "A firewall rule on the way out, no route to a unicast peer, or an interface that cannot send.",
        "Accept protocol 112 (authentication header: 51) on the way out; `vrrptui doctor` finds the rule.",
    ),
    Code.VIP_HELD_BY_BACKUP: Explanation(
        "critical",
        "This host holds a virtual address although its virtual router is not master: two hosts answer for it.",
        "Another program adds the address again and again: network configuration, a script, a second VRRP program.",
        "Take the address out of the host's own configuration; a virtual address belongs to VRRP alone.",
    ),
    Code.ACCEPT_FILTER_LOST: Explanation(
        "critical",
        "A virtual router of this host has no_accept, and the table of nftables that keeps it is not there.",
        "The program nft is missing or refuses the table, or another program takes it away again and again.",
        "See what nft says; load a firewall without `flush ruleset`, or only when the engine does not run.",
    ),
    Code.OTHER_DAEMON: Explanation(
        "critical",
        "Another program on this host speaks VRRP. Two on one host do not hear each other, and both become master.",
        "A keepalived, FRR's vrrpd or a second engine was started beside this one.",
        "Stop one of them. If they serve different VRIDs on purpose, start the engine with --beside-others.",
    ),
    Code.NO_MASTER: Explanation(
        "critical",
        "The last master resigned or fell silent, and nobody took over in time: the addresses are unserved.",
        "No backup is alive, the backups do not hear the segment, or each is held back by a fault or a failing check.",
        "Start a router of this group, or look on the backups why they stay: state, checks, interface, firewall.",
    ),
    Code.DUAL_MASTER: Explanation(
        "critical",
        "Two or more routers advertise as master for longer than one interval: the addresses are served twice.",
        "They do not hear each other (switch, VLAN, firewall on protocol 112, multicast snooping; perhaps in one"
        " direction only), or hear and refuse each other: version, password, interval, checksum.",
        "Read the other codes of the group first. Without one, capture on both hosts: the one that does not see the"
        " other's adverts is behind the loss. A router that answers every advert of the other at once does hear it.",
    ),
    Code.STALE_ARP: Explanation(
        "warning",
        "Somebody else than the master was the last to announce, or to answer for, a virtual address.",
        "The master sent no gratuitous ARP (or unsolicited neighbour advertisement) since it took over, a former master"
        " still has the address, or another host was given it.",
        "Make the master announce again, and remove the address from the host with the MAC address named.",
    ),
    Code.ROGUE_SPEAKER: Explanation(
        "warning",
        "A router came into a settled group in a way that no router of the group has a reason to: as owner of addresses"
        " it does not have, or with resignations that are not followed by silence.",
        "A priority of 255 given to a router that is no owner, a forgotten test machine, or an attack: VRRP has no"
        " authentication that stops one.",
        "Find the MAC address in the switch's table. A router of yours that owns no address has at most 254.",
    ),
    Code.OWN_SOURCE: Explanation(
        "warning",
        "An advert came in from outside with an address of this host as its source.",
        "Two hosts have the same address, a loop in the network brings our adverts back, or somebody forges them.",
        "Look for a second host with the address (`arping -D`), then for a loop.",
    ),
    Code.INTERVAL_POISONING: Explanation(
        "warning",
        "A version 3 router advertises an interval ten times the one known before: backups adopt it, and would wait"
        " three of them and the skew before they take over.",
        "A wrong configuration (centiseconds, seconds), or an attack that holds the backups back.",
        "Give all routers of the group one interval; find the sender if it is none of yours.",
    ),
    Code.FOREIGN_VRRP_SUPPRESSION: Explanation(
        "warning",
        "The master is late with its adverts, or fell silent, while a stranger's adverts with its VRID came in.",
        "Some implementations, keepalived 2.2 among them, start their advert timer anew for every advert of their VRID,"
        " even one they refuse: a stranger who sends often enough silences a healthy master.",
        "Remove the stranger from this VRID, or filter its adverts at the switch or with the host's firewall.",
    ),
    Code.FLAPPING: Explanation(
        "warning",
        "The group changed its master five times or more within an hour.",
        "A link that goes up and down, lost adverts, a check that fails now and then, or a host that pauses. A steady"
        " period points to something periodic: a snooping querier's timeout, a cron job, a snapshot of a machine.",
        "Look at what the named period belongs to; a preemption delay quietens a group while you look.",
    ),
    Code.NEAR_FAILOVER: Explanation(
        "warning",
        "An advert of the master came when one more missed one would have made the backups take over.",
        "Adverts are lost, or the master's host pauses: load, a virtual machine that is not scheduled, a snapshot.",
        "See whether all routers of the segment have it (the network) or one (that host).",
    ),
    Code.OWNER_DUPLICATE: Explanation(
        "warning",
        "Two routers advertise priority 255, which is the address owner's alone (RFC 9568 §8.3.2).",
        "255 was configured as the highest number there is, or two hosts have the virtual address as their own.",
        "Leave 255 to the one host whose interface has the address; give all others 1 to 254.",
    ),
    Code.PRIORITY_TIE: Explanation(
        "warning",
        "Two routers that are master at once have the same priority (RFC 9568 §8.3.2).",
        "The same configuration on both hosts; the larger address decides once they hear each other.",
        "Give each router of a group its own priority.",
    ),
    Code.SKEW_TOO_CLOSE: Explanation(
        "warning",
        "Two backups wait nearly equally long for a lost master, so that both may take over (RFC 9568 §8.3.2).",
        "Neighbouring priorities: the skew time differs by a 256th of the interval (version 2: of a second) a step.",
        "Set the priorities further apart; the sentence says how many milliseconds they are apart now.",
    ),
    Code.VRID_COLLISION: Explanation(
        "warning",
        "Two routers that speak at the same time have one VRID and not one address in common.",
        "Two unrelated groups were given the same VRID on one segment, or one router's list is all wrong.",
        "Give one of them a free VRID: `vrrptui groups` lists those in use.",
    ),
    Code.VHID_COLLISION: Explanation(
        "warning",
        "CARP uses the number of this group as a VHID: both have one virtual MAC address, and switches mix them up.",
        "OpenBSD, FreeBSD, pfSense or OPNsense firewalls on the same segment, with the same number.",
        "Give the group another VRID, or the firewalls another VHID.",
    ),
    Code.VIP_MISMATCH: Explanation(
        "warning",
        "The routers of the group advertise different address lists.",
        "An address was added on one router only. Some implementations refuse such adverts, others do not mind: after"
        " a takeover, addresses are missing.",
        "Make the lists equal; the sentence names the difference.",
    ),
    Code.VERSION_MIX: Explanation(
        "warning",
        "The routers of the group speak different versions of VRRP, and refuse each other's adverts.",
        "A version that was changed on one side only, or a default that differs between products.",
        "Set one version on all routers of the group.",
    ),
    Code.V2_OUTRANKS_FAST_V3: Explanation(
        "warning",
        "A version 2 router outranks a version 3 router whose interval of less than a second it cannot announce"
        " (RFC 9568 §8.4.2.1.1).",
        "A group under migration from version 2 to 3.",
        "Give the version 2 routers the lower priorities, or use intervals of whole seconds until all speak version 3.",
    ),
    Code.INTERVAL_MISMATCH: Explanation(
        "warning",
        "The routers of the group advertise at different intervals.",
        "One router's configuration differs. Version 2 routers refuse each other for it (RFC 3768 §7.1) and both become"
        " master; version 3 backups adopt the master's.",
        "Set one interval on all routers of the group.",
    ),
    Code.AUTH_MISMATCH: Explanation(
        "warning",
        "The routers of the group authenticate differently, and refuse each other's adverts.",
        "Another password or another kind of authentication on one side. keepalived uses eight characters at most.",
        "Set the same kind and password on all routers, or none: it keeps nobody out who can hear the segment.",
    ),
    Code.CHECKSUM_FORM_MIX: Explanation(
        "warning",
        "Version 3 routers of an IPv4 group compute the checksum in two forms, with and without a pseudo-header.",
        "RFC 5798 was read both ways and RFC 9568 §5.2.8 settled on the message alone: keepalived and FRR add the"
        " pseudo-header by default, Cisco, Juniper and Arista do not. Many refuse the other form as a bad checksum.",
        "Choose one form: `v3_checksum_as_v2` in keepalived, `checksum-with-ipv4-pseudoheader` in FRR.",
    ),
    Code.WRONG_VMAC: Explanation(
        "warning",
        "A router sends from a virtual MAC address that is another group's (RFC 9568 §7.3).",
        "A virtual MAC configured by hand, or a macvlan left from another VRID or family.",
        "Set the virtual MAC address of this VRID and family, or none.",
    ),
    Code.INTERVAL_ZERO: Explanation(
        "warning",
        "Adverts come with an interval of 0; every router refuses them.",
        "An interval below a second in version 2, which carries whole seconds only.",
        "Use version 3 for intervals below a second.",
    ),
    Code.BAD_CHECKSUM: Explanation(
        "warning",
        "Adverts come with a checksum that is right in no known form; every router refuses them.",
        "A faulty implementation or network card, or a frame changed under way (address translation).",
        "Capture close to the sender and compare.",
    ),
    Code.TTL_NOT_255: Explanation(
        "warning",
        "Multicast adverts come with a TTL or hop limit below 255; every router refuses them (RFC 9568 §5.1.1.3).",
        "They were forwarded by a router or tunnel, or made by a program that is no VRRP router.",
        "Find what forwards 224.0.0.18 or ff02::12: both are to stay on their link.",
    ),
    Code.V6_FIRST_NOT_LINKLOCAL: Explanation(
        "ok",
        "The first address of an IPv6 advert is not link-local, as RFC 9568 §5.2.9 wants it to be.",
        "Only global virtual addresses were configured, as most configurations of keepalived and FRR have it.",
        "Nothing is wrong: keepalived, FRR and vrrptui hear such adverts. Add a link-local address to the group, as its"
        " first, if a router of another make refuses them.",
    ),
    Code.LOCAL_STALL: Explanation(
        "warning",
        "This host ran late: the engine acted on a deadline well after it was due.",
        "Too little processor time, a paused virtual machine, or a suspended process.",
        "Give the engine real-time priority, or the machine more time; distrust what was judged at that moment.",
    ),
    Code.TABLE_FULL: Explanation(
        "warning",
        "More groups or routers were heard than the observer keeps; those silent for longest were forgotten.",
        "A flood of forged adverts, or a very large segment observed as one.",
        "Look at the sources heard last; our own virtual routers are not affected.",
    ),
    Code.AUTH_CLEARTEXT: Explanation(
        "ok",
        "The group authenticates with a password that everybody on the segment can read (RFC 2338 §5.3.6.2).",
        "PASS authentication is common, and guards against mistakes, not against attackers (RFC 9568 §9).",
        "Nothing is wrong. Use a password that is used nowhere else.",
    ),
}


def page() -> str:
    """Return the text of docs/diagnosis.md."""
    lines = [
        "# What the observer finds",
        "",
        "Each code is raised once, stays while it is so, and is cleared when it is over; `status`, `groups` and the",
        "console give it with a sentence about the case at hand and the packets that show it. `vrrptui explain CODE`",
        "says what is below. Severity *ok* means worth knowing, nothing is wrong. Written by",
        "`python -m vrrptui.segment.codes`.",
    ]
    for code in Code:
        one = EXPLANATIONS[code]
        lines += ["", f"## {code.value}", "", f"*{one.severity}*: {one.meaning}", ""]
        lines += [f"- **Cause**: {one.cause}", f"- **What to do**: {one.action}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
