"""Network interfaces with their addresses, as the kernel has them now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface

from vrrptui.protocol.advert import Address, Family

IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x08, 0x40
VIRTUAL_MAC_PREFIXES = (bytes.fromhex("00005e0001"), bytes.fromhex("00005e0002"))


@dataclass(frozen=True, slots=True)
class Held:
    """An address on a link."""

    interface: IPv4Interface | IPv6Interface
    flags: int

    @property
    def usable(self) -> bool:
        return not self.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)


@dataclass(slots=True)
class Link:
    """A network interface as the kernel has it now."""

    index: int
    name: str
    up: bool
    mac: bytes
    mtu: int
    loopback: bool = False
    parent: int | None = None  # of a macvlan or VLAN: the link it lies on
    vrf: int | None = None  # the index of the VRF it belongs to
    addresses: list[Held] = field(default_factory=list)

    @property
    def virtual(self) -> bool:
        """Whether it is a device that lies on another and has a virtual router's MAC address."""
        return self.parent is not None and self.mac.startswith(VIRTUAL_MAC_PREFIXES)

    def holds(self, address: Address) -> bool:
        return any(held.interface.ip == address for held in self.addresses)

    def source(self, family: Family, ours: Iterable[Address]) -> Address | None:
        """The address adverts are sent from: the first IPv4 one, or the link-local one, that is not in `ours`."""
        excluded = set(ours)
        for held in self.addresses:
            address = held.interface.ip
            if Family.of(address) is not family or address in excluded or not held.usable:
                continue
            if family is Family.IPV4 or address.is_link_local:
                return address
        return None
