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
        "A virtual router of this host is master, but the host does not hold all of its addresses.",
        "The kernel refuses the address (see the reason given), or duplicate address detection found it on another"
        " host.",
        "Remove the named cause; until then stop the instance, so that another router serves the addresses.",
    ),
    Code.ADVERTS_NOT_SENT: Explanation(
        "critical",
        "A virtual router of this host is master, but the kernel does not send its adverts: other routers take over.",
        "A firewall rule for outgoing packets, no route to a unicast peer, or an interface that cannot send.",
        "Accept outgoing protocol 112 (authentication header: 51); `vrrptui doctor` finds the rule.",
    ),
    Code.VIP_HELD_BY_BACKUP: Explanation(
        "critical",
        "This host holds a virtual address although its virtual router is not master: two hosts answer for it.",
        "Another program keeps adding the address: network configuration, a script, a second VRRP program.",
        "Remove the address from the host's own configuration; a virtual address belongs to VRRP alone.",
    ),
    Code.ACCEPT_FILTER_LOST: Explanation(
        "critical",
        "A virtual router of this host has no_accept, but the nftables table that implements it is missing.",
        "The program nft is missing or refuses the table, or another program keeps removing it.",
        "Read the error of nft; load the firewall without `flush ruleset`, or only while the engine does not run.",
    ),
    Code.OTHER_DAEMON: Explanation(
        "critical",
        "Another program on this host speaks VRRP. Two such programs on one host do not hear each other, and both"
        " become master.",
        "A keepalived, FRR's vrrpd or a second engine was started on this host.",
        "Stop one of them. If they serve different VRIDs on purpose, start the engine with --beside-others.",
    ),
    Code.NO_MASTER: Explanation(
        "critical",
        "The last master resigned or fell silent, and no router took over in time: the addresses are unserved.",
        "No backup is alive, the backups do not hear the segment, or a fault or a failing check keeps each from"
        " taking over.",
        "Start a router of this group, or find out why the backups do not take over: state, checks, interface,"
        " firewall.",
    ),
    Code.DUAL_MASTER: Explanation(
        "critical",
        "Two or more routers advertise as master for longer than one interval: the addresses are served twice.",
        "They do not hear each other (switch, VLAN, firewall on protocol 112, multicast snooping; perhaps in one"
        " direction only), or hear and refuse each other: version, password, interval, checksum.",
        "Read the other codes of the group first. If there are none, capture on both hosts: adverts are lost on the"
        " way to the"
        " one that does not see them. A router that answers every advert of the other at once does hear it.",
    ),
    Code.STALE_ARP: Explanation(
        "warning",
        "The last host to announce a virtual address, or to answer for it, was not the master.",
        "The master sent no gratuitous ARP (or unsolicited neighbour advertisement) since it took over, a former master"
        " still has the address, or another host was configured with it.",
        "Make the master announce again, and remove the address from the host with the MAC address named.",
    ),
    Code.ROGUE_SPEAKER: Explanation(
        "warning",
        "A router joined a settled group in a way that no legitimate router does: as owner of addresses that it does"
        " not"
        " have, or with resignations that are not followed by silence.",
        "A priority of 255 on a router that is not the owner, a forgotten test machine, or an attack: no VRRP"
        " authentication prevents one.",
        "Find the MAC address in the switch's table. Give your own routers that own no address at most 254.",
    ),
    Code.OWN_SOURCE: Explanation(
        "warning",
        "An advert with an address of this host as its source arrived from the network.",
        "Two hosts have the same address, a loop in the network returns the adverts of this host, or another host"
        " forges them.",
        "Look for a second host with the address (`arping -D`), then for a loop.",
    ),
    Code.INTERVAL_POISONING: Explanation(
        "warning",
        "A version 3 router advertises an interval ten times the one known before: backups adopt it, and would wait"
        " three of them and the skew before they take over.",
        "A wrong configuration (centiseconds, seconds), or an attack that delays the backups.",
        "Give all routers of the group one interval; find the sender if it is not one of your routers.",
    ),
    Code.FOREIGN_VRRP_SUPPRESSION: Explanation(
        "warning",
        "The master is late with its adverts, or fell silent, while adverts of a foreign router with its VRID arrived.",
        "Some implementations, keepalived 2.2 among them, restart their advert timer for every advert of their VRID,"
        " even one they refuse: a foreign router that sends often enough silences a healthy master.",
        "Remove the foreign router from this VRID, or filter its adverts at the switch or with the host's firewall.",
    ),
    Code.FLAPPING: Explanation(
        "warning",
        "The group changed its master five times or more within an hour.",
        "A link that goes up and down, lost adverts, a check that fails intermittently, or a host that pauses. A"
        " regular"
        " period points to a periodic cause: the timeout of a snooping querier, a cron job, a snapshot of a machine.",
        "Find what has the named period; a preemption delay calms the group meanwhile.",
    ),
    Code.NEAR_FAILOVER: Explanation(
        "warning",
        "An advert of the master arrived when one more lost advert would have caused a takeover.",
        "Adverts are lost, or the master's host pauses: load, a virtual machine that is not scheduled, a snapshot.",
        "Check whether all routers of the segment are affected (the network) or only one (that host).",
    ),
    Code.OWNER_DUPLICATE: Explanation(
        "warning",
        "Two routers advertise priority 255, which only the address owner may use (RFC 9568 §8.3.2).",
        "255 was configured as the highest possible priority, or two hosts have the virtual address as their own.",
        "Give 255 only to the host whose interface has the address; give all others 1 to 254.",
    ),
    Code.PRIORITY_TIE: Explanation(
        "warning",
        "Two routers that are master at once have the same priority (RFC 9568 §8.3.2).",
        "The same configuration on both hosts; the larger address decides once they hear each other.",
        "Give each router of a group its own priority.",
    ),
    Code.SKEW_TOO_CLOSE: Explanation(
        "warning",
        "Two backups have nearly the same master down interval, so that both may take over (RFC 9568 §8.3.2).",
        "Adjacent priorities: the skew time differs by 1/256 of the interval (version 2: of a second) per step.",
        "Set the priorities further apart; the message shows the present difference in milliseconds.",
    ),
    Code.VRID_COLLISION: Explanation(
        "warning",
        "Two routers advertise one VRID at the same time without a common address.",
        "Two unrelated groups were given the same VRID on one segment, or the whole address list of one router is"
        " wrong.",
        "Give one of them a free VRID: `vrrptui groups` lists those in use.",
    ),
    Code.VHID_COLLISION: Explanation(
        "warning",
        "CARP uses the number of this group as a VHID: both have the same virtual MAC address, which confuses"
        " switches.",
        "OpenBSD, FreeBSD, pfSense or OPNsense firewalls on the same segment, with the same number.",
        "Give the group another VRID, or the firewalls another VHID.",
    ),
    Code.VIP_MISMATCH: Explanation(
        "warning",
        "The routers of the group advertise different address lists.",
        "An address was added on one router only. Some implementations refuse such adverts, others accept them: after"
        " a takeover, addresses are missing.",
        "Make the lists equal; the message shows the difference.",
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
        "A different password or authentication type on one side. keepalived uses eight characters at most.",
        "Set the same type and password on all routers, or none: authentication keeps out no host on the segment.",
    ),
    Code.CHECKSUM_FORM_MIX: Explanation(
        "warning",
        "Version 3 routers of an IPv4 group compute the checksum in two forms, with and without a pseudo-header.",
        "RFC 5798 was interpreted both ways; RFC 9568 §5.2.8 specifies the message alone: keepalived and FRR add the"
        " pseudo-header by default, Cisco, Juniper and Arista do not. Many refuse the other form as a bad checksum.",
        "Choose one form: `v3_checksum_as_v2` in keepalived, `checksum-with-ipv4-pseudoheader` in FRR.",
    ),
    Code.WRONG_VMAC: Explanation(
        "warning",
        "A router sends from the virtual MAC address of another group (RFC 9568 §7.3).",
        "A virtual MAC configured by hand, or a macvlan that remained from another VRID or family.",
        "Set the virtual MAC address of this VRID and family, or none.",
    ),
    Code.INTERVAL_ZERO: Explanation(
        "warning",
        "Adverts have an interval of 0; every router refuses them.",
        "An interval below a second in version 2, which carries whole seconds only.",
        "Use version 3 for intervals below a second.",
    ),
    Code.BAD_CHECKSUM: Explanation(
        "warning",
        "Adverts have a checksum that is wrong in every known form; every router refuses them.",
        "A faulty implementation or network card, or a frame changed on its path (address translation).",
        "Capture close to the sender and compare.",
    ),
    Code.TTL_NOT_255: Explanation(
        "warning",
        "Multicast adverts have a TTL or hop limit below 255; every router refuses them (RFC 9568 §5.1.1.3).",
        "They were forwarded by a router or tunnel, or sent by a program that is not a VRRP router.",
        "Find what forwards 224.0.0.18 or ff02::12: both must stay on their link.",
    ),
    Code.V6_FIRST_NOT_LINKLOCAL: Explanation(
        "ok",
        "The first address of an IPv6 advert is not link-local, as RFC 9568 §5.2.9 requires.",
        "Only global virtual addresses were configured, as in most configurations of keepalived and FRR.",
        "Nothing is wrong: keepalived, FRR and vrrptui accept such adverts. Add a link-local address to the group, as"
        " its"
        " first, if another implementation refuses them.",
    ),
    Code.LOCAL_STALL: Explanation(
        "warning",
        "This host ran late: the engine acted on a deadline well after it was due.",
        "Too little processor time, a paused virtual machine, or a suspended process.",
        "Give the engine real-time priority, or the machine more time; do not rely on findings of that moment.",
    ),
    Code.TABLE_FULL: Explanation(
        "warning",
        "More groups or routers were heard than the observer keeps; those that were silent longest were dropped.",
        "A flood of forged adverts, or a very large segment observed as one.",
        "Look at the most recent sources; the virtual routers of this host are not affected.",
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
        "# Diagnosis codes",
        "",
        "A code is raised when its condition begins and cleared when it ends. `status`, `groups` and the console show",
        "it with a sentence about the case and the packets that prove it; `vrrptui explain CODE` prints the text here.",
        "Severity *ok* is information: nothing is wrong. This page is generated by `python -m vrrptui.segment.codes`.",
    ]
    for code in Code:
        one = EXPLANATIONS[code]
        lines += ["", f"## {code.value}", "", f"*{one.severity}*: {one.meaning}", ""]
        lines += [f"- **Cause**: {one.cause}", f"- **What to do**: {one.action}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
