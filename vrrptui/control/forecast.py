"""What would happen to a group: without a router, at another priority, with a failing check. From snapshots alone.

Times after RFC 9568 §6.1 and RFC 3768 §6.1. A router in backup never transmits: what it would do is known for our
own, likely for one that still listens to the group, and unknown for the rest; each answer says which.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Literal

import msgspec

from vrrptui.control.snapshots import CheckSnapshot, Effect, GroupSnapshot, VirtualRouterSnapshot
from vrrptui.protocol.priority import Tracked

MASTER_DOWN_INTERVALS = 3
OWNER, HIGHEST, LOWEST = 255, 254, 1
Sureness = Literal["certain", "likely", "unknown"]


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Who would be master, when, and how sure that is."""

    group: str
    change: str
    master_now: list[str]
    master_then: str | None  # an address; None when nobody is known
    priority_then: int | None = None
    after: float | None = None  # seconds at most until the new master takes over; 0 when nothing moves
    sureness: Sureness
    effect: str  # one sentence
    risks: list[str] = []  # one sentence each
    alone: bool = False  # nobody else was ever heard in this group


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
    ours: str = ""  # its name, when it is one of our own
    adverts: int = MASTER_DOWN_INTERVALS  # that are missing before it takes over; of others, as it is for our own

    @property
    def name(self) -> str:
        return f"{self.ours or self.source} ({self.priority})"

    @property
    def skew(self) -> float:
        return skew_time(self.priority, self.interval, self.version)

    @property
    def master_down(self) -> float:
        return self.adverts * self.interval + self.skew


def skew_time(priority: int, interval: float, version: int) -> float:
    """Seconds of skew of a router of that priority, 0-255 (v2 skews within a second, v3 within the interval)."""
    return (256 - priority) / 256 * (interval if version >= 3 else 1.0)


def rank(priority: int, source: str) -> tuple[int, int]:
    """Orders routers as an election does: priority, then address (RFC 9568 §6.4.3)."""
    try:
        return priority, int(ip_address(source.split("%")[0]))
    except ValueError:
        return priority, 0


def natural_priority(router: VirtualRouterSnapshot, without: str = "", instead: int = 0) -> int:
    """What base and checks alone make, 1-254 (255 for the owner); the check `without` counts as `instead`."""
    if router.owner:
        return OWNER
    total = router.base_priority + sum(part.amount for part in router.contributions if part.name != without)
    return min(HIGHEST, max(LOWEST, total + instead))


def amount_if(effect: Effect, up: bool) -> int:
    """What a check adds to this router's priority, -254 to 254, while it is up, or down."""
    return 0 if effect.ignored else Tracked(effect.router, effect.weight, up, effect.reverse).amount


def candidates(group: GroupSnapshot | None, router: VirtualRouterSnapshot | None) -> list[Candidate]:
    """Everybody known to this group, who would win first; those whose priority is unknown last."""
    found = []
    adverts = router.down_timer_adverts if router else MASTER_DOWN_INTERVALS
    speaking = {master.source for master in group.masters} if group else set()
    for heard in group.routers if group else ():
        if heard.local:
            continue
        speaks = heard.source in speaking
        sureness: Sureness = "certain" if speaks else "likely" if heard.listens else "unknown"
        priority = 0 if heard.role == "resigned" and not heard.listens else heard.priority
        found.append(
            Candidate(heard.source, priority, heard.version, heard.interval, sureness, speaks=speaks, adverts=adverts)
        )
    if router and router.state in ("master", "backup"):
        found.append(_ours(group, router))
    version, interval = (found[0].version, found[0].interval) if found else (2, 1.0)
    found += [Candidate(source, 0, version, interval, "likely") for source in (group.listeners if group else ())]
    return sorted(found, key=lambda one: rank(one.priority, one.source), reverse=True)


