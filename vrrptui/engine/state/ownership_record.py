"""The ownership record: everything an engine may add to the host, written in advance and used after a kill."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_interface

import msgspec

from vrrptui.config.model.configuration import Configuration, StaticConfig, VirtualAddress, VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel
from vrrptui.protocol.advert import Address


class Owned(msgspec.Struct, frozen=True):
    """An address that the engine manages on an interface."""

    device: str
    address: str  # with prefix length
    peer: str = ""  # the peer of a point-to-point address

    def virtual_address(self) -> VirtualAddress:
        peer = ip_address(self.peer) if self.peer else None
        return VirtualAddress(ip_interface(self.address), device=self.device, peer=peer)


class SettingChange(msgspec.Struct, frozen=True):
    """A sysctl's former value, and the value it was set to."""

    former: str
    value: str


class OwnershipRecord(msgspec.Struct):
    """Everything that may exist because of the engine."""

    addresses: list[Owned] = []
    devices: dict[str, str] = {}  # name: MAC address in hexadecimal; empty: its parent's
    routes: list[list[str]] = []  # as written in the configuration
    rules: list[list[str]] = []
    settings: dict[str, SettingChange] = {}  # by path below /proc/sys/net
    fifos: list[str] = []  # that the engine created
    table: bool = False  # the nftables table for no_accept


def record_of(configurations: Iterable[Configuration], kernel: Kernel, managed: set[Address]) -> OwnershipRecord:
    """Return what these configurations may add.

    Static addresses and those of an address owner are included only if the host does not have them, or if they are
    `managed` by this engine.
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
