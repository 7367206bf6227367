"""What is wrong between virtual routers that are each right by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vrrptui.config.model import ScriptConfig, VirtualRouterConfig
from vrrptui.config.report import Report, shown, visible
from vrrptui.protocol.advert import Address, Family

Routers = tuple[VirtualRouterConfig, ...]


def without_unknown_scripts(routers: Routers, scripts: Mapping[str, ScriptConfig], report: Report) -> Routers:
    """The routers without the scripts that nobody defines; keepalived does not track them either."""
    return tuple(_with_known_scripts(router, scripts, report) for router in routers)


def _with_known_scripts(
    router: VirtualRouterConfig, scripts: Mapping[str, ScriptConfig], report: Report
) -> VirtualRouterConfig:
    for tracked in router.scripts:
        if tracked.name not in scripts:
            text = f"there is no vrrp_script {shown(tracked.name)}: it is not tracked"
            report.warning(tracked.place or router.place, "unknown-script", text)
    known = tuple(tracked for tracked in router.scripts if tracked.name in scripts)
    return router if known == router.scripts else replace(router, scripts=known)


def check(routers: Iterable[VirtualRouterConfig], report: Report) -> None:
    """Report virtual routers that cannot be told apart on the wire, and addresses that two of them hold.

    Unicast routers with one VRID are told apart by their peers.
    """
    heard_from: dict[tuple[str, int, Family, Address | None], VirtualRouterConfig] = {}
    holders: dict[Address, VirtualRouterConfig] = {}
    for router in routers:
        for peer in router.unicast_peers or (None,):
            other = heard_from.setdefault((router.interface, router.vrid, router.family, peer), router)
            if other is not router:
                where = visible(router.interface)
                text = f"{shown(router.name)} and {shown(other.name)} are both VRID {router.vrid} on {where}"
                report.error(router.place, "duplicate-vrid", text, "give each its own virtual_router_id")
                break
        for address in router.addresses + router.excluded:
            holder = holders.setdefault(address.address, router)
            if holder is not router:
                text = f"{shown(router.name)} and {shown(holder.name)} both hold {address.address}"
                report.warning(router.place, "shared-address", text)
