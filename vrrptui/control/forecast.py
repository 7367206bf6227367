"""Forecasts for a group: without a router, at another priority, with a failing check. From snapshots only.

The result is a value: the next master, the time, the certainty, and codes for the reason and the risks.
`forecast_words` and the console word it. Times are those of RFC 9568 §6.1 and RFC 3768 §6.1. A backup never transmits:
its behaviour is known for a local router, likely for one that still listens to the group, and unknown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_address
from typing import Literal

from vrrptui.control.snapshots import CheckSnapshot, Effect, GroupSnapshot, HeardSnapshot, VirtualRouterSnapshot
from vrrptui.protocol.advert import NS_PER_SECOND
from vrrptui.protocol.advert import PRIORITY_OWNER as OWNER
from vrrptui.protocol.priority import HIGHEST, LOWEST, Tracked
from vrrptui.protocol.timers import DOWN_INTERVALS, skew_time_ns

LONGEST_INTERVAL_S = 255.0  # maximum of an advert, in version 2; a forged engine may send any number
Sureness = Literal["certain", "likely", "unknown"]


class Verdict(Enum):
    """What decides who is master then."""

    TAKES_OVER = "another router takes over"
    ALREADY_MASTER = "another router is master already"
    STAYS = "the master stays: nothing concerns it"
    NOT_HIGHER = "the master stays: nobody has a higher priority"
    PROBABLY_STAYS = "the master stays, unless a priority that was never heard is higher"
    NOBODY_ELSE = "the master stays: nobody else was ever heard"
    NO_PREEMPTION = "the master stays: who is higher does not preempt"
    NO_MASTER = "no master is heard, and none comes of this"
    PERHAPS = "somebody may take over, whose priority is not known"
    NOBODY = "no router is known to take over"


class RiskCode(Enum):
    """What may go wrong, or must be known. The comment lists the fields of its `Risk`."""

    ONE_BACKUP_LESS = "one backup less"  # who
    GOES_TO_FAULT = "a backup goes to fault"  # who
    DOWN_ALREADY = "the check is down already"  # who: the check
    OPERATORS_PRIORITY = "an operator's priority stands in place of the sum"  # number
    NO_MASTER_HEARD = "no master is heard"
    NO_PREEMPT = "our backup does not preempt"  # who
    RIVAL_NO_PREEMPT = "the higher router does not preempt"  # who, number: its priority
    PREEMPTION_UNKNOWN = "whether it preempts is unknown"  # who
    TIE = "the same priority as the winner"  # who
    PRIORITY_UNKNOWN = "a priority was never heard"  # who
    DOWN_TIMER_ASSUMED = "that it waits for as many adverts as ours is assumed"  # who, number
    LISTENS_ONLY = "whether it is alive is not sure: it listens"  # who
    SILENT = "whether it is alive is not sure: it has been silent"  # who
    UNSERVED = "addresses may go unserved"  # who: the addresses


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that may go wrong; `who` are names or addresses."""

    code: RiskCode
    who: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A router that may be elected."""

    source: str
    priority: int  # 0: unknown
    version: int
    interval: float
    sureness: Sureness  # that it is alive and takes part
    preempts: bool | None = None  # None: unknown
    speaks: bool = False  # it is master now
    ours: str = ""  # its name, if it is a local router
    adverts: int = DOWN_INTERVALS  # missing before it takes over; assumed for others

    @property
    def called(self) -> str:
        return self.ours or self.source

    @property
    def skew(self) -> float:
        return skew_time(self.priority, self.interval, self.version)

    @property
    def master_down(self) -> float:
        """Seconds without an advert after which it takes over."""
        return self.adverts * self.interval + self.skew


@dataclass(frozen=True, slots=True)
class Outcome:
    """The next master, the time, and the certainty."""

    change: str  # the assumption, in a few words
    verdict: Verdict
    masters: tuple[Candidate, ...]  # the current one
    then: Candidate | None  # None if no router is known
    after: float | None  # maximum seconds until the new master takes over; 0 if nothing changes
    sureness: Sureness
    risks: tuple[Risk, ...] = ()
    rest: tuple[Candidate, ...] = ()  # others that may be elected, the best first

    @property
    def alone(self) -> bool:
        """Whether no other router was ever heard in this group."""
        return self.verdict in (Verdict.NOBODY_ELSE, Verdict.NOBODY)

    @property
    def tied(self) -> tuple[Candidate, ...]:
        """The routers with the same priority as the new master: all of them take over at once."""
        return tuple(one for one in self.rest if self.then and one != self.then and one.priority == self.then.priority)


def skew_time(priority: int, interval: float, version: int) -> float:
    """Return the skew in seconds for a priority, 0-255 (v2 within a second, v3 within the interval)."""
    interval_ns = round(min(max(0.0, interval), LONGEST_INTERVAL_S) * NS_PER_SECOND)
    return skew_time_ns(max(2, version), priority, interval_ns) / NS_PER_SECOND


def rank(priority: int, source: str) -> tuple[int, int]:
    """Return the sort key of an election: priority, then address (RFC 9568 §6.4.3)."""
    try:
        return priority, int(ip_address(source.split("%")[0]))
    except ValueError:
        return priority, 0


def natural_priority(router: VirtualRouterSnapshot, without: str = "", instead: int = 0) -> int:
    """Return the priority from base and checks, 1-254 (255 for the owner); `without` counts as `instead`."""
    if router.owner:
        return OWNER
    total = router.base_priority + sum(part.amount for part in router.contributions if part.name != without)
    return min(HIGHEST, max(LOWEST, total + instead))


def amount_if(effect: Effect, up: bool) -> int:
    """Return what a check adds to this router's priority, -254 to 254, while it is up or down."""
    return 0 if effect.ignored else Tracked(effect.router, effect.weight, up, effect.reverse).amount


