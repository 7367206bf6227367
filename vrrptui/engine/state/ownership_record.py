"""What an engine may add to the kernel while it runs: written down before the first deed, removed after a kill."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_interface

import msgspec

from vrrptui.config.model.configuration import Configuration, StaticConfig, VirtualAddress, VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel
from vrrptui.protocol.advert import Address


class Owned(msgspec.Struct, frozen=True):
    """An address of ours on an interface."""

    device: str
    address: str  # with prefix length
    peer: str = ""  # the other end of a point-to-point link

    def virtual_address(self) -> VirtualAddress:
        peer = ip_address(self.peer) if self.peer else None
        return VirtualAddress(ip_interface(self.address), device=self.device, peer=peer)


class SettingChange(msgspec.Struct, frozen=True):
    """What a kernel setting was before, and what it was set to."""

    former: str
    value: str


class OwnershipRecord(msgspec.Struct):
    """All that may be there because of us."""

    addresses: list[Owned] = []
    devices: dict[str, str] = {}  # name: MAC address in hexadecimal; empty: its parent's
    routes: list[list[str]] = []  # their words in the configuration
    rules: list[list[str]] = []
    settings: dict[str, SettingChange] = {}  # by path below /proc/sys/net
    fifos: list[str] = []  # that were not there before
    table: bool = False  # of the firewall: what is sent to addresses of those who do not accept


def record_of(configurations: Iterable[Configuration], kernel: Kernel, managed: set[Address]) -> OwnershipRecord:
    """What these configurations may add.

    Of static addresses and of an address owner's only what the host does not have by itself: what is not there yet, or
    is `managed` by this engine.
    """
    addresses: dict[Owned, None] = {}
    devices: dict[str, str] = {}
    routes: dict[tuple[str, ...], None] = {}
    rules: dict[tuple[str, ...], None] = {}
    for configuration in configurations:
        static, general = configuration.static, configuration.globals
        by_itself = [(a, a.device or general.default_interface) for a in static.addresses]
        placed: list[tuple[VirtualAddress, str]] = []
        for router in configuration.routers:
            (by_itself if router.owner else placed).extend((a, router.device_of(a)) for a in router.all_addresses)
            ipvlan = router.ipvlan.name if router.ipvlan else None
            devices |= {name: "" if name == ipvlan else router.mac.hex() for _, name in router.devices}
        placed += [(a, device) for a, device in by_itself if a.address in managed or not kernel.holds(a, device)]
        for address, device in placed:
            addresses[Owned(device, str(address), str(address.peer or ""))] = None
        holders: list[StaticConfig | VirtualRouterConfig] = [static, *configuration.routers]
        for holder in holders:
            routes |= dict.fromkeys(route.words for route in holder.routes)
            rules |= dict.fromkeys(rule.words for rule in holder.rules)
    every = (router for configuration in configurations for router in configuration.routers)
    table = any(not router.accepts for router in every)
    return OwnershipRecord(list(addresses), devices, list(map(list, routes)), list(map(list, rules)), table=table)
