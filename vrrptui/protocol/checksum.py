"""The Internet checksum and the forms of it that VRRP implementations use (RFC 3768 §5.3.8, RFC 9568 §5.2.8)."""

from __future__ import annotations

from vrrptui.protocol.advert import PROTOCOL_VRRP, Address


def ones_complement(data: bytes) -> int:
    """Return the 16-bit checksum of `data`, 0 to 65535; a checksum field in it is summed as is.

    The ones' complement sum of 16-bit words equals the number modulo 65535; non-zero multiples of it sum to 0xFFFF.
    """
    if len(data) % 2:
        data += b"\0"
    number = int.from_bytes(data, "big")
    total = number % 0xFFFF
    if total == 0 and number:
        total = 0xFFFF
    return 0xFFFF - total


def is_right(data: bytes) -> bool:
    """Report whether the checksum in `data` is correct."""
    return ones_complement(data) == 0


def pseudo_header(source: Address, destination: Address, length: int) -> bytes:
    """Return the pseudo-header for a VRRP message of `length` bytes: RFC 8200 §8.1 for IPv6, RFC 793 §3.1 for IPv4."""
    if source.version == 4:
        return source.packed + destination.packed + bytes((0, PROTOCOL_VRRP)) + length.to_bytes(2, "big")
    return source.packed + destination.packed + length.to_bytes(4, "big") + bytes((0, 0, 0, PROTOCOL_VRRP))
