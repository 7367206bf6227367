"""The states of a virtual router (RFC 9568 §6.4) with their deadlines, in monotonic nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vrrptui.protocol.actions import Cause, Occasion
from vrrptui.protocol.advert import Address

EARLY_SHARE, EARLIEST_NS = 10, 50_000_000  # how early an advert may be: a share of its interval, at most


@dataclass(frozen=True, slots=True)
class Initialize:
    """Does not take part: not started, stopped by an operator, or in fault (RFC 9568 §6.4.1)."""


@dataclass(frozen=True, slots=True)
class Backup:
    """Listens to a master (RFC 9568 §6.4.2)."""

    master_down_at_ns: int
    interval_ns: int  # Active_Adver_Interval: learned from the master in v3, the router's own in v2
    cause: Cause = Cause.NO_RESPONSE  # the cause if the timer expires
    preempt_at_ns: int | None = None  # end of a running preempt delay
    master: Address | None = None
    master_priority: int | None = None
    heard_at_ns: int | None = None
    ready: bool = False  # the timer expired, and the router waits for its sync group

    def wait_on(self, until_ns: int) -> Backup:
        """Return this state with the timer restarted, because it expired while the sync group was not ready."""
        return replace(self, master_down_at_ns=until_ns, ready=True)


@dataclass(slots=True)
class Master:
    """Sends adverts and holds the addresses (RFC 9568 §6.4.3)."""

    advert_due_ns: int  # changed in place with every advert; other changes replace the whole state
    announce_at_ns: int | None = None
    announcing: Occasion = "takeover"  # the occasion of the announcement at announce_at_ns
    announced_at_ns: int = 0
    answered_at_ns: int | None = None  # when an advert of lower priority was last answered
    in_step: bool = False  # an advert was sent early to align with another master's

    def take_advert(self, now_ns: int, interval_ns: int, step_ns: int | None = None) -> int | None:
        """Schedule the next advert if one is due and nothing else; return the next deadline, or None if not.

        Once, an advert may be sent slightly early together with another router's advert that was due at `step_ns`: from
        then on both are due together, if their intervals are equal.
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
        """Schedule the next advert and return its time. After a stall the missed adverts are skipped."""
        missed = max(0, now_ns - self.advert_due_ns) // interval_ns
        self.advert_due_ns += (missed + 1) * interval_ns
        return self.advert_due_ns


State = Initialize | Backup | Master
