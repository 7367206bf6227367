"""The packet tree: sections and fields of a frame, with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from vrrptui.console.text.dissector import Field
from vrrptui.console.text.prose import Line, wrap
from vrrptui.console.widgets.lines import Painted

OPEN, CLOSED = "▾ ", "▸ "


class PacketTree(Painted, can_focus=True):
    """Sections that fold, by key, in the same way for every packet; the cursor keeps its line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(8)", "Page down", show=False),
        Binding("pageup", "move(-8)", "Page up", show=False),
        Binding("g,home", "move(-10000)", "First", show=False),
        Binding("G,end", "move(10000)", "Last", show=False),
        Binding("enter", "fold(None)", "Open or fold", show=False),
        Binding("right,l", "fold(True)", "Open", show=False),
        Binding("left,h", "fold(False)", "Fold", show=False),
    ]

    class Moved(Message):
        """The cursor is on another field, or the tree has another shape."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 Textual's word
        super().__init__(id=id)
        self.folded: dict[str, bool] = {}  # by section, chosen by the operator
        self.opens: frozenset[str] = frozenset({"analysis"})  # sections that are open at first
        self._laid_out_for = self.opens
        self._sections: Sequence[Field] = ()
        self._rows: list[tuple[Field, str, Line]] = []  # field, its section, its text
        self._index = 0

    @property
    def selected(self) -> Field | None:
        """The field of the cursor."""
        return self._rows[self._index][0] if self._rows else None

    def set_sections(self, sections: Sequence[Field]) -> None:
        """Show another packet, or the same one again."""
        if sections is not self._sections or self.opens is not self._laid_out_for:
            self._sections, self._laid_out_for = sections, self.opens
            self._lay_out()

    def _lay_out(self) -> None:
        before = [line for _, _, line in self._rows]
        rows: list[tuple[Field, str, Line]] = []
        for section in self._sections:
            key, there = section.key, bool(section.children)
            sign = (OPEN if self._is_open(key) else CLOSED) if there else "  "
            rows += [(section, key, line) for line in self._lines(section, sign)]
            if there and self._is_open(key):
                rows += [(field, key, line) for field in section.children for line in self._lines(field, "    ")]
        self._rows = rows
        self._index = max(0, min(self._index, len(rows) - 1))
        if len(before) != len(rows):
            self.reach(len(rows))
        top = int(self.scroll_offset.y)
        both = range(min(len(before), len(rows)))
        beyond = range(len(both), max(len(before), len(rows)))
        self.repaint([place - top for place in (*(p for p in both if before[p] != rows[p][2]), *beyond)])

    def _lines(self, field: Field, sign: str) -> list[Line]:
        indent = cell_len(sign)
        lines = wrap([(field.text, field.tone)], max(10, self.size.width - 1), indent=indent, first=((sign, "muted"),))
        return lines if field.key != "link" and field.key != "ip" else lines[:1]

    def _is_open(self, key: str) -> bool:
        return not self.folded.get(key, key not in self.opens)

    def action_move(self, by: int) -> None:
        """Move to the next or previous field, which may take several lines."""
        if not self._rows:
            return
        fields = [place for place, row in enumerate(self._rows) if place == 0 or self._rows[place - 1][0] is not row[0]]
        now = sum(1 for place in fields if place <= self._index) - 1
        self._go(fields[max(0, min(len(fields) - 1, now + by))])

    def _go(self, index: int) -> None:
        self._index = index
        field = self._rows[index][0]
        last = max(place for place, row in enumerate(self._rows) if row[0] is field)
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def action_fold(self, open_it: bool | None) -> None:
        """Open or fold the section of the cursor; from a field, folding moves to its section."""
        if not self._rows:
            return
        _, key, _ = self._rows[self._index]
        is_open = self._is_open(key)
        wanted = not is_open if open_it is None else open_it
        heading = next(place for place, row in enumerate(self._rows) if row[1] == key)
        if wanted != is_open:
            self.folded[key] = not wanted
            self._lay_out()
        if not wanted:
            self._go(heading)
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        self._lay_out()
        self.refresh()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        place = y + int(self.scroll_offset.y)
        if place >= len(self._rows):
            return self.paint(())
        field, _, line = self._rows[place]
        return self.paint(line, cursor=self.has_focus and field is self.selected)
