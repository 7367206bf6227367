"""Authentication of VRRPv2 by the IP authentication header, as RFC 2338 §5.3.6.3 and RFC 2402 have it, and keepalived.

For compatibility only: the RFCs withdrew it. The digest is HMAC-MD5-96 with the password as key; in multicast the TTL
is left in what it covers, because keepalived leaves it there (RFC 2402 §3.3.3.1.1.1 takes it as zero).
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
PAYLOAD_LENGTH = 4  # RFC 2402 §2.2: 32-bit words less 2
IPV4 = struct.Struct("!BBHHHBBH4s4s")
LAST_SEQUENCE = 0xFFFFFFFF


def verifies(header: AuthenticationHeader, password: bytes) -> bool:
    """Whether the digest is right for this password."""
    return hmac.compare_digest(header.icv, _icv(password, header.covered))


def read_header(ip_header: bytes, payload: bytes) -> AuthenticationHeader | None:
    """The authentication header at the start of an IPv4 payload; None if it is none that can hold VRRP.

    `ip_header` is 20 bytes or more, `payload` everything after it.
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
    """A whole IPv4 packet: `message` behind an authentication header. The kernel fills the IP checksum in.

    `sequence` is 1 to 2^32-1, `identification` 1 to 65535 (the kernel would replace a 0, and break the digest),
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
    """The IPv4 header with what routers change taken as zero; the TTL stays in multicast."""
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
    """The sequence numbers of one virtual router: what was heard from whom, and what is sent next.

    keepalived counts what it hears and what it sends together, so a new master must go on from what was heard. A number
    is taken once of each sender, however long that one was silent: a recording keeps no dead master alive. So that a
    router that is started again is believed, its numbers begin at `last`, the seconds since 1970, which lie above what
    it sent before as long as it sent no more than one advert a second. A keepalived that is started again begins at 1,
    and is believed once it has heard a number of the others, which it goes on from.
    """

    last: int = 0
    _heard: dict[Address, int] = field(default_factory=dict)  # highest number by sender, the latest sender last

    def twin(self) -> Sequence:
        """A copy that goes its own way."""
        return Sequence(self.last, dict(self._heard))

    def accept(self, sender: Address, number: int) -> bool:
        """Whether a packet is no replay (RFC 2402 §3.4.3); if so it is taken as heard."""
        if number <= self._heard.get(sender, -1):
            return False
        self._heard.pop(sender, None)
        if len(self._heard) >= SENDERS_REMEMBERED:
            del self._heard[next(iter(self._heard))]
        self._heard[sender] = number  # the one heard last stands last
        self.last = max(self.last, number)
        return True

    def next(self) -> int:
        """The number of the next packet; the last one of all is never passed, for numbers do not wrap (RFC 2402 §2.5).

        At an advert a second from the seconds since 1970 on that is in the year 2106.
        """
        self.last = min(self.last + 1, LAST_SEQUENCE)
        return self.last
