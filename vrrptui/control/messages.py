"""What goes over the control socket: the engine's lines, and the client's.

The engine says `Hello`, every current snapshot, the recent history, then `Synced`, then changes as they happen. A
client asks with a numbered command and is answered by `Done` or `Refused` with that number.
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


# What the engine says.


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first line: what is spoken here, and what this client may do."""

    protocol: int
    version: str
    pid: int
    may_operate: bool


class Synced(msgspec.Struct, frozen=True, tag="synced"):
    """All that was known when the client came has been said; changes follow."""


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag="removed"):
    """A snapshot's subject is gone (a router after a reload, a group forgotten)."""

    kind: Literal["virtual_router", "group", "check"]
    key: str  # a check's name, or the key of a group or virtual router


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
    """Something happened, to be remembered. `seq` grows by one an event; an event said twice has the same number."""

    seq: int
    time: float
    group: str  # its key; empty when it concerns the engine as a whole
    kind: str  # an EventKind or the code of a problem; of an engine of another version maybe neither
    severity: Severity
    text: str
    gap_ms: float | None = None  # how long nobody was master; of MASTER_LOST: so far
    by: str = "network"  # network, check, engine, or who asked
    predicted_gap_ms: float | None = None  # how long that was to be by the timers' formulas
    cause: str = ""  # of a change of master
    router: str = ""  # whom a change of master is about: who became master, or is master no more
    announced_ms: float | None = None  # from becoming master to the first gratuitous ARP or neighbour advertisement


class AdvertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One advert as `watch --json` shows it."""

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
    problems: list[str]  # why every router refuses it
    oddities: list[str] = []  # what is refused in strict mode alone


class SaidAdvert(msgspec.Struct, frozen=True, kw_only=True):
    """What an advert says, as its router says it again and again, and what our own virtual router makes of it."""

    line: AdvertLine  # its time is 0
    verdict: str = ""  # empty when the VRID is not ours
    link_type: int = ETHERNET  # of the frames, by the pcap list of link types


class HeardAdvert(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One advert that was heard, as short as can be, for there may be thousands a second."""

    time: float
    said: int  # the place of what it says in `Adverts.said`
    frame: bytes  # from the link header on


class Adverts(msgspec.Struct, frozen=True, kw_only=True, tag="adverts"):
    """The adverts since the last such line, oldest first; `skipped` did not fit under the limit.

    What is said often is told once: `said` holds each different `SaidAdvert`, encoded, so that a client may read only
    those that it shows. When a line is too short for all, the next one continues: its `said` follows on those before.
    """

    said: list[msgspec.Raw]
    heard: list[HeardAdvert]
    skipped: int = 0
    continues: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The command with this number was carried out."""

    id: int
    text: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The command with this number was not carried out; nothing has changed."""

    id: int
    why: str


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


# What a client says.


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag="subscribe"):
    """Whether this client wants adverts as well (off at first)."""

    adverts: bool


class SetPriority(msgspec.Struct, frozen=True, kw_only=True, tag="set_priority"):
    """Override a virtual router's priority: to `priority`, or by `delta` from the effective one; neither restores it.

    The result must be 1 to 254. The override replaces the sum of base and checks until it is restored; a check
    without weight still puts the router in fault.
    """

    id: int
    router: str  # name or key
    priority: int | None = None
    delta: int | None = None
    seconds: float | None = None  # restored by itself after so long; None: it stays
    terminal: str = ""  # where the operator sits, for the history


class StopRouter(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Give mastership up and take no part until started again."""

    id: int
    router: str
    seconds: float | None = None  # started by itself after so long; None: it stays stopped
    terminal: str = ""


class StartRouter(msgspec.Struct, frozen=True, kw_only=True, tag="start"):
    """Take part again, or go on taking part: a drain under way is cancelled."""

    id: int
    router: str
    terminal: str = ""


DRAIN_INTERVALS, DRAIN_LEAST_S = 3, 3.0


def drain_s(master_down_s: float) -> float:
    """For how many seconds another router may take over from one that is drained, unless the command says how many."""
    return max(DRAIN_LEAST_S, DRAIN_INTERVALS * master_down_s)


class DrainRouter(msgspec.Struct, frozen=True, kw_only=True, tag="drain"):
    """Drop to priority 1, wait until another router has taken over, then stop; back to what it was if nobody does."""

    id: int
    router: str
    seconds: float | None = None  # that another router has for it; None: three master down intervals, 3 s at least
    terminal: str = ""


class AnnounceAgain(msgspec.Struct, frozen=True, kw_only=True, tag="announce"):
    """Send the gratuitous ARPs or neighbour advertisements of a master once more."""

    id: int
    router: str
    terminal: str = ""


class MuteCheck(msgspec.Struct, frozen=True, kw_only=True, tag="mute"):
    """Let a check count for nothing, or count again; it goes on running."""

    id: int
    check: str
    muted: bool = True
    seconds: float | None = None  # counts again by itself after so long; None: it stays muted
    terminal: str = ""


class Play(msgspec.Struct, frozen=True, kw_only=True, tag="play"):
    """Go on, pause, at another speed, or from another time: of an engine that plays a capture. None: as it is."""

    id: int
    playing: bool | None = None
    speed: float | None = None  # 0.1 to 1000 times the capture's own
    at: float | None = None  # seconds since 1970 by the capture's clock
    terminal: str = ""


class Reload(msgspec.Struct, frozen=True, kw_only=True, tag="reload"):
    """Read the configuration file again, or another one, which is the engine's from then on."""

    id: int
    file: str = ""  # absolute path on the engine's host; empty: the same as before
    terminal: str = ""


class Shutdown(msgspec.Struct, frozen=True, kw_only=True, tag="shutdown"):
    """Stop the engine as SIGTERM does."""

    id: int
    terminal: str = ""


Command = SetPriority | StopRouter | StartRouter | DrainRouter | AnnounceAgain | MuteCheck | Play | Reload | Shutdown
FromClient = Subscribe | Command
