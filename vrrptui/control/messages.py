"""The messages of the control socket, in both directions. docs/control-protocol.md is generated from this module.

The engine sends `Hello`, all current snapshots, the recent history, then `Synced`, then changes as they happen. A
client sends commands with a number; the engine answers each with `Done` or `Refused` and that number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from vrrptui.control.snapshots import (
    CheckSnapshot,
    EngineSnapshot,
    GroupSnapshot,
    Severity,
    VirtualRouterSnapshot,
)
from vrrptui.protocol.link.link_types import ETHERNET

PROTOCOL = 2  # grows when a message changes its meaning


# Sent by the engine.


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first message: protocol version, engine, and rights of this client."""

    protocol: int  # version of this protocol; a client disconnects from an engine with another one
    version: str  # of vrrptui
    pid: int
    may_operate: bool  # False: commands are refused


class Synced(msgspec.Struct, frozen=True, tag="synced"):
    """Ends the initial state: all snapshots and the recent history have been sent; changes follow."""


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag="removed"):
    """The subject of earlier snapshots no longer exists (removed by a reload, or a group that expired)."""

    kind: Literal["virtual_router", "group", "check"]
    key: str  # name of the check, or key of the group or virtual router


class EventKind(StrEnum):
    """What can have happened. The beginning of a problem has the code of its diagnosis instead."""

    # A virtual router of this host has this state now; MASTER also: a router that was heard.
    MASTER = "MASTER"
    BACKUP = "BACKUP"
    FAULT = "FAULT"
    INIT = "INIT"
    STOPPED = "STOPPED"
    # Heard on the segment.
    FAILOVER = "FAILOVER"
    ANNOUNCED = "ANNOUNCED"
    MASTER_LOST = "MASTER_LOST"
    SECOND_MASTER = "SECOND_MASTER"
    SECOND_MASTER_OVER = "SECOND_MASTER_OVER"
    RESIGNED = "RESIGNED"
    ADDRESSES = "ADDRESSES"
    PRIORITY = "PRIORITY"  # heard, or set by an operator
    CLEARED = "CLEARED"  # a problem is over
    # Done by the engine, or asked of it.
    CHECK = "CHECK"
    MUTE = "MUTE"
    DRAIN_FAILED = "DRAIN_FAILED"
    NOTIFY = "NOTIFY"
    RELOAD = "RELOAD"
    ACCEPT_FILTER = "ACCEPT_FILTER"


class HistoryEvent(msgspec.Struct, frozen=True, kw_only=True, tag="event"):
    """An event of the history. An event that is sent again has the same `seq`."""

    seq: int  # grows by one per event
    time: float
    group: str  # key of the group; empty for the engine as a whole
    kind: str  # FAILOVER, MASTER_LOST, PRIORITY, CHECK, ... (EventKind), or a diagnosis code
    severity: Severity
    text: str
    gap_ms: float | None = None  # time without a master, in milliseconds; MASTER_LOST: so far
    by: str = "network"  # cause: network, check, engine, or the operator
    predicted_gap_ms: float | None = None  # the gap that the formulas of the timers predict
    cause: str = ""  # why the master changed
    router: str = ""  # address of the router that became master, or stopped being master
    announced_ms: float | None = None  # from becoming master to the first gratuitous ARP or unsolicited NA


class AdvertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One advert, as `watch --json` prints it."""

    time: float
    interface: str | None
    vlan: int | None
    source: str | None
    destination: str | None
    source_mac: str | None
    ttl: int | None
    version: int | None
    type: int | None
    vrid: int | None
    priority: int | None
    interval: float | None
    auth: str | None
    addresses: list[str]
    checksum: str | None
    length: int | None
    problems: list[str]  # reasons for which every router refuses it
    oddities: list[str] = []  # reasons for which only strict mode refuses it


class SaidAdvert(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of adverts that differ only in time, and the verdict of this host's virtual router."""

    line: AdvertLine  # with time 0
    verdict: str = ""  # what the virtual router of this host did with it; empty for other VRIDs
    link_type: int = ETHERNET  # link type of the frames, as in pcap


