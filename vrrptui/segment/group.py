"""The values of the segment model: a group, its routers, and how its last master left.

`mastership` decides which router is master, `diagnosis` what is wrong. All times are nanoseconds of one clock:
monotonic in live use, the capture's timestamps in a replay.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from vrrptui.protocol.advert import NS_PER_SECOND, Address, Advert, Auth, Checksum, Family, Reason
from vrrptui.segment.codes import EXPLANATIONS, Code

LOST_AFTER_INTERVALS = 4  # three missed adverts, and one more interval to cover any skew time
LATE_INTERVALS = 2  # at this gap an advert is missing
JITTER_SHARE = 16  # each gap has the weight 1/16 in the running mean (as in RFC 3550 §6.4.1)
MEMORY_NS = 600 * NS_PER_SECOND  # how long a router after its last advert, or a failover, counts as recent
NEVER_NS = 1 << 63
CHANGES_KEPT = 16


class GroupKey(NamedTuple):
    """The key of a group; the same VRID on another interface, VLAN or in another family is another group."""

    interface: str | None  # None for a capture without interface names
    vlan: int | None
    family: Family
    vrid: int  # 1-255

    @property
    def place(self) -> tuple[str | None, int | None]:
        """The interface and VLAN on which it is heard."""
        return self.interface, self.vlan


@dataclass(slots=True, eq=False, kw_only=True)
class HeardFrame:
    """An advert as received, with link-layer facts. Immutable by convention; one object may be heard many times."""

    advert: Advert
    interface: str | None = None
    vlan: int | None = None
    source_mac: bytes | None = None  # 6 bytes
    local: bool = False  # sent by a virtual router of this host
    own_source: bool = False  # not sent by this host, although the source is one of its addresses
    key: GroupKey = field(init=False)  # of its group; set only if the advert has a VRID

    def __post_init__(self) -> None:
        if self.advert.vrid is not None:
            self.key = GroupKey(self.interface, self.vlan, self.advert.family, self.advert.vrid)


class Role(Enum):
    """The role of a router, judged from its adverts."""

    MASTER = "master"
    RESIGNED = "resigned"  # sent priority 0
    LOST = "lost"  # was master and fell silent
    YIELDED = "yielded"  # advertised with a lower rank than the master; presumably backup now


@dataclass(slots=True, eq=False, kw_only=True)
class Router:
    """A router heard in a group, as its last accepted advert describes it."""

    source: Address
    advert: Advert | None = field(default=None, repr=False)  # the last advert
    frame: HeardFrame | None = field(default=None, repr=False)  # the frame of the last advert
    source_mac: bytes | None = None
    priority: int = 0  # of the last advert with a priority above 0; 0 if there was none
    interval_ns: int = 0
    version: int = 0
    auth: Auth = Auth.NONE
    auth_data: bytes = field(default=b"", repr=False)
    checksum: Checksum = Checksum.MESSAGE
    addresses: tuple[Address, ...] = ()
    first_seen_ns: int
    last_seen_ns: int
    speaking_since_ns: int  # start of the current run of adverts
    since_ns: int = 0  # for a master: when it became master
    role: Role = Role.YIELDED
    adverts: int = 0
    jitter_ns: int = 0  # running mean of the difference between gap and interval
    near_failovers: int = 0  # adverts that came just before backups would have taken over
    local: bool = False
    steady: HeardFrame | None = field(default=None, repr=False)  # the frame that it repeats as the only master
    late_ns: int = 0  # for a steady router: the gap at which an advert is missing
    adverts_told: int = 0  # for a steady router: `adverts` when its group was last reported as changed

    def refresh(self, now_ns: int) -> bool:
        """Count one more advert equal to `steady`; return False if it is late and must be passed to `Segment.hear`."""
        gap_ns = now_ns - self.last_seen_ns
        if gap_ns >= self.late_ns:
            return False
        self.jitter_ns += (abs(gap_ns - self.interval_ns) - self.jitter_ns) // JITTER_SHARE
        self.last_seen_ns = now_ns
        self.adverts += 1
        return True

    @property
    def rank(self) -> tuple[int, int]:
        """The order of the election: priority, then address (RFC 9568 §6.4.3)."""
        return self.priority, int(self.source)

    @property
    def lost_at_ns(self) -> int:
        """When a master that sends no further advert counts as lost."""
        return self.last_seen_ns + LOST_AFTER_INTERVALS * self.interval_ns


@dataclass(frozen=True, slots=True)
class Departure:
    """How the last master left."""

    router: Router
    at_ns: int  # time of the resignation or of the last advert
    resigned: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """A packet that shows a problem."""

    source: str  # an IP or MAC address
    time_ns: int
    field: str  # what the packet contained


@dataclass(slots=True)
class Finding:
    """A problem of a group: a sentence, and the packets that show it."""

    text: str
    evidence: tuple[Evidence, ...] = ()
    since_ns: int = 0  # when it was first found


@dataclass(slots=True)
class Sighting:
    """A suspicious packet or moment, which counts as a problem for some time after it was last seen."""

    text: str
    evidence: Evidence
    last_ns: int
    count: int = 0


@dataclass(slots=True)
class Answer:
    """The host that last announced a virtual address, or answered for it."""

    mac: bytes
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    at_ns: int
    since_ns: int  # since when all announcements have come from this MAC address


@dataclass(slots=True, eq=False)
class Group:
    """The state of one group: everything heard for one interface, VLAN, family and VRID."""

    key: GroupKey
    routers: dict[Address, Router] = field(default_factory=dict)
    master: Router | None = None  # if several, the winner of the election
    steady: Router | None = None  # the master, if it is the only one and repeats its advert
    touched_ns: int = 0  # when the group last heard anything but a repeat of the steady router's advert
    departure: Departure | None = None
    vacant: bool = False  # the last master left, and no router took over in time
    since_ns: int = 0  # since when the current master is master, or there is none
    cause: str = ""  # why the current master became master
    failover_ns: int | None = None  # time of the last change of master
    announced: bool = False  # whether the new master has announced an address
    changes_ns: deque[int] = field(default_factory=lambda: deque(maxlen=CHANGES_KEPT))  # times of changes of master
    problems: dict[Code, Finding] = field(default_factory=dict)  # the most severe first
    refused: dict[Reason, Sighting] = field(default_factory=dict)
    sightings: dict[Code, Sighting] = field(default_factory=dict)
    answers: dict[Address, Answer] = field(default_factory=dict)  # by virtual address
    strangers: int = 0  # adverts from others, including discarded ones, since the master's last one
    asserted: int = 0  # with several masters: adverts of lower rank that the winner answered at once
    ignored: int = 0  # and those that it did not answer
    contender_ns: int | None = None  # time of the last such advert that is not yet counted as either
    diagnosed_ns: int = -NEVER_NS  # time of the last diagnosis
    rethink_ns: int = NEVER_NS  # when to diagnose again although nothing is heard
    wake_ns: int = NEVER_NS  # when to examine the group although nothing is heard; may be early, never late

    @property
    def heard_ns(self) -> int:
        """When the group was last heard."""
        return max(self.touched_ns, self.steady.last_seen_ns) if self.steady else self.touched_ns

    @property
    def masters(self) -> list[Router]:
        """The routers that advertise as master now, the winner of the election first."""
        masters = [router for router in self.routers.values() if router.role is Role.MASTER]
        return masters if len(masters) < 2 else sorted(masters, key=lambda r: r.rank, reverse=True)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The virtual addresses that the master advertises, or the last master did."""
        spokesman = self.spokesman
        return spokesman.addresses if spokesman else ()

    @property
    def spokesman(self) -> Router | None:
        """The master, otherwise the last master, otherwise the router heard last."""
        if self.master:
            return self.master
        if self.departure:
            return self.departure.router
        return max(self.routers.values(), key=lambda r: r.last_seen_ns, default=None)

    def recent(self, now_ns: int) -> list[Router]:
        """Return the routers heard in the last ten minutes, in the order of their first advert."""
        return [r for r in self.routers.values() if now_ns - r.last_seen_ns < MEMORY_NS]

    def severity(self, now_ns: int) -> str:
        """Return the severity: "critical" (unserved or served twice), "warning" or "ok"."""
        found = {EXPLANATIONS[code].severity for code in self.problems}
        if "critical" in found:
            return "critical"
        if "warning" in found or (self.failover_ns is not None and now_ns - self.failover_ns < MEMORY_NS):
            return "warning"
        return "ok"
