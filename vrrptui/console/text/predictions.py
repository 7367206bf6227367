"""Predicting the effect of an action, before it is confirmed: one sentence of effect, one of risk.

Who takes over, and when, comes from `control.forecast`, as for `vrrptui forecast`. A backup never transmits, so whether
it is alive is stated to be unknown. No Textual here.
"""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.client.view import Row
from vrrptui.console.text.prose import age
from vrrptui.control import forecast
from vrrptui.control.forecast import Candidate, Outcome, Question, Verdict, natural_priority, rank
from vrrptui.control.forecast_words import already_master, named, not_higher, stays_master, takes_over, within
from vrrptui.control.snapshots import CheckSnapshot, HeardSnapshot, VirtualRouterSnapshot
from vrrptui.protocol.advert import PRIORITY_OWNER

UNHEARD_PRIORITY = "Its priority was never heard; whether it takes over is unknown from here."


@dataclass(frozen=True, slots=True)
class Forecast:
    """What happens, and what may go wrong (empty: nothing known)."""

    effect: str
    risk: str = ""
    alone: bool = False  # no other router was ever heard in this group


def others(row: Row) -> list[HeardSnapshot]:
    """Return the other routers ever heard in this group, the best first."""
    return forecast.others(row.group)


def dropped(row: Row, router: VirtualRouterSnapshot) -> int:
    """Return the proposed priority for a drop: 50 less, and below the best other router, at least 1."""
    best = max((one.priority for one in others(row)), default=0)
    return max(1, min(router.effective_priority - 50, best - 1 if best else PRIORITY_OWNER))


def of_priority(row: Row, router: VirtualRouterSnapshot, priority: int, now: float) -> Forecast:
    """Predict the effect of `priority`, 1-254, for the local router."""
    if router.state not in ("master", "backup"):
        return Forecast(
            f"No change now: {router.name} is {router.state.upper()} here; {priority} takes effect when it starts."
        )
    outcome = _question(row, router).at_priority(priority)
    if router.state == "master":
        return _master_at(row, router, outcome, priority, now)
    return _backup_at(row, router, outcome, priority)


def _question(row: Row, router: VirtualRouterSnapshot | None) -> Question:
    return Question(row.key, row.group, router)


def _master(row: Row, outcome: Outcome) -> Candidate | None:
    """Return the other router that is master; of several, the first of the row."""
    by_source = {one.source: one for one in outcome.masters if not one.ours}
    return next((by_source[one.source] for one in row.masters if one.source in by_source), None)


def _master_at(row: Row, router: VirtualRouterSnapshot, outcome: Outcome, priority: int, now: float) -> Forecast:
    said, rivals = f"The next advert says {priority}.", others(row)
    if not rivals:
        return _unrivalled(row, router, said)
    if outcome.verdict is Verdict.TAKES_OVER and outcome.then:
        clause = takes_over(outcome.then, outcome.after or 0.0)
        return Forecast(f"{said} {clause} if it is alive and may preempt.", _liveness(row, outcome.then, now))
    if outcome.verdict is Verdict.NOT_HIGHER:
        return Forecast(f"{said} {not_higher(outcome.rest[0])}: {router.name} stays master.")
    return Forecast(f"{said} Whether another takes over is unknown.", _resigned(rivals[0], now))


def _backup_at(row: Row, router: VirtualRouterSnapshot, outcome: Outcome, priority: int) -> Forecast:
    master = _master(row, outcome)
    if master is None:
        return Forecast(f"No master is heard: {router.name} takes over when its master down timer ends.")
    match outcome.verdict:
        case Verdict.TAKES_OVER:
            return Forecast(f"{router.name} takes over from {named(master)} {within(outcome.after or 0.0)}.")
        case Verdict.NO_PREEMPTION:
            return Forecast(f"{stays_master(master)} although {priority} is higher: preempt is off here.")
    return Forecast(f"No change now: {stays_master(master)}.")


def of_stop(row: Row, router: VirtualRouterSnapshot, now: float) -> Forecast:
    """Predict the effect of stopping the local router."""
    rivals = others(row)
    addresses = ", ".join(row.addresses) or "its addresses"
    outcome = _question(row, router).with_ours_stopped()
    if router.state != "master":
        effect = f"{router.name} is {router.state.upper()} and stops taking part."
        if master := _master(row, outcome):
            return Forecast(f"{effect} {stays_master(master)} without this backup.")
        return Forecast(effect, f"No master is heard: {addresses} stays unserved.", alone=not rivals)
    said = "Priority 0 is sent: mastership is given up at once."
    if outcome.verdict is Verdict.ALREADY_MASTER and outcome.then:
        return Forecast(f"{said} {already_master(outcome.then)}.")
    if outcome.verdict is Verdict.TAKES_OVER and outcome.then:
        clause = f"{named(outcome.then)} takes over after {outcome.after or 0.0:.2f} s."
        return Forecast(f"{said} {clause}", _liveness(row, outcome.then, now))
    if rivals:
        return Forecast(said, _resigned(rivals[0], now))
    listeners = row.group.listeners if row.group else []
    if listeners:
        return Forecast(f"{said} {', '.join(listeners)} listens to this group and may take over.", UNHEARD_PRIORITY)
    return Forecast(said, f"No other router was ever heard on this VRID: {addresses} may go unserved.", alone=True)


