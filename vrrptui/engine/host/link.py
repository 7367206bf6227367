"""Network interfaces with their addresses."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface
from typing import NamedTuple, TypeAlias

from vrrptui.protocol.advert import Address, Family

IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x08, 0x40
LINK_GONE = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO)  # errors of sockets on a link that is down or deleted
VIRTUAL_MAC_PREFIXES = (bytes.fromhex("00005e0001"), bytes.fromhex("00005e0002"))


Interface: TypeAlias = IPv4Interface | IPv6Interface


class VlanTag(NamedTuple):
    """The VLAN tag of frames that a VLAN interface takes from its parent."""

    protocol: int  # 0x8100 (IEEE 802.1Q) or 0x88A8 (802.1ad)
    number: int  # 0 to 4095


@dataclass(slots=True)
class Link:
    """A network interface."""

    index: int
    name: str
    up: bool
    mac: bytes
    mtu: int
    loopback: bool = False
    enabled: bool = True  # IFF_UP; `up` also needs a carrier
    parent: int | None = None  # index of the parent, of a macvlan or VLAN
    vrf: int | None = None  # index of its VRF
    vlan: VlanTag | None = None  # of a VLAN interface
    addresses: dict[Interface, int] = field(default_factory=dict)  # with flags, in the order of their addition
    at: dict[Address, list[Interface]] = field(default_factory=dict, repr=False, compare=False)  # by host address

    def __post_init__(self) -> None:
        if self.addresses and not self.at:
            for interface in self.addresses:
                self.at.setdefault(interface.ip, []).append(interface)

    def put(self, interface: Interface, flags: int) -> None:
        """Record an address with these flags."""
        if interface not in self.addresses:
            self.at.setdefault(interface.ip, []).append(interface)
        self.addresses[interface] = flags

    def drop(self, interface: Interface) -> None:
        """Record that an address was deleted."""
        if self.addresses.pop(interface, None) is None:
            return
        same_host = self.at[interface.ip]
        same_host.remove(interface)
        if not same_host:
            del self.at[interface.ip]

    @property
    def virtual(self) -> bool:
        """Whether it is a device on another link with the MAC address of a virtual router."""
        return self.parent is not None and self.mac.startswith(VIRTUAL_MAC_PREFIXES)

    def holds(self, address: Address) -> bool:
        """Whether it has this address, with any prefix length."""
        return address in self.at

    def find(self, wanted: Interface) -> int | None:
        """Return the flags of this address, or None. Like the kernel, ignore the prefix length for IPv6."""
        held = self.held_as(wanted)
        return None if held is None else self.addresses[held]

    def held_as(self, wanted: Interface) -> Interface | None:
        """Return this address with the prefix length it has here, which may differ for IPv6."""
        if wanted in self.addresses:
            return wanted
        return next(iter(self.at.get(wanted.ip, ())), None) if wanted.version == 6 else None

    def source(self, family: Family, ours: Iterable[Address]) -> Address | None:
        """Return the source address for adverts: the first IPv4 or link-local address that is not in `ours`."""
        excluded = set(ours)
        for interface, flags in self.addresses.items():
            address = interface.ip
            if Family.of(address) is not family or address in excluded or flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED):
                continue
            if family is Family.IPV4 or address.is_link_local:
                return address
        return None
