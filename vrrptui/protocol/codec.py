"""Encodes and decodes adverts: VRRPv2 (RFC 3768 §5.3) and VRRPv3 (RFC 9568 §5.2) over IPv4 and IPv6.

Any bytes decode to an `Advert`, with its problems in the order of the receive checks. Seconds and centiseconds in
packets are converted to nanoseconds only here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from vrrptui.protocol import checksum
from vrrptui.protocol.advert import (
    NS_PER_CENTISECOND,
    NS_PER_SECOND,
    PROTOCOL_AH,
    TTL,
    Address,
    Advert,
    Auth,
    AuthenticationHeader,
    Checksum,
    Family,
    Packet,
    Reason,
    list_oddities,
)
from vrrptui.protocol.authentication import AH, read_header

HEADER = struct.Struct("!BBBBBBH")  # version|type, VRID, priority, count, two bytes that differ by version, checksum
TYPE_ADVERTISEMENT = 1
AUTH_DATA_BYTES = 8  # RFC 3768 §5.3.10: always present in v2
HMAC_TRAILER_BYTES = 28  # keepalived's auth_hmac, after the message
HMAC_TRAILER_TYPES = (b"\x01", b"")  # its first byte; empty in a capture truncated before it
CARP_BYTES = 36
CARP_AUTH_LENGTH = 7  # the fourth byte in CARP; the address count in VRRP
AUTH_OF_TYPE = {0: Auth.NONE, 1: Auth.SIMPLE, 2: Auth.AH}
MAX_INTERVAL_CS = 0x0FFF  # RFC 9568 §5.2.7: 12 bits
MAX_INTERVAL_S = 255  # RFC 3768 §5.3.7: 8 bits


def decode(packet: Packet) -> Advert:
    """Decode the VRRP message in `packet` (RFC 9568 §5.2, RFC 3768 §5.3). Never raises."""
    message, length, header = packet.payload, packet.length, None
    if packet.protocol == PROTOCOL_AH:  # RFC 2338 §5.3.6.3: VRRP is inside the authentication header
        header = read_header(packet.header, message)
        message, length = message[AH.size :], max(0, length - AH.size)
    facts = _Facts(packet.source, packet.destination, packet.ttl, length, header)
    problems = [] if packet.intact else [Reason.BAD_IP_CHECKSUM]
    if packet.destination.is_multicast and packet.ttl != TTL:
        problems.append(Reason.TTL_NOT_255)
    if _is_carp(message, length):
        return facts.advert(problems=(*problems, Reason.CARP), type=message[0] & 0x0F, vrid=message[1])  # the VHID
    if len(message) < HEADER.size:
        return _decode_stub(facts, message, problems)
    version, kind = message[0] >> 4, message[0] & 0x0F
    if version not in (2, 3) or (version == 2 and packet.family is Family.IPV6):
        return facts.advert(problems=(*problems, Reason.BAD_VERSION), version=version, type=kind, vrid=message[1])
    if kind != TYPE_ADVERTISEMENT:
        problems.append(Reason.BAD_TYPE)
    return _decode_fields(facts, message, version, kind, problems)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts about an advert that are known without reading its message."""

    source: Address
    destination: Address
    ttl: int
    length: int
    header: AuthenticationHeader | None

    def advert(self, **fields: object) -> Advert:
        return Advert(
            source=self.source,
            destination=self.destination,
            ttl=self.ttl,
            length=self.length,
            header=self.header,
            **fields,  # type: ignore[arg-type]
        )


def _decode_fields(facts: _Facts, message: bytes, version: int, kind: int, problems: list[Reason]) -> Advert:
    """Decode the fields of a message that has a whole header and a supported version; adds to `problems`."""
    _, vrid, priority, count, byte4, byte5, _ = HEADER.unpack_from(message)
    family = Family.of(facts.source)
    body = HEADER.size + count * family.address_bytes
    complete = body + (AUTH_DATA_BYTES if version == 2 else 0)
    trailer = facts.length - complete == HMAC_TRAILER_BYTES and message[complete : complete + 1] in HMAC_TRAILER_TYPES
    form = _check_extent_and_sum(facts, message, complete, trailer, version, problems)
    if vrid == 0:
        problems.append(Reason.BAD_VRID)
    addresses = _addresses(message[HEADER.size : body], family)
    if version == 2:
        auth = Auth.HMAC if trailer else AUTH_OF_TYPE.get(byte4, Auth.UNKNOWN)
        interval_ns = byte5 * NS_PER_SECOND
    else:
        auth = Auth.HMAC if trailer else Auth.NONE
        interval_ns = ((byte4 & 0x0F) << 8 | byte5) * NS_PER_CENTISECOND  # §5.2.6: the upper 4 bits are ignored
    if interval_ns == 0:
        problems.append(Reason.ZERO_INTERVAL)
    return facts.advert(
        version=version,
        type=kind,
        vrid=vrid,
        priority=priority,
        count=count,
        interval_ns=interval_ns,
        auth=auth,
        auth_type=byte4 if version == 2 else None,
        auth_data=message[body:complete],
        checksum=form,
        addresses=addresses,
        problems=tuple(problems),
        oddities=list_oddities(version, family, addresses) if len(message) >= body else (),
    )


def _check_extent_and_sum(
    facts: _Facts, message: bytes, complete: int, trailer: bool, version: int, problems: list[Reason]
) -> Checksum | None:
    """Check length and checksum; return the form of the checksum, or None if the message is shorter than `complete`."""
    if len(message) < complete or facts.length < complete:
        problems.append(Reason.TRUNCATED)
        return None
    if facts.length != complete and not trailer:
        problems.append(Reason.BAD_LENGTH)
    form = _checksum_form(facts, message[: complete if trailer else facts.length], version)
    if form in (Checksum.BAD, Checksum.OLD_UNICAST):
        problems.append(Reason.BAD_CHECKSUM)
    return form


