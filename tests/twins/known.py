"""The differences from keepalived 2.2.7 that are chosen, or where keepalived is wrong. Nothing else may differ.

docs/compatibility.md has them in a section of its own, written by tests/twins/page.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import groupby

from tests.twins.compare import ABSENT, LATE_S, STATE, Difference, Step
from tests.twins.tree import Node, Tree, block, find
from tests.twins.world import OWN, OWN_6

MOST = 30  # entries
ALL = "VRRPTUI_TWINS_ALL"  # in the environment: what is open is a failure, too
ON_PARENT = {"arp_announce", "arp_ignore", "arp_filter", "promote_secondaries"}


@dataclass(frozen=True)
class Known:
    """One kind of difference: how it is told from all others, and why it is right."""

    id: str
    what: str  # that differs, one line
    why: str  # vrrptui's way is right, or chosen
    is_it: Callable[[Difference, Step], bool]
    ends: bool = False  # what comes after it cannot be compared


def instances(tree: Tree) -> list[Node]:
    return list(find(tree, "vrrp_instance"))


def uses(tree: Tree, *keywords: str) -> bool:
    """Whether global_defs or an instance has one of these keywords."""
    lines = block(tree, "global_defs") + [line for one in instances(tree) for line in one.block or []]
    return any(line.words[0] in keywords for line in lines)


def virtual_devices(step: Step) -> set[str]:
    """The names of the devices with a virtual MAC that keepalived makes, or made before a reload."""
    found = set()
    for one in [one for tree in step.trees for one in instances(tree)]:
        lines = one.block or []
        vrid = next((line.words[1] for line in find(lines, "virtual_router_id")), "")
        held = [*block(lines, "virtual_ipaddress"), *block(lines, "virtual_ipaddress_excluded")]
        asked = [*find(lines, "use_vmac_addr"), *(line for line in held if "use_vmac" in line.words)]
        found |= {f"vrrp{number}.{vrid}" for number in ("", *range(1, 9)) if asked}
        for line in find(lines, "use_vmac"):
            named = line.words[1:2] and ":" not in line.words[1]
            found |= {line.words[1]} if named else {f"vrrp{number}.{vrid}" for number in ("", *range(1, 9))}
    return found


# Predicates.


def _dont_fragment(difference: Difference, step: Step) -> bool:
    def mask(frames: object) -> str:
        return re.sub(r"(0800 45..\w{4}\w{4})4000", r"\g<1>0000", str(frames))

    return difference.look == "advert" and mask(difference.keepalived) == mask(difference.vrrptui)


def _virtual_mac_while_backup(difference: Difference, step: Step) -> bool:
    """The device is there and not up, or not there at all, and has no address of its own."""
    mixed = any(len({held.family for held in (*one.addresses, *one.excluded)}) > 1 for one in step.facts.routers)
    if mixed and uses(step.tree, "use_vmac_addr"):
        return difference.look in ("device", "address", "route", "sysctl", "holder", "echo", "announced")
    if difference.look not in ("device", "address", "route"):
        return False
    words = difference.subject.split()
    device = words[words.index("dev") + 1] if difference.look == "route" else words[0]
    if device not in virtual_devices(step):
        return False
    if difference.look == "device":
        one, other = (_without_state(value) for value in (difference.keepalived, difference.vrrptui))
        return one == other or difference.vrrptui == ABSENT
    if difference.look == "route" and "fe80::/64" in words:
        return difference.vrrptui == ABSENT
    own = any(one in difference.subject for one in ("fe80::ff:fe00:", *OWN_6.values()))
    return own and difference.vrrptui == ABSENT


def _without_state(text: object) -> list[str]:
    return [word for word in str(text).split() if word not in ("UP", "LOWER_UP", "NO-CARRIER", "M-DOWN")]


def _virtual_mac_settings(difference: Difference, step: Step) -> bool:
    if difference.look == "holder":  # keepalived answers by ARP at the virtual MAC of a router for IPv6, too
        if "00:00:5e:00:02" in str(difference.keepalived) and "00:00:5e:00:02" not in str(difference.vrrptui):
            return True
        return _answers_more(difference, step)
    if difference.look != "sysctl" or not virtual_devices(step):
        return False
    family, device, name = difference.subject.split()
    if device in virtual_devices(step):
        return True
    return family == "ipv4" and name in ON_PARENT and device.startswith("eth")


def _answers_more(difference: Difference, step: Step) -> bool:
    """By ARP on an interface whose settings are as before.

    Its device is not made, as the interface has no address, or a reload has taken `use_vmac` away.
    """
    one, other = (set(re.findall(r"(eth\d) (\S+)", str(who))) for who in (difference.keepalived, difference.vrrptui))
    idle = set()
    for instance in [one for tree in step.trees for one in instances(tree)]:
        lines = instance.block or []
        if any(find(lines, "use_vmac")):
            idle |= {line.words[1] for line in find(lines, "interface")}
    return one < other and {interface for interface, _ in other - one} <= idle


def _accepts_again(difference: Difference, step: Step) -> bool:
    if step.event[0] == "reload" and difference.look in ("address", "holder", "resigned", "echo", "announced", "route"):
        before, now = ({one.words[1] for one in instances(tree) if any(find(one.block or [], "use_vmac"))}
                       for tree in step.trees[-2:])  # fmt: skip
        if before - now:
            return True
    refused = any(uses(tree, "no_accept", "vrrp_strict", "strict_mode") for tree in step.trees[:-1])
    return refused and difference.look == "echo" and difference.keepalived == "none"


def _virtual_source(difference: Difference, step: Step) -> bool:
    """The same adverts but for their source, which is a virtual address at keepalived's."""
    both = (difference.keepalived, difference.vrrptui)
    frames = [re.findall(r"86dd 6\w{15}(\w{32})(\w{32}) (\w{8})", str(one)) for one in both]
    if difference.look != "advert" or not all(frames):
        return False
    virtual = {ip_address(held.address).packed.hex() for router in step.facts.routers for held in router.addresses}
    one, other = frames
    return all(source in virtual for source, _, _ in one) and not any(source in virtual for source, _, _ in other)