def of_start(row: Row, router: VirtualRouterSnapshot) -> Forecast:
    """Predict the effect of starting the local router."""
    if router.owner:  # RFC 9568 §6.4.1
        return Forecast(f"{router.name} owns the addresses and is master at once.")
    priority = router.override or natural_priority(router)
    outcome = _question(row, router).with_ours_started(priority)
    after = outcome.after or 0.0
    master = _master(row, outcome)
    if master is None:
        wait = f"takes over after {after:.2f} s, for no master is heard."
        return Forecast(f"{router.name} starts as backup with {priority} and {wait}")
    if outcome.verdict is Verdict.TAKES_OVER:
        return Forecast(f"{router.name} starts with {priority} and takes over from {named(master)} {within(after)}.")
    return Forecast(f"{router.name} starts as backup with {priority}; {stays_master(master)}.")


def standing(row: Row, router: VirtualRouterSnapshot, priority: int, state: str = "") -> str:
    """Return the relation of the local router with this priority to the best other router.

    `state` is its state then, if it differs.
    """
    state = state or router.state
    rivals = [one for one in others(row) if one.priority and one.role != "resigned"]
    if not rivals:
        return "no other router's priority is known"
    best = rivals[0]
    said = f"best other heard {best.priority} ({best.source})"
    if priority == best.priority:
        return f"{said}: a tie; a living master stays, else the higher address wins"
    if priority < best.priority:
        return f"{said}: local cannot win while it lives"
    if state == "master":
        return f"{said}: local stays master"
    if state != "backup":
        return f"{said}: local would win, but takes no part while it is {state.upper()}"
    if not router.preempt:
        return f"{said}: local would win, but preempt is off and a living master stays"
    return f"{said}: local wins"


def of_muting(check: CheckSnapshot, router: VirtualRouterSnapshot, *, muted: bool) -> str:
    """Predict the effect of muting or unmuting a check on one router."""
    part = next((one for one in router.contributions if one.name == check.name), None)
    if router.override is not None:
        return f"{router.name} keeps {router.override}, which an operator has set."
    if not muted:
        return f"{router.name} counts it again; it is {check.state.upper()} now."
    if part is not None and part.fault:
        return f"{router.name} is no longer in fault because of it."
    if part is not None and part.amount:
        now, then = router.effective_priority, natural_priority(router, check.name)
        return f"{router.name} loses its {part.amount:+d}: {now} becomes {then}."
    return f"No change in {router.name} now."


def of_losing_the_master(row: Row) -> str:
    """Return one sentence: who takes over if the master fails, as far as is known."""
    router, masters = row.router, row.masters
    if len(masters) != 1:
        return ""
    outcome = _question(row, router).without_masters()
    here = next((one for one in (outcome.then, *outcome.tied) if one and one.ours), None)
    if here:
        return f"If {masters[0].source} goes silent, {here.ours} here takes over in {here.master_down:.2f} s."
    if outcome.then:
        said = f"{outcome.then.source} (last said {outcome.then.priority})"
        return f"If the master goes silent, {said} may take over."
    listeners = row.group.listeners if row.group else []
    if listeners:
        return f"If the master goes silent, {', '.join(listeners)} listens and may take over."
    if router and router.state in ("fault", "stopped") and not masters[0].local:
        state = f"{router.name} here is {router.state.upper()}, and no other router was heard"
        return f"{state}: no router is known to take over."
    return "No other router was ever heard here: if the master goes silent, no router is known to take over."


def expected(row: Row) -> list[str]:
    """Return what is expected: with two masters, none, the loss of the only one, or a recovering check."""
    router = row.router
    said: list[str] = []
    if len(row.masters) > 1:
        said.append(_of_two_masters(row))
    elif row.masters:
        said.append(of_losing_the_master(row))
    elif router and router.state == "backup":
        said.append(f"{router.name} takes over when its master down timer ends, if this continues.")
    elif row.group is not None and row.group.routers:
        listeners = ", ".join(row.group.listeners)
        who = (
            f"{listeners} listens on this segment and may take over" if listeners else "no router is known to take over"
        )
        said.append(f"As long as no advert is heard, {who}.")
    lowered = [part for part in router.contributions if part.amount < 0] if router else []
    if router and lowered and router.override is None and not router.owner:
        then = natural_priority(router) - sum(part.amount for part in lowered)
        names = ", ".join(part.name for part in lowered)
        said.append(f"If {names} recovers, {min(254, then)}: {standing(row, router, min(254, then))}.")
    return [sentence for sentence in said if sentence]


def _of_two_masters(row: Row) -> str:
    """Return who stays if masters hear each other (RFC 9568 §6.4.3: higher priority, then higher address)."""
    ranked = sorted(row.masters, key=lambda one: rank(one.priority, one.source), reverse=True)
    best, second = ranked[0], ranked[1]
    tie = " by its higher address, for the priorities are the same" if best.priority == second.priority else ""
    return f"Once they hear each other, {best.source} ({best.priority}) stays{tie}, and the others yield."


def _unrivalled(row: Row, router: VirtualRouterSnapshot, said: str) -> Forecast:
    listeners = row.group.listeners if row.group else []
    if listeners:
        return Forecast(
            f"{said} {', '.join(listeners)} listens to this group and takes over if its priority is higher.",
            UNHEARD_PRIORITY,
        )
    return Forecast(
        f"{said} {router.name} probably stays master.",
        "No other router was ever heard on this VRID.",
        alone=True,
    )


def _liveness(row: Row, winner: Candidate, now: float) -> str:
    router = next((one for one in others(row) if one.source == winner.source), None)
    if router is None or router.role == "master":
        return ""
    heard = age(now - router.last_seen)
    return f"{router.source} was last heard {heard} ago; a backup is silent: whether it is alive is unknown from here."


def _resigned(router: HeardSnapshot, now: float) -> str:
    return (
        f"{router.source} was last heard {age(now - router.last_seen)} ago, when it resigned with priority 0; "
        "whether it would take over is unknown."
    )
