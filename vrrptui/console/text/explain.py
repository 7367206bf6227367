"""A group as text: problems and reasons, the master, the local router and its priority.

Pure: a row and a time in, lines out. No Textual here.
"""

from __future__ import annotations

from vrrptui.client.rates import Rates
from vrrptui.client.view import Row
from vrrptui.console.text import predictions
from vrrptui.console.text.prose import (
    Line,
    Span,
    age,
    clock_time,
    date_time,
    day_or_clock,
    fit,
    labelled,
    seconds,
    span_of_time,
    width_of,
)
from vrrptui.control.messages import EventKind, HistoryEvent
from vrrptui.control.snapshots import Severity, VirtualRouterSnapshot
from vrrptui.protocol.priority import PartOfSum, sum_in_parts

SIGN = {"critical": "✖", "warning": "▲", "ok": "●", "off": "○"}
STATE_TONE = {"master": "master", "backup": "backup", "fault": "fault", "init": "pending", "stopped": "stopped"}
SUM_TONE: dict[PartOfSum, str] = {
    "base": "text",
    "raises": "text",
    "lowers": "warning",
    "fault": "fault",
    "between": "bar",
    "operator": "warning",
    "result": "strong",
}
WORD = {"critical": "CRITICAL", "warning": "WARNING", "ok": "OK", "off": "STOPPED HERE"}


def problem_words(code: str) -> str:
    """Return DUAL_MASTER as DUAL MASTER."""
    return code.replace("_", " ")


def filter_for(row: Row) -> str:
    """Return the filter for a group's adverts; the interface of an advert has no VLAN."""
    named = row.group is None or (row.group.interface is not None and row.group.vlan is None)
    return f"vrid {row.vrid} if {row.interface}" if named else f"vrid {row.vrid}"


def headline(row: Row) -> str:
    """Return the worst problem of a group in one short sentence."""
    if not row.problems:
        masters = ", ".join(f"{master.source} ({master.priority})" for master in row.masters)
        cause = row.group.last_cause if row.group else ""
        return f"new master {masters}: {cause}" if masters and cause else ""
    words = problem_words(row.problems[0])
    return f"{words}: {row.explanations[0]}" if row.explanations else words


def arithmetic(router: VirtualRouterSnapshot) -> list[Span]:
    """Return how the effective priority is computed: base 150 − 20 (chk_http) = 130."""
    parts = sum_in_parts(router.base_priority, router.contributions, router.effective_priority, router.override)
    return [(text, SUM_TONE[part]) for part, text in parts]


def why(row: Row, width: int) -> list[Line]:
    """Return each problem with its sentence; nothing without problems."""
    lines: list[Line] = []
    tone = "critical" if row.severity == "critical" else "warning"
    for number, code in enumerate(row.problems):
        sentence = row.explanations[number] if number < len(row.explanations) else ""
        label = f"{SIGN.get(str(row.severity), '▲')} Why" if number == 0 else ""
        words: list[Span] = [(problem_words(code), tone), (f"  {sentence}", "text")]
        lines += labelled(label, words, width, tone)
    return lines


def now_heard(row: Row, now: float, width: int) -> list[Line]:
    """Return who advertises as master."""
    if row.group is None:
        return labelled("Now", [("nothing is heard on this VRID; it exists only here", "text")], width)
    if not row.masters:
        lost = max(row.group.routers, key=lambda router: router.last_seen, default=None)
        spans: list[Span] = [("no master", "critical" if row.severity == "critical" else "warning")]
        if lost:
            spans.append((f" · {lost.source} ({lost.priority}) last heard {age(now - lost.last_seen)} ago", "text"))
        return labelled("Now", spans, width)
    spans = []
    for master in row.masters:
        here = " (this host)" if master.local else ""
        spans += [("   " if spans else "", "text"), (f"{master.source}{here}", "strong")]
        spans.append((f" prio {master.priority} every {seconds(master.interval)}", "text"))
        spans.append((f" ({age(now - master.last_seen)} ago)", "muted"))
    return labelled("Now", spans, width)


def since(row: Row, now: float, width: int) -> list[Line]:
    """Return since when, and the cause of the last change."""
    if not row.since:
        return []
    cause = f" · {row.group.last_cause}" if row.group and row.group.last_cause else ""
    return labelled("Since", [(f"{clock_time(row.since)}, {span_of_time(now - row.since)} ago{cause}", "text")], width)