class HeardAdvert(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One received advert: an array, because there can be thousands per second."""

    time: float
    said: int  # index of its contents in `Adverts.said`
    frame: bytes  # base64, from the link-layer header on


class Adverts(msgspec.Struct, frozen=True, kw_only=True, tag="adverts"):
    """The adverts since the previous message of this type, oldest first. Sent only after `subscribe`.

    Equal contents are sent once, in `said`, so that a client decodes only those that it shows.
    """

    said: list[msgspec.Raw]  # one SaidAdvert each
    heard: list[HeardAdvert]
    skipped: int = 0  # adverts that exceeded the limit and are not in `heard`
    continues: bool = False  # `said` of this message follows the `said` of the previous one, which was full


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The command with this number was executed."""

    id: int
    text: str = ""  # the result, one line


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The command with this number was not executed; nothing has changed. `id` 0: the connection is closed."""

    id: int
    why: str  # the reason, one line


FromEngine = (
    Hello
    | Synced
    | Removed
    | HistoryEvent
    | Adverts
    | Done
    | Refused
    | EngineSnapshot
    | VirtualRouterSnapshot
    | GroupSnapshot
    | CheckSnapshot
)


# Sent by a client.


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag="subscribe"):
    """Start or stop `adverts` messages for this client. They are off at first; there is no answer."""

    adverts: bool


class SetPriority(msgspec.Struct, frozen=True, kw_only=True, tag="set_priority"):
    """Override a virtual router's priority: to `priority`, or by `delta` from the effective one; neither restores it.

    The result must be 1 to 254. The override replaces the sum of base and weights until it is restored. A failing check
    without weight still puts the router in FAULT.
    """

    id: int
    router: str  # name or key
    priority: int | None = None
    delta: int | None = None
    seconds: float | None = None  # duration; null: until it is restored
    terminal: str = ""  # terminal of the operator, for the history


class StopRouter(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Give up mastership, and take no part until started."""

    id: int
    router: str
    seconds: float | None = None  # duration; null: until it is started
    terminal: str = ""


class StartRouter(msgspec.Struct, frozen=True, kw_only=True, tag="start"):
    """Start a stopped virtual router, or cancel its drain."""

    id: int
    router: str
    terminal: str = ""


DRAIN_INTERVALS, DRAIN_LEAST_S = 3, 3.0


def drain_s(master_down_s: float) -> float:
    """Return the default timeout of a drain in seconds."""
    return max(DRAIN_LEAST_S, DRAIN_INTERVALS * master_down_s)


class DrainRouter(msgspec.Struct, frozen=True, kw_only=True, tag="drain"):
    """Drop the priority to 1, wait until another router has taken over, then stop. On timeout, restore the priority."""

    id: int
    router: str
    seconds: float | None = None  # timeout; null: three master down intervals, at least 3 s
    terminal: str = ""


class AnnounceAgain(msgspec.Struct, frozen=True, kw_only=True, tag="announce"):
    """Make a master send its gratuitous ARPs or neighbour advertisements again."""

    id: int
    router: str
    terminal: str = ""


class MuteCheck(msgspec.Struct, frozen=True, kw_only=True, tag="mute"):
    """Ignore the result of a check, or stop ignoring it. The check keeps running."""

    id: int
    check: str
    muted: bool = True
    seconds: float | None = None  # duration; null: until it is unmuted
    terminal: str = ""


class Play(msgspec.Struct, frozen=True, kw_only=True, tag="play"):
    """Control an engine that plays a capture. null leaves a value unchanged."""

    id: int
    playing: bool | None = None  # False: pause
    speed: float | None = None  # 0.1 to 1000 times the speed of the capture
    at: float | None = None  # go to this time of the capture
    terminal: str = ""


class Reload(msgspec.Struct, frozen=True, kw_only=True, tag="reload"):
    """Reload the configuration file, or switch to another one."""

    id: int
    file: str = ""  # absolute path on the host of the engine; empty: the present file
    terminal: str = ""


class Shutdown(msgspec.Struct, frozen=True, kw_only=True, tag="shutdown"):
    """Stop the engine, like SIGTERM."""

    id: int
    terminal: str = ""


Command = SetPriority | StopRouter | StartRouter | DrainRouter | AnnounceAgain | MuteCheck | Play | Reload | Shutdown
FromClient = Subscribe | Command
