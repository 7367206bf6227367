"""The states of a virtual router (RFC 9568 §6.4). Each owns its deadlines, in monotonic nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.actions import Cause, Occasion
from vrrptui.protocol.advert import Address

EARLY_SHARE, EARLIEST_NS = 10, 50_000_000  # an advert may be early by this part of its interval, and at most so much


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

    def take_advert(self, now_ns: int, interval_ns: int) -> int | None:
        """If an advert is due, and nothing else: move on; the next deadline, or None if that is not so.

        An advert may leave a little early, once: its schedule goes on from there, in step with others that are due.
        After a stall there is one advert, and then the schedule of before.
        """
        due_ns, announce_ns = self.advert_due_ns, self.announce_at_ns
        late_ns = now_ns - due_ns
        if -late_ns > min(interval_ns // EARLY_SHARE, EARLIEST_NS):
            return None
        if announce_ns is not None and announce_ns <= now_ns:
            return None
        if late_ns >= interval_ns:
            due_ns += late_ns // interval_ns * interval_ns
        next_ns = self.advert_due_ns = (now_ns if late_ns < 0 else due_ns) + interval_ns
        return next_ns if announce_ns is None or next_ns < announce_ns else announce_ns


State = Initialize | Backup | Master
