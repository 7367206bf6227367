"""The values of what is heard: a group, its routers, how its last master went.

Holds facts only; who is master is decided in `mastership`, what is wrong in `diagnosis`. All times are nanoseconds of
whatever clock the caller uses throughout: monotonic when live, the capture's own when replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from vrrptui.protocol.advert import NS_PER_SECOND, Address, Advert, Auth, Checksum, Family, Reason

LOST_AFTER_INTERVALS = 4  # three missed adverts, and one more interval for every skew there can be
MEMORY_NS = 600 * NS_PER_SECOND  # how long a router that fell silent, or a failover, still counts as recent
NEVER_NS = 1 << 63


class Code(Enum):
    """What can be wrong with a group. The value is the word in JSON, history and documentation, and never changes."""

    NO_MASTER = "NO_MASTER"
    DUAL_MASTER = "DUAL_MASTER"
    OWNER_DUPLICATE = "OWNER_DUPLICATE"
    PRIORITY_TIE = "PRIORITY_TIE"
    SKEW_TOO_CLOSE = "SKEW_TOO_CLOSE"
    VIP_MISMATCH = "VIP_MISMATCH"
    INTERVAL_MISMATCH = "INTERVAL_MISMATCH"
    INTERVAL_ZERO = "INTERVAL_ZERO"
    VERSION_MIX = "VERSION_MIX"
    V2_OUTRANKS_FAST_V3 = "V2_OUTRANKS_FAST_V3"
    AUTH_MISMATCH = "AUTH_MISMATCH"
    BAD_CHECKSUM = "BAD_CHECKSUM"
    TTL_NOT_255 = "TTL_NOT_255"
    V6_FIRST_NOT_LINKLOCAL = "V6_FIRST_NOT_LINKLOCAL"
    WRONG_VMAC = "WRONG_VMAC"


class GroupKey(NamedTuple):
    """What tells one group from another: the same VRID elsewhere, or in the other family, is unrelated."""

    interface: str | None  # None in a capture that names none
    vlan: int | None
    family: Family
    vrid: int  # 1-255


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardFrame:
    """An advert as it came in, with the link's facts around it."""

    advert: Advert
    interface: str | None = None
    vlan: int | None = None
    source_mac: bytes | None = None  # 6 bytes
    local: bool = False  # sent by one of our own virtual routers


class Role(Enum):
    """What a router was last heard to be."""

    MASTER = "master"
    RESIGNED = "resigned"  # said priority 0
    LOST = "lost"  # fell silent as master
    YIELDED = "yielded"  # advertised below the master, and is expected to be backup now


@dataclass(slots=True, eq=False, kw_only=True)
class Router:
    """A router heard in a group, as its last accepted advert describes it."""

    source: Address
    advert: Advert | None = field(default=None, repr=False)  # the last one
    source_mac: bytes | None = None
    priority: int = 0  # of the last advert that was no resignation; 0 when there was none yet
    interval_ns: int = 0
    version: int = 0
    auth: Auth = Auth.NONE
    auth_data: bytes = field(default=b"", repr=False)
    checksum: Checksum = Checksum.MESSAGE
    addresses: tuple[Address, ...] = ()
    first_seen_ns: int
    last_seen_ns: int
    speaking_since_ns: int  # start of the present run of adverts
    since_ns: int = 0  # since when it is master, if it is
    role: Role = Role.YIELDED
    adverts: int = 0
    jitter_ns: int = 0  # running mean of how far the gap between two adverts is from the interval
    local: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """Orders routers as an election does: priority, then address (RFC 9568 §6.4.3)."""
        return self.priority, int(self.source)

    @property
    def lost_at_ns(self) -> int:
        """When a master that says nothing more counts as lost."""
        return self.last_seen_ns + LOST_AFTER_INTERVALS * self.interval_ns


@dataclass(frozen=True, slots=True)
class Departure:
    """How the last master went."""

    router: Router
    at_ns: int  # of its resignation, or of its last advert
    resigned: bool


@dataclass(slots=True)
class Refusal:
    """Frames for a group that were refused for one reason."""

    source: Address
    last_ns: int
    count: int = 0


@dataclass(slots=True, eq=False)
class Group:
    """Everything heard for one interface, VLAN, family and VRID."""

    key: GroupKey
    routers: dict[Address, Router] = field(default_factory=dict)
    master: Router | None = None  # of several, the one that wins the election
    departure: Departure | None = None
    vacant: bool = False  # the last master went, and nobody took over in time
    since_ns: int = 0  # since when the present master is master, or nobody is
    cause: str = ""  # why the present master is master
    failover_ns: int | None = None  # the last change of master
    problems: dict[Code, str] = field(default_factory=dict)  # with a sentence each
    refused: dict[Reason, Refusal] = field(default_factory=dict)
    wake_ns: int = NEVER_NS  # when to look again though nothing is heard; may be early, never late

    @property
    def masters(self) -> list[Router]:
        """Who advertises as master now, the winner of the election first."""
        return sorted((r for r in self.routers.values() if r.role is Role.MASTER), key=lambda r: r.rank, reverse=True)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The virtual addresses as the master advertises them, or as the last one did."""
        spokesman = self.spokesman
        return spokesman.addresses if spokesman else ()

    @property
    def spokesman(self) -> Router | None:
        """The master, else the last one, else whoever was heard last."""
        if self.master:
            return self.master
        if self.departure:
            return self.departure.router
        return max(self.routers.values(), key=lambda r: r.last_seen_ns, default=None)

    def recent(self, now_ns: int) -> list[Router]:
        """The routers heard in the last ten minutes, in the order of their first advert."""
        return [r for r in self.routers.values() if now_ns - r.last_seen_ns < MEMORY_NS]

    def severity(self, now_ns: int) -> str:
        """How bad it is: "critical" (unserved or served twice), "warning" or "ok"."""
        if Code.NO_MASTER in self.problems or Code.DUAL_MASTER in self.problems:
            return "critical"
        if self.problems or (self.failover_ns is not None and now_ns - self.failover_ns < MEMORY_NS):
            return "warning"
        return "ok"