def _hop_limit(difference: Difference, step: Step) -> bool:
    def mask(frames: object) -> str:
        return re.sub(r"(86dd 6\w{11}70)\w\w", r"\1..", str(frames))

    return difference.look == "advert" and mask(difference.keepalived) == mask(difference.vrrptui)


def _owners(difference: Difference, step: Step) -> bool:
    owners = [router for router in step.facts.routers if router.priority == 255]
    if difference.look == "announced":  # for the adverts of the other one
        return any(step.modes.get(owner.name, "silent") != "silent" for owner in owners)
    named = difference.subject in [owner.name for owner in owners]
    if difference.look == "state" and named and step.modes.get(difference.subject, "").startswith("equal"):
        return (difference.keepalived, difference.vrrptui) == ("BACKUP", "MASTER")
    return difference.look == "priority" and named and difference.keepalived == 254


def _no_route(difference: Difference, step: Step) -> bool:
    flushed = any(event[0] == "shell" and event[1].startswith("ip route flush") for event in step.before)
    return flushed and difference.look in ("advert", "resigned") and difference.keepalived == ABSENT


def _refused_restart_the_timer(difference: Difference, step: Step) -> bool:
    signed = any(router.auth_type == "AH" for router in step.facts.routers)
    if signed and {"other", "peer"} <= {event[0] for event in step.before}:
        return True  # the third router's numbers begin again
    refused = {"interval", "password", "version", "ttl", "count"} & set(step.modes.values())
    if any(router.peers and step.modes.get(router.name) == "equal-low" for router in step.facts.routers):
        refused |= {"equal-low"}  # which comes from an address that is no peer
    if refused and uses(step.tree, "vrrp_startup_delay") and difference.look != "breach":
        names = [name for name, mode in step.modes.items() if mode in refused]
        both = [(step.keepalived.get(("state", name)), step.vrrptui.get(("state", name))) for name in names]
        if ("BACKUP", "MASTER") in both:
            return True
    return bool(refused) and difference.look == "advert" and difference.keepalived == ABSENT


