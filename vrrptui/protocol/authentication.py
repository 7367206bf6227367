"""VRRPv2 authentication by the IP authentication header (RFC 2338 §5.3.6.3, RFC 2402), as in keepalived.

For compatibility only: later RFCs withdrew it. The digest is HMAC-MD5-96 with the password as its key. For multicast
the digest covers the TTL, as in keepalived; RFC 2402 §3.3.3.1.1.1 counts it as zero.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from vrrptui.protocol.advert import (
    PROTOCOL_AH,
    PROTOCOL_VRRP,
    TOS_INTERNETWORK_CONTROL,
    TTL,
    Address,
    AuthenticationHeader,
)

AH = struct.Struct("!BBHII12s")  # next header, length, reserved, SPI, sequence, ICV
AUTH_TYPE_PASS, AUTH_TYPE_AH = 1, 2
SENDERS_REMEMBERED = 64
ICV_BYTES = 12
PAYLOAD_LENGTH = 4  # RFC 2402 §2.2: in 32-bit words, minus 2
IPV4 = struct.Struct("!BBHHHBBH4s4s")
LAST_SEQUENCE = 0xFFFFFFFF


def verifies(header: AuthenticationHeader, password: bytes) -> bool:
    """Report whether the header's digest matches `password`."""
    return hmac.compare_digest(header.icv, _icv(password, header.covered))


def read_header(ip_header: bytes, payload: bytes) -> AuthenticationHeader | None:
    """Return the authentication header at the start of an IPv4 payload, or None if there is none that carries VRRP.

    `ip_header` is at least 20 bytes; `payload` is everything after it.
    """
    if len(payload) < AH.size or len(ip_header) < IPV4.size:
        return None
    following, length, reserved, spi, sequence, icv = AH.unpack_from(payload)
    if following != PROTOCOL_VRRP or length != PAYLOAD_LENGTH:
        return None
    blank = AH.pack(following, length, reserved, spi, sequence, b"")
    covered = _immutable(ip_header) + blank + payload[AH.size :]
    return AuthenticationHeader(spi, sequence, icv, covered)


def sign(
    message: bytes,
    source: IPv4Address,
    destination: IPv4Address,
    sequence: int,
    identification: int,
    password: bytes,
    ttl: int = TTL,
) -> bytes:
    """Return a whole IPv4 packet with `message` behind an authentication header; the kernel fills in the IP checksum.

    `sequence` is 1 to 2^32-1, `identification` 1 to 65535 (the kernel would replace 0 and so invalidate the digest),
    `ttl` 1 to 255.
    """
    length = IPV4.size + AH.size + len(message)
    header = IPV4.pack(
        0x45,
        TOS_INTERNETWORK_CONTROL,
        length,
        identification,
        0,
        ttl,
        PROTOCOL_AH,
        0,
        source.packed,
        destination.packed,
    )
    spi = int(source)
    blank = AH.pack(PROTOCOL_VRRP, PAYLOAD_LENGTH, 0, spi, sequence, b"")
    icv = _icv(password, _immutable(header) + blank + message)
    return header + AH.pack(PROTOCOL_VRRP, PAYLOAD_LENGTH, 0, spi, sequence, icv) + message


def _immutable(ip_header: bytes) -> bytes:
    """Return the IPv4 header with its mutable fields set to zero; for multicast the TTL is kept."""
    fixed = bytearray(ip_header)
    fixed[1] = 0  # type of service
    fixed[6:8] = b"\0\0"  # flags and fragment offset
    fixed[10:12] = b"\0\0"  # checksum
    if not IPv4Address(bytes(fixed[16:20])).is_multicast:
        fixed[8] = 0
    return bytes(fixed)


def _icv(password: bytes, covered: bytes) -> bytes:
    return hmac.digest(password, covered, "md5")[:ICV_BYTES]


@dataclass(slots=True)
class Sequence:
    """The sequence numbers of one virtual router: the highest received from each sender, and the last one used.

    Like keepalived, it shares one counter between receiving and sending: a new master continues from the highest number
    received. A number is accepted once from each sender, however long the sender was silent, so replayed adverts cannot
    keep a dead master alive. Numbers begin at `last`, the seconds since 1970, so that the peers accept a restarted
    router: this is above any number it sent before, if it sent at most one advert a second. A restarted keepalived
    begins at 1; its adverts are accepted once it has received a number from another router, from which it continues.
    """

    last: int = 0
    _heard: dict[Address, int] = field(default_factory=dict)  # highest number by sender, the latest sender last

    def twin(self) -> Sequence:
        """Return an independent copy."""
        return Sequence(self.last, dict(self._heard))

    def accept(self, sender: Address, number: int) -> bool:
        """Report whether a packet is not a replay (RFC 2402 §3.4.3), and if so record its number."""
        if number <= self._heard.get(sender, -1):
            return False
        self._heard.pop(sender, None)
        if len(self._heard) >= SENDERS_REMEMBERED:
            del self._heard[next(iter(self._heard))]
        self._heard[sender] = number
        self.last = max(self.last, number)
        return True

    def next(self) -> int:
        """Return the number of the next packet, at most 2^32-1: numbers do not wrap (RFC 2402 §2.5).

        Beginning at the seconds since 1970 and with one advert a second, the limit is reached in 2106.
        """
        self.last = min(self.last + 1, LAST_SEQUENCE)
        return self.last
