"""What all screens have: status rows, key row, filter line, list.

`show` repaints a screen at most a few times a second. It reads the session and keeps no copy.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from vrrptui.console.files import export
from vrrptui.console.settings.actions import ACTIONS, Action, Scope
from vrrptui.console.settings.filter import FilterError, Subject, Test, compile_filter
from vrrptui.console.settings.keymap import textual_name
from vrrptui.console.state.session import Session
from vrrptui.console.state.vendors import Vendors
from vrrptui.console.text import header
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Line, Span, file_time
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady
from vrrptui.console.widgets.table import Column, LiveTable
from vrrptui.control.plain import plain

R = TypeVar("R")
HOST = Column("HOST", 7, 9, 12)  # column of lists with several engines


class Console(Protocol):
    """What a screen needs from the application."""

    @property
    def vendors(self) -> Vendors: ...

    def find_vendors(self, macs: list[str]) -> None: ...

    async def open_group(self, key: str) -> None: ...

    async def show_adverts(self, filter_words: str) -> None: ...

    async def action_tab(self, mode: str) -> None: ...


def bindings(scope: Scope, *more: BindingType) -> list[BindingType]:
    """Return the bindings of the actions of a scope, with their ids for the operator's keymap, and further keys."""
    here = [action for action in ACTIONS if action.scope == scope]
    named = [Binding(textual_name(one.key), one.run, one.title, show=False, id=one.id) for one in here if one.key]
    fixed = [Binding(key, one.run, one.title, show=False) for one in here for key in one.also]
    return [*named, *fixed, *more]


class ConsoleScreen(Steady, Screen[None]):
    """A full screen. `MODE` is its tab, `KEYS` are the actions in its last row."""

    MODE: ClassVar[str] = ""
    KEYS: ClassVar[Sequence[Hint]] = ()
    ACTS: ClassVar[Sequence[Action]] = ()  # acting keys with a target here
    ACTING: ClassVar[Sequence[Hint]] = ()  # those in the last row
    BINDINGS: ClassVar[list[BindingType]] = bindings("screen", Binding("escape", "back", "Back", show=False))

    def __init__(self, session: Session, console: Console) -> None:
        super().__init__()
        self.session = session
        self.console = console
        self._greyed = False

    def compose(self) -> ComposeResult:
        yield Lines(id="status")
        yield Lines(id="summary")
        yield Lines(id="tabs")
        yield from self.compose_body()
        yield Lines(id="banner")
        yield Lines(id="keys")

    def compose_body(self) -> ComposeResult:
        """Compose the part between tabs and keys."""
        yield Widget()

    def show(self) -> None:
        """Paint what has changed."""
        if not self.is_mounted:
            return
        session, width = self.session, self.app.size.width
        truth, keymap = session.truth, session.preferences.keymap
        self.query_one("#status", Lines).set_lines([self._status(width)])
        self.query_one("#summary", Lines).set_lines([header.summary(session.view, truth, width)])
        self.show_body(width)
        if session.old_picture != self._greyed:
            self._greyed = session.old_picture
            for lines in self.query(Lines):
                if lines.id not in ("status", "summary", "tabs", "banner", "keys"):
                    lines.grey(self._greyed)
        self.query_one("#tabs", Lines).set_lines([header.tabs(self.MODE, self.note(), width, keymap)])
        banner = self.query_one("#banner", Lines)
        banner.display = bool(session.banner)
        banner.set_lines([((f" {session.banner}", "strong"),)])
        acting = self.ACTING if session.may_act else ()
        self.query_one("#keys", Lines).set_lines([header.keys(self.KEYS, acting, width, keymap)])

    def _status(self, width: int) -> Line:
        session = self.session
        if len(session.engines) == 1:
            return header.status(session.view, session.truth, session.clock(), width)
        each = [(one.host, one.view, one.truth) for one in session.engines]
        return header.status_of_several(each, session.truth, session.clock(), width)

    def show_body(self, width: int) -> None:
        """Paint the screen's own part."""

    def note(self) -> Sequence[Span]:
        """Return the status at the right of the tabs."""
        return ()

    def selected_key(self) -> str | None:
        """Return the key of the group, or the name of the check, that an action is about, or None."""
        return None

    def copy_text(self) -> str:
        """Return the line that `y` copies; empty if there is none."""
        return ""

    def on_mount(self) -> None:
        self.show()

    def on_screen_resume(self) -> None:
        self.show()

    def on_click(self, event: Click) -> None:
        """Go to the screen of a clicked tab."""
        if event.widget is not None and event.widget.id == "tabs":
            mode = header.tab_at(event.x, self.app.size.width, self.session.preferences.keymap)
            if mode:
                self.app.call_later(self.console.action_tab, mode)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.show)

    def action_back(self) -> None:
        """Leave what was opened last."""

    def action_copy(self) -> None:
        text = plain(self.copy_text())
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"copied: {text}", markup=False, timeout=3)


