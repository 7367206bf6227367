"""What holds a virtual router in its place: what it is bound to, and what makes it another one when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.config.model import VirtualRouterConfig
from vrrptui.protocol.advert import Address


def identity(config: VirtualRouterConfig) -> tuple[object, ...]:
    """What cannot change under a router that keeps its state."""
    place = (config.interface, config.family, config.vrid, config.version, config.group)
    way = (bool(config.unicast_peers), config.multicast_source, config.unicast_source, config.auth_type)
    return (*place, *way, config.virtual_mac, config.ipvlan, config.address_devices, config.vrf)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a virtual router is bound to: another one means to prepare everything anew."""

    links: tuple[tuple[int | None, bytes], tuple[int | None, ...]]  # index and MAC address at home; indexes elsewhere
    source: Address | None
