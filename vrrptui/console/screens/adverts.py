"""Screen 2, adverts: every advert, newest last. The list can be followed, filtered and marked; packets are decoded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from vrrptui.client.advert_log import AdvertRing, Matching, Numbered
from vrrptui.console.dialogs.write_pcap import WriteDialog
from vrrptui.console.screens.screen import Console, ListScreen, bindings
from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Action
from vrrptui.console.settings.filter import Subject
from vrrptui.console.state.session import Session
from vrrptui.console.text import packet
from vrrptui.console.text.analysis import analysis
from vrrptui.console.text.dissector import Field, anatomy, secret_places
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Span, clock_micros, clock_millis, file_time, rule, seconds
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.table import Column
from vrrptui.console.widgets.tree import PacketTree
from vrrptui.control.plain import plain

TIME = Column("TIME", 8, 12, 15)
COLUMNS = (
    Column("", 1, 1, 1),
    TIME,
    Column("IF", 0, 7, 9),
    Column("VRID", 4, 4, 4),
    Column("V", 0, 2, 2),
    Column("SOURCE", 15, 15, 25),
    Column("PRIO", 4, 4, 4),
    Column("INTVL", 0, 6, 6),
    Column("TTL", 0, 0, 3),
    Column("INFO", 0, 12, 20, grows=True),
)
TIME_MODES = {"clock": "TIME", "previous": "+PREVIOUS", "start": "+START", "mark": "+MARK"}
OPEN_AT_FIRST = {True: frozenset({"vrrp", "ah", "analysis"}), False: frozenset({"analysis"})}  # by: is it tall
BESIDE = 100  # columns from which the hexdump is beside the fields
WIDE_DUMP = 120  # and from which it has 16 bytes per line


class AdvertsScreen(ListScreen[Numbered]):
    """The ring of adverts. Moving the cursor up or into the packet ends following; `f` resumes it."""

    MODE = "adverts"
    COLUMNS = COLUMNS
    EMPTY = "no advert yet"
    KEYS: ClassVar[Sequence[Hint]] = (
        actions.PAUSE,
        actions.FOLLOW,
        actions.FILTER,
        (actions.NEXT_PROBLEM, "Bad"),
        actions.INTO_PACKET,
        actions.HEX,
        actions.MARK,
        actions.TIMES,
        actions.WRITE,
        actions.COPY,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("adverts")

    def __init__(self, session: Session, console: Console) -> None:
        super().__init__(session, console)
        self.following = True
        self.hexdump = False
        self.time_mode = "clock"
        self.marks: list[int] = []  # numbers, in order
        self.marked_at: tuple[int, float] | None = None  # number and time of the latest mark
        self._ring = AdvertRing()
        self._matching = Matching(self._passes)
        self._laid_open: tuple[int, list[Field]] = (0, [])
        self._in_packet = False  # instead of the list

    def compose_pane(self) -> ComposeResult:
        yield Lines(id="packet-title")
        with Horizontal(id="packet"):
            yield PacketTree(id="tree")
            yield Lines(id="dump")

    @property
    def packet_tree(self) -> PacketTree:
        return self.query_one("#tree", PacketTree)

    # The list.

    def all_rows(self) -> Sequence[Numbered]:
        """Return a copy of the ring, which keeps changing."""
        ring = self.session.shown.adverts
        if ring.received != self._ring.received or len(ring) != len(self._ring):
            self._ring = ring.copy()
        return self._ring

    def rows_shown(self) -> Sequence[Numbered]:
        ring = self.all_rows()
        if not self.filter_words:
            return ring
        self._matching.bring_up_to(self._ring)
        return self._matching

    def _passes(self, row: Numbered) -> bool:
        return self.test(self.subject_of(row))

    def set_filter(self, words: str) -> bool:
        before, self._matching = self._matching, Matching(self._passes)
        if super().set_filter(words):
            return True
        self._matching = before
        return False

    def show_body(self, width: int) -> None:
        self.table.grey(self.session.old_picture)
        self.table.set_rows(self.rows_shown(), follow=self.following and not self.session.paused)
        self.show_pane(width)

    def key_of(self, row: Numbered) -> Hashable:
        return row.number

    def cells_of(self, row: Numbered) -> Sequence[Span]:
        line = row.line
        interface = (line.interface or "-") + (f".{line.vlan}" if line.vlan is not None else "")
        tone = "critical" if line.problems else "text"
        return (
            ("◆" if row.number in self.marks else " ", "pending"),
            (self.time_of(row), "muted"),
            (interface, "text"),
            ("?" if line.vrid is None else str(line.vrid), "strong"),
            ("?" if line.version is None else f"v{line.version}", "muted"),
            (line.source or "?", tone),
            ("?" if line.priority is None else str(line.priority), "warning" if line.priority == 0 else "text"),
            ("?" if line.interval is None else seconds(line.interval), "muted"),
            ("?" if line.ttl is None else str(line.ttl), "muted" if line.ttl == 255 else "warning"),
            packet.info(line),
        )

    def time_of(self, row: Numbered) -> str:
        """Return the first column in the current time mode."""
        match self.time_mode:
            case "previous":
                place = self.table.place_of(row.number) or 0
                since = self.table.rows[place - 1].time if place else row.time
            case "start":
                since = self.session.view.adverts.began
            case "mark" if self.marked_at is not None:
                since = self.marked_at[1]
            case _:
                return clock_millis(row.time, 6 if self.app.size.width >= 100 else 3)
        return f"{row.time - since:+.6f}"

    def subject_of(self, row: Numbered) -> Subject:
        line = row.line
        words = (line.source, line.source_mac, line.interface, row.said.verdict, *line.addresses, *line.problems)
        return Subject(" ".join(word for word in words if word), line.vrid, line.interface, bool(line.problems))

    # The packet.

    def show_pane(self, width: int) -> None:
        row = self.table.current
        beside = width >= BESIDE
        tree, dump = self.packet_tree, self.query_one("#dump", Lines)
        tree.display, dump.display = beside or not self.hexdump, beside or self.hexdump
        tree.grey(self.session.old_picture)
        if row is None:
            self.query_one("#packet-title", Lines).set_lines([rule("no packet", width)])
            tree.set_sections([])
            dump.set_lines([])
            return
        title = f"packet {row.number:,} · {clock_millis(row.time, 6)} · {len(row.frame)} bytes".replace(",", " ")
        if not beside:
            title += f" · {self._key(actions.HEX)} {'fields' if self.hexdump else 'hexdump'}"
        self.query_one("#packet-title", Lines).set_lines([rule(title, width)])
        if self._laid_open[0] != row.number:
            self._laid_open = (row.number, self._lay_open(row))
        tree.opens = OPEN_AT_FIRST[self.app.size.height >= 30]
        tree.set_sections(self._laid_open[1])
        self._show_dump(row, width)

    def _lay_open(self, row: Numbered) -> list[Field]:
        sections = anatomy(row.frame, row.said.link_type, row.line.checksum)
        return [analysis(row, self._ring, sections), *sections]

    def _show_dump(self, row: Numbered, width: int) -> None:
        dump, field = self.query_one("#dump", Lines), self.packet_tree.selected if self._in_packet else None
        a_line = packet.WIDE_DUMP if width >= WIDE_DUMP or 76 <= width < BESIDE else packet.NARROW_DUMP
        dump.styles.width = packet.dump_width(a_line) + 1 if width >= BESIDE else "1fr"
        start, end = (field.start, field.end) if field else (0, 0)
        dump.set_lines(packet.dump(row.frame, start, end, secret_places(self._laid_open[1]), a_line))
        first, last, top = start // a_line, max(start, end - 1) // a_line, int(dump.scroll_offset.y)
        if end > start and not top <= first <= last < top + dump.size.height:
            dump.scroll_to(y=max(0, min(first, last - dump.size.height + 1)), animate=False)

    def on_packet_tree_moved(self) -> None:
        row = self.table.current
        if self.is_mounted and row is not None and self._laid_open[0] == row.number:
            self._show_dump(row, self.app.size.width)

    def on_live_table_chosen(self) -> None:
        self.action_into_packet()

    def action_into_packet(self) -> None:
        """Move the focus from the list to the fields, or back."""
        if self._in_packet:
            self._leave_packet()
        elif self.table.current is not None and self.query_one("#packet").display:
            self.following, self.hexdump, self._in_packet = False, self._beside and self.hexdump, True
            self.show()
            self.packet_tree.focus()

    def _leave_packet(self) -> None:
        self._in_packet = False
        self.table.focus()
        self.show()

    def action_back(self) -> None:
        if self._in_packet:
            self._leave_packet()
        else:
            super().action_back()

    @property
    def _beside(self) -> bool:
        """Whether the hexdump is beside the fields."""
        return self.app.size.width >= BESIDE

    def action_hex(self) -> None:
        """In a narrow terminal, show the bytes instead of the fields, or the fields again."""
        self.hexdump = not self.hexdump
        self.show_pane(self.app.size.width)
        if self._in_packet:
            (self.table if self.hexdump and not self._beside else self.packet_tree).focus()

    def _key(self, action: Action) -> str:
        return self.session.preferences.keymap.key(action)

    # Status and copying.

    def note(self) -> Sequence[Span]:
        shown, live = self.session.shown.adverts, self.session.view.adverts
        spans = list(super().note())
        if self.session.paused:
            spans.append((f" {live.received - shown.received} adverts held ", "pending"))
        else:
            stopped = f" stopped here, {self._key(actions.FOLLOW)} follows "
            spans.append((" following " if self.following else stopped, "muted"))
        row = self.table.current
        if self.marked_at is not None and row is not None and row.number != self.marked_at[0]:
            spans.insert(0, (f" {row.time - self.marked_at[1]:+.6f} s from the mark ", "pending"))
        if shown.skipped:
            spans.insert(0, (f" {shown.skipped} too fast to show ", "warning"))
        return spans

    def copy_text(self) -> str:
        row, field = self.table.current, self.packet_tree.selected if self._in_packet else None
        if row is None or field is not None:
            return field.text if field else ""
        line = row.line
        what = ", ".join(line.problems) or ",".join(line.addresses)
        where = f"{line.interface} vrid {line.vrid} v{line.version} prio {line.priority}"
        return f"{clock_micros(row.time)} {line.source} > {line.destination} {where} ttl {line.ttl} {what}"

    def action_copy_json(self) -> None:
        """Copy the advert as `watch --json` prints it."""
        row = self.table.current
        if row is not None:
            self.app.copy_to_clipboard(row.as_json())
            self.notify("copied as JSON", markup=False, timeout=3)

    async def action_write(self) -> None:
        """Ask for a file to write the shown or the marked adverts to."""
        shown = list(self.table.rows)
        ring = self.session.shown.adverts
        marked = [ring[place] for number in self.marks if (place := ring.place_of(number)) is not None]
        if not shown:
            self.notify("there is no advert to write", timeout=2, markup=False)
            return
        proposed = f"~/vrrptui-{file_time(self.session.clock())}.pcap"
        await self.app.push_screen(WriteDialog(shown, marked, self.filter_words, proposed), self._written)

    def _written(self, said: str | None) -> None:
        if said:
            self.notify(said, title="written", markup=False, timeout=6)

    # Following, time, marks.

    def on_live_table_moved(self) -> None:
        place, count = self.table.position
        if self.table.moving:
            self.following = place == count and not self._in_packet
        row = self.table.current
        if row is not None and row.number != self._laid_open[0]:  # otherwise it was shown with the list
            super().on_live_table_moved()

    def action_follow(self) -> None:
        self.following = True
        self._leave_packet()

    def action_time_mode(self) -> None:
        """Cycle the times: clock, since the previous line, since the first advert, since the mark."""
        modes = [mode for mode in TIME_MODES if mode != "mark" or self.marked_at is not None]
        place = modes.index(self.time_mode) if self.time_mode in modes else -1
        self._use_time_mode(modes[(place + 1) % len(modes)])

    def _use_time_mode(self, mode: str) -> None:
        self.time_mode = mode
        title, titles = TIME_MODES[mode], TIME_MODES.values()
        self.table.columns = tuple(replace(c, title=title) if c.title in titles else c for c in self.table.columns)
        self.table.refresh()

    def action_mark(self) -> None:
        """Mark or unmark the advert of the cursor."""
        row = self.table.current
        if row is None:
            return
        if row.number in self.marks:
            self.marks.remove(row.number)
            if self.marked_at is not None and self.marked_at[0] == row.number:
                self.marked_at = None
                if self.time_mode == "mark":
                    self._use_time_mode("clock")
        else:
            self.marks.insert(bisect_left(self.marks, row.number), row.number)
            self.marked_at = (row.number, row.time)
        self.table.refresh()
        self.show()

    def action_to_mark(self, step: int) -> None:
        """Move to the next or previous mark, cyclically."""
        there = [number for number in self.marks if self.table.place_of(number) is not None]
        row = self.table.current
        if not there or row is None:
            said = f"no mark in this list; {self._key(actions.MARK)} marks an advert"
            self.notify(plain(said), timeout=2, markup=False)
            return
        place = bisect_right(there, row.number) if step > 0 else bisect_left(there, row.number) - 1
        self.table.select(there[place % len(there)])
