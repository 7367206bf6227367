"""Screen 3, checks: their results, their progress towards a change, and the routers they affect."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from vrrptui.console.screens.screen import ListScreen
from vrrptui.console.settings import actions
from vrrptui.console.settings.filter import Subject
from vrrptui.console.text import check_page
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Line, Span, span_of_time
from vrrptui.console.widgets.table import Column
from vrrptui.control.snapshots import CheckSnapshot

COLUMNS = (
    Column("", 1, 1, 1),
    Column("CHECK", 10, 14, 20),
    Column("KIND", 0, 9, 9),
    Column("COMMAND", 0, 0, 16, grows=True),
    Column("STATE", 7, 7, 7),
    Column("RUNS", 8, 8, 8),
    Column("WEIGHT", 0, 6, 6, right=True),
    Column("TOOK", 0, 7, 7, right=True),
    Column("SINCE", 0, 9, 10),
    Column("USED BY", 0, 9, 18),
)
SIGN = {"up": ("●", "ok"), "down": ("✖", "critical"), "running": ("◌", "pending"), "unknown": ("○", "off")}
ORDER = {"down": 0, "unknown": 1, "running": 2, "up": 3}


class ChecksScreen(ListScreen[CheckSnapshot]):
    """All checks, failing ones first."""

    MODE = "checks"
    COLUMNS = COLUMNS
    EMPTY = "no check is configured"
    HOLDS_ORDER = True
    KEYS: ClassVar[Sequence[Hint]] = (
        actions.FILTER,
        actions.NEXT_PROBLEM,
        actions.COPY,
        actions.EXPORT,
        actions.PAUSE,
    )
    ACTS = (actions.MUTE,)
    ACTING = (actions.MUTE,)

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
            run_cell(row),
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
        session = self.session
        return check_page.pane(row, session.shown, session.now, width, session.preferences.keymap)

    def line_of(self, row: CheckSnapshot) -> str:
        return f"{row.name} {row.state} | exit {row.last_exit} | {row.last_output.strip()} | {row.command}"


def run_cell(check: CheckSnapshot) -> Span:
    """Return the consecutive results towards a change, and the number needed: `fall 1/3`, `rise 0/2`."""
    have, need = check.run
    word = "rise" if check.state == "down" else "fall"
    return (f"{word} {have}/{need}", "warning" if have else "muted")
