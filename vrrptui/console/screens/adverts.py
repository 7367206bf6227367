"""Screen 2, every advert as it comes, newest last: followed or held, filtered, taken apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from vrrptui.console import packet
from vrrptui.console.filter import Subject
from vrrptui.console.prose import Line, Span, clock_millis, seconds
from vrrptui.console.screens.screen import Key, ListScreen
from vrrptui.console.session import Session
from vrrptui.console.table import Column
from vrrptui.console.view import Numbered

COLUMNS = (
    Column("TIME", 8, 12, 15),
    Column("IF", 0, 7, 9),
    Column("VRID", 4, 4, 4),
    Column("V", 0, 2, 2),
    Column("SOURCE", 15, 15, 25),
    Column("PRIO", 4, 4, 4),
    Column("INTVL", 0, 6, 6),
    Column("TTL", 0, 0, 3),
    Column("INFO", 0, 12, 20, grows=True),
)


class AdvertsScreen(ListScreen[Numbered]):
    """The ring of adverts. Following ends when the cursor is moved up, and `f` or G begins it again."""

    MODE = "adverts"
    COLUMNS = COLUMNS
    EMPTY = "no advert yet"
    KEYS: ClassVar[Sequence[Key]] = (
        ("spc", "Pause"),
        ("f", "Follow"),
        ("/", "Filter"),
        ("n", "Bad"),
        ("x", "Hex"),
        ("y", "Copy"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", show=False),
        Binding("x", "hex", "Hexdump", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.following = True
        self.hexdump = False
        self._matching: deque[Numbered] = deque()
        self._seen = 0  # the number of the last advert that was tested
        self._words = ""

    def all_rows(self) -> Sequence[Numbered]:
        return self.session.shown.adverts

    def rows_shown(self) -> Sequence[Numbered]:
        """The matching ones; only adverts that came since the last time are tested."""
        ring = self.session.shown.adverts
        first = ring[0].number if ring else 0
        last = ring[-1].number if ring else 0
        if self._words != self.filter_words or last < self._seen:  # a new filter, or an older picture
            self._words, self._seen = self.filter_words, 0
            self._matching.clear()
        fresh = list(ring)[max(0, len(ring) - (last - self._seen)) :]
        self._matching.extend(one for one in fresh if self.test(self.subject_of(one)))
        self._seen = last
        while self._matching and self._matching[0].number < first:
            self._matching.popleft()
        return list(self._matching)

    def show_body(self, width: int) -> None:
        self.table.grey(self.session.old_picture)
        self.table.set_rows(self.rows_shown(), follow=self.following and not self.session.paused)
        self.show_pane(width)

    def key_of(self, row: Numbered) -> Hashable:
        return row.number

    def cells_of(self, row: Numbered) -> Sequence[Span]:
        line = row.heard.line
        interface = (line.interface or "-") + (f".{line.vlan}" if line.vlan is not None else "")
        tone = "critical" if line.problems else "text"
        time = clock_millis(line.time, 6 if self.app.size.width >= 100 else 3)
        return (
            (time, "muted"),
            (interface, "text"),
            ("?" if line.vrid is None else str(line.vrid), "strong"),
            ("?" if line.version is None else f"v{line.version}", "muted"),
            (line.source or "?", tone),
            ("?" if line.priority is None else str(line.priority), "warning" if line.priority == 0 else "text"),
            ("?" if line.interval is None else seconds(line.interval), "muted"),
            ("?" if line.ttl is None else str(line.ttl), "muted" if line.ttl == 255 else "warning"),
            packet.info(line),
        )

    def subject_of(self, row: Numbered) -> Subject:
        line = row.heard.line
        words = (line.source, line.source_mac, line.interface, row.heard.verdict, *line.addresses, *line.problems)
        return Subject(" ".join(word for word in words if word), line.vrid, line.interface, bool(line.problems))

    def pane_of(self, row: Numbered, width: int, height: int) -> list[Line]:
        return packet.pane(row, width, hexdump=self.hexdump)

    def note(self) -> Sequence[Span]:
        skipped = self.session.shown.adverts_skipped
        spans = [*super().note(), (" following " if self.following else " held, f follows ", "muted")]
        return [(f" {skipped} too fast to show ", "warning"), *spans] if skipped else spans

    def copy_text(self) -> str:
        row = self.table.current
        if row is None:
            return ""
        line = row.heard.line
        what = ", ".join(line.problems) or ",".join(line.addresses)
        where = f"{line.interface} vrid {line.vrid} v{line.version} prio {line.priority}"
        return f"{clock_millis(line.time, 6)}Z {line.source} > {line.destination} {where} ttl {line.ttl} {what}"

    def on_live_table_moved(self) -> None:
        place, count = self.table.position
        if self.table.moving:
            self.following = place == count

    def action_follow(self) -> None:
        self.following = True
        self.show()

    def action_hex(self) -> None:
        self.hexdump = not self.hexdump
        self.show_pane(self.app.size.width)
