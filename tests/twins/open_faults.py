"""Faults of vrrptui that were found and are not mended yet, so that a run goes on past them.

Each has a case in `found` of the same name that fails; whoever mends one takes its entry away.
"""

from __future__ import annotations

from tests.twins.compare import Difference, Step
from tests.twins.known import Known, instances, uses, virtual_devices
from tests.twins.tree import block, find
from tests.twins.world import OWN


def _no_preference(difference: Difference, step: Step) -> bool:
    return difference.look == "rule" and '"src": "203.0.113.' in difference.subject  # others' follow from it


def _elsewhere_down(difference: Difference, step: Step) -> bool:
    """An address is on another interface, and something befell an interface."""
    elsewhere = any(held.device != one.interface for one in step.facts.routers for held in one.addresses)
    touched = any(event[0] in ("link", "cable", "remake", "rename", "shell") for event in step.before)
    return elsewhere and touched and difference.look in ("state", "breach")


def _broadcast(difference: Difference, step: Step) -> bool:
    return difference.look == "address" and "/32" in difference.subject and "'broadcast'" in str(difference.vrrptui)


def _address_of_virtual_mac(difference: Difference, step: Step) -> bool:
    if difference.look not in ("address", "holder", "announced", "route") or not virtual_devices(step):
        return False
    return any(
        " dev " in line.text for one in instances(step.tree) for line in block(one.block or [], "virtual_ipaddress")
    )


def _own_interface_weight(difference: Difference, step: Step) -> bool:
    if difference.look != "priority":
        return False
    router = next((one for one in step.facts.routers if one.name == difference.subject), None)
    for one in instances(step.tree):
        for line in block(one.block or [], "track_interface"):
            if router and one.words[1] == router.name and line.words[0] == router.interface and "weight" in line.text:
                return True
    return False


def _global_only(difference: Difference, step: Step) -> bool:
    bare = [
        r for r in step.facts.routers if r.family == 6 and not any(h.address.startswith("fe80") for h in r.addresses)
    ]
    heard = any(step.modes.get(router.name, "silent") != "silent" for router in bare)
    return heard and difference.look not in ("sysctl", "device", "rule")


def _there_before(difference: Difference, step: Step) -> bool:
    added = [event[1].split()[3].partition("/")[0] for event in step.before
             if event[0] == "shell" and event[1].startswith("ip addr add")]  # fmt: skip
    return difference.look in ("address", "holder", "breach") and any(one in difference.subject for one in added)


def _announced_one_by_one(difference: Difference, step: Step) -> bool:
    return difference.look in ("announced", "announced at") and uses(
        step.tree, "vrrp_garp_interval", "vrrp_gna_interval"
    )


def _removed(difference: Difference, step: Step) -> bool:
    if difference.look != "told" or step.event[0] != "reload":
        return False
    there = {router.name for router in step.facts.routers}
    return difference.subject.split()[1].strip('"') not in there


def _becomes_owner(difference: Difference, step: Step) -> bool:
    owners = any(router.priority == 255 for router in step.facts.routers)
    return step.event[0] == "reload" and owners and difference.look in ("resigned", "announced", "told", "announced at")


def _other_virtual_mac(difference: Difference, step: Step) -> bool:
    if step.event[0] != "reload" or not virtual_devices(step):
        return False
    return difference.look in ("breach", "resigned", "announced", "told", "device")


def _owner_in_group(difference: Difference, step: Step) -> bool:
    owners = {router.name for router in step.facts.routers if router.priority == 255}
    members = {line.text for one in find(step.tree, "vrrp_sync_group") for line in block(one.block or [], "group")}
    return difference.look not in ("sysctl", "device", "rule") and bool(owners & members)


def _interface_weight_in_group(difference: Difference, step: Step) -> bool:
    """keepalived leaves out the weights of scripts there, and not those of interfaces."""
    members = {line.text for one in find(step.tree, "vrrp_sync_group") for line in block(one.block or [], "group")}
    weighted = [
        one.words[1] for one in instances(step.tree)
        if any("weight" in line.text for line in block(one.block or [], "track_interface"))
    ]  # fmt: skip
    return difference.look == "priority" and difference.subject in weighted and difference.subject in members


def _source_announced(difference: Difference, step: Step) -> bool:
    sources = {OWN.get(router.interface) for router in step.facts.routers if router.peers and router.family == 4}
    words = difference.subject.split()
    return difference.look in ("announced", "announced at") and words[1] in sources


def _stranger(difference: Difference, step: Step) -> bool:
    """An advert from an address that is no peer, where a peer has min_ttl: keepalived drops it."""
    limits = any("_ttl" in line.text for one in instances(step.tree) for line in block(one.block or [], "unicast_peer"))
    return limits and "equal-low" in step.modes.values() and difference.look in ("announced", "told", "state")


def _device_deleted(difference: Difference, step: Step) -> bool:
    gone = [event for event in step.before if event[0] == "shell" and event[1].startswith("ip link del")]
    return bool(gone) and difference.look in ("breach", "state", "holder", "resigned")


OPEN = [
    Known("virtual-mac-device-deleted", "a master stays one without its device", "a fault", _device_deleted, True),
    Known("stranger-where-peers-have-a-ttl", "an advert of no peer is heard", "a fault", _stranger),
    Known("weight-of-an-interface-in-a-sync-group", "it counts", "a fault", _interface_weight_in_group, True),
    Known("unicast-source-is-announced", "an interface that is up again", "a fault", _source_announced),
    Known(
        "reload-changes-virtual-mac", "a reload takes the device of a virtual MAC", "a fault", _other_virtual_mac, True
    ),
    Known("owner-in-a-sync-group", "an owner is master beside a backup of its group", "a fault", _owner_in_group, True),
    Known("reload-to-owner-resigns", "a reload that makes a master the owner", "a fault", _becomes_owner),
    Known("removed-by-a-reload-tells-fault", "a removed router's notify_fault is run", "a fault", _removed),
    Known("rule-without-preference", "the preference of a rule that names none", "a fault", _no_preference),
    Known("address-on-other-interface-down", "an address's other interface is down", "a fault", _elsewhere_down, True),
    Known("broadcast-of-a-host-address", "`brd +` with a length of 32", "a fault", _broadcast),
    Known("vmac-address-with-dev-of-its-own", "`dev` together with use_vmac", "a fault", _address_of_virtual_mac),
    Known("interface-weight-of-its-own-interface", "the weight counts", "a fault", _own_interface_weight, True),
    Known("ipv6-global-addresses-only", "adverts without a link-local address", "a fault", _global_only, True),
    Known("address-there-before-the-start", "it is left where it is", "a fault", _there_before, True),
    Known("announcements-of-three-in-turn", "all repeats before the next", "a fault", _announced_one_by_one),
]
