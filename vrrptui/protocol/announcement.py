"""Builds the frames that announce a virtual address: gratuitous ARP and unsolicited neighbour advertisements.

RFC 9568 §6.4.2 with errata 7947 and 7949, RFC 4861 §4.4.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

from vrrptui.protocol.advert import Address
from vrrptui.protocol.checksum import ones_complement

BROADCAST = b"\xff" * 6
ALL_NODES = IPv6Address("ff02::1")
ALL_NODES_MAC = bytes.fromhex("333300000001")
ARP_REQUEST = 1
NEIGHBOUR_ADVERTISEMENT = 136
TARGET_LINK_LAYER_ADDRESS = 2
FLAGS_ROUTER_OVERRIDE = 0xA0000000  # R 1, S 0, O 1
PROTOCOL_ICMPV6 = 58


def announcement(address: Address, mac: bytes) -> bytes:
    """Return the Ethernet frame that announces `address` at `mac` (6 bytes)."""
    if isinstance(address, IPv4Address):
        return gratuitous_arp(address, mac)
    return unsolicited_advertisement(address, mac)


def gratuitous_arp(address: IPv4Address, mac: bytes) -> bytes:
    """Return a broadcast ARP request for `address` from itself, with `mac` as sender and target hardware address."""
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, ARP_REQUEST) + mac + address.packed + mac + address.packed
    return BROADCAST + mac + b"\x08\x06" + arp


def unsolicited_advertisement(address: IPv6Address, mac: bytes) -> bytes:
    """Return an unsolicited neighbour advertisement of `address` at `mac` to all nodes, with flags R 1, S 0, O 1."""
    head = struct.pack("!BBHI", NEIGHBOUR_ADVERTISEMENT, 0, 0, FLAGS_ROUTER_OVERRIDE)
    message = head + address.packed + bytes((TARGET_LINK_LAYER_ADDRESS, 1)) + mac
    pseudo = address.packed + ALL_NODES.packed + struct.pack("!II", len(message), PROTOCOL_ICMPV6)
    message = message[:2] + struct.pack("!H", ones_complement(pseudo + message)) + message[4:]
    ip = struct.pack("!IHBB", 6 << 28, len(message), PROTOCOL_ICMPV6, 255) + address.packed + ALL_NODES.packed
    return ALL_NODES_MAC + mac + b"\x86\xdd" + ip + message
