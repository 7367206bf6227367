"""The states of a virtual router (RFC 9568 §6.4). Each owns its deadlines, in monotonic nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vrrptui.protocol.actions import Cause, Occasion
from vrrptui.protocol.advert import Address

EARLY_SHARE, EARLIEST_NS = 10, 50_000_000  # how early an advert may be: a share of its interval, at most


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
    ready: bool = False  # the timer ran out, and the sync group waits for another member's

    def wait_on(self, until_ns: int) -> Backup:
        """The timer ran out, and the sync group is not ready."""
        return replace(self, master_down_at_ns=until_ns, ready=True)


@dataclass(slots=True)
class Master:
    """Sends adverts and holds the addresses (RFC 9568 §6.4.3)."""

    advert_due_ns: int  # moves on with every advert; all else stays as long as this state is the same one
    announce_at_ns: int | None = None
    announcing: Occasion = "takeover"  # what for at announce_at_ns: the second burst of one, or a refresh
    announced_at_ns: int = 0
    answered_at_ns: int | None = None  # the last advert that a losing one provoked
    in_step: bool = False  # an advert left early to be in step with another master's

    def take_advert(self, now_ns: int, interval_ns: int, step_ns: int | None = None) -> int | None:
        """If an advert is due, and nothing else: move on; the next deadline, or None if that is not so.

        Once, an advert may leave a little early, to be in step with another that was due at `step_ns`: from then on
        both are due together, if their intervals are alike.
        """
        early_ns, announce_ns = self.advert_due_ns - now_ns, self.announce_at_ns
        if announce_ns is not None and announce_ns <= now_ns:
            return None
        if early_ns > 0:
            if self.in_step or step_ns is None or early_ns > min(interval_ns // EARLY_SHARE, EARLIEST_NS):
                return None
            self.advert_due_ns, self.in_step = step_ns, True
        next_ns = self.move_on(now_ns, interval_ns)
        return next_ns if announce_ns is None or next_ns < announce_ns else announce_ns

    def move_on(self, now_ns: int, interval_ns: int) -> int:
        """Plan the next advert, and return its time. After a stall there is one, and then the schedule of before."""
        missed = max(0, now_ns - self.advert_due_ns) // interval_ns
        self.advert_due_ns += (missed + 1) * interval_ns
        return self.advert_due_ns


State = Initialize | Backup | Master
