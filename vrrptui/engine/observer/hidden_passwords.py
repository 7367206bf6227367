"""Removing the clear-text password of VRRPv2 from frames, for clients that may observe but not capture."""

from __future__ import annotations

from functools import lru_cache

from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.protocol.advert import PROTOCOL_AH
from vrrptui.protocol.authentication import AH
from vrrptui.protocol.checksum import ones_complement
from vrrptui.protocol.codec import AUTH_DATA_BYTES

HEAD_BYTES = 8  # of a VRRP message, up to its addresses
ADDRESS_BYTES = 4
PAYLOADS_REMEMBERED = 256


def without_password(data: bytes, reading: DecodedFrame) -> bytes:
    """Return a frame equal to `reading` with zeros as authentication data (RFC 3768 §5.3.10)."""
    if reading.vrrp is None:
        return data
    packet = reading.vrrp[0].packet
    blank = _blanked(packet.payload, packet.length, packet.protocol == PROTOCOL_AH)
    return data if blank == packet.payload else data.replace(packet.payload, blank)


@lru_cache(PAYLOADS_REMEMBERED)
def _blanked(payload: bytes, length: int, signed: bool) -> bytes:
    """Return an IP payload of `length` bytes with zeros behind the addresses of a version 2 message.

    The checksum is adjusted by the same amount: otherwise a short password could be computed from it.
    """
    header, message = (payload[: AH.size], payload[AH.size :]) if signed else (b"", payload)
    if len(message) <= HEAD_BYTES or message[0] >> 4 != 2:
        return payload
    last_field = length - len(header) - AUTH_DATA_BYTES  # version 2, whatever the count of addresses is
    start = min(HEAD_BYTES + ADDRESS_BYTES * message[3], max(HEAD_BYTES, last_field) & ~1)
    secret = message[start:]
    if not any(secret):
        return payload
    # RFC 1624: the checksum without `secret`; ones_complement returns the inverted one.
    checksum = ones_complement((0xFFFF - int.from_bytes(message[6:8], "big")).to_bytes(2, "big") + _negated(secret))
    return header + message[:6] + checksum.to_bytes(2, "big") + message[8:start] + bytes(len(secret))


def _negated(data: bytes) -> bytes:
    """Return the ones' complement of an even number of bytes."""
    return bytes(0xFF - byte for byte in data + b"\0" * (len(data) % 2))
