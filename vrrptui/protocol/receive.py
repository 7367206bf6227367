"""The receive checks of a virtual router (RFC 9568 §7.1 with its errata, RFC 3768 §7.1) and their log messages.

The functions change no state and count nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from vrrptui.protocol.advert import PRIORITY_OWNER, Address, Advert, Auth, Checksum, Family, Reason
from vrrptui.protocol.authentication import AUTH_TYPE_AH, verifies
from vrrptui.protocol.codec import AUTH_DATA_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The configuration of a virtual router with which received adverts must agree."""

    family: Family
    vrid: int
    version: int
    interval_ns: int
    addresses: tuple[Address, ...]
    auth_type: int = 0  # v2: 0 none, 1 PASS, 2 AH
    auth_password: bytes = field(default=b"", repr=False)
    unicast: bool = False  # peers are configured: the TTL is not checked
    owner: bool = False
    owner_ignores: bool = False  # RFC 3768 §7.1: an owner discards every advert
    strict: bool = False  # discard adverts for what `list_oddities` returns
    strict_list: bool = False  # RFC 3768 §7.1: discard a differing list, unless from the owner
    peer_ttls: tuple[tuple[Address, int, int], ...] = ()  # (unicast peer, lowest and highest accepted TTL)
    peers: tuple[Address, ...] = ()  # the only accepted senders; empty: any sender
    checksum: Checksum | None = None  # the only accepted form for v3 over IPv4; None: any
    old_checksum: bool = False  # whether to accept Checksum.OLD_UNICAST


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of the receive checks: `refused` is the first check that failed, or None.

    `notes` are differences to log and count that do not lead to a discard.
    """

    refused: Reason | None
    notes: tuple[Reason, ...] = ()


SECTIONS = {
    Reason.CARP: "not VRRP",
    Reason.NOT_VRRP: "not VRRP",
    Reason.BAD_IP_CHECKSUM: "RFC 1122 §3.2.1.2",
    Reason.TTL_NOT_255: "RFC 9568 §5.1.1.3",
    Reason.TTL_REFUSED: "min_ttl and max_ttl of the peer",
    Reason.BAD_VERSION: "RFC 9568 §7.1",
    Reason.BAD_TYPE: "RFC 9568 §5.2.2",
    Reason.TRUNCATED: "RFC 9568 §7.1",
    Reason.BAD_LENGTH: "RFC 9568 §7.1",
    Reason.BAD_CHECKSUM: "RFC 9568 §7.1",
    Reason.BAD_VRID: "RFC 9568 §7.1",
    Reason.OWN_SOURCE: "our own address",
    Reason.UNKNOWN_PEER: "no unicast peer of ours",
    Reason.LOCAL_OWNER: "RFC 3768 §7.1",
    Reason.BAD_AUTH_TYPE: "RFC 3768 §5.3.6",
    Reason.AUTH_MISMATCH: "RFC 3768 §5.3.6",
    Reason.AUTH_FAILURE: "RFC 2338 §5.3.6",
    Reason.REPLAYED: "RFC 2402 §3.4.3",
    Reason.BAD_ADDRESS_COUNT: "RFC 9568 §5.2.5",
    Reason.FIRST_NOT_LINK_LOCAL: "RFC 9568 §5.2.9",
    Reason.ZERO_INTERVAL: "RFC 9568 §7.1",
    Reason.INTERVAL_MISMATCH: "RFC 3768 §7.1",
    Reason.ADDRESS_LIST: "RFC 3768 §7.1",
}


def judge(advert: Advert, expected: Expected, own_source: Address | None = None) -> Judgement:
    """Check `advert` for the virtual router that expects `expected` and sends from `own_source`."""
    refused = _first_failure(advert, expected, own_source)
    if refused:
        return Judgement(refused)
    notes = list(advert.oddities)
    if expected.owner:
        notes.append(Reason.LOCAL_OWNER)  # §7.1, erratum 8298: log and accept
    if advert.interval_ns != expected.interval_ns:
        notes.append(Reason.INTERVAL_MISMATCH)  # §7.1: only v3 gets here
    if set(advert.addresses) != set(expected.addresses):
        notes.append(Reason.ADDRESS_LIST)
    return Judgement(None, tuple(notes))


def _first_failure(advert: Advert, expected: Expected, own_source: Address | None) -> Reason | None:
    forgiven = {Reason.TTL_NOT_255} if expected.unicast else set()
    if expected.old_checksum and advert.checksum is Checksum.OLD_UNICAST:
        forgiven.add(Reason.BAD_CHECKSUM)
    problems = [problem for problem in advert.problems if problem not in forgiven]
    if problems and problems[0] in (Reason.BAD_IP_CHECKSUM, Reason.TTL_NOT_255, Reason.CARP):
        return problems[0]
    if any(peer == advert.source and not low <= advert.ttl <= high for peer, low, high in expected.peer_ttls):
        return Reason.TTL_REFUSED
    if advert.version is not None and advert.version != expected.version:
        return Reason.BAD_VERSION
    early = [p for p in problems if p in (Reason.BAD_VERSION, Reason.BAD_TYPE, Reason.TRUNCATED, Reason.BAD_LENGTH)]
    if early:
        return early[0]
    if Reason.BAD_CHECKSUM in problems or not _form_wanted(advert, expected):
        return Reason.BAD_CHECKSUM
    if advert.version == 2 and (failure := _authentication_failure(advert, expected)):
        return failure  # RFC 2338 §7.1: before VRID, address list and interval
    if advert.vrid != expected.vrid or advert.family is not expected.family:
        return Reason.BAD_VRID
    if own_source is not None and advert.source == own_source:
        return Reason.OWN_SOURCE
    if expected.peers and advert.source not in expected.peers:
        return Reason.UNKNOWN_PEER
    if expected.owner and expected.owner_ignores:
        return Reason.LOCAL_OWNER
    if problems:  # a zero interval
        return problems[0]
    if expected.strict and advert.oddities:
        return advert.oddities[0]
    if advert.version == 2 and advert.interval_ns != expected.interval_ns:
        return Reason.INTERVAL_MISMATCH
    if expected.strict_list and advert.priority != 255 and set(advert.addresses) != set(expected.addresses):
        return Reason.ADDRESS_LIST
    return None


def _form_wanted(advert: Advert, expected: Expected) -> bool:
    if expected.checksum is None or advert.version != 3 or advert.family is Family.IPV6:
        return True
    return advert.checksum is expected.checksum


def _authentication_failure(advert: Advert, expected: Expected) -> Reason | None:
    """Check the authentication type, then its data (RFC 3768 §5.3.6, RFC 2338 §5.3.6); None if both are right."""
    if advert.auth is Auth.UNKNOWN:
        return Reason.BAD_AUTH_TYPE
    if advert.auth_type != expected.auth_type or advert.auth is Auth.HMAC:
        return Reason.AUTH_MISMATCH
    if expected.auth_type == 1:
        wanted = expected.auth_password[:AUTH_DATA_BYTES].ljust(AUTH_DATA_BYTES, b"\0")
        if not hmac.compare_digest(advert.auth_data, wanted):
            return Reason.AUTH_FAILURE
    if expected.auth_type == AUTH_TYPE_AH:
        header = advert.header
        if header is None or header.spi != int(advert.source) or not verifies(header, expected.auth_password):
            return Reason.AUTH_FAILURE
    elif advert.header is not None:
        return Reason.AUTH_MISMATCH
    return None


def complaint(reason: Reason, advert: Advert, expected: Expected) -> str:
    """Return the log message for a discarded or unusual advert. It never contains a password."""
    source = advert.source
    match reason:
        case Reason.INTERVAL_MISMATCH:
            mine, theirs = expected.interval_ns / 1e9, (advert.interval_ns or 0) / 1e9
            return f"advertisement interval mismatch with {source} mine={mine:g} s rcv'd={theirs:g} s"
        case Reason.ADDRESS_LIST:
            extra = ", ".join(str(a) for a in advert.addresses if a not in expected.addresses) or "none"
            missing = ", ".join(str(a) for a in expected.addresses if a not in advert.addresses) or "none"
            return f"{source} advertises other addresses than ours: only there {extra}; only here {missing}"
        case Reason.AUTH_FAILURE:
            return f"received an invalid passwd from {source}!"
        case Reason.REPLAYED:
            number = advert.header.sequence if advert.header else 0
            return f"IPSEC-AH : sequence number {number} of {source} already processed. Packet dropped."
        case Reason.LOCAL_OWNER:
            text = f"local instance and {source} are both configured as address owner"
            return (
                f"CONFIGURATION ERROR: {text}"
                if advert.priority == PRIORITY_OWNER
                else f"advert from {source} to the address owner"
            )
    return f"ignored advert from {source}: {reason.value}"
