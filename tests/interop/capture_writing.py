"""Captures that tell a story which no real network told: for trying the judge of captures.

Encodes by itself, as `captured` decodes by itself; the checksum alone is shared with it.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from tests.interop.captured import GROUPS, Captured, ones_complement, read_capture

BEGIN_S = 1_700_000_000
VIP = "10.0.0.254"


class Wire:
    """What is said on a wire, second by second; the nth router is 10.0.0.n with MAC 02:00:00:00:00:0n."""

    def __init__(self, version: int = 2, interval_s: float = 1.0) -> None:
        self.version, self.interval_s = version, interval_s
        self._frames: list[tuple[float, bytes]] = []

    def advert(self, at_s: float, router: int, priority: int, **odd: Any) -> None:
        """One advert. `odd` departs from what is right: ttl, version, flip (a bit of the checksum), vips, vrid."""
        version = int(odd.get("version", self.version))
        vips = odd.get("vips", (VIP,))
        head = bytes([version << 4 | 1, int(odd.get("vrid", 51)), priority, len(vips)])
        interval = (0, round(self.interval_s)) if version == 2 else divmod(round(self.interval_s * 100), 256)
        listed = b"".join(IPv4Address(vip).packed for vip in vips)
        body = head + bytes(interval) + b"\0\0" + listed + (bytes(8) if version == 2 else b"")
        total = ones_complement(body) ^ 0xFFFF ^ int(odd.get("flip", 0))
        body = body[:6] + struct.pack("!H", total) + body[8:]
        ends = IPv4Address(f"10.0.0.{router}").packed + GROUPS[4].packed
        ip = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(body), 0, 0, int(odd.get("ttl", 255)), 112, 0)
        self._put(at_s, bytes.fromhex("01005e000012"), router, 0x0800, ip + ends + body)

    def adverts(self, from_s: float, to_s: float, router: int, priority: int, vrid: int = 51) -> None:
        """One every interval, both ends included."""
        for number in range(round((to_s - from_s) / self.interval_s) + 1):
            self.advert(from_s + number * self.interval_s, router, priority, vrid=vrid)

    def announce(self, at_s: float, router: int, vip: str = VIP) -> None:
        self._arp(at_s, router, 1, vip, vip)

    def answer(self, at_s: float, router: int, vip: str = VIP) -> None:
        self._arp(at_s, router, 2, vip, "10.0.0.50")

    def master(self, from_s: float, to_s: float, router: int, priority: int, vrid: int = 51) -> None:
        """A mastership as it must be: the first advert, the announcement, an advert every interval."""
        self.adverts(from_s, to_s, router, priority, vrid)
        self.announce(from_s + 0.002, router)

    def _arp(self, at_s: float, router: int, operation: int, sender: str, target: str) -> None:
        ends = self._mac(router) + IPv4Address(sender).packed + b"\xff" * 6 + IPv4Address(target).packed
        self._put(at_s, b"\xff" * 6, router, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + ends)

    def _put(self, at_s: float, to: bytes, router: int, kind: int, packet: bytes) -> None:
        frame = to + self._mac(router) + struct.pack("!H", kind) + packet
        self._frames.append((at_s, frame.ljust(60, b"\0")))

    @staticmethod
    def _mac(router: int) -> bytes:
        return bytes([2, 0, 0, 0, 0, router])

    def read(self, folder: Path) -> Captured:
        """Through a capture file and back."""
        file = folder / "told.pcap"
        data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
        for at_s, frame in sorted(self._frames):
            whole, part = divmod(round(at_s * 1e6), 1_000_000)
            data += struct.pack("<IIII", BEGIN_S + whole, part, len(frame), len(frame)) + frame
        file.write_bytes(data)
        return read_capture(file)
