"""The rows of every screen: freshness of the data, worst problem, tabs, keys.

Pure: values in, lines out. Items are omitted from the least important on if the line is short. No Textual here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vrrptui.client.view import Row, View, worst
from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Action
from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text.explain import SIGN, headline
from vrrptui.console.text.prose import Line, Span, age, clock_time, counted, fit, spread, width_of

WIDE = 100
STALE_AFTER_S = 5.0  # an engine sends a message at least once a second


@dataclass(frozen=True, slots=True)
class Truth:
    """What decides whether the data can be trusted."""

    connected: bool
    why_not: str = ""
    paused: bool = False
    held: int = 0  # messages since the pause
    silent_s: float = 0.0  # seconds since the engine's last message
    read_only: bool = False


def state_word(view: View, truth: Truth) -> Span:
    """Return LIVE, PAUSED, STALE, RECONNECTING or CONNECTING, with its sign."""
    if not truth.connected:
        return ("RECONNECTING ◌" if view.synced else "CONNECTING ◌", "critical" if view.synced else "pending")
    if not view.synced:
        return ("CONNECTING ◌", "pending")
    if truth.silent_s > STALE_AFTER_S:
        return (f"STALE {age(truth.silent_s)} ▲", "warning")
    played = view.picture.engine.playback if view.picture.engine else None
    if played is not None and not truth.paused:
        return (f"CAPTURE x{played.speed:g} ▶", "ok") if played.playing else ("CAPTURE ‖", "pending")
    if truth.paused:
        return (f"PAUSED ‖ +{truth.held}", "pending")
    return ("LIVE ●", "ok")


def status(view: View, truth: Truth, now: float, width: int) -> Line:
    """Return the first row."""
    engine, hello = view.picture.engine, view.picture.hello
    long = width >= WIDE
    right: list[tuple[int, Line]] = [(0, (state_word(view, truth), (" ", "text")))]
    if engine is not None:
        rate = f"{engine.adverts_per_second:.1f}" + (" adv/s" if long else "/s")
        dropped = engine.capture_drops
        right.append((3, ((f" {rate} ", "text"),)))
        right.append((2, ((f" drop {dropped} ", "warning" if dropped else "muted"),)))
    if hello is not None:
        right.append((5, (("│", "bar"), (f" engine {hello.pid} " if long else f" {hello.pid} ", "muted"))))
    right.append((1, (("│", "bar"), _role(view, truth))))
    right.append((1, (("│", "bar"), (f" {clock_time(now)} ", "text"))))
    left: list[Span] = [(" vrrptui ", "title")]
    if engine is not None:
        left.append((f" {engine.host or 'this host'}  ", "strong"))
        left.append((" ".join(engine.interfaces), "muted"))
    room = width - min(width_of(left), width // 3)
    kept = _most_important(right, room)
    return spread(left, kept, width)


def status_of_several(engines: Sequence[tuple[str, View, Truth]], truth: Truth, now: float, width: int) -> Line:
    """Return the first row for several engines, each with its state."""
    right: list[Span] = []
    for host, view, own in engines:
        right += [(f" {host} ", "strong"), state_word(view, replace(own, paused=truth.paused, held=truth.held))]
    acts = [_role(view, own) for _, view, own in engines]
    right += [(" │", "bar"), next((role for role in acts if "operate" in role[0]), acts[0])]
    right += [("│", "bar"), (f" {clock_time(now)} ", "text")]
    if width_of(right) > width:
        right = [span for span in right[:-4] if span[0] != "│"]
    return spread([(" vrrptui ", "title")], right, width)


def _role(view: View, truth: Truth) -> Span:
    if not view.may_operate or truth.read_only:
        return (" read-only ", "muted")
    engine = view.picture.engine
    return (" observe ", "muted") if engine and engine.mode == "observe" else (" operate ", "strong")


def _most_important(items: list[tuple[int, Line]], room: int) -> list[Span]:
    """Return the items that fit, in order; the ones with the highest numbers are omitted first."""
    while len(items) > 1 and sum(width_of(line) for _, line in items) > room:
        least = max(range(len(items)), key=lambda place: items[place][0])
        items = items[:least] + items[least + 1 :]
    return [span for _, line in items for span in line]


def summary(view: View, truth: Truth, width: int) -> Line:
    """Return the second row: the number of problems, and the worst."""
    if not truth.connected:
        since = "the data is stale" if view.synced else "waiting for an engine"
        return ((" ◌ ", "pending"), (f"no engine: {truth.why_not}; {since}", "warning"))
    rows = view.rows()
    critical = sum(1 for row in rows if row.severity == "critical")
    warnings = sum(1 for row in rows if row.severity == "warning")
    failing = [check.name for check in view.picture.checks.values() if check.state == "down"]
    top = worst(rows)
    if top is not None:
        return _problems(top, critical, warnings, width)
    if failing:
        count = f"{len(failing)} check{'s' if len(failing) > 1 else ''} down: "
        return ((" ▲ ", "warning"), (count, "warning"), (", ".join(failing), "text"))
    warnings_read = view.picture.engine.config_warnings if view.picture.engine else []
    if warnings_read:
        count = f"{len(warnings_read)} in the configuration: "
        return ((" ▲ ", "warning"), (count, "warning"), (fit(warnings_read[0], width - 3 - len(count)), "text"))
    if not rows:
        where = " ".join(view.picture.engine.interfaces) if view.picture.engine else ""
        return ((" ○ ", "off"), (f"nothing heard yet{' on ' + where if where else ''}", "text"))
    words = f"{counted(len(rows), 'group')}, {len(view.picture.routers)} of them ours"
    checks = counted(len(view.picture.checks), "check")
    return ((" ● ", "ok"), ("all well", "ok"), (f"   {words}, {checks}", "muted"))


def _problems(top: Row, critical: int, warnings: int, width: int) -> Line:
    long = width >= WIDE
    spans: list[Span] = [(" ", "text")]
    if critical:
        spans.append((f"{SIGN['critical']} {critical} {'CRITICAL' if long else 'CRIT'}  ", "critical"))
    if warnings:
        spans.append((f"{SIGN['warning']} {warnings} {'WARNING' if long else 'WARN'}  ", "warning"))
    spans.append((f"{top.key} ", "strong"))
    return (*spans, (fit(headline(top), width - width_of(spans) - 1), "text"))


Hint = Action | tuple[Action | str, str]  # an action, or a key with another word


def tabs(current: str, right: Sequence[Span], width: int, keymap: Keymap) -> Line:
    """Return the third row: the tabs, and the screen's status."""
    left: list[Span] = []
    for tab in actions.TABS:
        key = keymap.short(tab)
        word = tab.title if width >= 60 else tab.title[:3]
        if tab.name == current:
            left.append((f" {key} {word} ", "tab"))
        else:
            left += [(f" {key}", "key"), (f" {word} ", "muted")]
    return spread(left, right, width)


