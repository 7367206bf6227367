"""Checks across virtual routers: duplicates, shared addresses, unknown trackers, and weights without effect."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from vrrptui.config.findings.report import Report, shown, visible
from vrrptui.config.lint.reach import HIGHEST, LOWEST, Weighted, weighted
from vrrptui.config.model.configuration import Configuration, SyncGroupConfig, VirtualRouterConfig
from vrrptui.protocol.advert import Address, Family

_Tracking = TypeVar("_Tracking", VirtualRouterConfig, SyncGroupConfig)


@dataclass(frozen=True, slots=True)
class Known:
    """The names of defined trackers; `left_out` are the dropped blocks, by keyword and name."""

    scripts: Collection[str]
    files: Collection[str]
    processes: Collection[str]
    left_out: Collection[tuple[str, str]] = ()


def without_unknown(tracking: _Tracking, known: Known, report: Report) -> _Tracking:
    """Return a virtual router or sync group without its undefined trackers, which keepalived ignores as well."""
    kept: dict[str, Any] = {}
    kinds = (("scripts", "vrrp_script"), ("files", "track_file"), ("processes", "vrrp_track_process"))
    for field, keyword in kinds:
        names = getattr(known, field)
        for tracked in getattr(tracking, field):
            if tracked.name not in names:
                there = "is left out" if (keyword, tracked.name) in known.left_out else "is not there"
                text = f"{keyword} {shown(tracked.name)} {there}: it is not tracked"
                report.warning(tracked.place or tracking.place, "unknown-script", text)
        kept[field] = tuple(tracked for tracked in getattr(tracking, field) if tracked.name in names)
    return replace(tracking, **kept)


def check(routers: Iterable[VirtualRouterConfig], report: Report) -> None:
    """Report virtual routers that receive each other's adverts as their own, and addresses held by two of them.

    Unicast routers with the same VRID are distinguished by their peers and source address, others by their multicast
    group. A link-local address on another interface is a different address (RFC 4007 §5).
    """
    heard_from: dict[tuple[str, int, Family, Address | None, Address | None], VirtualRouterConfig] = {}
    holders: dict[tuple[Address, str], VirtualRouterConfig] = {}
    for router in routers:
        for peer in router.unicast_peers or (router.group,):
            key = (router.interface, router.vrid, router.family, peer, router.unicast_source)
            other = heard_from.setdefault(key, router)
            if other is not router:
                where = visible(router.interface)
                text = f"{shown(router.name)} and {shown(other.name)} are both VRID {router.vrid} on {where}"
                report.error(router.place, "duplicate-vrid", text, "give each its own virtual_router_id")
                break
        for address in router.all_addresses:
            zone = (address.device or router.interface) if address.address.is_link_local else ""
            holder = holders.setdefault((address.address, zone), router)
            if holder is not router:
                text = f"{shown(router.name)} and {shown(holder.name)} both hold {address.address}"
                report.warning(router.place, "shared-address", text)


def check_weights(configuration: Configuration, report: Report) -> None:
    """Report weights that have no effect, whatever other routers there are."""
    grouped = {name for group in configuration.sync_groups if not group.member_weights for name in group.members}
    for router in configuration.routers:
        movers = list(weighted(router, configuration))
        for mover in movers:
            found = _without_effect(mover, router, router.name in grouped)
            if found:
                report.warning(mover.place, "weight-no-effect", *found)
        if movers and not router.preempt:
            text = "with nopreempt on the others, no router takes over from a master whose priority falls"
            report.warning(
                router.origins.get("nopreempt", router.place), "weight-with-nopreempt", text, "write weight 0"
            )


def _without_effect(mover: Weighted, router: VirtualRouterConfig, grouped: bool) -> tuple[str, str] | None:
    """Return why a weight has no effect, and what to write instead; None if it can have one."""
    what = f"the weight of {mover.kind} {shown(mover.name)} has no effect"
    if grouped and mover.kind not in ("interface", "process"):
        return f"{what} in a sync group", "write weight 0, or track it in the vrrp_sync_group"
    if router.owner:
        return f"{what} on an address owner, whose priority is always 255", "write priority 254"
    if mover.kind != "file" and router.priority == LOWEST and mover.weight < 0:
        return f"{what}: the priority is {LOWEST} already", "write a higher priority"
    if mover.kind != "file" and router.priority == HIGHEST and mover.weight > 0:
        return f"{what}: the priority is {HIGHEST} already", "write a lower priority, or a weight below 0"
    return None
