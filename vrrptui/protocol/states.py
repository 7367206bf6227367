"""The states of a virtual router (RFC 9568 §6.4). Each owns its deadlines, in monotonic nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.actions import Cause, Occasion
from vrrptui.protocol.advert import Address


@dataclass(frozen=True, slots=True)
class Initialize:
    """Takes no part: not started, stopped by an operator, or in fault (RFC 9568 §6.4.1)."""


@dataclass(frozen=True, slots=True)
class Backup:
    """Listens to a master (RFC 9568 §6.4.2)."""

    master_down_at_ns: int
    interval_ns: int  # Active_Adver_Interval: learned from the master in v3, the own one in v2
    cause: Cause = Cause.NO_RESPONSE  # why we would become master when the timer runs out
    preempt_at_ns: int | None = None  # while a preempt delay runs: when it ends
    master: Address | None = None
    master_priority: int | None = None
    heard_at_ns: int | None = None


@dataclass(slots=True)
class Master:
    """Sends adverts and holds the addresses (RFC 9568 §6.4.3)."""

    advert_due_ns: int  # moves on with every advert; all else stays as long as this state is the same one
    announce_at_ns: int | None = None
    announcing: Occasion = "takeover"  # what for at announce_at_ns: the second burst of one, or a refresh
    announced_at_ns: int = 0
    answered_at_ns: int | None = None  # the last advert that a losing one provoked


State = Initialize | Backup | Master