def _source_announced(difference: Difference, step: Step) -> bool:
    sources = {own.get(router.interface) for own in (OWN, OWN_6) for router in step.facts.routers if router.peers}
    if difference.look not in ("announced", "announced at") or difference.vrrptui != ABSENT:
        return False
    address = difference.subject.split()[1]
    return address in sources or address.startswith("fe80::ff:fe00:")


def _renamed(difference: Difference, step: Step) -> bool:
    return any(event[0] == "rename" for event in step.before)


def _put_back(difference: Difference, step: Step) -> bool:
    """keepalived gives its mastership up and takes it again; vrrptui puts the address back.

    The kernel takes addresses over IPv6 away itself when a link goes down.
    """
    if difference.look == "route" and any(event[0] == "link" for event in step.before):
        routes = [line for one in instances(step.tree) for line in block(one.block or [], "virtual_routes")]
        over = [line.words[0] for line in routes if "dev" not in line.words]  # an interface that is not tracked
        if difference.keepalived == ABSENT and difference.subject.split()[1] in over:
            return True
    if step.event[0] == "link" and difference.look == "told":
        lines = [line for line in str(difference.keepalived).split(" | ") if "backup" not in line.lower()]
        return lines == str(difference.vrrptui).split(" | ")
    taken = (
        "ip addr del",
        "ip addr flush",
        "ip rule del",
        "ip route del",
        "ip route flush",
        "ip link del",
        "ip link set vrrp",
        "ip link set vm",
    )
    shell = [event[1] for event in step.before if event[0] == "shell" and event[1].startswith(taken)]
    first = r'secondary |"prefsrc": "[\d.]+", '
    both = [re.sub(first, "", str(one)) for one in (difference.keepalived, difference.vrrptui)]
    if difference.look in ("address", "route") and any("flush" in command for command in shell) and both[0] == both[1]:
        return True  # which one is the first on the interface depends on when each comes back
    if shell and any(find(step.tree, "static_ipaddress")):  # secondary ones go, too
        return difference.look in STATE or difference.look in ("resigned", "announced", "announced at", "told")
    if step.event[0] != "shell" or not step.event[1].startswith(taken):
        return False
    resigned = any(block(one.block or [], "virtual_routes") for one in instances(step.tree))
    if difference.look in ("route", "echo") and step.event[1].startswith("ip route flush") and resigned:
        return difference.vrrptui in ("none", ABSENT)
    if difference.look in ("route", "rule"):
        return difference.keepalived == ABSENT
    return difference.look in ("resigned", "announced", "announced at", "told")


def _set_down(difference: Difference, step: Step) -> bool:
    shell = [event[1] for event in step.before if event[0] == "shell"]
    starts = [number for number, event in enumerate(step.before) if event[0] in ("start", "restart")]
    if virtual_devices(step) and any(["link", name, "down"] in step.before[: starts[-1]] for name in OWN):
        return difference.keepalived == "FAULT"
    return any(command.startswith("ip link set v") and command.endswith(" down") for command in shell)


def _heard_lower(difference: Difference, step: Step) -> bool:
    """The same but for MASTER_RX_LOWER_PRI."""
    if difference.look != "told":
        return False
    one, other = (
        [line for line in str(lines).split(" | ") if "RX_LOWER_PRI" not in line and line != ABSENT]
        for lines in (difference.keepalived, difference.vrrptui)
    )
    return one == other


def _processes(difference: Difference, step: Step) -> bool:
    return any(event[0] == "process_runs" for event in step.before)