def here(row: Row, now: float, width: int, pending: str = "") -> list[Line]:
    """Return the local router of this group: state, priority, timers."""
    router = row.router
    if router is None:
        listeners = row.group.listeners if row.group else []
        text = "observed only; no local virtual router"
        if listeners:
            text += f" · {', '.join(listeners)} listens"
        return labelled("Here", [(text, "muted")], width)
    spans: list[Span] = [(router.state.upper(), STATE_TONE[router.state]), (f" {router.name}  ", "strong")]
    spans += arithmetic(router)
    if router.state == "backup" and router.last_heard is not None:
        left = max(0.0, router.last_heard + router.master_down_interval - now)
        spans.append((f" · master down in {left:.1f}s", "text"))
    if not router.preempt:
        spans.append((" · preempt off", "text"))
    if router.owner:
        spans.append((" · address owner", "text"))
    lines = labelled("Here", spans, width)
    if pending:
        lines += labelled("", [(f"◌ {pending}", "pending")], width)
    if router.reason:
        lines += labelled("", [(router.reason, "muted")], width)
    return lines


def expected(row: Row, width: int) -> list[Line]:
    """Return what is expected to happen next."""
    lines: list[Line] = []
    for number, sentence in enumerate(predictions.expected(row)):
        lines += labelled("Expected" if number == 0 else "", [(sentence, "text")], width)
    return lines


def heard_lately(row: Row, rates: Rates, now: float, width: int) -> list[Line]:
    """Return how regularly each router advertised in the last minute, as far as this console was running."""
    spans: list[Span] = []
    for router in (row.group.routers if row.group else [])[:3]:
        strip = rates.strip(row.key, router.source, router.interval, now)
        if strip:
            spans += [(f"{'   ' if spans else ''}{router.source} ", "muted"), (strip, "text")]
    return labelled("Adverts/60s", spans, width) if spans else []


def preview(row: Row, now: float, width: int, pending: str = "") -> list[Line]:
    """Return the pane below the list of groups."""
    ours = here(row, now, width, pending)
    return [*why(row, width), *now_heard(row, now, width), *ours, *since(row, now, width), *expected(row, width)]


SEVERITY_TONE: dict[Severity | str, str] = {"critical": "critical", "warning": "warning", "ok": "ok", "off": "off"}


def event_line(event: HistoryEvent, now: float, width: int, *, with_group: bool = True) -> Line:
    """Return one line of history."""
    spans: list[Span] = [
        (f" {SIGN.get(event.severity, '●')} ", SEVERITY_TONE.get(event.severity, "text")),
        (f"{day_or_clock(event.time, now)} ", "muted"),
    ]
    if with_group:
        spans.append((fit(event.group or "engine", 12 if width >= 100 else 9) + " ", "strong"))
    spans.append((fit(problem_words(event.kind), 14 if width >= 100 else 11) + " ", "text"))
    gap = gap_words(event)
    said = event.text + (f" · gap {gap}" if gap else "")
    return (*spans, (said, "text"))


def cut(line: Line, width: int) -> Line:
    """Return the line, cut with an ellipsis if it is longer than `width`."""
    *head, (text, tone) = line
    room = width - width_of(head)
    return line if width_of([(text, tone)]) <= room else (*head, (fit(text, room), tone))


def gap_words(event: HistoryEvent) -> str:
    """Return the time without a master and its prediction: 606 ms, predicted 531 ms; empty if unknown."""
    if event.gap_ms is None:
        return ""
    so_far = " so far" if event.kind == EventKind.MASTER_LOST else ""
    predicted = "" if event.predicted_gap_ms is None else f", predicted {event.predicted_gap_ms:.0f} ms"
    return f"{event.gap_ms:.0f} ms{so_far}{predicted}"


def describe_event(event: HistoryEvent) -> str:
    """Return an event as one line, for a ticket."""
    gap = f" (gap {gap_words(event)})" if event.gap_ms is not None else ""
    head = f"{date_time(event.time)} {event.group or 'engine'} {problem_words(event.kind)}"
    return f"{head}: {event.text}{gap} by {event.by}"
