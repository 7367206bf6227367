"""Capture files built byte by byte, without the code under test."""

from __future__ import annotations

import struct

PCAP_MAGIC = {1000: 0xA1B2C3D4, 1: 0xA1B23C4D}
# An advert of 10.0.0.2 to 224.0.0.18: VRRPv3, VRID 51, priority 100, 1 s, 10.0.0.254
VRRP = bytes.fromhex("31336401006474d80a0000fe")
IPV4 = bytes.fromhex("45c000200000000 0ff7000000a000002e0000012".replace(" ", "")) + VRRP
ETHERNET = bytes.fromhex("01005e00001200005e0001330800") + IPV4
SLL = bytes.fromhex("0002000100060000 5e0001330000 0800".replace(" ", "")) + IPV4
SLL2 = bytes.fromhex("08000000000000020001 0206 00005e0001330000".replace(" ", "")) + IPV4
FRAME_RELAY = bytes.fromhex("18410800") + IPV4
FRAME_RELAY_NLPID = bytes.fromhex("184103cc") + IPV4


def pcap(records, *, order="<", unit_ns=1000, link_type=1) -> bytes:
    """`records` are (nanoseconds, data) or (nanoseconds, data, captured length)."""
    data = struct.pack(order + "IHHiIII", PCAP_MAGIC[unit_ns], 2, 4, 0, 0, 65535, link_type)
    for time_ns, frame, *length in records:
        seconds, rest = divmod(time_ns, 10**9)
        captured = length[0] if length else len(frame)
        data += struct.pack(order + "IIII", seconds, rest // unit_ns, captured, captured) + frame
    return data


def block(kind: int, body: bytes, order="<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order="<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order="<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def interface(name=b"", *, order="<", link_type=1, resolution=None, offset_s=None, snaplen=65535) -> bytes:
    options = option(2, name, order) if name else b""
    options += b"" if resolution is None else option(9, bytes((resolution,)), order)
    options += b"" if offset_s is None else option(14, struct.pack(order + "q", offset_s), order)
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options + option(0, b"", order), order)


def enhanced(units: int, frame: bytes, *, order="<", number=0) -> bytes:
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame + b"\0" * (-len(frame) % 4), order)


def simple(frame: bytes, order="<") -> bytes:
    return block(3, struct.pack(order + "I", len(frame)) + frame, order)
