"""What an operator's act would do, said before it is done: one sentence of effect, and one of risk.

Only from what was heard: a router in backup never transmits, so whether one is alive is said to be unknown. Times
after RFC 9568 §6.1 and RFC 3768 §6.1. No Textual here.
"""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.client.view import Row
from vrrptui.console.text.prose import age
from vrrptui.control.forecast import OWNER, natural_priority, rank, skew_time
from vrrptui.control.snapshots import CheckSnapshot, HeardSnapshot, VirtualRouterSnapshot


@dataclass(frozen=True, slots=True)
class Forecast:
    """What happens, and what may go wrong (empty: nothing known)."""

    effect: str
    risk: str = ""
    alone: bool = False  # nobody else was ever heard in this group


def others(row: Row) -> list[HeardSnapshot]:
    """The other routers ever heard in this group, the one that would win first."""
    heard = [router for router in (row.group.routers if row.group else []) if not router.local]
    return sorted(heard, key=lambda router: rank(router.priority, router.source), reverse=True)


def dropped(row: Row, router: VirtualRouterSnapshot) -> int:
    """The priority to propose for a drop: 50 less, and less than that of the best other router, 1 at least."""
    best = max((one.priority for one in others(row)), default=0)
    return max(1, min(router.effective_priority - 50, best - 1 if best else OWNER))


def of_priority(row: Row, router: VirtualRouterSnapshot, priority: int, now: float) -> Forecast:
    """If our router's priority became `priority`, 1-254."""
    rivals = others(row)
    if router.state == "master":
        return _master_at(row, router, priority, rivals, now)
    if router.state != "backup":
        return Forecast(f"Nothing moves now: {router.name} is {router.state.upper()} here; {priority} counts later.")
    return _backup_at(row, router, priority)


def _master_at(
    row: Row, router: VirtualRouterSnapshot, priority: int, rivals: list[HeardSnapshot], now: float
) -> Forecast:
    said = f"The next advert says {priority}."
    if not rivals:
        return _unrivalled(row, router, said)
    best = rivals[0]
    name = f"{best.source} ({best.priority})"
    if best.priority > priority:
        wait = router.down_timer_adverts * router.advertisement_interval
        wait += skew_time(best.priority, router.advertisement_interval, router.version)
        effect = f"{said} {name} takes over within {wait:.2f} s if it is alive and may preempt."
        return Forecast(effect, _liveness(best, now))
    if best.priority == 0:
        return Forecast(f"{said} Whether another takes over is unknown.", _resigned(best, now))
    return Forecast(f"{said} {name} is not higher: {router.name} stays master.")


def _backup_at(row: Row, router: VirtualRouterSnapshot, priority: int) -> Forecast:
    masters = [master for master in row.masters if not master.local]
    if not masters:
        return Forecast(f"No master is heard: {router.name} takes over when its master down timer ends.")
    master = masters[0]
    if priority <= master.priority:
        return Forecast(f"Nothing moves now: {master.source} ({master.priority}) stays master.")
    if not router.preempt:
        return Forecast(
            f"{master.source} ({master.priority}) stays master although {priority} is higher: preempt is off here."
        )
    wait = router.down_timer_adverts * master.interval + skew_time(priority, master.interval, router.version)
    return Forecast(f"{router.name} takes over from {master.source} ({master.priority}) within {wait:.2f} s.")


def of_stop(row: Row, router: VirtualRouterSnapshot, now: float) -> Forecast:
    """If our router stopped."""
    rivals = others(row)
    addresses = ", ".join(row.addresses) or "its addresses"
    if router.state != "master":
        effect = f"{router.name} is {router.state.upper()} and stops taking part."
        holders = [master for master in row.masters if not master.local]
        if holders:
            return Forecast(f"{effect} {holders[0].source} ({holders[0].priority}) stays master without this backup.")
        return Forecast(effect, f"No master is heard: {addresses} stays unserved.", alone=not rivals)
    said = "Priority 0 is sent: mastership is given up at once."
    if not rivals:
        listeners = row.group.listeners if row.group else []
        if listeners:
            return Forecast(
                f"{said} {', '.join(listeners)} listens to this group and may take over.",
                "Its priority was never heard; whether it takes over is unknown from here.",
            )
        risk = f"Nobody else was ever heard on this VRID: {addresses} may go unserved."
        return Forecast(said, risk, alone=True)
    best = rivals[0]
    if best.priority == 0:
        return Forecast(said, _resigned(best, now))
    wait = skew_time(best.priority, router.advertisement_interval, router.version)
    return Forecast(f"{said} {best.source} ({best.priority}) takes over after {wait:.2f} s.", _liveness(best, now))


