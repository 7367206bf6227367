"""What is wrong between virtual routers that are each right by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from vrrptui.config.model import SyncGroupConfig, VirtualRouterConfig
from vrrptui.config.report import Report, shown, visible
from vrrptui.protocol.advert import Address, Family

_Tracking = TypeVar("_Tracking", VirtualRouterConfig, SyncGroupConfig)


@dataclass(frozen=True, slots=True)
class Known:
    """The names of what can be tracked."""

    scripts: Collection[str]
    files: Collection[str]
    processes: Collection[str]


def without_unknown(tracking: _Tracking, known: Known, report: Report) -> _Tracking:
    """A virtual router or sync group without what it tracks and nobody defines; keepalived does not track it either."""
    kept: dict[str, Any] = {}
    kinds = (("scripts", "vrrp_script"), ("files", "track_file"), ("processes", "vrrp_track_process"))
    for field, keyword in kinds:
        names = getattr(known, field)
        for tracked in getattr(tracking, field):
            if tracked.name not in names:
                text = f"there is no {keyword} {shown(tracked.name)}: it is not tracked"
                report.warning(tracked.place or tracking.place, "unknown-script", text)
        kept[field] = tuple(tracked for tracked in getattr(tracking, field) if tracked.name in names)
    return replace(tracking, **kept)


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
