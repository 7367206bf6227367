"""A dissector for people: every field of a frame with its bytes, from the link header to the padding.

Accepts any bytes: of a truncated frame, the existing fields are shown, and where it ends. Whether an advert is correct
is decided by the engine. No Textual here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from vrrptui.console.text.prose import date_time
from vrrptui.protocol.advert import (
    PRIORITY_OWNER,
    PRIORITY_RESIGN,
    PROTOCOL_AH,
    PROTOCOL_VRRP,
    TTL,
)
from vrrptui.protocol.authentication import AUTH_TYPE_AH, AUTH_TYPE_PASS
from vrrptui.protocol.checksum import is_right
from vrrptui.protocol.codec import HMAC_TRAILER_BYTES, HMAC_TRAILER_TYPES
from vrrptui.protocol.frame import EXTENSION_HEADERS, IPV4_HEADER_BYTES, IPV6_HEADER_BYTES
from vrrptui.protocol.link.link_types import (
    ETHERNET,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPES_VLAN,
    FRAME_RELAY,
    LINUX_COOKED,
    LINUX_COOKED_2,
    MAX_Q922_BYTES,
    NLPID_IPV4,
    NLPID_IPV6,
    UNNUMBERED_INFORMATION,
    VLAN_ID_MASK,
)

EXTENSION_NAMES = dict(
    zip(EXTENSION_HEADERS, ("hop-by-hop options", "routing header", "destination options"), strict=True)
)
CLASS_NAMES = {48: "CS6", 46: "EF", 0: "best effort"}
AUTH_TYPES = {0: "none", AUTH_TYPE_PASS: "simple password", AUTH_TYPE_AH: "IP authentication header"}
MASK = "·"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the tree. `start` and `end` are offsets in the frame, equal if it has no bytes."""

    text: str
    start: int = 0
    end: int = 0
    key: str = ""  # name for findings and for folding
    tone: str = "text"
    children: tuple[Field, ...] = ()
    secret: bool = False  # its bytes are hidden


class _Taker:
    """Takes one field after another from a frame and records their offsets."""

    def __init__(self, frame: bytes, at: int, end: int) -> None:
        self.frame, self.at, self.end = frame, at, max(at, min(end, len(frame)))
        self.fields: list[Field] = []
        self.whole = True

    @property
    def left(self) -> int:
        return self.end - self.at

    def number(self, size: int) -> int | None:
        """Return the next `size` bytes as a number without taking them; None if they are incomplete."""
        return int.from_bytes(self.frame[self.at : self.at + size], "big") if self.left >= size else None

    def take(self, size: int, text: str, key: str = "", tone: str = "text", secret: bool = False) -> None:
        """Take the next field; for a truncated frame, return one line about its end, once."""
        if self.left >= size:
            self.fields.append(Field(text, self.at, self.at + size, key, tone, secret=secret))
            self.at += size
        elif self.whole:
            self.whole = False
            said = f"ends here: {self.left} of {size} bytes of a field"
            self.fields.append(Field(said, self.at, self.end, "cut", "critical", secret=secret))
            self.at = self.end


def anatomy(frame: bytes, link_type: int = ETHERNET, checksum: str | None = None) -> list[Field]:
    """Return the sections of a frame: link header, IP, authentication header, VRRP, padding.

    `checksum` is the engine's result for the VRRP checksum: message, pseudo-header, bad, or None.
    """
    sections: list[Field] = []
    at, ethertype = _link(frame, link_type, sections)
    if ethertype == ETHERTYPE_IPV4:
        at, end, protocol = _ipv4(frame, at, sections)
    elif ethertype == ETHERTYPE_IPV6:
        at, end, protocol = _ipv6(frame, at, sections)
    else:
        end, protocol = at, -1
    if protocol == PROTOCOL_AH:
        at, protocol = _authentication_header(frame, at, end, sections)
    if protocol == PROTOCOL_VRRP:
        _vrrp(frame, at, end, ethertype == ETHERTYPE_IPV6, checksum, sections)
        at = end
    if at < len(frame):
        name = "padding" if protocol == PROTOCOL_VRRP else "not read"
        sections.append(Field(f"{len(frame) - at} bytes {name}", at, len(frame), "rest", "muted"))
    return sections


