"""The Internet checksum and the forms of it that VRRP speakers use (RFC 3768 §5.3.8, RFC 9568 §5.2.8)."""

from __future__ import annotations

from vrrptui.protocol.advert import PROTOCOL_VRRP, Address


def ones_complement(data: bytes) -> int:
    """The 16-bit checksum of `data` (its own field counted as it stands), 0 to 65535.

    The ones' complement sum of 16-bit words is the number itself modulo 65535; a non-zero multiple sums to 0xFFFF.
    """
    if len(data) % 2:
        data += b"\0"
    number = int.from_bytes(data, "big")
    total = number % 0xFFFF
    if total == 0 and number:
        total = 0xFFFF
    return 0xFFFF - total


def is_right(data: bytes) -> bool:
    """Whether `data`, with its checksum field in place, sums up as it should."""
    return ones_complement(data) == 0


def pseudo_header(source: Address, destination: Address, length: int) -> bytes:
    """The pseudo-header before a VRRP message of `length` bytes: RFC 8200 §8.1 for IPv6, RFC 793 §3.1 for IPv4."""
    if source.version == 4:
        return source.packed + destination.packed + bytes((0, PROTOCOL_VRRP)) + length.to_bytes(2, "big")
    return source.packed + destination.packed + length.to_bytes(4, "big") + bytes((0, 0, 0, PROTOCOL_VRRP))