class PageScreen(ConsoleScreen):
    """A screen with one scrolling page, `#page`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("pagedown", "scroll(15)", "Page down", show=False),
        Binding("pageup", "scroll(-15)", "Page up", show=False),
        Binding("g,home", "scroll(-10000)", "Top", show=False),
        Binding("G,end", "scroll(10000)", "End", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        yield Lines(id="page")

    def action_scroll(self, by: int) -> None:
        self.query_one("#page", Lines).scroll_relative(y=by, animate=False)


class ListScreen(ConsoleScreen, Generic[R]):
    """A screen with a list, a pane about the row of the cursor, a filter, and next and previous problem."""

    COLUMNS: ClassVar[Sequence[Column]] = ()
    EMPTY: ClassVar[str] = "nothing here"
    HOLDS_ORDER: ClassVar[bool] = False  # rows keep their places while the cursor moves or a dialog is open
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    def __init__(self, session: Session, console: Console) -> None:
        super().__init__(session, console)
        chosen = session.preferences.columns.get(self.MODE, ())
        columns, cells = self.COLUMNS, self.cells_of
        if len(session.engines) > 1:
            columns, cells = (HOST, *columns), self._cells_with_host
            chosen = (HOST.title, *chosen) if chosen else ()
        self.table: LiveTable[R] = LiveTable(
            columns, self.key_of, cells, clock=session.wall, empty=self.EMPTY, chosen=chosen
        )
        self.filter_words = ""
        self.test: Test = compile_filter("")
        self._places: dict[Hashable, int] = {}

    def compose_body(self) -> ComposeResult:
        yield self.table
        yield from self.compose_pane()
        field = Input(id="filter", placeholder="words, vrid 51, if eth0, bad, !not, ~regex", compact=True)
        field.cursor_blink = False  # an idle console writes nothing
        yield field

    def compose_pane(self) -> ComposeResult:
        """Compose the part below the list."""
        yield Lines(id="pane")

    # The content of a list.

    def all_rows(self) -> Sequence[R]:
        """Return every row, sorted."""
        raise NotImplementedError

    def key_of(self, row: R) -> Hashable:
        """Return the permanent identity of a row."""
        raise NotImplementedError

    def cells_of(self, row: R) -> Sequence[Span]:
        """Return a span for each column."""
        raise NotImplementedError

    def subject_of(self, row: R) -> Subject:
        """Return what the filter tests. n and N stop at rows that are `bad`."""
        raise NotImplementedError

    def pane_of(self, row: R, width: int, height: int) -> list[Line]:
        """Return the lines about the row of the cursor."""
        raise NotImplementedError

    def empty_pane(self, width: int) -> list[Line]:
        """Return the lines of the pane without a row."""
        return []

    def line_of(self, row: R) -> str:
        """Return the row as the line for `y` and `e`; empty if there is none."""
        return ""

    def copy_text(self) -> str:
        row = self.table.current
        return self.line_of(row) if row is not None else ""

    def _cells_with_host(self, row: R) -> Sequence[Span]:
        """Return the cells after the host's column; cells of a disconnected engine are greyed."""
        host = self.session.host_of(row)
        if self.session.is_gone(host):
            return ((f"STALE {host}", "stale"), *((text, "stale") for text, _ in self.cells_of(row)))
        return ((host, "strong"), *self.cells_of(row))

    def rows_shown(self) -> Sequence[R]:
        """Return the rows that match the filter."""
        rows = self.all_rows()
        return [row for row in rows if self.test(self.subject_of(row))] if self.filter_words else rows

    # Showing.

    def show_body(self, width: int) -> None:
        self.table.grey(self.session.old_picture)
        self.table.set_rows(self._held(self.rows_shown()))
        self.show_pane(width)

    def _held(self, rows: Sequence[R]) -> Sequence[R]:
        """Return the rows in their old places while reordering would mislead; new ones at the end."""
        if self.HOLDS_ORDER and self._places and (self.table.moving or self.app.screen is not self):
            rows = sorted(rows, key=lambda row: self._places.get(self.key_of(row), len(self._places)))
        if self.HOLDS_ORDER:
            self._places = {self.key_of(row): place for place, row in enumerate(rows)}
        return rows

    def show_pane(self, width: int) -> None:
        pane = self.query_one("#pane", Lines)
        row = self.table.current
        height = pane.size.height
        if height:
            lines = self.empty_pane(width) if row is None else self.pane_of(row, width, height)
            pane.set_lines(lines[:height])

    def on_live_table_moved(self) -> None:
        if self.is_mounted:
            self.show_pane(self.app.size.width)
            tabs = header.tabs(self.MODE, self.note(), self.app.size.width, self.session.preferences.keymap)
            self.query_one("#tabs", Lines).set_lines([tabs])

    def note(self) -> Sequence[Span]:
        place, count = self.table.position
        spans: list[Span] = [(f" {place}/{count} ", "text")]
        if self.filter_words:
            spans.insert(0, (f" filter: {self.filter_words} ", "warning"))
        return spans

    # Filter and problems.

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.value = self.filter_words
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.set_filter(event.value):
            self._close_filter()

    def set_filter(self, words: str) -> bool:
        """Filter by these words. Return whether they are valid."""
        try:
            self.test = compile_filter(words)
        except FilterError as error:
            self.notify(plain(str(error)), title="filter", severity="error", markup=False)
            return False
        self.filter_words = words.strip()
        self._places = {}
        self.show()
        return True

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).display = False
        self.table.focus()

    def action_back(self) -> None:
        """Close the filter line, then clear the filter."""
        if self.query_one("#filter", Input).display:
            self._close_filter()
        elif self.filter_words:
            self.set_filter("")

    def action_export(self) -> None:
        """Write the shown rows to a file in the directory the console was started in."""
        lines = [plain(line) for row in self.table.rows if (line := self.line_of(row))]
        if not lines:
            self.notify("nothing to export here", timeout=3, markup=False)
            return
        try:
            path = export.write(lines, f"vrrptui-{self.MODE}-{file_time(self.session.wall())}", Path.cwd())
        except (export.ExportError, OSError) as error:
            self.notify(plain(str(error)), title="export", severity="error", markup=False)
        else:
            self.notify(plain(f"{len(lines)} {self.MODE} written to {path}"), timeout=6, markup=False)

    def action_problem(self, step: int) -> None:
        rows = self.table.rows
        place = self.table.position[0] - 1
        for away in range(1, len(rows) + 1):
            row = rows[(place + step * away) % len(rows)]
            if self.subject_of(row).bad:
                self.table.select(self.key_of(row))
                return
        self.notify("no problem in this list", timeout=2, markup=False)
