"""Network interfaces with their addresses, as the kernel has them now."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface
from typing import NamedTuple, TypeAlias

from vrrptui.protocol.advert import Address, Family

IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x08, 0x40
LINK_GONE = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO)  # what a socket says of a link that is down or deleted
VIRTUAL_MAC_PREFIXES = (bytes.fromhex("00005e0001"), bytes.fromhex("00005e0002"))


Interface: TypeAlias = IPv4Interface | IPv6Interface


class VlanTag(NamedTuple):
    """What a VLAN interface takes out of the frames of the interface that it lies on."""

    protocol: int  # 0x8100 (IEEE 802.1Q) or 0x88A8 (802.1ad)
    number: int  # 0 to 4095


@dataclass(slots=True)
class Link:
    """A network interface as the kernel has it now."""

    index: int
    name: str
    up: bool
    mac: bytes
    mtu: int
    loopback: bool = False
    enabled: bool = True  # by the administrator; `up` needs a carrier as well
    parent: int | None = None  # of a macvlan or VLAN: the link it lies on
    vrf: int | None = None  # the index of the VRF it belongs to
    vlan: VlanTag | None = None  # of a VLAN
    addresses: dict[Interface, int] = field(default_factory=dict)  # with their flags, in the order they came
    at: dict[Address, list[Interface]] = field(default_factory=dict, repr=False, compare=False)  # the same, by host

    def __post_init__(self) -> None:
        if self.addresses and not self.at:
            for interface in self.addresses:
                self.at.setdefault(interface.ip, []).append(interface)

    def put(self, interface: Interface, flags: int) -> None:
        """An address is there, with these flags."""
        if interface not in self.addresses:
            self.at.setdefault(interface.ip, []).append(interface)
        self.addresses[interface] = flags

    def drop(self, interface: Interface) -> None:
        """An address is there no more."""
        if self.addresses.pop(interface, None) is None:
            return
        same_host = self.at[interface.ip]
        same_host.remove(interface)
        if not same_host:
            del self.at[interface.ip]

    @property
    def virtual(self) -> bool:
        """Whether it is a device that lies on another and has a virtual router's MAC address."""
        return self.parent is not None and self.mac.startswith(VIRTUAL_MAC_PREFIXES)

    def holds(self, address: Address) -> bool:
        """Whether it has this address, with whichever prefix length."""
        return address in self.at

    def find(self, wanted: Interface) -> int | None:
        """The flags of this address, or None: as the kernel compares, of IPv6 whatever its prefix length is."""
        held = self.held_as(wanted)
        return None if held is None else self.addresses[held]

    def held_as(self, wanted: Interface) -> Interface | None:
        """This address with the prefix length that it has here: over IPv6 it may be another one than is wanted."""
        if wanted in self.addresses:
            return wanted
        return next(iter(self.at.get(wanted.ip, ())), None) if wanted.version == 6 else None

    def source(self, family: Family, ours: Iterable[Address]) -> Address | None:
        """The address adverts are sent from: the first IPv4 one, or the link-local one, that is not in `ours`."""
        excluded = set(ours)
        for interface, flags in self.addresses.items():
            address = interface.ip
            if Family.of(address) is not family or address in excluded or flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED):
                continue
            if family is Family.IPV4 or address.is_link_local:
                return address
        return None