def _told_twice(difference: Difference, step: Step) -> bool:
    """The same but for lines that come twice in a row, or FAULT once more of a router that is in fault."""
    lines = str(difference.keepalived).split(" | ")
    if difference.look == "told" and difference.vrrptui == ABSENT and all("fault" in one.lower() for one in lines):
        return True
    if step.event[0] == "reload" and difference.look == "told" and difference.keepalived == ABSENT:
        before, now = ({one.words[1] for one in instances(tree) if any(find(one.block or [], "use_vmac"))}
                       for tree in step.trees[-2:])  # fmt: skip
        unicast = {router.name for router in step.facts.routers if router.peers}
        if any(name in difference.subject for name in (before - now) & unicast):
            return all("fault" in line.lower() for line in str(difference.vrrptui).split(" | "))
    nobody = uses(step.tree, "enable_script_security") and not uses(step.tree, "script_user")
    if nobody and difference.subject.startswith("fifo"):
        return difference.look == "told" and difference.keepalived == ABSENT
    if step.event[0] == "reload" and uses(step.tree, "fifo_write_vrrp_states_on_reload"):
        return difference.look == "told" and difference.subject.startswith("fifo") and difference.keepalived == ABSENT
    if difference.look == "told" and difference.keepalived == ABSENT and step.event[0] in ("start", "restart"):
        grouped = {line.text for one in find(step.tree, "vrrp_sync_group") for line in block(one.block or [], "group")}
        named = any(name in difference.subject for name in grouped)
        return named and all("fault" in line.lower() for line in str(difference.vrrptui).split(" | "))
    once = [[line for line, _ in groupby(str(one).split(" | "))] for one in (difference.keepalived, difference.vrrptui)]
    return difference.look == "told" and once[0] == once[1]


def _past_the_firewall(difference: Difference, step: Step) -> bool:
    drops = [event[1] for event in step.before if event[0] == "drop"]
    return bool(drops) and drops[-1] == "output" and bool(virtual_devices(step))


def _owner_at_once(difference: Difference, step: Step) -> bool:
    beginning = step.event[0] in ("start", "restart", "reload", "link", "cable", "remake", "shell", "flag", "number")
    if difference.look not in ("told", "announced at") or not beginning:
        return False
    again = step.event[0] not in ("start", "restart", "reload")  # then keepalived waits in any case
    waiting = [one for one in instances(step.tree) if again or not any(find(one.block or [], "state", "MASTER"))]
    return any(any(find(one.block or [], "priority", "255")) for one in waiting)


def _first_result(difference: Difference, step: Step) -> bool:
    """The same but for the priorities, while the first results of checks come in, or with a fault."""
    fault = [re.sub(r"(FAULT) \d+( \||$)", r"\1\2", str(one)) for one in (difference.keepalived, difference.vrrptui)]
    if difference.look == "told" and fault[0] == fault[1]:
        return True
    both = ([line for line in str(one).split(" | ") if "_PRIORITY " not in line and line != ABSENT]
            for one in (difference.keepalived, difference.vrrptui))  # fmt: skip
    mask = [re.sub(r" \d+( \||$)", r"\1", " | ".join(lines)) for lines in both]
    return difference.look == "told" and step.event[0] in ("start", "restart", "reload") and mask[0] == mask[1]


def _made_again(difference: Difference, step: Step) -> bool:
    reloaded = [number for number, event in enumerate(step.before) if event[0] == "reload"]
    downs = [number for number, event in enumerate(step.before) if event[0] == "link" and event[2] == "down"]
    named = [one for one in step.facts.routers if one.name == difference.subject and one.family == 6]
    if difference.look == "state" and named and reloaded and downs and min(downs) < max(reloaded):
        return difference.keepalived == "FAULT"
    if not any(event[0] == "remake" for event in step.before):
        return False
    if difference.look == "state":
        return difference.keepalived in ("BACKUP", "FAULT") and difference.vrrptui in ("MASTER", "BACKUP")
    if any(find(step.tree, "static_ipaddress")) and difference.look in STATE:  # which is added again at once
        return True
    return difference.look in ("advert", "announced", "told") and difference.keepalived == ABSENT


def _other_addresses(difference: Difference, step: Step) -> bool:
    """The peer's adverts list other addresses than the file does now."""
    if difference.look in ("sysctl", "device", "rule", "breach"):
        return False
    for router in step.facts.routers:
        mode, listed = step.modes.get(router.name, "silent"), step.listed.get(router.name, len(router.addresses))
        if mode == "count" or (mode != "silent" and listed != len(router.addresses)):
            return True
    return False


