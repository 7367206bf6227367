"""Protocol values: an advertisement as read from a packet, and the reasons for discarding one.

`codec` reads and writes the bytes; `receive` and `virtual_router` decide what to do with an advert. RFC 9568 §5 and RFC
3768 §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

PROTOCOL_VRRP = 112
PROTOCOL_AH = 51
IPV4_GROUP = IPv4Address("224.0.0.18")  # RFC 9568 §5.1.1.2
IPV6_GROUP = IPv6Address("ff02::12")  # RFC 9568 §5.1.2.2
TTL = 255  # RFC 9568 §5.1.1.3
TOS_INTERNETWORK_CONTROL = 0xC0  # DSCP CS6, network control traffic
PRIORITY_RESIGN = 0  # RFC 9568 §5.2.4: the master resigns
PRIORITY_DEFAULT = 100
PRIORITY_OWNER = 255
NS_PER_CENTISECOND = 10_000_000
NS_PER_SECOND = 1_000_000_000


class Family(Enum):
    """The address family of a virtual router; the same VRID in each means two unrelated routers (RFC 9568 §1)."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"

    __hash__ = object.__hash__  # faster than Enum's hash; families are often used as keys

    @property
    def address_bytes(self) -> int:
        return 4 if self is Family.IPV4 else 16

    @property
    def group(self) -> Address:
        """The multicast group to which adverts are sent."""
        return IPV4_GROUP if self is Family.IPV4 else IPV6_GROUP

    @staticmethod
    def of(address: Address) -> Family:
        return Family.IPV4 if address.version == 4 else Family.IPV6


class Auth(Enum):
    """The authentication of an advert, as encoded in the packet (RFC 2338 §5.3.6; version 3 has none)."""

    NONE = "none"
    SIMPLE = "simple"
    AH = "ah"
    HMAC = "hmac"
    UNKNOWN = "unknown"


class Checksum(Enum):
    """The form of checksum that matches the checksum field."""

    MESSAGE = "message"  # the VRRP message alone: v2, and v3 over IPv4 according to RFC 9568 §5.2.8
    PSEUDO_HEADER = "pseudo-header"  # with the IP pseudo-header: v3 over IPv6, and over IPv4 in most software
    OLD_UNICAST = "old-unicast"  # unicast, but with the group in the pseudo-header: old versions of keepalived
    BAD = "bad"


class Reason(Enum):
    """Why a packet is discarded, in the order of the receive checks of RFC 9568 §7.1 and RFC 3768 §7.1.

    The value is the name in logs, JSON, counters and on screens; it never changes.
    """

    NOT_VRRP = "not-vrrp"  # the frame holds no VRRP message
    CARP = "carp"  # OpenBSD's protocol, which uses the same protocol number and group
    BAD_IP_CHECKSUM = "bad-ip-checksum"  # of the IPv4 header; hosts discard such packets (RFC 1122 §3.2.1.2)
    TTL_NOT_255 = "ttl-not-255"
    TTL_REFUSED = "ttl-refused"  # from a unicast peer, outside the range of its min_ttl and max_ttl
    BAD_VERSION = "bad-version"
    BAD_TYPE = "bad-type"
    TRUNCATED = "truncated"
    BAD_LENGTH = "bad-length"  # longer than its fields
    BAD_CHECKSUM = "bad-checksum"
    BAD_VRID = "bad-vrid"  # 0 in the packet, or not configured on this interface
    OWN_SOURCE = "own-source"  # the source address is this router's own
    LOCAL_OWNER = "local-owner"  # this router is the address owner and configured to ignore others (RFC 3768 §7.1)
    BAD_AUTH_TYPE = "bad-auth-type"
    AUTH_MISMATCH = "auth-type-mismatch"
    AUTH_FAILURE = "auth-failure"
    REPLAYED = "replayed"  # the sequence number of the authentication header was already received
    BAD_ADDRESS_COUNT = "bad-address-count"
    FIRST_NOT_LINK_LOCAL = "first-address-not-link-local"
    ZERO_INTERVAL = "zero-interval"
    INTERVAL_MISMATCH = "interval-mismatch"
    ADDRESS_LIST = "address-list-mismatch"
    UNKNOWN_PEER = "unknown-peer"  # unicast from an address that is not a configured peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """The IP facts around a VRRP message; `payload` is cut at the IP length, without Ethernet padding.

    `length` is the payload's length according to the IP header; a shorter `payload` means that the capture was
    truncated.
    """

    source: Address
    destination: Address
    ttl: int  # TTL or hop limit, 0-255
    protocol: int  # PROTOCOL_VRRP, or PROTOCOL_AH
    payload: bytes
    length: int
    intact: bool = True  # False: the IPv4 header's checksum is wrong
    header: bytes = b""  # for IPv4 with an authentication header: the IP header, which the digest covers

    @property
    def family(self) -> Family:
        return Family.of(self.source)


@dataclass(frozen=True, slots=True)
class AuthenticationHeader:
    """An IP authentication header as received (RFC 2402 §2), with all the bytes that its digest covers."""

    spi: int
    sequence: int
    icv: bytes
    covered: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """An advertisement as read from a packet, with everything that is wrong with it.

    A field is None if its bytes are missing or invalid. `problems` are in the order of RFC 9568 §7.1; if there are
    none, no field is None (except `auth_data`, which version 3 does not have).
    """

    source: Address
    destination: Address
    ttl: int
    length: int  # of the VRRP message, bytes
    version: int | None = None
    type: int | None = None
    vrid: int | None = None
    priority: int | None = None
    count: int | None = None  # the Count IP Addrs field, whether or not as many addresses follow
    interval_ns: int | None = None
    auth: Auth | None = None
    auth_type: int | None = None  # v2: the value of the Auth Type field
    auth_data: bytes = field(default=b"", repr=False)  # v2: the last 8 bytes; the password with simple authentication
    header: AuthenticationHeader | None = None  # v2 with authentication type 2
    checksum: Checksum | None = None
    addresses: tuple[Address, ...] = ()
    problems: tuple[Reason, ...] = ()
    oddities: tuple[Reason, ...] = ()  # from `list_oddities`; reasons to discard in strict mode only

    @property
    def family(self) -> Family:
        return Family.of(self.source)

    @property
    def multicast(self) -> bool:
        return self.destination.is_multicast


def list_oddities(version: int, family: Family, addresses: Sequence[Address]) -> tuple[Reason, ...]:
    """Return what is unusual about the addresses of a sent or received advert.

    RFC 9568 requires at least one address (§5.2.5) and, for IPv6, a link-local one first (§5.2.9). §7.1 does not make
    either a reason to discard an advert, and neither keepalived nor FRR does so: only strict mode rejects such a list,
    in the configuration and in adverts.
    """
    if version != 3:
        return ()
    if not addresses:
        return (Reason.BAD_ADDRESS_COUNT,)
    if family is Family.IPV6 and not addresses[0].is_link_local:
        return (Reason.FIRST_NOT_LINK_LOCAL,)
    return ()


@cache
def virtual_mac(family: Family, vrid: int) -> bytes:
    """Return the virtual router's MAC address, 6 bytes (RFC 9568 §7.3). `vrid` is 1 to 255."""
    return bytes((0x00, 0x00, 0x5E, 0x00, 1 if family is Family.IPV4 else 2, vrid))