def of_start(row: Row, router: VirtualRouterSnapshot) -> Forecast:
    """If our stopped router started again."""
    if router.owner:  # RFC 9568 §6.4.1
        return Forecast(f"{router.name} owns the addresses and is master at once.")
    priority = router.override or natural_priority(router)
    masters = [master for master in row.masters if not master.local]
    if not masters:
        return Forecast(
            f"{router.name} starts as backup with {priority} and takes over after "
            f"{router.master_down_interval:.2f} s, for no master is heard."
        )
    master = masters[0]
    if priority > master.priority and router.preempt:
        wait = router.down_timer_adverts * master.interval + skew_time(priority, master.interval, router.version)
        return Forecast(
            f"{router.name} starts with {priority} and takes over from {master.source} ({master.priority}) "
            f"within {wait:.2f} s."
        )
    stays = f"{master.source} ({master.priority}) stays master"
    return Forecast(f"{router.name} starts as backup with {priority}; {stays}.")


def standing(row: Row, router: VirtualRouterSnapshot, priority: int, state: str = "") -> str:
    """How our router with this priority stands against the best other that was heard, in one clause.

    `state` is what it would be, when that is another than now.
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
    """What muting a check, or letting it count again, does to one router, as far as its snapshot says."""
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
    return f"Nothing moves in {router.name} now."


def of_losing_the_master(row: Row) -> str:
    """One sentence: who takes over when the present master goes away, as far as it can be known from here."""
    router = row.router
    masters = row.masters
    if len(masters) != 1:
        return ""
    here = router if router and router.state == "backup" else None
    speaking = {master.source for master in masters}
    rivals = [one for one in others(row) if one.source not in speaking and one.priority]
    rivals = [one for one in rivals if one.role != "resigned" or one.listens]
    if here and (not rivals or here.effective_priority >= rivals[0].priority):
        return f"If {masters[0].source} goes silent, {here.name} here takes over in {here.master_down_interval:.2f} s."
    if rivals:
        return f"If the master goes silent, {rivals[0].source} (last said {rivals[0].priority}) may take over."
    listeners = row.group.listeners if row.group else []
    if listeners:
        return f"If the master goes silent, {', '.join(listeners)} listens and may take over."
    if router and router.state in ("fault", "stopped") and not masters[0].local:
        return f"{router.name} here is {router.state.upper()}, and nobody else was heard: nobody is known to take over."
    return "Nobody else was ever heard here: if the master goes silent, nobody is known to take over."


def expected(row: Row) -> list[str]:
    """What comes of it as it stands: of two masters, of none, of the loss of the one, of a check's recovery."""
    router = row.router
    said: list[str] = []
    if len(row.masters) > 1:
        said.append(_of_two_masters(row))
    elif row.masters:
        said.append(of_losing_the_master(row))
    elif router and router.state == "backup":
        said.append(f"{router.name} takes over when its master down timer ends, if it goes on like this.")
    elif row.group is not None and row.group.routers:
        listeners = ", ".join(row.group.listeners)
        who = f"{listeners} listens on this segment and may take over" if listeners else "nobody is known to take over"
        said.append(f"As long as no advert is heard, {who}.")
    lowered = [part for part in router.contributions if part.amount < 0] if router else []
    if router and lowered and router.override is None and not router.owner:
        then = natural_priority(router) - sum(part.amount for part in lowered)
        names = ", ".join(part.name for part in lowered)
        said.append(f"If {names} recovers, {min(254, then)}: {standing(row, router, min(254, then))}.")
    return [sentence for sentence in said if sentence]


def _of_two_masters(row: Row) -> str:
    """Who stays when masters hear each other (RFC 9568 §6.4.3: the higher priority, then the higher address)."""
    ranked = sorted(row.masters, key=lambda one: rank(one.priority, one.source), reverse=True)
    best, second = ranked[0], ranked[1]
    tie = " by its higher address, for the priorities are the same" if best.priority == second.priority else ""
    return f"Once they hear each other, {best.source} ({best.priority}) stays{tie}, and the others yield."


def _unrivalled(row: Row, router: VirtualRouterSnapshot, said: str) -> Forecast:
    listeners = row.group.listeners if row.group else []
    if listeners:
        return Forecast(
            f"{said} {', '.join(listeners)} listens to this group and takes over if its priority is higher.",
            "Its priority was never heard; whether it takes over is unknown from here.",
        )
    return Forecast(
        f"{said} {router.name} probably stays master.",
        "Nobody else was ever heard on this VRID.",
        alone=True,
    )


def _liveness(router: HeardSnapshot, now: float) -> str:
    if router.role == "master":
        return ""
    heard = age(now - router.last_seen)
    return f"{router.source} was last heard {heard} ago; a backup is silent: whether it is alive is unknown from here."


def _resigned(router: HeardSnapshot, now: float) -> str:
    return (
        f"{router.source} was last heard {age(now - router.last_seen)} ago, when it resigned with priority 0; "
        "whether it would take over is unknown."
    )
