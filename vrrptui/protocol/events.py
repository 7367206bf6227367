"""What can happen to one virtual router, in the past tense: the events that its state machine handles.

Values only; what follows from an event is decided in `virtual_router` (RFC 9568 §6.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.advert import Address, Advert


@dataclass(frozen=True, slots=True)
class Startup:
    """The engine is ready: take part."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The engine ends: give up in order."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operator stopped this router; it takes no part until `Started`."""

    by: str = "operator"


@dataclass(frozen=True, slots=True)
class Started:
    """An operator lets this router take part again."""

    by: str = "operator"


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """All reasons why this router cannot take part now; empty when it can."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """The effective priority is now `priority`, 1 to 255."""

    priority: int


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """The address adverts are sent from: the interface's primary or link-local address."""

    source: Address | None


@dataclass(frozen=True, slots=True)
class Follow:
    """Another member of our sync group became `state`, "master" or "backup": do the same."""

    state: str
    group: str
    member: str


@dataclass(frozen=True, slots=True)
class AdvertReceived:
    """A packet for this VRID arrived, good or bad."""

    advert: Advert


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; what is due is done."""


Event = (
    Startup
    | Shutdown
    | Stopped
    | Started
    | FaultsChanged
    | PriorityChanged
    | SourceChanged
    | Follow
    | AdvertReceived
    | Tick
)
