"""Link layers: from a captured frame to its packet. Ethernet, raw IP, Linux cooked, Frame Relay.

Accepts any bytes: they give a `Frame`, or None if it has no VRRP. Link types are those of the pcap list.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.protocol.frame import Frame, parse_ip
from vrrptui.protocol.link.link_types import (
    ETHERNET,
    ETHERNET_HEADER_BYTES,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPES_VLAN,
    FRAME_RELAY,
    LINUX_COOKED,
    LINUX_COOKED_2,
    MAX_Q922_BYTES,
    NLPID_IPV4,
    NLPID_IPV6,
    RAW_IP,
    RAW_IP_NUMBERS,
    UNNUMBERED_INFORMATION,
    VLAN_ID_MASK,
)

ETHERNET_HARDWARE, NO_HARDWARE = (1, 772), 65534  # the kernel's hardware types: also loopback; tun, WireGuard
LINK_TYPES = dict.fromkeys(ETHERNET_HARDWARE, ETHERNET) | {NO_HARDWARE: RAW_IP}  # of the frames on these interfaces
MAC_BYTES = 6

VLAN_TAGS = frozenset(number.to_bytes(2, "big") for number in ETHERTYPES_VLAN)


@dataclass(frozen=True, slots=True)
class Link:
    """The content of a link header without VLAN tags, and the payload."""

    ethertype: int
    payload: bytes
    source_mac: bytes | None = None
    vlan: int | None = None


LinkParser = Callable[[bytes, int | None], Link | None]


def _parse_ethernet(data: bytes, vlan: int | None) -> Link | None:
    if len(data) < ETHERNET_HEADER_BYTES:
        return None
    return Link(int.from_bytes(data[12:14], "big"), data[ETHERNET_HEADER_BYTES:], data[6:12], vlan)


def _parse_raw_ip(data: bytes, vlan: int | None) -> Link | None:
    ethertype = {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}.get(data[0] >> 4 if data else 0)
    return Link(ethertype, data, None, vlan) if ethertype else None


def _parse_cooked(data: bytes, vlan: int | None) -> Link | None:
    """LINUX_SLL: packet type, hardware type, address length, address, ethertype; 16 bytes."""
    if len(data) < 16:
        return None
    address_bytes, address, ethertype = struct.unpack_from("!H8sH", data, 4)
    return Link(ethertype, data[16:], address[:MAC_BYTES] if address_bytes == MAC_BYTES else None, vlan)


def _parse_cooked_2(data: bytes, vlan: int | None) -> Link | None:
    """LINUX_SLL2: ethertype, interface index, hardware type, packet type, address length, address; 20 bytes."""
    if len(data) < 20:
        return None
    ethertype, address_bytes, address = struct.unpack_from("!H9xB8s", data)
    return Link(ethertype, data[20:], address[:MAC_BYTES] if address_bytes == MAC_BYTES else None, vlan)


def _parse_frame_relay(data: bytes, vlan: int | None) -> Link | None:
    """A Q.922 address (its last byte is odd), then an ethertype (Cisco), or control and NLPID (RFC 2427 §3)."""
    end = next((at + 1 for at, byte in enumerate(data[:MAX_Q922_BYTES]) if byte & 1), None)
    if end is None or len(data) < end + 2:
        return None
    if data[end] == UNNUMBERED_INFORMATION:
        ethertype = {NLPID_IPV4: ETHERTYPE_IPV4, NLPID_IPV6: ETHERTYPE_IPV6}.get(data[end + 1], 0)
    else:
        (ethertype,) = struct.unpack_from("!H", data, end)
    return Link(ethertype, data[end + 2 :], None, vlan)


PARSERS: dict[int, LinkParser] = {
    ETHERNET: _parse_ethernet,
    LINUX_COOKED: _parse_cooked,
    LINUX_COOKED_2: _parse_cooked_2,
    FRAME_RELAY: _parse_frame_relay,
    **dict.fromkeys(RAW_IP_NUMBERS, _parse_raw_ip),
}


def unwrap(data: bytes, link_type: int, vlan: int | None = None) -> Link | None:
    """Remove link header and VLAN tags. Return None if that fails. `vlan` is a tag removed before."""
    parser = PARSERS.get(link_type)
    link = parser(data, vlan) if parser else None
    while link is not None and link.ethertype in ETHERTYPES_VLAN:
        if len(link.payload) < 4:
            return None
        tag, ethertype = struct.unpack_from("!HH", link.payload)
        outer = tag & VLAN_ID_MASK if link.vlan is None else link.vlan
        link = Link(ethertype, link.payload[4:], link.source_mac, outer)
    return link


def read_frame(data: bytes, link_type: int = ETHERNET, vlan: int | None = None) -> Frame | None:
    """Return the VRRP packet in a frame; None if there is none or the link type is unknown."""
    link = unwrap(data, link_type, vlan)
    packet = parse_ip(link.payload, link.ethertype) if link else None
    return Frame(packet=packet, source_mac=link.source_mac, vlan=link.vlan) if link and packet else None