def tab_at(x: int, width: int, keymap: Keymap) -> str | None:
    """Return the screen of the tab in column `x` of the third row."""
    for tab in actions.TABS:
        x -= len(keymap.short(tab)) + len(tab.title if width >= 60 else tab.title[:3]) + 3
        if x < 0:
            return tab.name
    return None


def keys(looking: Sequence[Hint], acting: Sequence[Hint], width: int, keymap: Keymap) -> Line:
    """Return the last row: keys that look, a bar, keys that act, and help and leave at the right."""
    bindings, acts, always = (
        [_key_and_word(hint, keymap) for hint in part] for part in (looking, acting, (actions.HELP, actions.LEAVE))
    )
    gap = "  " if width >= WIDE else " "
    right = _keys(always, "muted", gap)
    last = [("│ ", "bar"), *_keys(acts, "warning", gap)] if acts else []
    room = width - width_of(right) - width_of(last) - 2
    left: list[Span] = [(" ", "text")]
    for binding in bindings:
        more = _keys((binding,), "muted", gap)
        if width_of(left) + width_of(more) > room:
            break
        left += more
    return spread([*left, *last], right, width)


def _key_and_word(hint: Hint, keymap: Keymap) -> tuple[str, str]:
    key, word = (hint, hint.word) if isinstance(hint, Action) else hint
    return (keymap.short(key) if isinstance(key, Action) else key), word


def _keys(bindings: Sequence[tuple[str, str]], tone: str, gap: str) -> list[Span]:
    return [span for key, word in bindings for span in ((key, "key"), (f" {word}{gap}", tone))]