def _promoted(difference: Difference, step: Step) -> bool:
    if difference.look == "route" and difference.vrrptui == ABSENT:
        held = [one for one in instances(step.tree) if step.keepalived.get(("state", one.words[1])) != "MASTER"]
        routes = [line.words[0] for one in held for line in block(one.block or [], "virtual_routes")]
        killed = any(event[0] == "restart" for event in step.before)
        if killed and difference.subject.split()[1] in routes:
            return True
    if difference.look == "route" and difference.keepalived == ABSENT and '"kernel"' in str(difference.vrrptui):
        network = ip_network(difference.subject.split()[1].replace("default", "::/0"))
        if step.event[0] == "stop" and any(ip_address(one) in network for one in _owned_before(step)):
            return True
    if difference.look == "route":
        return any(find(step.tree, "static_routes")) and "linkdown" in f"{difference.keepalived}{difference.vrrptui}"
    if difference.look in ("address", "holder", "echo"):
        faults = [one.name for one in step.facts.routers if step.vrrptui.get(("state", one.name)) == "FAULT"]
        idle = not step.keepalived.get(("runs", "")) or faults
        return bool(idle) and any(one in difference.subject for one in _owned_before(step))
    return difference.look == "sysctl" and difference.subject.endswith("promote_secondaries")


def _owned_before(step: Step) -> set[str]:
    """The addresses of an owner that somebody added."""
    added = [event[1] for event in step.before if event[0] == "shell" and event[1].startswith("ip addr add")]
    own = {a.address for one in step.facts.routers if one.priority == 255 for a in (*one.addresses, *one.excluded)}
    return {one for one in own if any(f" {one}/" in command for command in added)}


def _no_address(difference: Difference, step: Step) -> bool:
    bare = [one for one in instances(step.tree) if not block(one.block or [], "virtual_ipaddress")]
    return bool(bare) and step.keepalived.get(("runs", "")) is False


def _own_weights(difference: Difference, step: Step) -> bool:
    """The priority of a member of a group with an owner in it, where the group tracks something with a weight."""
    owners = {router.name for router in step.facts.routers if router.priority == 255}
    groups = list(find(step.tree, "vrrp_sync_group"))
    tracked = {line.words[0] for one in groups for line in block(one.block or [], "track_script")}
    twice = [one.words[1] for one in instances(step.tree)
             if tracked & {line.words[0] for line in block(one.block or [], "track_script")}]  # fmt: skip
    if any(step.keepalived.get(("state", name)) == "FAULT" != step.vrrptui.get(("state", name)) for name in twice):
        return True
    members = {line.text for one in groups for line in block(one.block or [], "group")}
    return (
        difference.look in ("priority", "advert", "told")
        and bool(owners & members)
        and difference.subject not in owners
    )


def _fewer_repeats(difference: Difference, step: Step) -> bool:
    paced = uses(step.tree, "vrrp_garp_interval", "vrrp_gna_interval")
    if difference.look == "announced at" and paced:
        one, other = (
            [float(str(value)) for (look, _), value in seen.items() if look == "announced at"]
            for seen in (step.keepalived, step.vrrptui)
        )
        sooner = float(str(difference.vrrptui)) < float(str(difference.keepalived))
        return sooner or (len(step.facts.routers) > 1 and max(other) < max(one) + LATE_S)
    return difference.look == "announced" and paced and difference.vrrptui != ABSENT


def _reloaded_into_a_fault(difference: Difference, step: Step) -> bool:
    faults = [key for key, value in step.vrrptui.items() if key[0] == "state" and value == "FAULT"]
    return difference.look == "resigned" and step.event[0] == "reload" and bool(faults) and difference.vrrptui is True


def _source_lost(difference: Difference, step: Step) -> bool:
    lost = [
        event for event in step.before if event[0] == "shell" and event[1].startswith(("ip addr del", "ip addr flush"))
    ]
    own = (*OWN.values(), *OWN_6.values())
    gone = any(f" {address}/" in event[1] or "flush" in event[1] for event in lost for address in own)
    gone |= step.event[0] in ("link", "cable")  # with it the kernel takes addresses over IPv6 away
    named = uses(step.tree, "unicast_src_ip", "mcast_src_ip")
    downs = any(event[0] == "link" for event in step.before)
    if difference.look == "advert" and named and (gone or downs):  # vrrptui has a link-local address
        return difference.keepalived == ABSENT and "86dd" in str(difference.vrrptui)
    return gone and difference.vrrptui == "FAULT" and difference.look == "state"


