"""Who was master when: the masterships of a group from its history, as one strip per router.

Known since the engine started, or since its oldest event; earlier time is blank. Pure: values and a time in, lines out.
No Textual here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vrrptui.client.view import Row, View
from vrrptui.console.text.prose import Line, Span, clock_minute, clock_time, fit, rule, wrap
from vrrptui.control.messages import EventKind, HistoryEvent

BARS = "▁▂▃▄▅▆▇█"
MOST_ROUTERS = 6
BACKUP_STATES = (EventKind.BACKUP, EventKind.FAULT, EventKind.STOPPED, EventKind.INIT)
HISTORY_KEPT = 1000  # events that the engine keeps for a new console
STEPS = (60, 120, 300, 600, 900, 1800, 3600, 10_800, 21_600, 86_400)  # seconds per column of the strip of transitions
TRANSITIONS = (EventKind.FAILOVER, EventKind.MASTER_LOST, EventKind.SECOND_MASTER)
AXIS_S = 120  # columns between two times of day
LEAST_VACANCY_S = 0.05  # a shorter time without a master is not shown


@dataclass(frozen=True, slots=True)
class Reign:
    """A router was master from `begin` until `end`, wall-clock seconds."""

    router: str
    begin: float
    end: float


def known_since(view: View, now: float) -> float:
    """Return since when the history is complete: the engine's start, or its oldest event."""
    engine = view.picture.engine
    if engine is None:
        return now
    begin = engine.playback.begins if engine.playback else now - engine.uptime
    events = view.picture.events
    oldest = next(iter(events.values())).time if len(events) >= HISTORY_KEPT else begin
    return max(begin, oldest)


def reigns(row: Row, events: Iterable[HistoryEvent], begin: float, now: float) -> list[Reign]:
    """Return the masterships since `begin`, from a group's events (oldest first) and current state."""
    heard = row.group.routers if row.group else []
    local = next((one.source for one in heard if one.local), "this host")
    since: dict[str, float] = {}
    found: list[Reign] = []

    def end(router: str, at: float) -> None:
        start = since.pop(router, None)
        if start is not None and at > start:
            found.append(Reign(router, start, at))

    for event in events:
        if event.time < begin:
            continue
        who = event.router
        if not who:  # reported by the local virtual router
            if event.kind == EventKind.MASTER:
                since.setdefault(local, event.time)
            elif event.kind in BACKUP_STATES:
                end(local, event.time)
        elif event.kind in (EventKind.MASTER, EventKind.FAILOVER, EventKind.SECOND_MASTER_OVER):
            for other in [one for one in since if one != who]:
                end(other, event.time - (event.gap_ms or 0.0) / 1000)
            since.setdefault(who, event.time)
        elif event.kind == EventKind.SECOND_MASTER:
            since.setdefault(who, event.time)
        elif event.kind in (EventKind.RESIGNED, EventKind.MASTER_LOST):
            gap = (event.gap_ms or 0.0) / 1000 if event.kind == EventKind.MASTER_LOST else 0.0
            _seen_before(since, found, who, row, begin)
            end(who, event.time - gap)
    masters = {master.source: max(begin, master.since) for master in row.masters}
    if row.group is None and row.router and row.router.state == "master":
        masters[local] = max(begin, row.router.since)
    for router in [one for one in since if one not in masters]:
        end(router, now)
    for router, start in masters.items():
        since.setdefault(router, start)
        end(router, now)
    return found


def _seen_before(since: dict[str, float], found: Sequence[Reign], who: str, row: Row, begin: float) -> None:
    """Return the master of before the first event, who was master since it was first heard."""
    if since or found:
        return
    first = next((one.first_seen for one in row.group.routers if one.source == who), None) if row.group else None
    if first is not None:
        since[who] = max(begin, first)


def of_group(row: Row, view: View, now: float, width: int) -> list[Line]:
    """Return the strip: ten minutes in a wide terminal, five in a narrow one, less without room."""
    wide = width >= 100
    name_width = 20 if wide else 18
    step, most = (6, 100) if wide else (5, 60)
    cells = max(10, min(most, width - name_width - 5))
    begin = (math.floor(now / step) + 1 - cells) * step
    known = known_since(view, now)
    all_reigns = reigns(row, reversed(view.events_of(row.key)), known, now)
    title = f"who was master, last {max(1, round(step * cells / 60))} min   1 column = {step} s"
    lines = [rule(title, width)]
    first = min((reign.begin for reign in all_reigns), default=now)
    all_reigns = [reign for reign in all_reigns if reign.end > begin]
    chart = Chart(all_reigns, float(begin), step, cells, known, now, first)
    for router in _routers(all_reigns):
        lines.append(((f"  {fit(_named(router, row), name_width)} ", "text"), *chart.router(router)))
    nobody = chart.nobody()
    if nobody:
        lines.append(((f"  {fit('nobody', name_width)} ", "critical"), *nobody))
    if len(lines) == 1:
        lines.append((("  nobody was master in this time", "muted"),))
    lines.append(((" " * (name_width + 3), "text"), (chart.axis(), "muted")))
    if known > begin:
        said = f"blank: not known; the history of this engine starts at {clock_time(known)}"
        lines += wrap([(said, "muted")], width - 1, indent=2, first=(("  ", "text"),))
    return lines


