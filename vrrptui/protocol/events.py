"""The events that the state machine of a virtual router handles.

`virtual_router` decides what follows from each (RFC 9568 §6.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.advert import Address, Advert
from vrrptui.protocol.settings import Settings


@dataclass(frozen=True, slots=True)
class Startup:
    """The engine is ready; the router enters the election."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The engine stops; a master resigns."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The engine is ready, but this router starts later, for the given reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """The settings changed; the state is kept."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operator, or a failed check with `on_failure stop`, stopped this router until `Started`."""

    by: str = "operator"  # the name of the operator or check
    check: bool = False

    def __str__(self) -> str:
        return f"check {self.by}" if self.check else self.by


@dataclass(frozen=True, slots=True)
class Started:
    """An operator, or a check that recovered, ended `Stopped`."""

    by: str = "operator"


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """All current reasons why this router cannot take part; empty if it can."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """The effective priority is now `priority`, 1 to 255."""

    priority: int


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """The source address of adverts: the interface's primary or link-local address; None if there is none."""

    source: Address | None


@dataclass(frozen=True, slots=True)
class Follow:
    """Another member of the sync group became `state`, "master" or "backup"; this router follows."""

    state: str
    group: str
    member: str


@dataclass(frozen=True, slots=True)
class GroupReady:
    """Whether all other members of the sync group are ready to become master; until then this router waits."""

    ready: bool


@dataclass(frozen=True, slots=True)
class AdvertReceived:
    """A packet with this VRID arrived, valid or not."""

    advert: Advert


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; expired timers are processed."""


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
