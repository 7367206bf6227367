"""What a virtual router wants done: a closed set of values, performed by the engine in the order they come.

`Log`, `LowerHeard` and `Transition` are only told: the engine writes and notifies when the others
are done, in this same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Cause(Enum):
    """Why a router became master (new-master-reason of RFC 8347)."""

    NOT_MASTER = "not-master"
    PRIORITY = "priority"  # it owns the address, or the master before it resigned
    PREEMPTED = "preempted"  # a master with a lower priority
    SYNC_GROUP = "sync-group"  # another member of its sync group is master; RFC 8347 has no word for it
    NO_RESPONSE = "no-response"  # nothing was heard for the master down interval


# Why announcements are sent: we became master, another master lost to us, or it is time again.
Occasion = Literal["takeover", "conflict", "refresh"]


@dataclass(frozen=True, slots=True)
class SendAdvert:
    """Send an advert with this priority; 0 resigns."""

    priority: int


@dataclass(frozen=True, slots=True)
class AddAddresses:
    """Put the virtual addresses on the interface."""


@dataclass(frozen=True, slots=True)
class RemoveAddresses:
    """Take the virtual addresses off the interface."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Send gratuitous ARPs or unsolicited neighbour advertisements for every virtual address."""

    occasion: Occasion = "takeover"


@dataclass(frozen=True, slots=True)
class Transition:
    """The state has changed, or the reason for it has (`before` == `after`); for logs, history and notifications."""

    before: str
    after: str
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class LowerHeard:
    """A master has heard an advert of lower priority; at most once a second, for notifications."""


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the log."""

    level: Literal["info", "warning"]
    text: str


Action = SendAdvert | AddAddresses | RemoveAddresses | Announce | Transition | LowerHeard | Log