def secret_places(sections: Iterable[Field]) -> set[int]:
    """Return the offsets of hidden bytes."""
    found: set[int] = set()
    for field in sections:
        found |= set(range(field.start, field.end)) if field.secret else secret_places(field.children)
    return found


def find(sections: Iterable[Field], key: str) -> Field | None:
    """Return the first field with this key."""
    for field in sections:
        if field.key == key:
            return field
        inner = find(field.children, key)
        if inner is not None:
            return inner
    return None


def _section(title: str, key: str, taker: _Taker, start: int) -> Field:
    tone = "text" if taker.whole else "warning"
    return Field(title, start, taker.at, key, tone, tuple(taker.fields))


def _link(frame: bytes, link_type: int, sections: list[Field]) -> tuple[int, int]:
    """Read the link header. Return the offset of the payload and its ethertype."""
    taker = _Taker(frame, 0, len(frame))
    if link_type == ETHERNET:
        target, source = frame[:6].hex(":"), frame[6:12].hex(":")
        taker.take(6, f"destination {target}", "destination-mac")
        taker.take(6, f"source {source}", "source-mac")
        ethertype = _ethertype(taker)
        while ethertype in ETHERTYPES_VLAN:
            tag = taker.number(2) or 0
            taker.take(2, f"VLAN {tag & VLAN_ID_MASK}, priority {tag >> 13}", "vlan")
            ethertype = _ethertype(taker)
        title = f"Ethernet  from {source}" if taker.whole else "Ethernet"
        sections.append(_section(title, "link", taker, 0))
        return taker.at, ethertype
    if link_type == LINUX_COOKED:
        taker.take(14, "packet type, hardware type, sender's address")
        ethertype = _ethertype(taker)
    elif link_type == LINUX_COOKED_2:
        ethertype = _ethertype(taker)
        taker.take(18, "interface, packet type, sender's address")
    elif link_type == FRAME_RELAY:
        size = next((place + 1 for place, byte in enumerate(frame[:MAX_Q922_BYTES]) if byte & 1), MAX_Q922_BYTES)
        taker.take(size, "address")
        if taker.number(1) == UNNUMBERED_INFORMATION:
            ethertype = {NLPID_IPV4: ETHERTYPE_IPV4, NLPID_IPV6: ETHERTYPE_IPV6}.get((taker.number(2) or 0) & 0xFF, -1)
            taker.take(2, "control, NLPID")
        else:
            ethertype = _ethertype(taker)
    else:  # IP without a link header: use its version
        return 0, {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}.get(frame[0] >> 4 if frame else 0, -1)
    sections.append(_section("Link header", "link", taker, 0))
    return taker.at, ethertype


def _ethertype(taker: _Taker) -> int:
    value = taker.number(2)
    name = {ETHERTYPE_IPV4: " (IPv4)", ETHERTYPE_IPV6: " (IPv6)"}.get(value or 0, "")
    taker.take(2, f"type 0x{value or 0:04x}{name}", "ethertype")
    return -1 if value is None else value


def _ipv4(frame: bytes, at: int, sections: list[Field]) -> tuple[int, int, int]:
    """Read an IPv4 header. Return the bounds of its payload and the protocol."""
    taker = _Taker(frame, at, len(frame))
    first = taker.number(1) or 0
    header = (first & 0x0F) * 4
    taker.take(1, f"version {first >> 4}, header of {header} bytes", "ip-version")
    service = taker.number(1) or 0
    taker.take(1, _service(service), "service")
    total = taker.number(2) or 0
    taker.take(2, f"length {total}", "ip-length")
    taker.take(2, f"identification {taker.number(2)}")
    flags = taker.number(2) or 0
    taker.take(2, f"fragment offset {(flags & 0x1FFF) * 8}{', do not fragment' if flags & 0x4000 else ''}")
    ttl = taker.number(1)
    taker.take(1, f"TTL {ttl}", "ttl", "text" if ttl == TTL else "warning")
    protocol = taker.number(1)
    taker.take(1, f"protocol {protocol}{_protocol(protocol)}", "protocol")
    taker.take(2, f"header checksum 0x{taker.number(2) or 0:04x}{_sum(frame[at : at + header])}", "ip-checksum")
    source, target = frame[at + 12 : at + 16], frame[at + 16 : at + 20]
    ends = [str(IPv4Address(one)) if len(one) == 4 else "?" for one in (source, target)]
    taker.take(4, f"source {ends[0]}", "source")
    taker.take(4, f"destination {ends[1]}", "destination")
    if header > IPV4_HEADER_BYTES:
        more = header - IPV4_HEADER_BYTES
        taker.take(more, f"options, {more} bytes")
    sections.append(_section(f"IPv4  {ends[0]} → {ends[1]}  ttl {_or(ttl)}", "ip", taker, at))
    end = max(taker.at, min(len(frame), at + total))
    return taker.at, end, -1 if protocol is None else protocol


