"""Screen 1, groups: all observed and local groups, the worst first; and the page of one group."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

from textual.binding import BindingType

from vrrptui.client.view import Row, by_severity
from vrrptui.console.screens.screen import Console, ListScreen, PageScreen, bindings
from vrrptui.console.settings import actions
from vrrptui.console.settings.filter import Subject
from vrrptui.console.state.session import Session
from vrrptui.console.text import explain, group_page
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Line, Span, calm_age, labelled, rule, seconds, span_of_time
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.table import WIDE, Column

COLUMNS = (
    Column("", 1, 1, 1),
    Column("VRID", 4, 4, 4),
    Column("IF", 7, 7, 9),
    Column("VER", 0, 0, 3),
    Column("ADDRESSES", 0, 15, 21, grows=True),
    Column("MASTER", 9, 15, 20),
    Column("PRIO", 0, 4, 5),
    Column("INTVL", 0, 0, 6),
    Column("SEEN", 0, 4, 5),
    Column("SINCE", 0, 9, 10),
    Column("LOCAL", 8, 11, 13),
    Column("CHECKS", 0, 0, 7),
)
TALL_PANE = 12  # lines from which the pane shows more than sentences
ACTING = (actions.DROP, actions.RESTORE, actions.STOP_START)
SORTS: tuple[tuple[str, Callable[[Row], Any]], ...] = (
    ("severity", by_severity),
    ("vrid", lambda row: (row.vrid, row.interface, row.family)),
    ("interface", lambda row: (row.interface, row.vrid, row.family)),
    ("newest", lambda row: (-row.since, row.interface, row.vrid)),
)


class GroupsScreen(ListScreen[Row]):
    """All groups."""

    MODE = "groups"
    COLUMNS = COLUMNS
    EMPTY = "no group heard yet"
    HOLDS_ORDER = True
    ACTS = actions.ON_ROUTERS
    ACTING = ACTING
    KEYS: ClassVar[Sequence[Hint]] = (
        ("enter", "Open"),
        actions.FILTER,
        actions.NEXT_PROBLEM,
        actions.SORT_NEXT,
        actions.PAUSE,
        actions.COPY,
        (":", "Commands"),
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("groups")

    def __init__(self, session: Session, console: Console) -> None:
        super().__init__(session, console)
        self._sort = 0
        self._reversed = False

    def all_rows(self) -> Sequence[Row]:
        return sorted(self.session.shown.rows(), key=SORTS[self._sort][1], reverse=self._reversed)

    def key_of(self, row: Row) -> Hashable:
        return row.key

    def cells_of(self, row: Row) -> Sequence[Span]:
        return cells(row, self.session)

    def subject_of(self, row: Row) -> Subject:
        words = (row.key, *row.addresses, *row.problems, *(master.source for master in row.masters))
        own = (row.router.name, row.router.state) if row.router else ()
        return Subject(" ".join((*words, *own)), row.vrid, row.interface, row.severity in ("critical", "warning"))

    def pane_of(self, row: Row, width: int, height: int) -> list[Line]:
        session = self.session
        name = f" · {row.router.name}" if row.router else ""
        lines = [rule(f"{row.key} · VRRPv{row.version}{name}", width)]
        lines += explain.preview(row, session.now, width, session.pending.get(row.key, ""))
        if height >= TALL_PANE:
            lines += explain.heard_lately(row, session.shown.rates, session.now, width)
        if height - len(lines) >= 3 and session.shown.picture.events:
            lines.append(rule("last events", width))
            events = session.shown.newest_events()[: height - len(lines)]
            lines += [explain.cut(explain.event_line(event, session.now, width), width) for event in events]
        return lines

    def empty_pane(self, width: int) -> list[Line]:
        engine = self.session.shown.picture.engine
        if engine is None or self.filter_words:
            return []
        where = " ".join(engine.interfaces) or "any interface"
        since = span_of_time(engine.uptime)
        said = (
            f"No advert was received on {where} in the {since} since the engine started. Is this the right interface?"
        )
        hint = "vrrptui doctor checks this host: firewall, capabilities, bridges."
        return [
            rule("nothing heard", width),
            *labelled("Heard", [(said, "text")], width),
            *labelled("Try", [(hint, "text")], width),
        ]

    def note(self) -> Sequence[Span]:
        if self.filter_words and self.app.size.width < WIDE:
            return super().note()
        return ((f" sort: {SORTS[self._sort][0]} {'▲' if self._reversed else '▼'} ", "muted"), *super().note())

    def selected_key(self) -> str | None:
        row = self.table.current
        return row.key if row else None

    def line_of(self, row: Row) -> str:
        return describe(row)

    def action_sort(self, by: int) -> None:
        """Sort by the next or previous criterion."""
        self._sort = (self._sort + by) % len(SORTS)
        self._sort_anew()

    def action_reverse(self) -> None:
        self._reversed = not self._reversed
        self._sort_anew()

    def _sort_anew(self) -> None:
        """Sort at once, although the cursor may have moved just now, because the operator asked for it."""
        self._places = {}
        self.table.moved_at = float("-inf")
        self.show()

    def on_live_table_chosen(self) -> None:
        row = self.table.current
        if row:
            self.app.call_later(self.console.open_group, row.key)


def cells(row: Row, session: Session) -> Sequence[Span]:
    """Return the cells of a row."""
    severity = str(row.severity)
    tone = explain.SEVERITY_TONE[severity]
    addresses = row.addresses
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    speaking = row.masters or (row.group.routers if row.group else [])
    last_seen = max((one.last_seen for one in speaking if not one.local), default=None)
    local_only = row.masters and all(master.local for master in row.masters)
    interval = row.masters[0].interval if row.masters else row.router.advertisement_interval if row.router else None
    return (
        (explain.SIGN[severity], tone),
        (str(row.vrid), "strong"),
        (row.interface, "text"),
        (f"v{row.version}" if row.version else "-", "muted"),
        ((addresses[0] if addresses else "-") + more, "text"),
        _master(row),
        _priority(row),
        (seconds(interval) if interval is not None else "-", "muted"),
        ("-" if local_only or last_seen is None else calm_age(session.now - last_seen), "text"),
        (span_of_time(session.now - row.since) if row.since else "-", "muted"),
        _local(row, session),
        _checks(row, session),
    )


def _master(row: Row) -> Span:
    if len(row.masters) > 1:
        return (f"{len(row.masters)} MASTERS", "critical")
    if row.masters:
        master = row.masters[0]
        return (f"{master.source}" + (" (here)" if master.local else ""), "text")
    if row.group is None and row.router and row.router.state == "master":
        return ("this host", "text")
    lost = max(row.group.routers, key=lambda router: router.last_seen, default=None) if row.group else None
    if lost:
        return (f"NONE (was {_short(lost.source)})", "critical" if row.severity == "critical" else "warning")
    return ("NONE", "critical" if row.severity == "critical" else "muted")


def _short(address: str) -> str:
    """Return the end of an IPv4 address for a narrow column, as .9.2; other addresses unchanged."""
    parts = address.split(".")
    return "." + ".".join(parts[2:]) if len(parts) == 4 else address


def _priority(row: Row) -> Span:
    priorities = {master.priority for master in row.masters}
    if not priorities:
        return ("-", "muted")
    if len(row.masters) > 1:
        return (f"{max(priorities)}{'=' if len(priorities) == 1 else '≠'}", "critical")
    return (str(priorities.pop()), "text")


def _local(row: Row, session: Session) -> Span:
    if row.key in session.pending:
        return ("◌ PENDING", "pending")
    router = row.router
    if router is None:
        return ("-", "muted")
    tone = explain.STATE_TONE[router.state]
    changed = "*" if router.override is not None else ""
    if router.state in ("stopped", "fault"):
        return (router.state.upper(), tone)
    return (f"{router.state.upper():<6} {router.effective_priority:>3}{changed}", tone)


def _checks(row: Row, session: Session) -> Span:
    if row.router is None or not row.router.contributions:
        return ("-", "muted")
    states = [part.state for part in row.router.contributions]
    up = sum(1 for state in states if state == "up")
    return (f"{up}/{len(states)}" + (" ▲" if "down" in states else ""), "warning" if "down" in states else "text")


def describe(row: Row) -> str:
    """Return a group as one line, for a ticket."""
    masters = ", ".join(f"{master.source} ({master.priority})" for master in row.masters) or "none"
    parts = [row.key, f"VRRPv{row.version}", ",".join(row.addresses), f"master {masters}"]
    if row.router:
        parts.append(f"here {row.router.state} {row.router.effective_priority}")
    parts += [f"{code}: {text}" for code, text in zip(row.problems, row.explanations, strict=False)]
    return " | ".join(parts)


class GroupScreen(PageScreen):
    """The page of one group."""

    MODE = "groups"
    ACTS = actions.ON_ROUTERS
    ACTING = ACTING
    KEYS: ClassVar[Sequence[Hint]] = (
        ("esc", "Back"),
        ("[ ]", "Group"),
        actions.ITS_ADVERTS,
        ("↑↓", "Scroll"),
        actions.PAUSE,
        actions.COPY,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("group")

    def __init__(self, session: Session, console: Console, key: str) -> None:
        super().__init__(session, console)
        self.group_key = key

    def show_body(self, width: int) -> None:
        view = self.session.shown
        row = view.row(self.group_key)
        page = self.query_one("#page", Lines)
        if row is None:
            page.set_lines([((f" {self.group_key} no longer exists", "warning"),)])
            return
        vendors, pending = self.console.vendors, self.session.pending.get(row.key, "")
        unknown = vendors.unasked(row)
        if unknown:
            self.console.find_vendors(unknown)
        page.set_lines(group_page.page(vendors.named(row), view, self.session.now, width, pending))

    def note(self) -> Sequence[Span]:
        row = self.session.shown.row(self.group_key)
        severity = str(row.severity) if row else "ok"
        name = f" · {row.router.name}" if row and row.router else ""
        sign = f" {explain.SIGN[severity]} {explain.WORD[severity]} "
        where = "Groups › " if self.app.size.width >= 100 else ""
        return ((where, "muted"), (self.group_key + name, "strong"), (sign, explain.SEVERITY_TONE[severity]))

    def selected_key(self) -> str | None:
        return self.group_key

    def copy_text(self) -> str:
        row = self.session.shown.row(self.group_key)
        return describe(row) if row else ""

    def action_back(self) -> None:
        if self.is_active:
            self.app.pop_screen()

    async def action_adverts(self) -> None:
        """Show the adverts of this group only."""
        row = self.session.shown.row(self.group_key)
        if row is not None:
            await self.console.show_adverts(explain.filter_for(row))

    def action_step(self, by: int) -> None:
        """Go to the next or previous group in order of severity, from the top."""
        keys = [row.key for row in sorted(self.session.shown.rows(), key=by_severity)]
        if self.group_key in keys:
            self.group_key = keys[(keys.index(self.group_key) + by) % len(keys)]
            self.query_one("#page", Lines).scroll_home(animate=False)
            self.show()
