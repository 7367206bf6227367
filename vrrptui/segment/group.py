"""The values of what is heard: a group, its routers, how its last master went.

Holds facts only; who is master is decided in `mastership`, what is wrong in `diagnosis`. All times are nanoseconds of
whatever clock the caller uses throughout: monotonic when live, the capture's own when replayed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from vrrptui.protocol.advert import NS_PER_SECOND, Address, Advert, Auth, Checksum, Family, Reason
from vrrptui.segment.codes import EXPLANATIONS, Code

LOST_AFTER_INTERVALS = 4  # three missed adverts, and one more interval for every skew there can be
LATE_INTERVALS = 2  # an advert is missing
JITTER_SHARE = 16  # each gap counts for a sixteenth of the running mean (as RFC 3550 §6.4.1 does)
MEMORY_NS = 600 * NS_PER_SECOND  # how long a router that fell silent, or a failover, still counts as recent
NEVER_NS = 1 << 63
CHANGES_KEPT = 16


class GroupKey(NamedTuple):
    """What tells one group from another: the same VRID elsewhere, or in the other family, is unrelated."""

    interface: str | None  # None in a capture that names none
    vlan: int | None
    family: Family
    vrid: int  # 1-255

    @property
    def place(self) -> tuple[str | None, int | None]:
        """Where it is heard: interface and VLAN."""
        return self.interface, self.vlan


@dataclass(slots=True, eq=False, kw_only=True)
class HeardFrame:
    """An advert as it came in, with the link's facts around it. Not changed; one object may be heard many times."""

    advert: Advert
    interface: str | None = None
    vlan: int | None = None
    source_mac: bytes | None = None  # 6 bytes
    local: bool = False  # sent by one of our own virtual routers
    own_source: bool = False  # not sent by this host, though its source is an address of this host
    key: GroupKey = field(init=False)  # its group's; only where the advert has a VRID

    def __post_init__(self) -> None:
        if self.advert.vrid is not None:
            self.key = GroupKey(self.interface, self.vlan, self.advert.family, self.advert.vrid)


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
    frame: HeardFrame | None = field(default=None, repr=False)  # that it came in
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
    near_failovers: int = 0  # adverts that came when one more missed one would have been a failover
    local: bool = False
    steady: HeardFrame | None = field(default=None, repr=False)  # what it goes on to say, as a master alone
    late_ns: int = 0  # of one that is steady: the gap at which an advert is missing
    adverts_told: int = 0  # of one that is steady: how many when its group was last said to have changed

    def refresh(self, now_ns: int) -> bool:
        """Take in one more advert of a steady router that is its `steady`; False when it is late, and to be heard."""
        gap_ns = now_ns - self.last_seen_ns
        if gap_ns >= self.late_ns:
            return False
        self.jitter_ns += (abs(gap_ns - self.interval_ns) - self.jitter_ns) // JITTER_SHARE
        self.last_seen_ns = now_ns
        self.adverts += 1
        return True

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """One packet that shows what is wrong."""

    source: str  # an address, or a MAC address
    time_ns: int
    field: str  # what it said


@dataclass(slots=True)
class Finding:
    """Something that is wrong with a group, in a sentence, and the packets that show it."""

    text: str
    evidence: tuple[Evidence, ...] = ()
    since_ns: int = 0  # when it was found first


@dataclass(slots=True)
class Sighting:
    """Packets, or moments, that are a finding for a while after the last of them."""

    text: str
    evidence: Evidence
    last_ns: int
    count: int = 0


@dataclass(slots=True)
class Answer:
    """Who was last heard to announce, or to answer for, a virtual address."""

    mac: bytes
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    at_ns: int
    since_ns: int  # since when the last word has been that MAC's


@dataclass(slots=True, eq=False)
class Group:
    """Everything heard for one interface, VLAN, family and VRID."""

    key: GroupKey
    routers: dict[Address, Router] = field(default_factory=dict)
    master: Router | None = None  # of several, the one that wins the election
    steady: Router | None = None  # the master, when it is alone and may merely go on
    touched_ns: int = 0  # when anything but a steady router was last heard
    departure: Departure | None = None
    vacant: bool = False  # the last master went, and nobody took over in time
    since_ns: int = 0  # since when the present master is master, or nobody is
    cause: str = ""  # why the present master is master
    failover_ns: int | None = None  # the last change of master
    announced: bool = False  # whether the new master has announced an address since
    changes_ns: deque[int] = field(default_factory=lambda: deque(maxlen=CHANGES_KEPT))  # of the changes of master
    problems: dict[Code, Finding] = field(default_factory=dict)  # the gravest first
    refused: dict[Reason, Sighting] = field(default_factory=dict)
    sightings: dict[Code, Sighting] = field(default_factory=dict)
    answers: dict[Address, Answer] = field(default_factory=dict)  # by virtual address
    strangers: int = 0  # adverts of others, refused ones too, since the master's last one
    asserted: int = 0  # of several masters: adverts of a lower one that the winner answered at once
    ignored: int = 0  # and those that it did not
    contender_ns: int | None = None  # when the last such advert came that was neither yet
    diagnosed_ns: int = -NEVER_NS  # when its problems were found
    rethink_ns: int = NEVER_NS  # when they are to be found again though nothing is heard
    wake_ns: int = NEVER_NS  # when to look again though nothing is heard; may be early, never late

    @property
    def heard_ns(self) -> int:
        """When anything was last heard of it."""
        return max(self.touched_ns, self.steady.last_seen_ns) if self.steady else self.touched_ns

    @property
    def masters(self) -> list[Router]:
        """Who advertises as master now, the winner of the election first."""
        masters = [router for router in self.routers.values() if router.role is Role.MASTER]
        return masters if len(masters) < 2 else sorted(masters, key=lambda r: r.rank, reverse=True)

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
        found = {EXPLANATIONS[code].severity for code in self.problems}
        if "critical" in found:
            return "critical"
        if "warning" in found or (self.failover_ns is not None and now_ns - self.failover_ns < MEMORY_NS):
            return "warning"
        return "ok"
