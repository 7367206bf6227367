"""Screen 3, the checks: what they say, how far they are from changing their mind, and which routers they move."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from vrrptui.console.filter import Subject
from vrrptui.console.prose import Line, Span, age, clock_time, fit, rule, seconds, span_of_time, wrap
from vrrptui.console.screens.screen import Key, ListScreen
from vrrptui.console.table import Column
from vrrptui.control.snapshots import CheckSnapshot

COLUMNS = (
    Column("", 1, 1, 1),
    Column("CHECK", 10, 14, 20),
    Column("KIND", 0, 9, 9),
    Column("COMMAND", 0, 0, 20, grows=True),
    Column("STATE", 7, 7, 7),
    Column("RUN", 5, 5, 5),
    Column("WEIGHT", 0, 6, 6, right=True),
    Column("TOOK", 0, 7, 7, right=True),
    Column("SINCE", 0, 9, 10),
    Column("ROUTERS", 0, 11, 18),
)
SIGN = {"up": ("●", "ok"), "down": ("✖", "critical"), "running": ("◌", "pending"), "unknown": ("○", "off")}
ORDER = {"down": 0, "unknown": 1, "running": 2, "up": 3}
BARS = "▁▂▃▄▅▆▇"
MAX_OUTPUT_CHARACTERS = 4096


class ChecksScreen(ListScreen[CheckSnapshot]):
    """All checks, the failing first."""

    MODE = "checks"
    COLUMNS = COLUMNS
    EMPTY = "no check is configured"
    HOLDS_ORDER = True
    KEYS: ClassVar[Sequence[Key]] = (("/", "Filter"), ("n", "Problem"), ("spc", "Pause"), ("y", "Copy"))
    ACTS = ("mute",)
    ACTING = (("M", "Mute"),)

    def all_rows(self) -> Sequence[CheckSnapshot]:
        return sorted(self.session.shown.picture.checks.values(), key=lambda check: (ORDER[check.state], check.name))

    def key_of(self, row: CheckSnapshot) -> Hashable:
        return row.name

    def cells_of(self, row: CheckSnapshot) -> Sequence[Span]:
        since = span_of_time(self.session.now - row.since) if row.since else "-"
        took = "-" if row.duration is None else f"{row.duration * 1000:.0f}ms"
        return (
            SIGN[row.state],
            (row.name, "strong"),
            (row.kind, "muted"),
            (row.command, "text"),
            self._state(row),
            (f"{row.run[0]}/{row.run[1]}", "warning" if row.run[0] and row.state != "down" else "text"),
            (f"{row.weight:+d}" if row.weight else "fault", "text"),
            (took, "muted"),
            (since, "muted"),
            (" ".join(row.routers) or "-", "text"),
        )

    def _state(self, row: CheckSnapshot) -> Span:
        if row.name in self.session.pending:
            return ("◌ ASKED", "pending")
        return ("MUTED", "pending") if row.muted else (row.state.upper(), SIGN[row.state][1])

    def selected_key(self) -> str | None:
        row = self.table.current
        return row.name if row else None

    def subject_of(self, row: CheckSnapshot) -> Subject:
        words = (row.name, row.kind, row.state, row.command, row.last_output, *row.routers)
        return Subject(" ".join(words), bad=row.state == "down")

    def pane_of(self, row: CheckSnapshot, width: int, height: int) -> list[Line]:
        return pane(row, self.session.now, width)

    def line_of(self, row: CheckSnapshot) -> str:
        return f"{row.name} {row.state} | exit {row.last_exit} | {row.last_output.strip()} | {row.command}"


def pane(check: CheckSnapshot, now: float, width: int) -> list[Line]:
    """A check in sentences."""
    lines: list[Line] = [rule(check.name, width)]
    lines += _field("Command", check.command or check.kind, width)
    times = (
        f"every {seconds(check.interval)} · timeout {seconds(check.timeout)} · rise {check.rise} · fall {check.fall}"
    )
    lines += _field("", times, width)
    lines += _field("Last run", _last_run(check, now), width)
    output = check.last_output[:MAX_OUTPUT_CHARACTERS].strip().splitlines() or ["(none)"]
    for number, text in enumerate(output):
        lines += _field("Output" if number == 0 else "", text, width)
    if check.muted:
        end = f"until {clock_time(check.muted_until)}" if check.muted_until else "until M lets it count again"
        lines += _field("Muted", f"it runs and counts for nothing, {end}", width)
    if check.hint:
        lines += _field("Hint", check.hint, width)
    lines += _field("Then", _consequence(check), width)
    for number, effect in enumerate(check.effects):
        lines += _field("Now" if number == 0 else "", str(effect), width)
    if check.durations:
        lines += _field(
            "Took", f"{bars(check.durations, max(10, width - 40))}  worst {max(check.durations) * 1000:.0f} ms", width
        )
    return lines


def bars(values: Sequence[float], cells: int) -> str:
    """The latest values as bars of seven heights, relative to the longest."""
    shown = values[-cells:]
    top = max(shown) or 1.0
    return "".join(BARS[min(6, int(value / top * 6.99))] for value in shown)


def _last_run(check: CheckSnapshot, now: float) -> str:
    if check.last_run is None:
        return "not run yet"
    said = f"{clock_time(check.last_run)} ({age(now - check.last_run)} ago)"
    if check.last_exit is None:
        return said
    ended = f"ended by signal {-check.last_exit}" if check.last_exit < 0 else f"exit {check.last_exit}"
    return f"{said} · {ended}"


def _consequence(check: CheckSnapshot) -> str:
    who = ", ".join(check.routers) or "no router"
    have, need = check.run
    change = "goes up" if check.state == "down" else "goes down"
    towards = f"{have} of {need} results in a row until it {change}"
    if any(effect.stops for effect in check.effects):
        effect = f"down stops {who}"
    elif check.weight == 0:
        effect = f"down puts {who} in fault"
    elif check.weight < 0:
        effect = f"down takes {-check.weight} from the priority of {who}"
    else:
        effect = f"up adds {check.weight} to the priority of {who}"
    return f"{effect} · {towards}"


def _field(label: str, text: str, width: int) -> list[Line]:
    return wrap([(text, "text")], width - 1, indent=11, first=((fit(f" {label}", 11), "muted"),))