def _routers(all_reigns: Sequence[Reign]) -> list[str]:
    """Return the routers with a row: the masters of this time, the latest if there are too many, in order."""
    latest = sorted(all_reigns, key=lambda one: one.end, reverse=True)
    chosen = list(dict.fromkeys(reign.router for reign in latest))[:MOST_ROUTERS]
    firsts = {router: min(one.begin for one in all_reigns if one.router == router) for router in chosen}
    return sorted(chosen, key=firsts.__getitem__)


def _named(router: str, row: Row) -> str:
    local = {one.source for one in row.group.routers if one.local} if row.group else set()
    return f"{router} (here)" if router in local else router


class Chart:
    """Columns of `step` seconds from `begin` on: the part of each in which a router was master."""

    def __init__(
        self,
        all_reigns: Sequence[Reign],
        begin: float,
        step: float,
        cells: int,
        known: float,
        now: float,
        first: float,
    ) -> None:
        """`known` is since when the history is complete, `first` when the first known mastership began."""
        self._begin, self._step, self._cells, self._known, self._now = begin, step, cells, known, now
        self._first = first
        self._covered = self._seconds(_merged(all_reigns))
        self._total = self._seconds(all_reigns)
        self._reigns = all_reigns

    def _seconds(self, some: Iterable[Reign]) -> list[float]:
        """Return the seconds of each column that the masterships take."""
        columns = [0.0] * self._cells
        for reign in some:
            first = max(0, int((reign.begin - self._begin) // self._step))
            last = min(self._cells - 1, int((reign.end - self._begin) // self._step))
            for place in range(first, last + 1):
                start, end = self._column(place)
                columns[place] += max(0.0, min(end, reign.end) - max(start, reign.begin))
        return columns

    def _column(self, place: int) -> tuple[float, float]:
        start = self._begin + place * self._step
        return start, max(start, min(self._now, start + self._step))

    def _away(self, place: int) -> Span:
        return ("·" if self._column(place)[1] > self._known else " ", "muted")

    def router(self, router: str) -> list[Span]:
        """Return a router's row: its part of each column; critical where others were master as well."""
        cells: list[Span] = []
        for place, seconds in enumerate(self._seconds(one for one in self._reigns if one.router == router)):
            start, end = self._column(place)
            length = max(0.001, end - start)
            twice = self._total[place] - self._covered[place] > length / 4
            height = min(7, int(seconds / length * 7.99))
            cells.append((BARS[height], "critical" if twice else "master") if seconds > 0 else self._away(place))
        return joined(cells)

    def nobody(self) -> list[Span]:
        """Return the row of the time without a master, empty if there was none."""
        cells: list[Span] = []
        for place, covered in enumerate(self._covered):
            start, end = self._column(place)
            vacant = end - max(start, self._first) - covered
            cells.append(("×", "critical") if vacant > LEAST_VACANCY_S else self._away(place))
        return joined(cells) if any(text == "×" for text, _ in cells) else []

    def axis(self) -> str:
        """Return times of day under the columns, every other minute."""
        text = ""
        for place in range(self._cells - 6):
            start = self._column(place)[0]
            if start // AXIS_S != (start - self._step) // AXIS_S:
                text = text.ljust(place) + f"|{clock_minute(start)}"
        return text


def _merged(all_reigns: Iterable[Reign]) -> list[Reign]:
    """Return the time with a master as intervals that do not overlap."""
    merged: list[Reign] = []
    for reign in sorted(all_reigns, key=lambda one: one.begin):
        if merged and reign.begin <= merged[-1].end:
            merged[-1] = Reign("", merged[-1].begin, max(merged[-1].end, reign.end))
        else:
            merged.append(Reign("", reign.begin, reign.end))
    return merged


def of_transitions(events: Iterable[HistoryEvent], now: float, width: int) -> list[Line]:
    """Return all changes of master as one strip: height by number, tone by the worst."""
    told = [event for event in events if event.kind in TRANSITIONS]
    cells = max(10, width - 4)
    oldest = min((event.time for event in told), default=now)
    step = next((step for step in STEPS if now - oldest < step * (cells - 1)), STEPS[-1])
    begin = (math.floor(now / step) + 1 - cells) * step
    columns: list[list[HistoryEvent]] = [[] for _ in range(cells)]
    for event in told:
        place = int((event.time - begin) // step)
        if 0 <= place < cells:
            columns[place].append(event)
    most = max((len(column) for column in columns), default=1)
    spans: list[Span] = []
    for column in columns:
        if not column:
            spans.append(("·", "muted"))
            continue
        tone = "critical" if any(event.severity == "critical" for event in column) else "warning"
        spans.append((BARS[min(7, max(1, round(7 * len(column) / max(most, 3))))], tone))
    title = (
        f"changes of master in all groups, {len(told)} in {_span_words(step * cells)}   1 column = {_span_words(step)}"
    )
    return [rule(title, width), (("  ", "text"), *joined(spans))]


def _span_words(seconds: float) -> str:
    """Return 40 min, 5 h, 3 days."""
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def joined(cells: Iterable[Span]) -> list[Span]:
    """Join neighbouring spans of the same tone."""
    spans: list[Span] = []
    for text, tone in cells:
        if spans and spans[-1][1] == tone:
            spans[-1] = (spans[-1][0] + text, tone)
        else:
            spans.append((text, tone))
    return spans
