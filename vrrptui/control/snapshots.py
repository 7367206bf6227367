"""Snapshots: the complete state of the engine, of a virtual router, of a group, of a check.

Values only. Field names are those of `status --json`, and of RFC 8347 where it has a leaf. Times are wall-clock seconds
since 1970, and intervals seconds, unless the name has another unit. Applying a snapshot twice changes nothing.
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
    """Playback of a capture; all times are those of the capture."""

    file: str
    begins: float
    ends: float
    position: float  # present time of the playback
    speed: float
    playing: bool
    damage: str = ""  # where and how the file is damaged; the rest is played


class EngineSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="engine"):
    """State and health of the engine."""

    pid: int
    version: str
    mode: Literal["operate", "observe"]
    uptime: float
    capture_drops: int  # frames that the kernel dropped before the observer read them
    host: str = ""
    interfaces: list[str] = []
    config_file: str | None = None
    config_warnings: list[str] = []  # one line each: file:line:column: text
    adverts_heard: int = 0
    adverts_per_second: float = 0.0
    clients: int = 0
    lateness_ms: float = 0.0  # worst lateness of the engine's timers in the last minute
    problems: list[str] = []  # diagnosis codes of this host: LOCAL_STALL, TABLE_FULL, OTHER_DAEMON
    explanations: list[str] = []  # one sentence per problem, same order
    other_protocols: list[str] = []  # other redundancy protocols on the segment: HSRP, CARP
    vhids: list[str] = []  # VHIDs that CARP uses, as keys of groups: their virtual MAC addresses are in use
    playback: PlaybackSnapshot | None = None  # only of an engine that plays a capture
    history_lost: int = 0  # events that could not be written to disk


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """One term of the effective priority: the amount that a tracker adds now."""

    name: str
    amount: int  # -253 to 253; 0 for a check without weight
    state: CheckState
    fault: bool = False  # down, and without weight: it puts the router in FAULT


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """A finished notify script."""

    state: str  # the reported state: MASTER, BACKUP, FAULT, STOP, DELETED, MASTER_RX_LOWER_PRI
    command: str
    time: float  # when it ended
    duration: float
    exit: int | None  # exit status; negative: killed by that signal; null: it could not be started or killed
    timed_out: bool = False
    output: str = ""  # the end of its output


class EvidenceSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One packet that proves a finding."""

    source: str  # IP or MAC address
    time: float
    field: str  # the relevant field and its value


class FindingSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One problem with its evidence; docs/diagnosis.md explains the codes."""

    code: str
    severity: Severity  # ok: information, nothing is wrong
    since: float
    text: str
    evidence: list[EvidenceSnapshot] = []


class VirtualRouterSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="virtual_router"):
    """One virtual router of this host."""

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
    override: int | None  # priority set by an operator; null: none
    until: float | None = None  # when the override or the stop of an operator ends
    draining: bool = False  # it stops when another router has taken over
    contributions: list[Contribution] = []
    arithmetic: str = ""  # the computation of the effective priority: base 150 − 20 (chk_http) = 130
    preempt: bool = True
    owner: bool = False
    master: str | None  # address of the master; null: unknown
    master_priority: int | None = None
    last_heard: float | None = None  # time of the last advert of the master, if that is another router
    advertisement_interval: float
    skew_time: float
    master_down_interval: float
    down_timer_adverts: int = 3  # intervals without an advert before the master is down; 1-100
    virtual_addresses: list[str] = []
    checks: list[str] = []
    notified: list[Notified] = []  # recent notify scripts, oldest first
    findings: list[FindingSnapshot] = []  # where its state and the host disagree; all are critical
    statistics: dict[str, int] = {}


class MasterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A router that sends adverts as master."""

    source: str
    priority: int
    since: float
    last_seen: float
    interval: float
    adverts: int
    source_mac: str | None = None
    local: bool = False  # a virtual router of this host


class HeardSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A router that was heard in a group, whether or not it is master now."""

    source: str
    role: Literal["master", "resigned", "lost", "yielded"]
    priority: int
    interval: float
    adverts: int
    first_seen: float
    last_seen: float
    version: int
    source_mac: str | None = None
    mac_kind: MacKind | None = None  # of source_mac: virtual MAC of the group, of another group, or a network card
    vendor: str | None = None  # vendor of the network card; the engine leaves it null
    ttl: int | None = None  # TTL or hop limit of its last advert
    auth: str = "none"
    checksum: str = "message"
    jitter_ms: float = 0.0
    next_due: float | None = None  # when its next advert is due, if it is master
    near_failovers: int = 0  # adverts that arrived when one more lost advert would have caused a takeover
    listens: bool = False  # it joined the multicast address, so the host is alive although it may be silent
    local: bool = False
    addresses: list[str] = []  # as advertised, if they differ from those of the group


class AnswerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The last host that announced a virtual address, or answered for it."""

    address: str
    mac: str
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    time: float


class GroupSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="group"):
    """A VRRP group on the segment: one interface, VLAN, address family and VRID."""

    key: str
    interface: str | None
    vlan: int | None
    family: FamilyName
    vrid: int
    version: int
    masters: list[MasterSnapshot]
    addresses: list[str]
    listeners: list[str] = []  # hosts that joined the multicast address on this interface, for any VRID, and are silent
    severity: Severity
    problems: list[str]  # diagnosis codes
    explanations: list[str] = []  # one sentence per problem, same order
    findings: list[FindingSnapshot] = []  # the same with severity, start and packets, same order
    since: float = 0.0  # when the present master took over, or the last one was lost
    last_cause: str = ""  # why the present master took over
    routers: list[HeardSnapshot] = []
    answers: list[AnswerSnapshot] = []


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of one tracker on one virtual router."""

    router: str  # name of the virtual router
    weight: int  # -254 to 254; 0: a failure is a fault
    reverse: bool = False
    amount: int = 0  # present contribution to the priority
    fault: bool = False  # it keeps the router in FAULT, or stopped, now
    stops: bool = False  # a failure stops the router instead (on_failure stop)
    group: str = ""  # sync group that tracks it; empty: the virtual router itself
    ignored: bool = False  # it has no effect: muted, or a weight of a member of a sync group

    def __str__(self) -> str:
        """Return the present effect in words."""
        who = f"{self.router} (sync group {self.group})" if self.group else self.router
        if self.ignored:
            return f"{who}: ignored"
        if self.stops:
            return f"{who}: {'stopped by it' if self.fault else 'stopped if it fails'}"
        if self.weight == 0:
            return f"{who}: {'in fault now' if self.fault else 'fault if it fails'}"
        return f"{who}: {self.amount:+d} now, weight {self.weight:+d}{' reverse' * self.reverse}"


class CheckSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="check"):
    """One tracker: a script, interface, file or process."""

    name: str
    kind: Literal["script", "interface", "file", "process"]
    state: CheckState
    weight: int
    rise: int
    fall: int
    run: tuple[int, int]  # results in a row towards the next change of state, and how many are needed
    last_exit: int | None = None  # exit status; negative: killed by that signal
    last_output: str = ""
    duration: float | None = None
    durations: list[float] = []  # of the recent runs, oldest first
    failed: list[bool] = []  # for each of these runs, whether it failed
    command: str = ""
    interval: float = 0.0
    timeout: float = 0.0
    since: float = 0.0
    last_run: float | None = None
    muted: bool = False  # an operator has muted it: its result is ignored
    muted_until: float | None = None
    routers: list[str] = []  # names of the virtual routers that track it
    effects: list[Effect] = []  # on these virtual routers, the first hundred
    hint: str = ""  # possible fault of the check itself, one sentence


Snapshot = EngineSnapshot | VirtualRouterSnapshot | GroupSnapshot | CheckSnapshot
