"""The actions that a virtual router returns; the engine performs them in the given order.

The engine handles `Log`, `LowerHeard` and `Transition` (logging and notifications) after all other actions, in the same
order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Cause(Enum):
    """Why a router became master (new-master-reason of RFC 8347)."""

    NOT_MASTER = "not-master"
    PRIORITY = "priority"  # the router is the address owner, or the previous master resigned
    PREEMPTED = "preempted"  # it preempted a master of lower priority
    SYNC_GROUP = "sync-group"  # another member of its sync group is master; not in RFC 8347
    NO_RESPONSE = "no-response"  # no advert arrived during the master down interval


# Why announcements are sent: after a takeover, after a conflict with another master, or as a periodic refresh.
Occasion = Literal["takeover", "conflict", "refresh"]


@dataclass(frozen=True, slots=True)
class SendAdvert:
    """Send an advert with this priority; priority 0 resigns."""

    priority: int


@dataclass(frozen=True, slots=True)
class AddAddresses:
    """Add the virtual addresses to the interface."""


@dataclass(frozen=True, slots=True)
class RemoveAddresses:
    """Remove the virtual addresses from the interface."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Send gratuitous ARPs or unsolicited neighbour advertisements for every virtual address."""

    occasion: Occasion = "takeover"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state, or of the reason for the state (`before` == `after`); for logs, history and notifications."""

    before: str
    after: str
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class LowerHeard:
    """A master received an advert of lower priority; at most one a second, for notifications."""


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the log."""

    level: Literal["info", "warning"]
    text: str


Action = SendAdvert | AddAddresses | RemoveAddresses | Announce | Transition | LowerHeard | Log
