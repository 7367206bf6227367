"""Decoding the kernel's reports of links and addresses, in microseconds each.

The messages of linux/rtnetlink.h, if_link.h and if_addr.h; other attributes are ignored.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Interface, IPv6Interface
from typing import NamedTuple

from vrrptui.engine.host.link import Interface, VlanTag

HEADER_BYTES = 16
LINK = struct.Struct("=BxHiII")  # family, device type, index, flags, change
ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
ATTRIBUTE = struct.Struct("=HH")  # length, type
NUMBER = struct.Struct("=I")
TYPE_MASK = 0x3FFF  # without the bits for nesting and byte order
AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER, IFLA_LINKINFO = 1, 3, 4, 5, 10, 18
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND = 1, 2, 4
IFLA_VLAN_ID, IFLA_VLAN_PROTOCOL = 1, 5
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
INTERFACES_KEPT = 4096  # the same addresses come and go most of the time


class LinkReport(NamedTuple):
    """A link in a message."""

    link: int  # its index
    flags: int
    name: str | None
    mac: bytes
    mtu: int
    parent: int | None
    vrf: int | None
    vlan: VlanTag | None


class AddressReport(NamedTuple):
    """An address in a message."""

    link: int  # its index
    interface: Interface
    flags: int


def link_report(message: memoryview) -> LinkReport | None:
    """Decode a link message with its header. Return None for a bridge port's report and for a truncated message."""
    if len(message) < HEADER_BYTES + LINK.size:
        return None
    family, _, index, flags, _ = LINK.unpack_from(message, HEADER_BYTES)
    if family != AF_UNSPEC:
        return None
    found = dict(_attributes(message[HEADER_BYTES + LINK.size :]))
    kind = dict(_attributes(found.get(IFLA_LINKINFO, message[:0])))
    return LinkReport(
        link=index,
        flags=flags,
        name=_text(found[IFLA_IFNAME]) if IFLA_IFNAME in found else None,
        mac=bytes(found.get(IFLA_ADDRESS, b"")),
        mtu=_number(found.get(IFLA_MTU)) or 0,
        parent=_number(found.get(IFLA_LINK)),
        vrf=_number(found.get(IFLA_MASTER)) if _text(kind.get(IFLA_INFO_SLAVE_KIND, b"")) == "vrf" else None,
        vlan=_vlan(kind),
    )


def _vlan(kind: dict[int, memoryview]) -> VlanTag | None:
    """Return the tag of a VLAN interface from the link's IFLA_LINKINFO."""
    if _text(kind.get(IFLA_INFO_KIND, b"")) != "vlan" or IFLA_INFO_DATA not in kind:
        return None
    found = dict(_attributes(kind[IFLA_INFO_DATA]))
    protocol, number = bytes(found.get(IFLA_VLAN_PROTOCOL, b"")), bytes(found.get(IFLA_VLAN_ID, b""))
    if len(protocol) != 2 or len(number) != 2:
        return None
    return VlanTag(int.from_bytes(protocol), int.from_bytes(number, sys.byteorder))


def address_report(message: memoryview) -> AddressReport | None:
    """Decode an address message with its header. Return None for another family and for a truncated message."""
    if len(message) < HEADER_BYTES + ADDRESS.size:
        return None
    family, length, flags, _, index = ADDRESS.unpack_from(message, HEADER_BYTES)
    found = dict(_attributes(message[HEADER_BYTES + ADDRESS.size :]))
    packed = bytes(found.get(IFA_LOCAL) or found.get(IFA_ADDRESS) or b"")
    if (family, len(packed)) not in ((AF_INET, 4), (AF_INET6, 16)) or length > 8 * len(packed):
        return None
    wide = _number(found.get(IFA_FLAGS))
    return AddressReport(index, _interface(packed, length), flags if wide is None else wide)


@lru_cache(INTERFACES_KEPT)
def _interface(packed: bytes, length: int) -> Interface:
    make = IPv4Interface if len(packed) == 4 else IPv6Interface
    return make((packed, length))


def _attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield type and value of each attribute, up to the first invalid one."""
    start, size = 0, len(data)
    while start + ATTRIBUTE.size <= size:
        length, kind = ATTRIBUTE.unpack_from(data, start)
        if length < ATTRIBUTE.size or start + length > size:
            return
        yield kind & TYPE_MASK, data[start + ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3


def _number(value: memoryview | None) -> int | None:
    return NUMBER.unpack_from(value)[0] if value is not None and len(value) >= NUMBER.size else None


def _text(value: memoryview | bytes) -> str:
    return bytes(value).rstrip(b"\0").decode(errors="replace")
