"""What can happen to one virtual router, in the past tense: the events that its state machine handles.

Values only; what follows from an event is decided in `virtual_router` (RFC 9568 §6.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.advert import Address, Advert
from vrrptui.protocol.settings import Settings


@dataclass(frozen=True, slots=True)
class Startup:
    """The engine is ready: take part."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The engine ends: give up in order."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The engine is ready, and this router starts later, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """Other settings hold from now on; the state stays."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operator, or a failed check with `on_failure stop`, stopped this router: it is out until `Started`."""

    by: str = "operator"  # the operator's or the check's name
    check: bool = False

    def __str__(self) -> str:
        return f"check {self.by}" if self.check else self.by


@dataclass(frozen=True, slots=True)
class Started:
    """An operator, or a check that is good again, lets this router take part again."""

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
class GroupReady:
    """Whether all other members of the sync group are ready to become master; until then this one waits."""

    ready: bool


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
    | Waits
    | Reconfigured
    | Stopped
    | Started
    | FaultsChanged
    | PriorityChanged
    | SourceChanged
    | Follow
    | GroupReady
    | AdvertReceived
    | Tick
)