def _ipv6(frame: bytes, at: int, sections: list[Field]) -> tuple[int, int, int]:
    """Read an IPv6 header with extensions. Return the bounds of the payload and the protocol."""
    taker = _Taker(frame, at, len(frame))
    first = taker.number(4) or 0
    taker.take(
        4, f"version {first >> 28}, {_service(first >> 20 & 0xFF)}, flow label 0x{first & 0xFFFFF:05x}", "service"
    )
    length = taker.number(2) or 0
    taker.take(2, f"payload length {length}", "ip-length")
    protocol = taker.number(1)
    taker.take(1, f"next header {protocol}{_protocol(protocol)}", "protocol")
    ttl = taker.number(1)
    taker.take(1, f"hop limit {ttl}", "ttl", "text" if ttl == TTL else "warning")
    source, target = frame[at + 8 : at + 24], frame[at + 24 : at + 40]
    ends = [str(IPv6Address(one)) if len(one) == 16 else "?" for one in (source, target)]
    taker.take(16, f"source {ends[0]}", "source")
    taker.take(16, f"destination {ends[1]}", "destination")
    while protocol in EXTENSION_NAMES and taker.left >= 2:
        size = 8 + frame[taker.at + 1] * 8
        name, protocol = EXTENSION_NAMES[protocol], frame[taker.at]
        taker.take(size, f"{name}, {size} bytes")
    sections.append(_section(f"IPv6  {ends[0]} → {ends[1]}  hop limit {_or(ttl)}", "ip", taker, at))
    end = max(taker.at, min(len(frame), at + IPV6_HEADER_BYTES + length))
    return taker.at, end, -1 if protocol is None else protocol


def _authentication_header(frame: bytes, at: int, end: int, sections: list[Field]) -> tuple[int, int]:
    """Read an IP authentication header (RFC 2402 §2). Return the offset of its payload and the protocol."""
    taker = _Taker(frame, at, end)
    protocol = taker.number(1)
    taker.take(1, f"next header {protocol}{_protocol(protocol)}", "ah-next")
    length = taker.number(1) or 0
    taker.take(1, f"length {length}: {(length + 2) * 4} bytes", "ah-length")
    taker.take(2, "reserved")
    spi = taker.number(4) or 0
    taker.take(4, f"security parameters index {IPv4Address(spi)}", "ah-spi")
    sequence = taker.number(4)
    taker.take(4, f"sequence number {sequence}", "ah-sequence")
    digest = max(0, (length + 2) * 4 - 12)
    if digest:
        taker.take(digest, f"integrity check value, {digest} bytes", "auth")
    sections.append(_section(f"Authentication header  sequence {_or(sequence)}", "ah", taker, at))
    return taker.at, -1 if protocol is None else protocol


