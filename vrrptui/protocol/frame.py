"""Extracts the IP packet that carries VRRP from a frame: Ethernet, 802.1Q, QinQ, IPv4, IPv6 (RFC 9568 §5.1).

Any bytes give a `Frame`, or None if they hold no VRRP. The payload is cut at the IP length, because short Ethernet
frames are padded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from vrrptui.protocol.advert import (
    PROTOCOL_AH,
    PROTOCOL_VRRP,
    TOS_INTERNETWORK_CONTROL,
    TTL,
    Address,
    Packet,
)
from vrrptui.protocol.checksum import is_right, ones_complement
from vrrptui.protocol.link.link_types import (
    ETHERNET_HEADER_BYTES,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPES_VLAN,
    VLAN_ID_MASK,
)

IPV4_HEADER_BYTES = 20
IPV6_HEADER_BYTES = 40
EXTENSION_HEADERS = (0, 43, 60)  # hop-by-hop, routing, destination options (RFC 8200 §4.1)
FRAGMENT_HEADER = 44
MAX_EXTENSION_HEADERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame with the protocol number of VRRP, or of AH before VRRP: its IP packet and link-layer facts."""

    packet: Packet
    source_mac: bytes | None = None  # 6 bytes; None on links without MAC addresses
    vlan: int | None = None  # VLAN ID of the outermost 802.1Q tag, 0-4095


def parse_ethernet(data: bytes, vlan: int | None = None) -> Frame | None:
    """Parse an Ethernet frame. `vlan` is the VLAN ID of a tag that the kernel has already removed."""
    if len(data) < ETHERNET_HEADER_BYTES:
        return None
    (ethertype,) = struct.unpack_from("!H", data, 12)
    return parse_payload(data[ETHERNET_HEADER_BYTES:], ethertype, data[6:12], vlan)


def parse_payload(data: bytes, ethertype: int, source_mac: bytes | None, vlan: int | None = None) -> Frame | None:
    """Parse what follows a link header with this `ethertype`: VLAN tags, then IP."""
    at = 0
    while ethertype in ETHERTYPES_VLAN:
        if len(data) < at + 4:
            return None
        tag, ethertype = struct.unpack_from("!HH", data, at)
        vlan = tag & VLAN_ID_MASK if vlan is None else vlan
        at += 4
    packet = parse_ip(data[at:], ethertype)
    return Frame(packet=packet, source_mac=source_mac, vlan=vlan) if packet else None


def parse_ip(data: bytes, ethertype: int | None = None) -> Packet | None:
    """Parse an IP packet; None if it does not carry VRRP, directly or in AH, or is a fragment other than the first."""
    if ethertype is None:  # raw IP capture: use the version field
        ethertype = {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}.get(data[0] >> 4 if data else 0, 0)
    if ethertype == ETHERTYPE_IPV4:
        return _parse_ipv4(data)
    if ethertype == ETHERTYPE_IPV6:
        return _parse_ipv6(data)
    return None


def _parse_ipv4(data: bytes) -> Packet | None:
    if len(data) < IPV4_HEADER_BYTES or data[0] >> 4 != 4:
        return None
    header = (data[0] & 0x0F) * 4
    total, fragment = struct.unpack_from("!H2xH", data, 2)
    protocol = data[9]
    if protocol not in (PROTOCOL_VRRP, PROTOCOL_AH) or header < IPV4_HEADER_BYTES or fragment & 0x1FFF:
        return None
    if protocol == PROTOCOL_AH and (len(data) <= header or data[header] != PROTOCOL_VRRP):
        return None
    return Packet(
        source=IPv4Address(data[12:16]),
        destination=IPv4Address(data[16:20]),
        ttl=data[8],
        protocol=protocol,
        payload=data[header : max(total, header)],
        length=max(0, total - header),
        intact=is_intact(data[:header]),
        header=data[:header] if protocol == PROTOCOL_AH else b"",
    )


def is_intact(header: bytes) -> bool:
    """Report whether an IPv4 header's checksum is correct or 0 (left to the network card to fill in)."""
    return header[10:12] == b"\0\0" or len(header) < IPV4_HEADER_BYTES or is_right(header)


def _parse_ipv6(data: bytes) -> Packet | None:
    if len(data) < IPV6_HEADER_BYTES or data[0] >> 4 != 6:
        return None
    (length,) = struct.unpack_from("!H", data, 4)
    protocol, hop_limit = data[6], data[7]
    at = IPV6_HEADER_BYTES
    for _ in range(MAX_EXTENSION_HEADERS):
        if protocol not in EXTENSION_HEADERS or len(data) < at + 2:
            break
        protocol, at = data[at], at + 8 + data[at + 1] * 8
    if protocol == PROTOCOL_AH and len(data) > at and data[at] != PROTOCOL_VRRP:
        return None
    if protocol not in (PROTOCOL_VRRP, PROTOCOL_AH):
        return None
    end = IPV6_HEADER_BYTES + length
    return Packet(
        source=IPv6Address(data[8:24]),
        destination=IPv6Address(data[24:40]),
        ttl=hop_limit,
        protocol=protocol,
        payload=data[at : max(end, at)],
        length=max(0, end - at),
    )


def group_mac(group: Address) -> bytes:
    """Return the Ethernet address of a multicast group (RFC 1112 §6.4, RFC 2464 §7)."""
    if isinstance(group, IPv4Address):
        return b"\x01\x00\x5e" + bytes((group.packed[1] & 0x7F,)) + group.packed[2:]
    return b"\x33\x33" + group.packed[12:]


def build_multicast(message: bytes, source: Address, source_mac: bytes, group: Address, signed: bool = False) -> bytes:
    """Return the Ethernet frame of a multicast advert from the virtual MAC address `source_mac`, 6 bytes (§7.2).

    `message` is a VRRP message, or a whole IPv4 packet if `signed`.
    """
    if isinstance(source, IPv4Address):
        packet = message if signed else _ipv4_packet(message, source, group)
        packet = (
            packet[:10] + ones_complement(packet[:10] + packet[12:IPV4_HEADER_BYTES]).to_bytes(2, "big") + packet[12:]
        )
        return group_mac(group) + source_mac + ETHERTYPE_IPV4.to_bytes(2, "big") + packet
    head = struct.pack("!IHBB", 6 << 28 | TOS_INTERNETWORK_CONTROL << 20, len(message), PROTOCOL_VRRP, TTL)
    packet = head + source.packed + group.packed + message
    return group_mac(group) + source_mac + ETHERTYPE_IPV6.to_bytes(2, "big") + packet


def _ipv4_packet(message: bytes, source: Address, group: Address) -> bytes:
    length = IPV4_HEADER_BYTES + len(message)
    head = struct.pack("!BBHHHBBH", 0x45, TOS_INTERNETWORK_CONTROL, length, 0, 0, TTL, PROTOCOL_VRRP, 0)
    return head + source.packed + group.packed + message
