"""What a capture file holds of VRRP, ARP and neighbour discovery, read by its own decoder.

Shares nothing with the program under test, so that a fault in its codec cannot hide itself here. Only what the judge in
`checker` needs is read; whatever else is in the file is passed over.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

Address = IPv4Address | IPv6Address
MAGICS = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}  # the unit of the fraction of a second, in nanoseconds
GROUPS: dict[int, IPv4Address | IPv6Address] = {4: IPv4Address("224.0.0.18"), 6: IPv6Address("ff02::12")}
VRRP, AH, ICMPV6 = 112, 51, 58
ALL_ONES = b"\xff" * 6


class NotACaptureError(ValueError):
    """The file does not begin as a capture file does."""


@dataclass(frozen=True)
class Advert:
    """A VRRP message and how it travelled. `flaws` says why no router may believe it; empty when it may."""

    at_ns: int
    mac: bytes  # of the frame
    source: Address
    destination: Address
    ttl: int
    version: int
    vrid: int
    priority: int
    interval_ns: int
    addresses: tuple[Address, ...]
    auth_type: int = 0
    auth_data: bytes = b""
    sequence: int | None = None  # of an authentication header
    signed: bytes = b""  # what its digest covers
    digest: bytes = b""
    flaws: tuple[str, ...] = ()

    @property
    def family(self) -> int:
        return self.source.version

    @property
    def group(self) -> tuple[int, int]:
        """The virtual router it speaks for: family and VRID."""
        return self.family, self.vrid

    @cached_property
    def rank(self) -> tuple[int, int]:
        """Who is better: the priority, then the address."""
        return self.priority, int(self.source)

    def signed_with(self, key: bytes) -> bool:
        return hmac.new(key.ljust(16, b"\0"), self.signed, hashlib.md5).digest()[:12] == self.digest


@dataclass(frozen=True)
class Claim:
    """Somebody says that an address is at a hardware address: unasked (an announcement) or as an answer."""

    at_ns: int
    mac: bytes  # of the frame
    address: Address
    hardware: bytes
    asked: bool


@dataclass
class Captured:
    """All of a capture, oldest first."""

    adverts: list[Advert] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    begin_ns: int = 0
    end_ns: int = 0


def read_capture(file: Path) -> Captured:
    """Read a classic capture file of Ethernet frames; a last frame that is cut off is left out."""
    found = Captured()
    for at_ns, frame in frames_of(file.read_bytes()):
        found.begin_ns = found.begin_ns or at_ns
        found.end_ns = at_ns
        kind, packet = struct.unpack("!H", frame[12:14])[0], frame[14:]
        if kind == 0x0806 and len(packet) >= 28:
            found.claims += arp_claims(at_ns, frame[6:12], packet)
        elif kind in (0x0800, 0x86DD):
            take_packet(found, at_ns, frame[6:12], packet)
    return found


def frames_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of a capture file with their times in nanoseconds."""
    order = next((o for o in "<>" if struct.unpack(f"{o}I", data[:4])[0] in MAGICS), None)
    if order is None:
        raise NotACaptureError("no capture file")
    unit = MAGICS[struct.unpack(f"{order}I", data[:4])[0]]
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, kept, _ = struct.unpack(f"{order}IIII", data[at : at + 16])
        frame, at = data[at + 16 : at + 16 + kept], at + 16 + kept
        if len(frame) == kept and kept >= 14:
            yield seconds * 1_000_000_000 + fraction * unit, frame


def arp_claims(at_ns: int, mac: bytes, packet: bytes) -> Iterator[Claim]:
    operation = struct.unpack("!H", packet[6:8])[0]
    hardware, sender, target = packet[8:14], packet[14:18], packet[24:28]
    if operation == 2 or sender == target:
        yield Claim(at_ns, mac, IPv4Address(sender), hardware, asked=sender != target)


