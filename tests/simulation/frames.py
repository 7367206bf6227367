"""What goes over the simulated wire as bytes: adverts, and packets that nobody may believe."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

from vrrptui.protocol.advert import Family, Packet
from vrrptui.protocol.codec import encode_v2, encode_v3

SECOND = 1_000_000_000
VIP = IPv4Address("10.0.0.254")
GROUP = Family.IPV4.group
STRANGER = IPv4Address("10.0.0.66")
WRONGS = ("version", "ttl", "checksum", "cut", "type", "noise", "interval", "vrid", "count")


def encoded(version: int, vrid: int, priority: int, interval: int, source: IPv4Address) -> bytes:
    if version == 2:
        return encode_v2(vrid, priority, max(interval // SECOND, 1) * SECOND, (VIP,))
    return encode_v3(vrid, priority, interval, (VIP,), source, GROUP)


def packet(message: bytes, source: IPv4Address, ttl: int = 255) -> Packet:
    return Packet(source=source, destination=GROUP, ttl=ttl, protocol=112, payload=message, length=len(message))


def refused(draw: random.Random, version: int, vrid: int, interval: int) -> Packet:
    """An advert of priority 254 with one thing wrong, for a group of this version and interval."""
    wrong = draw.choice(WRONGS)
    spoken = 5 - version if wrong == "version" else version
    if wrong == "interval" and version == 2:
        interval += SECOND
    message = bytearray(encoded(spoken, 99 if wrong == "vrid" else vrid, 254, interval, STRANGER))
    if wrong == "checksum":
        message[6] ^= 1 << draw.randrange(8)
    elif wrong == "type":
        message[0] = message[0] & 0xF0 | 2
    elif wrong == "count":
        message[3] += 1
    elif wrong == "interval" and version == 3:
        message[4:6] = b"\0\0"
    elif wrong == "noise":
        message = bytearray([0x77, vrid, *(draw.randrange(256) for _ in range(18))])
    elif wrong == "cut":
        message = message[: draw.randrange(8, len(message))]
    return packet(bytes(message), STRANGER, 64 if wrong == "ttl" else 255)
