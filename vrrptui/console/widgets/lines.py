"""Widgets of lines: each line is painted by itself. The base of all rows and panes.

A line is a list of (text, tone); a tone is a name in the theme, never a colour. Only changed lines are painted, and
every character passes `plain` on its way to the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vrrptui.console.text.prose import Line
from vrrptui.console.text.signs import ascii_signs
from vrrptui.console.widgets.tones import Palette
from vrrptui.control.plain import plain


class Painted(ScrollView):
    """Something painted from lines in the theme's tones. `greyed`: the data is old."""

    DEFAULT_CSS = "Painted { scrollbar-size: 0 0; background: $background; color: $foreground; }"

    greyed = False
    _palette = Palette({})
    _base: Style | None = None  # the widget's own style, including its ancestors'

    def grey(self, greyed: bool) -> None:
        """Set whether the data is old."""
        if greyed != self.greyed:
            self.greyed = greyed
            self.refresh()

    @property
    def palette(self) -> Palette:
        """The tones of the current theme."""
        if self._palette.variables is not self.app.theme_variables:
            self._palette = Palette(self.app.theme_variables)
        return self._palette

    @property
    def base(self) -> Style:
        """The widget's own style, below the tones."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def notify_style_update(self) -> None:
        self._base = None
        super().notify_style_update()

    def paint(self, line: Line, *, cursor: bool = False) -> Strip:
        """Return the strip for one line, exactly as wide as the widget."""
        width = self.size.width
        ascii_only = self.app.has_class("-ascii")
        base, tone_of = self.base, self.palette.style
        over = tone_of("cursor") if cursor else Style.null()
        segments: list[Segment] = []
        room = width
        for text, tone in line:
            shown = ascii_signs(plain(text)) if ascii_only else plain(text)
            cells = cell_len(shown)
            if cells > room:
                shown, cells = set_cell_size(shown, room), room
            word = "stale" if self.greyed and tone != "tab" else tone
            segments.append(Segment(shown, base + tone_of(word) + over))
            room -= cells
            if room <= 0:
                break
        if room > 0:
            segments.append(Segment(" " * room, base + over))
        return Strip(segments, width)

    def reach(self, count: int) -> None:
        """Set the number of lines to scroll through. The layout changes only when a scrollbar comes or goes."""
        size, fit = Size(self.size.width, count), self.size.height
        if (count > fit) != (self.virtual_size.height > fit) or size.width != self.virtual_size.width:
            self.virtual_size = size
            return
        self.set_reactive(Painted.virtual_size, size)
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def repaint(self, lines: Iterable[int]) -> None:
        """Repaint these lines of the widget, counted from 0 at its top."""
        width = max(1, self.size.width)
        regions = [Region(0, y, width, 1) for y in lines]
        if regions:
            self.refresh(*regions)


class Lines(Painted, can_focus=False):
    """A pane of lines. Only lines that differ are painted."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's word
        super().__init__(id=id, classes=classes)
        self.lines: list[Line] = []

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        before, self.lines = self.lines, list(lines)
        if len(before) != len(self.lines):
            self.reach(len(self.lines))
            self.refresh(layout=self.styles.auto_dimensions)
            return
        top = int(self.scroll_offset.y)
        pairs = enumerate(zip(before, self.lines, strict=True))
        self.repaint([y - top for y, (old, new) in pairs if old != new])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines)

    def render_line(self, y: int) -> Strip:
        index = y + int(self.scroll_offset.y)
        return self.paint(self.lines[index] if index < len(self.lines) else ())
