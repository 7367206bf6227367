"""The interfaces that a virtual router needs besides its own."""

from __future__ import annotations

from collections.abc import Iterator

from vrrptui.config.model.configuration import Route, Rule, VirtualRouterConfig


def needed_interfaces(config: VirtualRouterConfig) -> dict[str, str]:
    """Return the interfaces that a router needs besides its own, each with the reason, as keepalived tracks them.

    These are the interfaces of its addresses, routes and rules without `no_track`. With dont_track_primary the router's
    own interface is included if its routes or rules name it.
    """
    needed: dict[str, str] = {}
    parents = {name: parent for parent, name in config.devices}
    for device, why in _of_addresses(config):
        if parents.get(device, device) != config.interface:
            needed.setdefault(parents.get(device, device), why)
    for device, why in _of_lines(config):
        if parents.get(device, device) != config.interface or not config.track_primary:
            needed.setdefault(parents.get(device, device), why)
    return needed


def without_weight(config: VirtualRouterConfig) -> set[str]:
    """Return the interfaces for which a sync group's weight has no effect: their loss is a fault of the router.

    With a virtual MAC an address is on the MAC's device; a weight on the parent interface has an effect, and its loss
    is also a fault (keepalived 2.2.7).
    """
    named = {device for device, _ in _of_addresses(config)} - {config.interface}
    named |= {device for device, _ in _of_lines(config)}
    return named | {config.interface} if config.track_primary else named


def _of_addresses(config: VirtualRouterConfig) -> Iterator[tuple[str, str]]:
    """Yield the devices of tracked addresses, each with the reason."""
    for address in config.all_addresses:
        if address.tracked:
            yield config.device_of(address), f"which {address} belongs on"


def _of_lines(config: VirtualRouterConfig) -> Iterator[tuple[str, str]]:
    """Yield the devices of tracked routes and rules, each with the reason."""
    lines: list[Route | Rule] = [*config.routes, *config.rules]
    for what in lines:
        for device in what.devices if what.tracked else ():
            yield device, f"which {what} needs"
