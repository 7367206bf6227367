"""VRRP messages built byte by byte, without the code under test, and packets around them."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from vrrptui.protocol.advert import IPV4_GROUP, IPV6_GROUP, Advert, Packet
from vrrptui.protocol.codec import decode

SOURCE4, SOURCE6 = "10.0.0.2", "fe80::2"


def internet_checksum(data: bytes) -> int:
    """RFC 1071, word by word."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source: str, destination: str, length: int) -> bytes:
    addresses = ip_address(source).packed + ip_address(destination).packed
    if ip_address(source).version == 4:
        return addresses + struct.pack("!BBH", 0, 112, length)
    return addresses + struct.pack("!IHBB", length, 0, 0, 112)


def group_of(source: str) -> str:
    return str(IPV4_GROUP if ip_address(source).version == 4 else IPV6_GROUP)


def summed(message: bytes, prefix: bytes = b"") -> bytes:
    """`message` with the right checksum in bytes 6 and 7."""
    message = message[:6] + b"\0\0" + message[8:]
    return message[:6] + struct.pack("!H", internet_checksum(prefix + message)) + message[8:]


def v3(
    addresses=("10.0.0.254",),
    *,
    vrid=51,
    priority=100,
    interval_cs=100,
    reserved=0,
    count=None,
    version=3,
    kind=1,
    source=None,
    destination=None,
    form="pseudo-header",
) -> bytes:
    source = source or (SOURCE6 if ":" in "".join(addresses) else SOURCE4)
    count = len(addresses) if count is None else count
    head = bytes((version << 4 | kind, vrid, priority, count)) + struct.pack("!HH", reserved << 12 | interval_cs, 0)
    message = head + b"".join(ip_address(a).packed for a in addresses)
    prefix = pseudo_header(source, destination or group_of(source), len(message)) if form == "pseudo-header" else b""
    return summed(message, prefix)


def v2(
    addresses=("10.0.0.254",),
    *,
    vrid=51,
    priority=100,
    interval_s=1,
    auth_type=0,
    auth_data=b"",
    count=None,
    version=2,
    kind=1,
    prefix=b"",
) -> bytes:
    count = len(addresses) if count is None else count
    head = bytes((version << 4 | kind, vrid, priority, count, auth_type, interval_s, 0, 0))
    return summed(head + b"".join(ip_address(a).packed for a in addresses) + auth_data.ljust(8, b"\0"), prefix)


def packet(message: bytes, *, source=SOURCE4, destination=None, ttl=255, protocol=112, length=None) -> Packet:
    return Packet(
        source=ip_address(source),
        destination=ip_address(destination or group_of(source)),
        ttl=ttl,
        protocol=protocol,
        payload=message,
        length=len(message) if length is None else length,
    )


def read(message: bytes, **facts) -> Advert:
    return decode(packet(message, **facts))


def reasons(message: bytes, **facts) -> list[str]:
    """Why the codec refuses a message; empty when it does not."""
    return [reason.value for reason in read(message, **facts).problems]


def oddities(message: bytes, **facts) -> list[str]:
    """What strict mode alone refuses of a message."""
    return [reason.value for reason in read(message, **facts).oddities]


def flip(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes((data[bit // 8] ^ 0x80 >> bit % 8,)) + data[bit // 8 + 1 :]