def take_packet(found: Captured, at_ns: int, mac: bytes, packet: bytes) -> None:
    version = packet[0] >> 4
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    if version == 4:
        header, whole = (packet[0] & 15) * 4, struct.unpack("!H", packet[2:4])[0]
        protocol, ttl = packet[9], packet[8]
        source, destination = IPv4Address(packet[12:16]), IPv4Address(packet[16:20])
    else:
        header, whole = 40, 40 + struct.unpack("!H", packet[4:6])[0]
        protocol, ttl = packet[6], packet[7]
        source, destination = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    body = packet[header:whole]  # what lies behind it fills a short frame up
    if protocol == VRRP or (protocol == AH and len(body) > 24 and body[0] == VRRP):
        ip = packet[:header]
        found.adverts.append(advert_of(at_ns, mac, source, destination, ttl, protocol, ip, body))
    elif protocol == ICMPV6 and len(body) >= 24 and body[0] == 136:
        options, hardware = body[24:], mac
        if options[:2] == b"\x02\x01":
            hardware = options[2:8]
        found.claims.append(Claim(at_ns, mac, IPv6Address(body[8:24]), hardware, asked=bool(body[4] & 0x40)))


def advert_of(at_ns, mac, source, destination, ttl, protocol, ip, body) -> Advert:
    """Take a message apart; what is wrong with it is said in its flaws, in the order of RFC 9568 §7.1."""
    sequence, signed, digest = None, b"", b""
    if protocol == AH:
        sequence, digest = struct.unpack("!I", body[8:12])[0], body[12:24]
        still = bytearray(ip)
        still[1] = still[6] = still[7] = still[10] = still[11] = 0
        if destination != GROUPS[4]:
            still[8] = 0
        signed = bytes(still) + body[:12] + bytes(12) + body[24:]
        body = body[24:]
    flaws: list[str] = []
    if ttl != 255:
        flaws.append("ttl")
    padded = body.ljust(8, b"\0")
    version, kind, vrid, priority, count = padded[0] >> 4, padded[0] & 15, padded[1], padded[2], padded[3]
    if version not in (2, 3) or (version == 2 and source.version == 6):
        flaws.append("version")
    if kind != 1:
        flaws.append("type")
    size = 4 if source.version == 4 else 16
    trailer = 8 if version == 2 else 0
    if len(body) != 8 + count * size + trailer:
        flaws.append("length")
    elif not sums_up(body, version, source, destination):
        flaws.append("checksum")
    if count == 0:
        flaws.append("count")
    interval = padded[5] * 1_000_000_000 if version == 2 else (struct.unpack("!H", padded[4:6])[0] & 0xFFF) * 10_000_000
    if interval == 0:
        flaws.append("interval")
    listed = body[8 : 8 + count * size]
    make = IPv4Address if size == 4 else IPv6Address
    addresses = tuple(make(listed[i : i + size]) for i in range(0, len(listed) - size + 1, size))
    if size == 16 and addresses and not addresses[0].is_link_local:
        flaws.append("first address")
    auth_type, auth_data = (padded[4], body[-8:]) if version == 2 else (0, b"")
    return Advert(
        at_ns, mac, source, destination, ttl, version, vrid, priority, interval, addresses,
        auth_type, auth_data, sequence, signed, digest, tuple(flaws),
    )  # fmt: skip


def sums_up(body: bytes, version: int, source: Address, destination: Address) -> bool:
    """Whether the checksum is right in a form that is spoken for this version and family."""
    length = struct.pack("!I", len(body)) if source.version == 6 else struct.pack("!H", len(body))
    zero = b"\0\0\0" if source.version == 6 else b"\0"
    middle = length + zero + bytes([VRRP]) if source.version == 6 else zero + bytes([VRRP]) + length
    with_addresses = ones_complement(source.packed + destination.packed + middle + body) == 0xFFFF
    alone = ones_complement(body) == 0xFFFF
    if source.version == 6:
        return with_addresses
    return alone if version == 2 else alone or with_addresses


def ones_complement(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
