"""Screen 4, events: the engine's history, newest first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from vrrptui.console.screens.screen import ListScreen
from vrrptui.console.settings import actions
from vrrptui.console.settings.filter import Subject
from vrrptui.console.text import timeline
from vrrptui.console.text.explain import SEVERITY_TONE, SIGN, describe_event, gap_words, problem_words
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Line, Span, age, date_time, day_or_millis, labelled, rule, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.table import Column
from vrrptui.control.messages import EventKind, HistoryEvent
from vrrptui.control.several import host_and_key

COLUMNS = (
    Column("", 1, 1, 1),
    Column("TIME", 8, 13, 13),
    Column("GROUP", 9, 10, 12),
    Column("EVENT", 0, 13, 14),
    Column("WHAT HAPPENED", 0, 20, 30, grows=True),
    Column("GAP ms", 0, 6, 10, right=True),
    Column("BY", 0, 0, 14),
)
LATE_SHARE, LATE_MS = 1.5, 50.0  # a gap is highlighted if it exceeds its prediction by this factor


class EventsScreen(ListScreen[HistoryEvent]):
    """The history. Enter opens the group of an event."""

    MODE = "events"
    COLUMNS = COLUMNS
    EMPTY = "no events yet"
    KEYS: ClassVar[Sequence[Hint]] = (
        ("enter", "Open group"),
        actions.FILTER,
        actions.NEXT_PROBLEM,
        actions.COPY,
        actions.EXPORT,
        actions.PAUSE,
    )

    def compose_body(self) -> ComposeResult:
        yield Lines(id="strip")
        yield from super().compose_body()

    def show_body(self, width: int) -> None:
        events = self.session.shown.picture.events.values()
        self.query_one("#strip", Lines).set_lines(timeline.of_transitions(events, self.session.now, width))
        super().show_body(width)

    def note(self) -> Sequence[Span]:
        every = f"of {len(self.session.shown.picture.events)} " if self.filter_words else ""
        return [*super().note(), (every, "muted")]

    def all_rows(self) -> Sequence[HistoryEvent]:
        return self.session.shown.newest_events()

    def key_of(self, row: HistoryEvent) -> Hashable:
        return row.seq

    def cells_of(self, row: HistoryEvent) -> Sequence[Span]:
        wide = self.app.size.width >= 100
        tone = SEVERITY_TONE[row.severity]
        return (
            (SIGN[row.severity], tone),
            (day_or_millis(row.time, self.session.now), "muted"),
            (row.group or "engine", "strong"),
            (problem_words(row.kind), tone if row.severity != "ok" else "text"),
            (row.text, "text"),
            gap_cell(row, wide),
            (row.by, "muted"),
        )

    def subject_of(self, row: HistoryEvent) -> Subject:
        key = host_and_key(row.group)[1] if self.session.shown.several else row.group
        interface, _, rest = key.partition("/")
        vrid = rest.partition("/")[0]
        words = " ".join((row.group, row.kind, problem_words(row.kind), row.text, row.by, row.severity))
        return Subject(
            words, int(vrid) if vrid.isdecimal() else None, interface if rest else None, row.severity != "ok"
        )

    def pane_of(self, row: HistoryEvent, width: int, height: int) -> list[Line]:
        lines: list[Line] = [rule(f"{row.group or 'engine'} · {problem_words(row.kind)}", width)]
        lines += wrap([(row.text, "text")], width - 2, indent=1, first=((" ", "text"),))
        lines += labelled("When", [(f"{date_time(row.time)}, {age(self.session.now - row.time)} ago", "text")], width)
        lines += labelled("By", [(row.by, "text")], width)
        if row.gap_ms is not None:
            lines += labelled("Gap", [(f"no master for {gap_words(row)}", "text")], width)
        if row.cause:
            lines += labelled("Cause", [(row.cause, "text")], width)
        if row.announced_ms is not None:
            said = f"the address was announced {row.announced_ms:.1f} ms after the change"
            lines += labelled("Announced", [(said, "text")], width)
        return lines

    def line_of(self, row: HistoryEvent) -> str:
        return describe_event(row)

    def on_live_table_chosen(self) -> None:
        row = self.table.current
        if row and "/" in row.group:  # not about the engine itself
            self.app.call_later(self.console.open_group, row.group)


def gap_cell(event: HistoryEvent, wide: bool) -> Span:
    """Return the gap in ms; in the wide layout with the prediction: 606/414."""
    if event.gap_ms is None:
        return ("-", "muted")
    if event.gap_ms >= 100_000:
        return (f"{event.gap_ms / 1000:.0f} s", "text")
    so_far = "+" if event.kind == EventKind.MASTER_LOST else ""
    foretold = event.predicted_gap_ms
    late = foretold is not None and event.gap_ms > LATE_SHARE * foretold + LATE_MS
    beside = f"/{foretold:.0f}" if wide and foretold is not None else ""
    return (f"{event.gap_ms:.0f}{so_far}{beside}", "warning" if late else "text")
