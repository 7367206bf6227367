"""The configuration of a keepalived that is the peer of the host under test."""

from __future__ import annotations

from tests.twins.tree import Facts, Node, Router, Tree, node
from tests.twins.world import OWN, OWN_6

COMMAND = ["keepalived", "-P", "-n", "-l", "-G", "-D", "-f", "/tmp/p.conf", "-p", "/run/p.pid", "-r", "/run/p-vrrp.pid"]


def mirrored(facts: Facts, priority: int) -> Tree:
    """The same virtual routers, with another priority."""
    general = node("global_defs", "script_user root", "vrrp_garp_master_delay 1")
    return [general, *(_instance(router, priority) for router in facts.routers if router.priority < 255)]


def _instance(router: Router, priority: int) -> Node:
    lines: list[str | Node] = [f"interface {router.interface}", f"virtual_router_id {router.vrid}"]
    lines += [f"version {router.version}", f"priority {priority}", f"advert_int {router.interval_s:g}"]
    if router.auth_type:
        lines.append(node("authentication", f"auth_type {router.auth_type}", f"auth_pass {router.password}"))
    if router.peers:
        own = router.source or (OWN if router.family == 4 else OWN_6)[router.interface]
        lines += [f"unicast_src_ip {router.peers[0]}", node("unicast_peer", own)]
    if router.group:
        lines.append(f"mcast_dst_ip {router.group}")
    same = [held.address for held in router.addresses if held.family == router.family]
    lines.append(node("virtual_ipaddress", *(f"{one}/{24 if router.family == 4 else 64}" for one in same)))
    return node(f"vrrp_instance {router.name}", *lines)
