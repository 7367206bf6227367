"""Faults of vrrptui that were found and are not mended yet, so that a run goes on past them.

Each has a case in `found` of the same name that fails; whoever mends one takes its entry away.
"""

from __future__ import annotations

from tests.twins.compare import Difference, Step
from tests.twins.known import Known, virtual_devices


def _other_virtual_mac(difference: Difference, step: Step) -> bool:
    if step.event[0] != "reload" or not virtual_devices(step):
        return False
    return difference.look in ("breach", "resigned", "announced", "told", "device")


<<<<<<< HEAD
OPEN = [
=======
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
>>>>>>> twins
    Known(
        "reload-changes-virtual-mac", "a reload takes the device of a virtual MAC", "a fault", _other_virtual_mac, True
    ),
]