def _added_by_others(difference: Difference, step: Step) -> bool:
    added = [event[1].split()[3].partition("/")[0] for event in step.before
             if event[0] == "shell" and event[1].startswith("ip addr add")]  # fmt: skip
    if difference.look not in ("address", "holder", "echo", "route"):
        return False
    as_added = ":" in difference.subject or ABSENT not in (difference.keepalived, difference.vrrptui)
    if difference.look == "address" and as_added and any(f" {one}/" in difference.subject for one in added):
        return True  # over IPv6 keepalived cannot remove another prefix length
    if difference.vrrptui != ABSENT and difference.look == "address":
        return False
    idle = {
        held.address
        for router in step.facts.routers
        for held in (*router.addresses, *router.excluded)
        if step.vrrptui.get(("state", router.name)) != "MASTER"
    }
    if difference.look == "route" and difference.keepalived == ABSENT and ":" in difference.subject:
        return difference.subject.split()[1] in added  # its own prefix length, where keepalived goes on with the other
    if difference.look == "route" and '"protocol": "kernel"' in str(difference.keepalived):
        network = ip_network(difference.subject.split()[1].replace("default", "::/0"))
        return any(ip_address(one) in network for one in added if one in idle or ":" in one)
    left = {
        subject.split()[1].partition("/")[0]
        for look, subject in step.keepalived.keys() - step.vrrptui.keys()
        if look == "address"
    }
    if difference.look == "echo" and idle & left & set(added):  # it answers by the route of the one that is left
        return True
    return any(one in difference.subject for one in added if one in idle)


def _reversed(difference: Difference, step: Step) -> bool:
    if difference.look != "priority":
        return False
    groups = [line for one in find(step.tree, "vrrp_sync_group") for line in block(one.block or [], "track_process")]
    if any("reverse" in line.text for line in groups):
        return True
    if not any(event[0] == "reload" for event in step.before):
        return False
    scripts = [line for one in find(step.tree, "vrrp_script") for line in one.block or []]
    trackers = [*instances(step.tree), *find(step.tree, "vrrp_sync_group")]
    lines = [line for one in trackers for line in block(one.block or [], "track_script")]
    return any("reverse" in line.text for line in scripts + lines)


def _announced_all(difference: Difference, step: Step) -> bool:
    return step.event[0] == "reload" and difference.look == "announced" and difference.vrrptui == ABSENT


