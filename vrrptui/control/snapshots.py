"""What the engine says of itself: whole snapshots of the engine, its virtual routers, the groups heard, the checks.

Values only. Field names are those of `status --json`, after RFC 8347 where it has a leaf. Times are wall-clock seconds
since 1970 unless the name says otherwise; intervals are seconds. Applying a snapshot twice changes nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["ok", "warning", "critical"]
RouterState = Literal["master", "backup", "fault", "init", "stopped"]
CheckState = Literal["up", "down", "running", "unknown"]
MacKind = Literal["virtual", "wrong-virtual", "physical"]
FamilyName = Literal["ipv4", "ipv6"]


class PlaybackSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A capture that is played in place of a live segment; all times are its own."""

    file: str
    begins: float
    ends: float
    position: float  # what its clock shows: "now" for everything that is told
    speed: float
    playing: bool
    damage: str = ""  # where and how the file is damaged; what is whole is played


class EngineSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="engine"):
    """The process: who it is and whether what it says can be trusted."""

    pid: int
    version: str
    mode: Literal["operate", "observe"]
    uptime: float
    capture_drops: int  # frames the kernel dropped before the observer read them
    host: str = ""
    interfaces: list[str] = []
    config_file: str | None = None
    config_warnings: list[str] = []  # one line each: file:line:column: what
    adverts_heard: int = 0
    adverts_per_second: float = 0.0
    clients: int = 0
    lateness_ms: float = 0.0  # the worst lateness of our own timers in the last minute
    problems: list[str] = []  # stable codes of this host: LOCAL_STALL, TABLE_FULL
    explanations: list[str] = []  # one sentence a problem, same order
    other_protocols: list[str] = []  # heard, and not VRRP: HSRP, CARP
    vhids: list[str] = []  # that CARP uses, as keys of groups: their virtual MAC addresses are taken
    playback: PlaybackSnapshot | None = None  # of an engine that plays a capture
    history_lost: int = 0  # events that could not be written to disk


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """One term of a priority's sum: what a check or tracker adds (0 when it adds nothing now)."""

    name: str
    amount: int  # -253 to 253; 0 for a check without weight
    state: CheckState
    fault: bool = False  # down, and without weight: the router is in fault because of it


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """A notify script that has ended."""

    state: str  # what it told of: MASTER, BACKUP, FAULT, STOP, DELETED, MASTER_RX_LOWER_PRI
    command: str
    time: float  # of its end
    duration: float
    exit: int | None  # negative: ended by that signal; None: it could not be started, or not be ended
    timed_out: bool = False
    output: str = ""  # the end of it


class EvidenceSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One packet that shows what is wrong."""

    source: str  # an address, or a MAC address
    time: float
    field: str  # what it said


class FindingSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of a group with its evidence; `vrrptui explain CODE` says what the code means."""

    code: str
    severity: Severity  # "ok": worth knowing, nothing is wrong
    since: float
    text: str
    evidence: list[EvidenceSnapshot] = []


class VirtualRouterSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="virtual_router"):
    """One of our own virtual routers."""

    key: str
    name: str
    interface: str
    family: FamilyName
    vrid: int
    version: int
    state: RouterState
    reason: str  # why it is in this state, one sentence
    since: float
    base_priority: int
    effective_priority: int
    override: int | None  # what an operator set; None without
    until: float | None = None  # when what an operator set, or stopped, ends by itself
    draining: bool = False  # it stops when another router has taken over
    contributions: list[Contribution] = []
    arithmetic: str = ""  # how the effective priority is made: base 150 − 20 (chk_http) = 130
    preempt: bool = True
    owner: bool = False
    master: str | None  # address of the master, ours when it is us; None when nobody is known
    master_priority: int | None = None
    last_heard: float | None = None  # the master's last advert, when it is not us
    advertisement_interval: float
    skew_time: float
    master_down_interval: float
    down_timer_adverts: int = 3  # intervals without an advert before the master is down; 1-100
    virtual_addresses: list[str] = []
    checks: list[str] = []
    notified: list[Notified] = []  # the latest of its notify scripts, oldest first
    findings: list[FindingSnapshot] = []  # what is wrong though it is in this state; all are critical
    statistics: dict[str, int] = {}


class MasterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A router that advertises as master."""

    source: str
    priority: int
    since: float
    last_seen: float
    interval: float
    adverts: int
    source_mac: str | None = None
    local: bool = False  # it is one of our own


class HeardSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Any router ever heard in a group, master now or not."""

    source: str
    role: Literal["master", "resigned", "lost", "yielded"]
    priority: int
    interval: float
    adverts: int
    first_seen: float
    last_seen: float
    version: int
    source_mac: str | None = None
    mac_kind: MacKind | None = None  # of the source: the group's virtual one, another group's, or a network card's
    vendor: str | None = None  # of the network card; looked up by who shows it, never by the engine
    ttl: int | None = None  # or hop limit, of its last advert
    auth: str = "none"
    checksum: str = "message"
    jitter_ms: float = 0.0
    next_due: float | None = None  # when its next advert is due, while it is master
    near_failovers: int = 0  # adverts that came when one more missed one would have been a failover
    listens: bool = False  # it joined the group's multicast address, so it is there though it may be silent
    local: bool = False
    addresses: list[str] = []  # as it advertises them, if that differs from the group's


class AnswerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Who was last heard to announce, or to answer for, a virtual address."""

    address: str
    mac: str
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    time: float


class GroupSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="group"):
    """What is heard for one (interface, VLAN, family, VRID)."""

    key: str
    interface: str | None
    vlan: int | None
    family: FamilyName
    vrid: int
    version: int
    masters: list[MasterSnapshot]
    addresses: list[str]
    listeners: list[str] = []  # joined the multicast address on this interface, for whichever VRID, and say nothing
    severity: Severity
    problems: list[str]  # stable codes
    explanations: list[str] = []  # one sentence a problem, same order
    findings: list[FindingSnapshot] = []  # the same with severity, beginning and packets, same order
    since: float = 0.0  # of the present master, or of its loss
    last_cause: str = ""  # why the present master is master
    routers: list[HeardSnapshot] = []
    answers: list[AnswerSnapshot] = []


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one check does to one virtual router."""

    router: str  # its name
    weight: int  # -254 to 254; 0: its failure is a fault
    reverse: bool = False
    amount: int = 0  # what it adds to the priority now
    fault: bool = False  # the router is in fault because of it now, or stopped
    stops: bool = False  # its failure stops the router, instead of a fault (on_failure stop)
    group: str = ""  # the sync group that tracks it; empty: the router does
    ignored: bool = False  # a weight of a member of a sync group, which counts for nothing, or a muted check

    def __str__(self) -> str:
        """What it does now, in words."""
        who = f"{self.router} (sync group {self.group})" if self.group else self.router
        if self.ignored:
            return f"{who}: counts for nothing"
        if self.stops:
            return f"{who}: {'stopped by it' if self.fault else 'stopped if it fails'}"
        if self.weight == 0:
            return f"{who}: {'in fault now' if self.fault else 'fault if it fails'}"
        return f"{who}: {self.amount:+d} now, weight {self.weight:+d}{' reverse' * self.reverse}"


class CheckSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="check"):
    """One check or tracker."""

    name: str
    kind: Literal["script", "interface", "file", "process"]
    state: CheckState
    weight: int
    rise: int
    fall: int
    run: tuple[int, int]  # results in a row towards the next change of state, and how many it takes
    last_exit: int | None = None  # negative: ended by that signal
    last_output: str = ""
    duration: float | None = None
    durations: list[float] = []  # of the latest runs, oldest first
    failed: list[bool] = []  # whether each of these runs failed
    command: str = ""
    interval: float = 0.0
    timeout: float = 0.0
    since: float = 0.0
    last_run: float | None = None
    muted: bool = False  # an operator lets it count for nothing
    muted_until: float | None = None
    routers: list[str] = []  # names of the virtual routers it moves
    effects: list[Effect] = []  # on each of them, the first hundred
    hint: str = ""  # what may be wrong with the check itself, one sentence


Snapshot = EngineSnapshot | VirtualRouterSnapshot | GroupSnapshot | CheckSnapshot
