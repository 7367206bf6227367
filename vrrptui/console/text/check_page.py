"""A check as text: its state and progress, its effects, and whether they decide an election.

Pure: a snapshot, the view and a time in, lines out. No Textual here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from vrrptui.client.view import Row, View
from vrrptui.console.settings import actions
from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text import predictions
from vrrptui.console.text.prose import Line, Span, age, clock_time, label_width, labelled, rule, seconds, span_of_time
from vrrptui.console.text.timeline import joined
from vrrptui.control.forecast import amount_if, natural_priority
from vrrptui.control.snapshots import CheckSnapshot, Effect, VirtualRouterSnapshot
from vrrptui.protocol.priority import signed

BARS = "▁▂▃▄▅▆▇"
MAX_OUTPUT_CHARACTERS = 4096
MOST_ROUTERS = 4
STATE_TONE = {"up": "ok", "down": "critical", "running": "pending", "unknown": "off"}


def pane(check: CheckSnapshot, view: View, now: float, width: int, keymap: Keymap) -> list[Line]:
    """Return all lines about a check, the most important first."""
    lines: list[Line] = [rule(check.name, width), *_state(check, now, width, keymap), *_effects(check, view, width)]
    if check.hint:
        lines += labelled("Hint", [(check.hint, "warning")], width)
    lines += labelled("Last run", [(_last_run(check, now), "text")], width)
    output = check.last_output[:MAX_OUTPUT_CHARACTERS].strip().splitlines() or ["(none)"]
    for number, text in enumerate(output):
        lines += labelled("Output" if number == 0 else "", [(text, "text")], width)
    if check.durations:
        lines += _took(check, width)
    lines += labelled("Command", [(check.command or f"{check.kind} {check.name}", "text")], width)
    if check.interval:
        times = f"every {seconds(check.interval)} · timeout {seconds(check.timeout)}"
        lines += labelled("", [(f"{times} · rise {check.rise} · fall {check.fall}", "muted")], width)
    return lines


def _state(check: CheckSnapshot, now: float, width: int, keymap: Keymap) -> list[Line]:
    """Return the state, and how many results change it."""
    have, need = check.run
    spans: list[Span] = [(check.state.upper(), STATE_TONE[check.state])]
    if check.since:
        spans.append((f" for {span_of_time(now - check.since)}", "text"))
    if check.state == "down":
        spans.append((f" · {have} of {need} good results in a row until it is up", "text"))
    elif check.state == "up":
        spans.append((f" · {have} of {need} bad results in a row until it is down", "text"))
    lines = labelled("State", spans, width)
    if check.muted:
        until = clock_time(check.muted_until) if check.muted_until else f"{keymap.key(actions.MUTE)} unmutes it"
        end = f"until {until}"
        lines += labelled("Muted", [(f"running, results ignored {end}", "pending")], width)
    return lines


def _effects(check: CheckSnapshot, view: View, width: int) -> list[Line]:
    """Return its effect on each router that tracks it, now and after its next change."""
    by_name = {router.name: router for router in view.picture.routers.values()}
    effects = check.effects or [Effect(router=name, weight=check.weight) for name in check.routers]
    lines: list[Line] = []
    for effect in effects[:MOST_ROUTERS]:
        router = by_name.get(effect.router)
        row = view.row(router.key) if router else None
        if router is None or row is None:
            lines += labelled("Effect", [(str(effect), "text")], width)
            continue
        lines += labelled("Effect", _now(check, effect, row, router), width)
        then = _then(check, effect, row, router)
        if then:
            lines += labelled("If it fails" if check.state == "up" else "If it is up", then, width)
    if len(effects) > MOST_ROUTERS:
        lines += labelled("", [(f"and {len(effects) - MOST_ROUTERS} more routers", "muted")], width)
    return lines or labelled("Effect", [("no local router uses it", "muted")], width)


def _now(check: CheckSnapshot, effect: Effect, row: Row, router: VirtualRouterSnapshot) -> list[Span]:
    """Return the sum including this check, and its relation to the best other router."""
    who: Span = (f"{router.name} {router.key}: ", "strong")
    if effect.ignored or check.muted:
        return [who, ("ignored", "muted")]
    if effect.weight == 0:
        verb = "stops it" if effect.stops else "puts it in fault"
        down = check.state == "down"
        return [who, (f"{verb} now" if down else f"down {verb}", "critical" if down else "text")]
    if router.override is not None:
        return [who, (f"an operator has set {router.override}, which this check does not move", "warning")]
    moved = next((part.amount for part in router.contributions if part.name == check.name), effect.amount)
    total = router.effective_priority
    spans = [who]
    if moved:
        spans.append((f"{total - moved} {signed(moved)} = ", "warning" if moved < 0 else "text"))
    return [*spans, (str(total), "strong"), (f"; {predictions.standing(row, router, total)}", "text")]


def _then(check: CheckSnapshot, effect: Effect, row: Row, router: VirtualRouterSnapshot) -> list[Span]:
    """Return the effect of its next change; empty if there is none or it is unknown."""
    if check.state not in ("up", "down") or check.muted or effect.ignored or router.override is not None:
        return []
    runs = f"after {check.run[1]} {'good' if check.state == 'down' else 'bad'} results in a row"
    if effect.weight == 0:
        if check.state == "up":
            return []  # stated above
        then = natural_priority(router)
        standing = predictions.standing(row, router, then, "backup")
        return [(f"{router.name} takes part again with {then} {runs}; {standing}", "text")]
    if check.kind == "file":  # it may have any number
        return []
    then = natural_priority(router, check.name, amount_if(effect, up=check.state == "down"))
    if then == router.effective_priority:
        return []
    return [(f"{then}", "strong"), (f" {runs}; {predictions.standing(row, router, then)}", "text")]


def _took(check: CheckSnapshot, width: int) -> list[Line]:
    """Return the durations of the latest runs, a cross for a failed one, and their distribution."""
    cells = max(8, min(len(check.durations), width - label_width(width) - 1))
    lines = labelled("Latency", bars(check.durations, check.failed, cells), width)
    runs = len(check.durations)
    failed = sum(check.failed)
    half, worst = (percentile(check.durations, share) * 1000 for share in (0.5, 0.99))
    said = f"last {runs} runs: p50 {half:.0f} ms · p99 {worst:.0f} ms"
    spans: list[Span] = [(said, "text")]
    if check.interval:
        spans.append((f" · in {runs * check.interval:.0f} s", "muted"))
    spans.append((f" · {failed} failed (×)" if failed else " · none failed", "critical" if failed else "ok"))
    return lines + labelled("", spans, width)


def bars(durations: Sequence[float], failed: Sequence[bool], cells: int) -> list[Span]:
    """Return the latest runs as bars of seven heights, relative to the longest; a cross for a failed one."""
    shown = durations[-cells:]
    marks = [*[False] * (len(durations) - len(failed)), *failed][-cells:]
    top = max(shown) or 1.0
    heights = [BARS[min(6, int(value / top * 6.99))] for value in shown]
    return joined(("×", "critical") if mark else (height, "text") for height, mark in zip(heights, marks, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    place = math.ceil(share * len(values)) - 1
    return sorted(values)[max(0, place)]


def _last_run(check: CheckSnapshot, now: float) -> str:
    if check.last_run is None:
        return "not run yet" if check.kind == "script" else "it is watched, not run"
    said = f"{clock_time(check.last_run)} ({age(now - check.last_run)} ago)"
    if check.duration is not None:
        said += f" · took {check.duration * 1000:.0f} ms"
    if check.last_exit is None:
        return said
    ended = f"ended by signal {-check.last_exit}" if check.last_exit < 0 else f"exit {check.last_exit}"
    return f"{said} · {ended}"
