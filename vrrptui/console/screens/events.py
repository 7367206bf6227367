"""Screen 4, what happened: the history the engine keeps, newest first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from vrrptui.console.explain import SEVERITY_TONE, SIGN, describe_event, problem_words
from vrrptui.console.filter import Subject
from vrrptui.console.prose import Line, Span, clock_millis, date_time, rule, wrap
from vrrptui.console.screens.screen import Key, ListScreen
from vrrptui.console.table import Column
from vrrptui.control.messages import HistoryEvent

COLUMNS = (
    Column("", 1, 1, 1),
    Column("TIME", 8, 13, 24),
    Column("GROUP", 9, 10, 14),
    Column("EVENT", 0, 13, 16),
    Column("WHAT HAPPENED", 0, 20, 30, grows=True),
    Column("GAP", 0, 6, 7, right=True),
    Column("BY", 0, 0, 12),
)


class EventsScreen(ListScreen[HistoryEvent]):
    """The history. Enter opens the group an event is about."""

    MODE = "events"
    COLUMNS = COLUMNS
    EMPTY = "nothing has happened yet"
    KEYS: ClassVar[Sequence[Key]] = (
        ("enter", "Open group"),
        ("/", "Filter"),
        ("n", "Problem"),
        ("spc", "Pause"),
        ("y", "Copy"),
    )

    def all_rows(self) -> Sequence[HistoryEvent]:
        return list(reversed(self.session.shown.picture.events.values()))

    def key_of(self, row: HistoryEvent) -> Hashable:
        return row.seq

    def cells_of(self, row: HistoryEvent) -> Sequence[Span]:
        wide = self.app.size.width >= 100
        tone = SEVERITY_TONE[row.severity]
        return (
            (SIGN[row.severity], tone),
            (date_time(row.time) if wide else clock_millis(row.time) + "Z", "muted"),
            (row.group or "engine", "strong"),
            (problem_words(row.kind), tone if row.severity != "ok" else "text"),
            (row.text, "text"),
            ("-" if row.gap_ms is None else f"{row.gap_ms / 1000:.2f}s", "text"),
            (row.by, "muted"),
        )

    def subject_of(self, row: HistoryEvent) -> Subject:
        interface, _, rest = row.group.partition("/")
        vrid = rest.partition("/")[0]
        words = " ".join((row.group, row.kind, problem_words(row.kind), row.text, row.by, row.severity))
        return Subject(words, int(vrid) if vrid.isdecimal() else None, interface or None, row.severity != "ok")

    def pane_of(self, row: HistoryEvent, width: int, height: int) -> list[Line]:
        lines: list[Line] = [rule(f"{row.group or 'engine'} · {problem_words(row.kind)}", width)]
        lines += wrap([(row.text, "text")], width - 2, indent=1, first=((" ", "text"),))
        said = f"{date_time(row.time)} · by {row.by}"
        if row.gap_ms is not None:
            said += f" · nobody was master for {row.gap_ms / 1000:.2f} s"
        return [*lines, ((f" {said}", "muted"),)]

    def copy_text(self) -> str:
        row = self.table.current
        return describe_event(row) if row else ""

    def on_live_table_chosen(self) -> None:
        row = self.table.current
        if row and row.group:
            self.app.open_group(row.group)  # type: ignore[attr-defined]
