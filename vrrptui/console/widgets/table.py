"""The live table: rows of toned cells in fixed columns. Only visible rows that changed are painted.

The cursor belongs to the key of a row, not to its position: rows may come, go and move.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from vrrptui.console.text.prose import Line, Span, fit
from vrrptui.console.widgets.lines import Painted

R = TypeVar("R")
WIDE = 100  # columns from which the wide layout is used
LEAST_OF_GROWING = 8  # cells below which a shrinking column is useless
NARROW = 60  # columns from which the narrow layout is used; below, the tiny one


@runtime_checkable
class Placed(Protocol):
    """Rows with an index of keys, because there may be many."""

    def place_of(self, key: Hashable) -> int | None:
        """Return the position of the row with this key."""


@dataclass(frozen=True, slots=True)
class Column:
    """The title of a column and its width in the tiny, narrow and wide layouts; 0: hidden."""

    title: str
    tiny: int
    narrow: int
    wide: int
    right: bool = False
    grows: bool = False  # takes the rest of the line

    def width(self, total: int, chosen: bool = False) -> int:
        """Return its width in a line of `total` cells; a chosen column is shown in every layout."""
        designed = self.wide if total >= WIDE else self.narrow if total >= NARROW else self.tiny
        return designed or (self.narrow or self.wide if chosen else 0)


class LiveTable(Painted, Generic[R], can_focus=True):
    """Shows rows in the given order. `key` identifies a row, `cells` returns a span per column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("g,home", "first", "First", show=False),
        Binding("G,end", "last", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """Enter was pressed on a row."""

    def __init__(
        self,
        columns: Sequence[Column],
        key: Callable[[R], Hashable],
        cells: Callable[[R], Sequence[Span]],
        *,
        clock: Callable[[], float],
        empty: str = "nothing here",
        chosen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.columns = columns
        self._chosen = bool(chosen)
        self._places = _places(columns, chosen)
        self.empty = empty
        self._key = key
        self._cells = cells
        self._clock = clock
        self._rows: Sequence[R] = ()
        self._index = 0
        self._cursor_key: Hashable = None
        self._painted: dict[int, tuple[object, ...]] = {}  # current content by line of the widget
        self.moved_at = float("-inf")

    @property
    def rows(self) -> Sequence[R]:
        return self._rows

    @property
    def current(self) -> R | None:
        """The row of the cursor."""
        return self._rows[self._index] if 0 <= self._index < len(self._rows) else None

    @property
    def position(self) -> tuple[int, int]:
        """The position of the cursor, counted from 1, and the number of rows."""
        return (self._index + 1 if self._rows else 0, len(self._rows))

    @property
    def moving(self) -> bool:
        """Whether the cursor was moved within the last 2 seconds: rows should not be reordered."""
        return abs(self._clock() - self.moved_at) < 2.0

    def set_rows(self, rows: Sequence[R], *, follow: bool = False) -> None:
        """Show these rows. The cursor stays on its key, or goes to the last row if it follows."""
        count = len(self._rows)
        offset = self._index - int(self.scroll_offset.y)
        self._rows = rows
        before = self._cursor_key
        self._index = len(rows) - 1 if follow else self._place_of(self._cursor_key)
        self._cursor_key = self._key(rows[self._index]) if rows else None
        if len(rows) != count:
            self.reach(len(rows) + 1)
        if follow:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        elif len(rows) > self._page and self._cursor_key == before:
            self.scroll_to(y=max(0, self._index - offset), animate=False)  # the row keeps its place on the screen
        self.update_lines()
        if self._cursor_key != before:
            self.post_message(self.Moved())

    def _place_of(self, key: Hashable) -> int:
        """Return the position of `key`; if it is gone, the nearest to its old one."""
        rows = self._rows
        last = max(0, len(rows) - 1)
        if self._index <= last and rows and self._key(rows[self._index]) == key:
            return self._index
        place = self.place_of(key)
        return min(self._index, last) if place is None else place

    def place_of(self, key: Hashable) -> int | None:
        """Return the position of the row with this key, None if it is not shown."""
        rows = self._rows
        if isinstance(rows, Placed):
            return rows.place_of(key)
        return next((place for place, row in enumerate(rows) if self._key(row) == key), None)

    def update_lines(self) -> None:
        """Paint the visible lines whose content has changed."""
        painted, lines = self._painted, range(1, self.size.height)
        self.repaint([y for y in lines if painted.get(y) != self._content(y)])

    def select(self, key: Hashable) -> None:
        """Put the cursor on this row."""
        place = self.place_of(key)
        if place is not None:
            self._go(place)

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _go(self, index: int) -> None:
        if not self._rows:
            return
        self._index = max(0, min(len(self._rows) - 1, index))
        self._cursor_key = self._key(self._rows[self._index])
        self.moved_at = self._clock()
        top = int(self.scroll_offset.y)
        if self._index < top:
            self.scroll_to(y=self._index, animate=False)
        elif self._index >= top + self._page:
            self.scroll_to(y=self._index - self._page + 1, animate=False)
        self.update_lines()
        self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        self._go(self._index + by)

    def action_page(self, by: int) -> None:
        self._go(self._index + by * self._page)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self._rows) - 1)

    def action_choose(self) -> None:
        if self._rows:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row; a second click opens it."""
        place = event.y - 1 + int(self.scroll_offset.y)
        if event.y > 0 and place < len(self._rows):
            self._go(place)
            if event.chain == 2:
                self.action_choose()

    def on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(event.size.width, len(self._rows) + 1)
        if not self._rows or self._index - int(self.scroll_offset.y) >= self._page:
            self.scroll_to(y=max(0, self._index - self._page + 1), animate=False)
        self.refresh()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _content(self, y: int) -> tuple[object, ...]:
        """Return the content of line `y` (from 1): its cells, and whether the cursor is there."""
        place = y - 1 + int(self.scroll_offset.y)
        if place >= len(self._rows):
            return (self.empty,) if not self._rows and y == 1 else ()
        return (*self._cells(self._rows[place]), place == self._index)

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self.paint(self._arrange([(column.title, "muted") for column in self.columns]))
        content = self._content(y)
        self._painted[y] = content
        if not content:
            return self.paint(())
        if len(content) == 1:
            return self.paint(((f"   {self.empty}", "muted"),))
        *cells, cursor = content
        return self.paint(self._arrange(cells), cursor=bool(cursor))  # type: ignore[arg-type]

    def _widths(self, columns: Sequence[Column], total: int, layout: int) -> tuple[list[int], int]:
        """Return the widths for so many cells, and the rest; if negative, the growing column shrinks."""
        widths = [column.width(layout, self._chosen) for column in columns]
        return widths, total - sum(widths) - sum(1 for width in widths if width)

    def _arrange(self, cells: Sequence[Span]) -> Line:
        total = self.size.width
        columns = [self.columns[place] for place in self._places]
        widths, left = self._widths(columns, total, total)
        if total >= WIDE and any(c.grows and w + left < LEAST_OF_GROWING for c, w in zip(columns, widths, strict=True)):
            widths, left = self._widths(columns, total, WIDE - 1)
        line: list[Span] = []
        for place, column, width in zip(self._places, columns, widths, strict=True):
            text, tone = cells[place]
            if width and column.grows:
                width = width + left if width + left >= LEAST_OF_GROWING else 0
            if width:
                line.append((fit(text, width, right=column.right), tone))
                line.append((" ", "text"))
        return tuple(line)


def _places(columns: Sequence[Column], chosen: Sequence[str]) -> Sequence[int]:
    """Return the order of columns: those without a title, which are signs, and the chosen ones; or all."""
    if not chosen:
        return range(len(columns))
    by_title = {column.title: place for place, column in enumerate(columns)}
    signs = [place for place, column in enumerate(columns) if not column.title]
    return [*signs, *(by_title[title] for title in chosen if title)]
