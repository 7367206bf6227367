"""Which interfaces a virtual router needs beside its own."""

from __future__ import annotations

from vrrptui.config.model.configuration import Route, Rule, VirtualRouterConfig


def needed_interfaces(config: VirtualRouterConfig) -> dict[str, str]:
    """The other interfaces that a router needs, as keepalived tracks them, each with what for.

    Those of its addresses, routes and rules, unless they have `no_track`; whatever dont_track_primary says.
    """
    needed: dict[str, str] = {}
    parents = {name: parent for parent, name in config.devices}
    for address in config.all_addresses:
        device = config.device_of(address)
        if address.tracked:
            needed.setdefault(parents.get(device, device), f"which {address} belongs on")
    lines: list[Route | Rule] = [*config.routes, *config.rules]
    for what in lines:
        for device in what.devices if what.tracked else ():
            needed.setdefault(parents.get(device, device), f"which {what} needs")
    needed.pop(config.interface, None)
    return needed
