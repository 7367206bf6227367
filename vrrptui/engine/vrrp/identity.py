"""What holds a virtual router in its place: what it is bound to, and what makes it another one when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.protocol.advert import Address
from vrrptui.protocol.authentication import AUTH_TYPE_AH


def identity(config: VirtualRouterConfig) -> tuple[object, ...]:
    """What cannot change under a router that keeps its state."""
    place = (config.interface, config.family, config.vrid, bool(config.unicast_peers))
    return (*place, config.devices, config.mac if config.virtual_mac else None, config.ipvlan, config.vrf)


def way(config: VirtualRouterConfig) -> tuple[object, ...]:
    """How it speaks and hears: when that changes, it needs other sockets."""
    from_base = config.virtual_mac is not None and config.virtual_mac.transmit_from_base
    return (config.group, config.auth_type == AUTH_TYPE_AH, from_base)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a virtual router is bound to: another one means to prepare everything anew."""

    links: tuple[tuple[int | None, bytes], tuple[int | None, ...]]  # index and MAC address at home; indexes elsewhere
    source: Address | None