def others(group: GroupSnapshot | None) -> list[HeardSnapshot]:
    """Return the other routers ever heard in a group, the best first."""
    heard = [router for router in (group.routers if group else []) if not router.local]
    return sorted(heard, key=lambda router: rank(router.priority, router.source), reverse=True)


def candidates(group: GroupSnapshot | None, router: VirtualRouterSnapshot | None) -> list[Candidate]:
    """Return all known routers of this group, the best first; those with unknown priority last."""
    found = []
    adverts = router.down_timer_adverts if router else DOWN_INTERVALS
    speaking = {master.source for master in group.masters} if group else set()
    for heard in others(group):
        speaks = heard.source in speaking
        sureness: Sureness = "certain" if speaks else "likely" if heard.listens else "unknown"
        priority = 0 if heard.role == "resigned" and not heard.listens else heard.priority
        interval = heard.interval if speaks else _learned(group, router, heard.version, heard.interval)
        found.append(Candidate(heard.source, priority, heard.version, interval, sureness, None, speaks, "", adverts))
    if router and router.state in ("master", "backup"):
        found.append(_ours(group, router))
    version, interval = (found[0].version, found[0].interval) if found else (2, 1.0)
    found += [Candidate(source, 0, version, interval, "likely") for source in (group.listeners if group else ())]
    return sorted(found, key=lambda one: rank(one.priority, one.source), reverse=True)


def _learned(group: GroupSnapshot | None, router: VirtualRouterSnapshot | None, version: int, own: float) -> float:
    """The interval by which a backup waits: in version 3 the master's (RFC 9568 §6.1), in version 2 its own."""
    if version < 3 or group is None or group.version < 3:
        return own
    if router and router.state == "master":
        return router.advertisement_interval
    return group.masters[0].interval if group.masters else own


def _ours(group: GroupSnapshot | None, router: VirtualRouterSnapshot) -> Candidate:
    """Our own, as it takes part; one that is stopped as it would once it has heard the master."""
    speaks = router.state == "master"
    local = next((heard.source for heard in (group.routers if group else ()) if heard.local), "")
    source = (router.master or local) if speaks else local
    # The engine says how long it waits now; without the skew that is so many times the interval in force.
    interval = (router.master_down_interval - router.skew_time) / max(1, router.down_timer_adverts)
    if router.state == "stopped":
        interval = _learned(group, router, router.version, interval)
    return Candidate(
        source or router.name,
        router.effective_priority,
        router.version,
        interval,
        "certain",
        router.preempt or router.owner,
        speaks,
        router.name,
        router.down_timer_adverts,
    )