KNOWN: list[Known] = [
    Known(
        "virtual-source",
        "a link-local virtual address that is on the interface before the start: with `use_vmac` keepalived's adverts"
        " come from it",
        "keepalived 2.2.7 is wrong: the source is the sender's own address (RFC 9568 §5.1.2.1)",
        _virtual_source,
    ),
    Known(
        "taken-away-by-reload",
        "a reload that takes `no_accept` or `use_vmac` away from a master: keepalived's firewall still drops what is"
        " sent to its addresses, or they are nowhere",
        "keepalived 2.2.7 is wrong",
        _accepts_again,
        ends=True,
    ),
    Known(
        "reload-announces-all",
        "a reload that adds an address to a master: keepalived announces all its addresses again, vrrptui the new one",
        "where the others are has not changed",
        _announced_all,
    ),
    Known(
        "reverse-after-reload",
        "a `weight` with `reverse`: keepalived forgets the `reverse` of a script at a reload, and of a process that a"
        " router and its sync group both track",
        "keepalived 2.2.7 is wrong; vrrptui takes the weight away as it is written",
        _reversed,
        ends=True,
    ),
    Known(
        "other-addresses",
        "an advert that lists other addresses than the file: keepalived drops it, so that both are master as long as"
        " the files differ; vrrptui takes it and says so, but in strict mode",
        "RFC 9568 §7.1: the receiver may log it, and nothing is said of dropping it",
        _other_addresses,
        ends=True,
    ),
    Known(
        "left-at-the-end",
        "`promote_secondaries` is not set on the interface before its virtual router can take part, and is put back at"
        " the end; a static route over a link without carrier comes and goes as with carrier, an owner's address that"
        " was there before the start stays, also in a fault, and a route that a killed program left goes at the next"
        " start",
        "the host is left as it was",
        _promoted,
    ),
    Known(
        "interface-made-again",
        "after an interface was deleted and made again keepalived sends no adverts over IPv6 (`send advert error`),"
        " and stays backup for ever with unicast peers; after a reload while an interface was down it may stay in fault"
        " over IPv6 (`no IPv6 address for interface`)",
        "keepalived 2.2.7 is wrong; vrrptui goes on",
        _made_again,
        ends=True,
    ),
    Known(
        "owner-at-once",
        "an address owner without `state MASTER`, or after a fault: master at once, where keepalived waits as a backup",
        "RFC 9568 §6.4.1: with priority 255 a router begins as master",
        _owner_at_once,
    ),
    Known(
        "first-result",
        "the priority that scripts and FIFO get in the first second after a start, where checks have a weight, with a"
        " fault for a reason that has a weight too, and MASTER_PRIORITY at a reload",
        "it depends on when the first result comes, and on which is looked at first; the state is the same",
        _first_result,
    ),
    Known(
        "two-owners",
        "an address owner that hears another router: keepalived goes on with 254, announces at other times, and after a"
        " fault stays backup if the other one is an owner, too",
        "RFC 9568 §6.4.3 has no such rule, and a router that is not the owner any more would not preempt as one; what"
        " the file says stays in force",
        _owners,
        ends=True,
    ),
    Known(
        "address-put-back",
        "a static address, or a master's virtual address, rule or device, that somebody takes away, or a route that"
        " goes with an interface that it does not name: keepalived ignores the first and the last, and for the others"
        " resigns and waits to take over again; vrrptui puts it back at once",
        "nobody is without the address for longer than that takes",
        _put_back,
    ),
    Known(
        "unicast-source-announced",
        "an interface that comes up: keepalived announces the address that its unicast adverts are sent from",
        "it is the host's own, and no virtual router moves it",
        _source_announced,
    ),
    Known(
        "interface-renamed",
        "an interface that is given another name: keepalived removes its devices, and stays backup when it has its name"
        " again; vrrptui is in fault until then, and goes on",
        "keepalived 2.2.7 is wrong",
        _renamed,
        ends=True,
    ),
    Known(
        "unicast-without-a-route",
        "unicast adverts while the host has no route to the peer: keepalived sends none, vrrptui sends them from the"
        " interface that the instance names",
        "the peer is on that link; a master that falls silent makes a second one",
        _no_route,
    ),
    Known(
        "refused-adverts-restart-the-timer",
        "a master that hears adverts it refuses (interval, password, version, TTL): keepalived starts its advert timer"
        " again for each, and may fall silent, and with `vrrp_startup_delay` a backup may never become master; a router"
        " that starts with lower AH numbers is refused, which keepalived takes after the others' time",
        "keepalived 2.2.7 is wrong: nobody may silence a master (RFC 9568 §7.1), and a recording is no master",
        _refused_restart_the_timer,
    ),
    Known(
        "virtual-mac-set-down",
        "a device with a virtual MAC that somebody sets down, or whose interface is down at the start: keepalived is in"
        " fault until somebody else brings it up",
        "vrrptui brings it up, as its address would be nowhere else on this host",
        _set_down,
        ends=True,
    ),
    Known(
        "lower-priority-heard",
        "how often vrrptui writes MASTER_RX_LOWER_PRI: once a second at most",
        "a flood of adverts must not be a flood of programs",
        _heard_lower,
    ),
    Known(
        "processes-in-a-namespace",
        "processes that are tracked: keepalived hears of no beginning and no end in a network namespace",
        "the kernel refuses it; vrrptui looks for itself once a second",
        _processes,
        ends=True,
    ),
    Known(
        "fault-told-twice",
        "a router in fault: keepalived runs its `notify` twice at the start, and once more when another fault comes;"
        " and not at all at the start for the others of a sync group of which a check fails; and writes nothing into a"
        " FIFO with `enable_script_security` and no `script_user`, and no states at a reload if it was there before;"
        " and does not say FAULT at a reload that takes `use_vmac` from a router with unicast peers",
        "keepalived 2.2.7 is wrong",
        _told_twice,
    ),
    Known(
        "virtual-mac-and-firewall",
        "the host's own firewall drops what leaves: adverts from a virtual MAC leave all the same, keepalived's do not",
        "they leave as whole frames, so that none waits for the device; with its own adverts dropped a host is a second"
        " master",
        _past_the_firewall,
        ends=True,
    ),
    Known(
        "no-address-in-version-3",
        "an instance without an address in version 3: keepalived 2.2.7 refuses the file, vrrptui warns and runs it",
        "clouds move the address by a notify script; version 2 runs in both",
        _no_address,
        ends=True,
    ),
    Known(
        "owner-in-a-group-with-weights",
        "a sync group with an address owner that tracks something with a weight: keepalived leaves the weight out for"
        " all members, vrrptui for the owner alone; a script that a member and its group track without a weight:"
        " keepalived stays in fault when it is good",
        "what is written counts; keepalived 2.2.7 is wrong",
        _own_weights,
        ends=True,
    ),
    Known(
        "repeats-of-paced-announcements",
        "how often an address is announced with `vrrp_garp_interval` or `vrrp_gna_interval`: keepalived sends"
        " fewer than `garp_master_repeat` says, as it notes only that something waits; and which router's come first:"
        " in the order of the file, in vrrptui in the order in which they became master",
        "what is written counts, and who waits for longest comes first",
        _fewer_repeats,
    ),
    Known(
        "reload-into-a-fault",
        "a reload after which a master is in fault: vrrptui says priority 0, keepalived falls silent",
        "another router takes over at once",
        _reloaded_into_a_fault,
    ),
    Known(
        "source-address-lost",
        "an interface that loses the address its adverts come from, and has no other, or the peers know it by that one:"
        " keepalived is master all the same, and sends from it over IPv4, and nothing over IPv6, even if there is a"
        " link-local address to send from",
        "another router that has an address can serve",
        _source_lost,
        ends=True,
    ),
    Known(
        "address-added-by-others",
        "a virtual address that somebody adds while its router is not master: keepalived leaves it, over IPv6 with"
        " the prefix length that it was given even while it is master; vrrptui removes it",
        "two hosts must not hold it",
        _added_by_others,
    ),
    Known(
        "dont-fragment",
        "the IP flag DF of adverts over IPv4",
        "vrrptui leaves the IP header to the kernel, which sets the flag; no receiver looks at it",
        _dont_fragment,
    ),
    Known(
        "hop-limit-of-unicast",
        "the hop limit of adverts over IPv6 to a unicast peer: 255, and 64 in keepalived",
        "RFC 9568 §5.1.2.3 asks for 255; keepalived 2.2.7 sets it for multicast alone",
        _hop_limit,
    ),
    Known(
        "virtual-mac-while-backup",
        "a device with a virtual MAC is down while its router is not master, is not made while its interface has no"
        " address or for addresses of the other family (`use_vmac_addr`), and has no link-local address",
        "a backup must not take frames for the virtual MAC (RFC 9568 §6.4.2); adverts leave from the interface",
        _virtual_mac_while_backup,
    ),
    Known(
        "virtual-mac-settings",
        "kernel settings of a device with a virtual MAC and of its interface: `arp_announce` is 2, and they are the"
        " same for both families; keepalived leaves those of the interface when a reload takes `use_vmac` away",
        "the host's own questions by ARP must not name a virtual address",
        _virtual_mac_settings,
    ),
]


def known(difference: Difference, step: Step) -> Known | None:
    """The entry for a difference; None when it is not known."""
    from tests.twins.open_faults import OPEN

    entries = KNOWN if os.environ.get(ALL) else [*KNOWN, *OPEN]
    return next((one for one in entries if one.is_it(difference, step)), None)