def _ours(group: GroupSnapshot | None, router: VirtualRouterSnapshot) -> Candidate:
    speaks = router.state == "master"
    local = next((heard.source for heard in (group.routers if group else ()) if heard.local), "")
    source = (router.master or local) if speaks else local
    interval = router.advertisement_interval
    if not speaks and router.version >= 3 and group and group.masters:
        interval = group.masters[0].interval
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

    def without(self, who: str) -> Forecast:
        """If the router with this address or name were gone. Raises UnknownRouterError."""
        gone = next((one for one in self._known if who in (one.source, one.ours)), None)
        if gone is None:
            known = ", ".join(one.ours or one.source for one in self._known) or "nobody"
            raise UnknownRouterError(f"{who} was never heard in {self._key}; known: {known}")
        change = f"without {gone.ours or gone.source}"
        rest = [one for one in self._known if one is not gone]
        if not gone.speaks:
            return self._stays(change, "certain", [f"One backup less: {gone.ours or gone.source}."])
        return self._succession(change, rest, resigned=False)

    def at_priority(self, priority: int) -> Forecast:
        """If our router, or the master when we have none here, advertised this priority, 1-254."""
        subject = next((one for one in self._known if one.ours), None) or next(iter(self._masters), None)
        if subject is None:
            raise UnknownRouterError(f"nobody takes part in {self._key} now whose priority could change")
        change = f"{subject.ours or subject.source} at priority {priority}"
        rest = [one for one in self._known if one is not subject]
        return self._lowered(change, priority, rest) if subject.speaks else self._raised(change, subject, priority)

    def with_check_failing(self, check: CheckSnapshot) -> Forecast:
        """If a check of our router failed."""
        router = self._router
        if router is None or check.name not in router.checks:
            raise UnknownRouterError(f"{check.name} is no check of {router.name if router else self._key}")
        change = f"{check.name} failing"
        if check.state == "down":
            return self._stays(change, "certain", [f"{check.name} is down already."])
        if check.weight == 0:
            ours = next((one for one in self._known if one.ours), None)
            if ours is None or not ours.speaks:
                return self._stays(change, "certain", [f"{router.name} goes to fault: one backup less."])
            return self._succession(change, [one for one in self._known if one is not ours], resigned=True)
        if router.override is not None:
            risk = f"An operator's priority, {router.override}, stands in place of the sum until it is reset."
            return self._stays(change, "certain", [risk])
        return self.at_priority(natural_priority(router, check.name, min(0, check.weight)))

    def _lowered(self, change: str, priority: int, rest: list[Candidate]) -> Forecast:
        """The master's priority changes: who preempts it?"""
        higher = [one for one in rest if one.priority > priority]
        unknown = _unknown_risks(rest)
        if not rest:
            text = "Nobody else was ever heard in this group: nothing moves."
            return self._stays(change, "likely", [], text=text, alone=True)
        if not higher:
            best = rest[0]
            text = f"{best.name} is not higher: the master stays." if best.priority else "The master probably stays."
            return self._stays(change, "unknown" if unknown else "likely", unknown, text=text)
        winner = higher[0]
        if winner.preempts is False:
            risk = f"{winner.name} does not preempt (nopreempt): a lower priority moves nothing, only silence would."
            return self._stays(change, "certain", [risk])
        doubts = list(unknown)
        if winner.preempts is None:
            doubts.append(f"Whether {winner.source} preempts is unknown from here; with nopreempt nothing would move.")
        return self._takes_over(change, winner, winner.master_down, _tie_risks(higher), doubts)

    def _raised(self, change: str, subject: Candidate, priority: int) -> Forecast:
        """A backup of ours changes its priority: does it preempt the master?"""
        raised = replace(subject, priority=priority)
        if not self._masters:
            return self._takes_over(change, raised, raised.master_down, ["No master is heard now."])
        master = self._masters[0]
        if priority <= master.priority:
            return self._stays(change, "certain", [])
        if not subject.preempts:
            return self._stays(change, "certain", [f"{subject.ours} does not preempt (nopreempt)."])
        return self._takes_over(change, raised, raised.master_down, [])

    def _succession(self, change: str, rest: list[Candidate], resigned: bool) -> Forecast:
        """The master goes: who follows?"""
        remaining = [one for one in rest if one.speaks]
        if remaining:
            text = f"{remaining[0].name} is master already and stays alone."
            return self._forecast(change, remaining[0], 0.0, "certain", text, [])
        electable = [one for one in rest if one.priority]
        if not electable:
            return self._nobody_known(change, rest)
        winner = electable[0]
        after = winner.skew if resigned else winner.master_down
        return self._takes_over(change, winner, after, _tie_risks(electable), _unknown_risks(rest))

    def _nobody_known(self, change: str, rest: list[Candidate]) -> Forecast:
        addresses = ", ".join(self._group.addresses if self._group else ()) or "the addresses"
        if rest:
            names = ", ".join(one.source for one in rest)
            text = f"Somebody may take over: {names}; the priority was never heard, or was a resignation."
            return self._forecast(change, None, None, "unknown", text, [f"{addresses} may go unserved."])
        text = "Nobody else was ever heard in this group: nobody is known to take over."
        return self._forecast(change, None, None, "unknown", text, [f"{addresses} may go unserved."], alone=True)

    def _takes_over(
        self, change: str, winner: Candidate, after: float, risks: list[str], doubts: list[str] | None = None
    ) -> Forecast:
        """`doubts` are risks that make the forecast less sure."""
        doubts = list(doubts or ())
        if not winner.ours and winner.adverts != MASTER_DOWN_INTERVALS and after == winner.master_down:
            doubts.append(
                f"That {winner.source} waits for {winner.adverts} adverts too (down_timer_adverts) is assumed."
            )
        sureness: Sureness = "likely" if doubts and winner.sureness == "certain" else winner.sureness
        if winner.sureness != "certain":
            known = "it listens to the group" if winner.sureness == "likely" else "it has been silent since"
            doubts.insert(0, f"Whether {winner.source} is alive is not known for sure: {known}.")
        text = f"{winner.name} takes over within {after:.2f} s."
        return self._forecast(change, winner, after, sureness, text, doubts + risks)

    def _stays(
        self, change: str, sureness: Sureness, risks: list[str], text: str = "", alone: bool = False
    ) -> Forecast:
        master = next(iter(self._masters), None)
        text = text or (f"{master.name} stays master." if master else "No master is heard, and none comes of this.")
        return self._forecast(change, master, 0.0, sureness, text, risks, alone)

    def _forecast(
        self,
        change: str,
        then: Candidate | None,
        after: float | None,
        sureness: Sureness,
        text: str,
        risks: list[str],
        alone: bool = False,
    ) -> Forecast:
        return Forecast(
            group=self._key,
            change=change,
            master_now=[one.source for one in self._masters],
            master_then=then.source if then else None,
            priority_then=then.priority if then else None,
            after=after,
            sureness=sureness,
            effect=text,
            risks=risks,
            alone=alone,
        )


def _tie_risks(electable: list[Candidate]) -> list[str]:
    """Candidates that the priority alone does not tell apart."""
    winner, *others = electable
    tied = [one.ours or one.source for one in others if one.priority == winner.priority]
    if not tied:
        return []
    return [f"{', '.join(tied)} has the same priority: both may take over, and the larger address keeps it."]


def _unknown_risks(rest: Iterable[Candidate]) -> list[str]:
    unheard = [one.source for one in rest if not one.priority]
    if not unheard:
        return []
    return [f"The priority of {', '.join(unheard)} is unknown: it may be the higher one."]