class UnknownRouterError(Exception):
    """The router that the question is about is not known; one line."""


class Question:
    """A group as it is, to be asked what would be."""

    def __init__(self, key: str, group: GroupSnapshot | None, router: VirtualRouterSnapshot | None) -> None:
        self._key, self._group, self._router = key, group, router
        self._known = candidates(group, router)
        self._masters = [one for one in self._known if one.speaks]

    def without(self, who: str) -> Outcome:
        """If the router with this address or name were gone. Raises UnknownRouterError."""
        gone = next((one for one in self._known if who in (one.source, one.ours)), None)
        if gone is None:
            known = ", ".join(one.called for one in self._known) or "nobody"
            raise UnknownRouterError(f"{who} was never heard in {self._key}; known: {known}")
        change = f"without {gone.called}"
        if not gone.speaks:
            return self._stays(change, risks=[Risk(RiskCode.ONE_BACKUP_LESS, (gone.called,))])
        return self._succession(change, [one for one in self._known if one is not gone], resigned=False)

    def without_masters(self) -> Outcome:
        """If all who are master now fell silent."""
        return self._succession("without a master", [one for one in self._known if not one.speaks], resigned=False)

    def at_priority(self, priority: int) -> Outcome:
        """If our router, or the master when we have none here, advertised this priority, 1-254."""
        subject = self._our_own() or next(iter(self._masters), None)
        if subject is None:
            raise UnknownRouterError(f"nobody takes part in {self._key} now whose priority could change")
        change = f"{subject.called} at priority {priority}"
        rest = [one for one in self._known if one is not subject]
        return self._lowered(change, priority, rest) if subject.speaks else self._raised(change, subject, priority)

    def with_check_failing(self, check: CheckSnapshot) -> Outcome:
        """If a check of our router failed."""
        router = self._router
        if router is None or check.name not in router.checks:
            raise UnknownRouterError(f"{check.name} is no check of {router.name if router else self._key}")
        change = f"{check.name} failing"
        if check.state == "down":
            return self._stays(change, risks=[Risk(RiskCode.DOWN_ALREADY, (check.name,))])
        if check.weight == 0:
            ours = self._our_own()
            if ours is None or not ours.speaks:
                return self._stays(change, risks=[Risk(RiskCode.GOES_TO_FAULT, (router.name,))])
            return self._resigning(change)
        if router.override is not None:
            return self._stays(change, risks=[Risk(RiskCode.OPERATORS_PRIORITY, number=router.override)])
        return self.at_priority(natural_priority(router, check.name, min(0, check.weight)))

    def with_ours_stopped(self) -> Outcome:
        """If our router stopped: a master resigns first."""
        ours = self._our_own()
        change = f"{self._router.name if self._router else self._key} stopped"
        if ours is None or not ours.speaks:
            return self._stays(change, risks=[Risk(RiskCode.ONE_BACKUP_LESS, (ours.called,))] if ours else [])
        return self._resigning(change)

    def with_ours_started(self, priority: int) -> Outcome:
        """If our router, which is stopped, took part again with this priority, 1-255."""
        if self._router is None:
            raise UnknownRouterError(f"{self._key} is only heard here")
        ours = _ours(self._group, self._router)
        change = f"{self._router.name} started"
        if priority == OWNER:  # RFC 9568 §6.4.1
            return self._takes_over(change, replace(ours, priority=priority), 0.0, [], [], self._known)
        return self._raised(change, ours, priority)

    def _our_own(self) -> Candidate | None:
        return next((one for one in self._known if one.ours), None)

    def _resigning(self, change: str) -> Outcome:
        return self._succession(change, [one for one in self._known if not one.ours], resigned=True)

    def _lowered(self, change: str, priority: int, rest: list[Candidate]) -> Outcome:
        """The master's priority changes: who preempts it?"""
        higher = [one for one in rest if one.priority > priority]
        unknown = _unknown(rest)
        if not rest:
            return self._stays(change, Verdict.NOBODY_ELSE, "likely")
        if not higher:
            verdict = Verdict.NOT_HIGHER if rest[0].priority else Verdict.PROBABLY_STAYS
            return self._stays(change, verdict, "unknown" if unknown else "likely", unknown, rest)
        winner = higher[0]
        if winner.preempts is False:
            risk = Risk(RiskCode.RIVAL_NO_PREEMPT, (winner.called,), winner.priority)
            return self._stays(change, Verdict.NO_PREEMPTION, risks=[risk], rest=rest)
        if winner.preempts is None:
            unknown.append(Risk(RiskCode.PREEMPTION_UNKNOWN, (winner.source,)))
        return self._takes_over(change, winner, winner.master_down, _ties(higher), unknown, rest)

    def _raised(self, change: str, subject: Candidate, priority: int) -> Outcome:
        """A backup of ours changes its priority: does it preempt the master?"""
        raised = replace(subject, priority=priority)
        if not self._masters:
            risks = [Risk(RiskCode.NO_MASTER_HEARD)]
            return self._takes_over(change, raised, raised.master_down, risks, [], self._known)
        if priority <= self._masters[0].priority:
            return self._stays(change, Verdict.STAYS)
        if not subject.preempts:
            return self._stays(change, Verdict.NO_PREEMPTION, risks=[Risk(RiskCode.NO_PREEMPT, (subject.called,))])
        return self._takes_over(change, raised, raised.master_down, [], [], self._known)

    def _succession(self, change: str, rest: list[Candidate], resigned: bool) -> Outcome:
        """The master goes: who follows?"""
        remaining = next((one for one in rest if one.speaks), None)
        if remaining:
            return self._outcome(change, Verdict.ALREADY_MASTER, remaining, 0.0, "certain", [], rest)
        electable = [one for one in rest if one.priority]
        if not electable:
            verdict = Verdict.PERHAPS if rest else Verdict.NOBODY
            risks = [Risk(RiskCode.UNSERVED, tuple(self._group.addresses if self._group else ()))]
            return self._outcome(change, verdict, None, None, "unknown", risks, rest)
        winner = electable[0]
        after = winner.skew if resigned else winner.master_down
        return self._takes_over(change, winner, after, _ties(electable), _unknown(rest), rest)

    def _takes_over(
        self,
        change: str,
        winner: Candidate,
        after: float,
        risks: list[Risk],
        doubts: list[Risk],
        rest: list[Candidate],
    ) -> Outcome:
        """`doubts` are risks that make the forecast less sure."""
        if not winner.ours and winner.adverts != DOWN_INTERVALS and after == winner.master_down:
            doubts = [*doubts, Risk(RiskCode.DOWN_TIMER_ASSUMED, (winner.source,), winner.adverts)]
        sureness: Sureness = "likely" if doubts and winner.sureness == "certain" else winner.sureness
        if winner.sureness != "certain":
            code = RiskCode.LISTENS_ONLY if winner.sureness == "likely" else RiskCode.SILENT
            doubts = [Risk(code, (winner.source,)), *doubts]
        return self._outcome(change, Verdict.TAKES_OVER, winner, after, sureness, doubts + risks, rest)

    def _stays(
        self,
        change: str,
        verdict: Verdict = Verdict.STAYS,
        sureness: Sureness = "certain",
        risks: Iterable[Risk] = (),
        rest: Iterable[Candidate] = (),
    ) -> Outcome:
        master = next(iter(self._masters), None)
        if master is None and verdict is Verdict.STAYS:
            verdict = Verdict.NO_MASTER
        return self._outcome(change, verdict, master, 0.0, sureness, risks, rest)

    def _outcome(
        self,
        change: str,
        verdict: Verdict,
        then: Candidate | None,
        after: float | None,
        sureness: Sureness,
        risks: Iterable[Risk],
        rest: Iterable[Candidate],
    ) -> Outcome:
        return Outcome(change, verdict, tuple(self._masters), then, after, sureness, tuple(risks), tuple(rest))


def _ties(electable: list[Candidate]) -> list[Risk]:
    """Candidates that the priority alone does not tell apart."""
    winner, *losers = electable
    tied = tuple(one.called for one in losers if one.priority == winner.priority)
    return [Risk(RiskCode.TIE, tied)] if tied else []


def _unknown(rest: Iterable[Candidate]) -> list[Risk]:
    unheard = tuple(one.source for one in rest if not one.priority)
    return [Risk(RiskCode.PRIORITY_UNKNOWN, unheard)] if unheard else []