def _is_carp(message: bytes, length: int) -> bool:
    """Report whether a message is CARP, whose first byte is that of VRRPv2: by its length and fourth byte.

    A VRRPv2 advert with 7 addresses has the same fourth byte, but is 44 bytes long.
    """
    return length == CARP_BYTES and len(message) >= 4 and message[0] == 0x21 and message[3] == CARP_AUTH_LENGTH


def _decode_stub(facts: _Facts, message: bytes, problems: list[Reason]) -> Advert:
    """Decode the fields that are present in a message shorter than its header."""
    version = message[0] >> 4 if message else None
    if version is not None and version not in (2, 3):
        problems.append(Reason.BAD_VERSION)
    problems.append(Reason.TRUNCATED)
    return facts.advert(
        version=version,
        type=message[0] & 0x0F if message else None,
        vrid=message[1] if len(message) > 1 else None,
        priority=message[2] if len(message) > 2 else None,
        count=message[3] if len(message) > 3 else None,
        problems=tuple(problems),
    )


def _addresses(data: bytes, family: Family) -> tuple[Address, ...]:
    kind = IPv4Address if family is Family.IPV4 else IPv6Address
    size = family.address_bytes
    return tuple(kind(data[at : at + size]) for at in range(0, len(data) - size + 1, size))


def _checksum_form(facts: _Facts, message: bytes, version: int) -> Checksum:
    """Return the form of the checksum.

    v2 and v3 over IPv6 have one valid form each; v3 over IPv4 has two (RFC 9568 and RFC 5798, §5.2.8).
    """
    with_pseudo = checksum.pseudo_header(facts.source, facts.destination, len(message)) + message
    if version == 3 and checksum.is_right(with_pseudo):
        return Checksum.PSEUDO_HEADER
    if facts.source.version == 4 and checksum.is_right(message):
        return Checksum.MESSAGE
    if version == 3 and facts.source.version == 4 and not facts.destination.is_multicast:
        to_group = checksum.pseudo_header(facts.source, Family.IPV4.group, len(message)) + message
        return Checksum.OLD_UNICAST if checksum.is_right(to_group) else Checksum.BAD
    return Checksum.BAD


def encode_v2(
    vrid: int,
    priority: int,
    interval_ns: int,
    addresses: tuple[IPv4Address, ...],
    auth_type: int = 0,
    auth_data: bytes = b"",
) -> bytes:
    """Encode a VRRPv2 message (RFC 3768 §5.3). `interval_ns` is 1 to 255 whole seconds; `auth_data` at most 8 bytes.

    Raises ValueError if a field cannot hold its value.
    """
    _check_common(vrid, priority, len(addresses))
    seconds, rest = divmod(interval_ns, NS_PER_SECOND)
    if rest or not 1 <= seconds <= MAX_INTERVAL_S:
        raise ValueError(f"VRRPv2 cannot carry an interval of {interval_ns} ns: whole seconds, 1 to {MAX_INTERVAL_S}")
    if len(auth_data) > AUTH_DATA_BYTES:
        raise ValueError(f"VRRPv2 authentication data is at most {AUTH_DATA_BYTES} bytes, not {len(auth_data)}")
    head = HEADER.pack(2 << 4 | TYPE_ADVERTISEMENT, vrid, priority, len(addresses), auth_type, seconds, 0)
    message = head + b"".join(a.packed for a in addresses) + auth_data.ljust(AUTH_DATA_BYTES, b"\0")
    return _with_checksum(message, b"")


def encode_v3(
    vrid: int,
    priority: int,
    interval_ns: int,
    addresses: tuple[Address, ...],
    source: Address,
    destination: Address,
    form: Checksum = Checksum.PSEUDO_HEADER,
) -> bytes:
    """Encode a VRRPv3 message (RFC 9568 §5.2). `interval_ns` is 1 to 4095 whole centiseconds.

    `form` selects the checksum for IPv4; IPv6 always includes the pseudo-header. Raises ValueError if a field cannot
    hold its value or the addresses are not all of the source's family.
    """
    _check_common(vrid, priority, len(addresses))
    centiseconds, rest = divmod(interval_ns, NS_PER_CENTISECOND)
    if rest or not 1 <= centiseconds <= MAX_INTERVAL_CS:
        raise ValueError(f"VRRPv3 cannot carry an interval of {interval_ns} ns: 10 ms steps, 10 ms to 40.95 s")
    if any(a.version != source.version for a in addresses):
        raise ValueError("an advert carries addresses of its own family only (RFC 9568 §5.2.9)")
    head = HEADER.pack(
        3 << 4 | TYPE_ADVERTISEMENT, vrid, priority, len(addresses), centiseconds >> 8, centiseconds & 0xFF, 0
    )
    message = head + b"".join(a.packed for a in addresses)
    if source.version == 4 and form is Checksum.MESSAGE:
        return _with_checksum(message, b"")
    summed_to = Family.IPV4.group if source.version == 4 and form is Checksum.OLD_UNICAST else destination
    return _with_checksum(message, checksum.pseudo_header(source, summed_to, len(message)))


def _check_common(vrid: int, priority: int, count: int) -> None:
    if not 1 <= vrid <= 255:
        raise ValueError(f"virtual router id {vrid} is not 1 to 255")
    if not 0 <= priority <= 255:
        raise ValueError(f"priority {priority} is not 0 to 255")
    if count > 255:
        raise ValueError(f"an advert carries at most 255 addresses, not {count}")


def _with_checksum(message: bytes, prefix: bytes) -> bytes:
    total = checksum.ones_complement(prefix + message)
    return message[:6] + total.to_bytes(2, "big") + message[8:]
