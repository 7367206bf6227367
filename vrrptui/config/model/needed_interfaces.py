"""Which interfaces a virtual router needs beside its own."""

from __future__ import annotations

from collections.abc import Iterator

from vrrptui.config.model.configuration import Route, Rule, VirtualRouterConfig


def needed_interfaces(config: VirtualRouterConfig) -> dict[str, str]:
    """The other interfaces that a router needs, as keepalived tracks them, each with what for.

    Those of its addresses, routes and rules, unless they have `no_track`; whatever dont_track_primary says.
    """
    needed: dict[str, str] = {}
    parents = {name: parent for parent, name in config.devices}
    for device, why in _named(config):
        needed.setdefault(parents.get(device, device), why)
    needed.pop(config.interface, None)
    return needed


def without_weight(config: VirtualRouterConfig) -> set[str]:
    """The interfaces to which a sync group cannot give a weight, as their loss is a fault of the router itself.

    An address at the virtual MAC is on the MAC's device; a weight of the interface below counts, and its loss is a
    fault as well (keepalived 2.2.7).
    """
    named = {device for device, _ in _named(config)} - {config.interface}
    return named | {config.interface} if config.track_primary else named


def _named(config: VirtualRouterConfig) -> Iterator[tuple[str, str]]:
    """The devices of addresses, routes and rules that are tracked, each with what for."""
    for address in config.all_addresses:
        if address.tracked:
            yield config.device_of(address), f"which {address} belongs on"
    lines: list[Route | Rule] = [*config.routes, *config.rules]
    for what in lines:
        for device in what.devices if what.tracked else ():
            yield device, f"which {what} needs"