def _vrrp(frame: bytes, at: int, end: int, ipv6: bool, checksum: str | None, sections: list[Field]) -> None:
    """Read a VRRP message (RFC 9568 §5.2, RFC 3768 §5.3)."""
    taker = _Taker(frame, at, end)
    first = taker.number(1) or 0
    version, kind = first >> 4, first & 0x0F
    taker.take(1, f"version {version}, type {kind}{' (advertisement)' if kind == 1 else ''}", "version")
    vrid = taker.number(1)
    taker.take(1, f"virtual router {vrid}", "vrid")
    priority = taker.number(1)
    taker.take(
        1, f"priority {priority}{_meaning(priority)}", "priority", "warning" if priority == PRIORITY_RESIGN else "text"
    )
    count = taker.number(1) or 0
    taker.take(1, f"address count {count}", "count")
    auth_type = _interval(taker, version)
    sum_text = {"bad": ", wrong", None: "", "message": ", right", "pseudo-header": ", right (pseudo-header)"}
    text = f"checksum 0x{taker.number(2) or 0:04x}{sum_text.get(checksum, '')}"
    taker.take(2, text, "checksum", "critical" if checksum == "bad" else "text")
    _addresses(taker, count, ipv6)
    if version == 2:  # RFC 3768 §5.3.10: always present
        secret = auth_type == AUTH_TYPE_PASS
        text = f"password {MASK * 8}" if secret else "authentication data"
        taker.take(8, text, "auth", secret=secret)
    if taker.left == HMAC_TRAILER_BYTES and frame[taker.at : taker.at + 1] in HMAC_TRAILER_TYPES:
        _hmac_trailer(taker)
    if taker.left:
        taker.take(taker.left, f"{taker.left} bytes after the message", "trailer", "muted")
    said = f"VRRP  v{version} · vrid {_or(vrid)} · priority {_or(priority)}"
    sections.append(_section(said if taker.at > at else "VRRP", "vrrp", taker, at))


def _hmac_trailer(taker: _Taker) -> None:
    """Read the trailer of keepalived's auth_hmac, which cannot be verified without the key."""
    taker.take(1, "HMAC trailer (keepalived), type 1", "trailer")
    key = taker.number(1)
    taker.take(1, f"HMAC key {key}", "hmac-key")
    taker.take(2, "reserved")
    said = taker.number(4) or 0
    taker.take(4, f"sent at {date_time(said)} by the sender's clock", "hmac-time")
    taker.take(2, "fraction of that second")
    counter = taker.number(2)
    taker.take(2, f"counter {counter}", "hmac-counter")
    taker.take(16, "HMAC-SHA256, 16 bytes, not verified", "hmac")


def _interval(taker: _Taker, version: int) -> int | None:
    """Read the two bytes that differ between versions. Return the authentication type of version 2."""
    if version != 2:
        value = taker.number(2)
        centiseconds = (value or 0) & 0x0FFF
        text = f"max advert interval {centiseconds} cs ({centiseconds / 100:.2f} s)"
        taker.take(2, text, "interval", "text" if centiseconds else "critical")
        return None
    auth_type = taker.number(1)
    taker.take(1, f"authentication type {auth_type} ({AUTH_TYPES.get(auth_type or 0, 'unknown')})", "auth-type")
    interval = taker.number(1)
    taker.take(1, f"advert interval {interval} s", "interval", "text" if interval else "critical")
    return auth_type


def _addresses(taker: _Taker, count: int, ipv6: bool) -> None:
    size = 16 if ipv6 else 4
    for _ in range(count):
        if not taker.whole:
            break
        data = taker.frame[taker.at : taker.at + size]
        text = ""
        if len(data) == size:
            text = str(IPv6Address(data) if ipv6 else IPv4Address(data))
        taker.take(size, text, "addresses")


def _service(value: int) -> str:
    return f"DSCP {value >> 2}{' (' + CLASS_NAMES[value >> 2] + ')' if value >> 2 in CLASS_NAMES else ''}"


def _or(value: int | None) -> str:
    return "?" if value is None else str(value)


def _protocol(number: int | None) -> str:
    return {PROTOCOL_AH: " (AH)", PROTOCOL_VRRP: " (VRRP)"}.get(number or -1, "")


def _meaning(priority: int | None) -> str:
    return {PRIORITY_RESIGN: ": resigns", PRIORITY_OWNER: ": address owner"}.get(
        -1 if priority is None else priority, ""
    )


def _sum(header: bytes) -> str:
    """Return whether an IPv4 header checksum is correct (RFC 1071), as text."""
    if len(header) < IPV4_HEADER_BYTES or len(header) % 2:
        return ""
    if header[10:12] == b"\0\0":
        return " (left to the network card)"
    return ", right" if is_right(header) else ", wrong"
