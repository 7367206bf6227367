"""A group in sentences: what is wrong and why, who is master, what our own router does and how its priority is made.

Pure: a row and a time in, lines out. No Textual here.
"""

from __future__ import annotations

from collections.abc import Iterable

from vrrptui.console import forecast
from vrrptui.console.prose import Line, Span, age, clock_time, date_time, fit, rule, seconds, span_of_time, wrap
from vrrptui.console.view import Row
from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import Severity, VirtualRouterSnapshot

SIGN = {"critical": "✖", "warning": "▲", "ok": "●", "off": "○"}
STATE_TONE = {"master": "master", "backup": "backup", "fault": "fault", "init": "pending", "stopped": "stopped"}
WORD = {"critical": "CRITICAL", "warning": "WARNING", "ok": "OK", "off": "STOPPED HERE"}


def problem_words(code: str) -> str:
    """DUAL_MASTER as DUAL MASTER."""
    return code.replace("_", " ")


def headline(row: Row) -> str:
    """The worst thing about a group in one short sentence."""
    if not row.problems:
        masters = ", ".join(f"{master.source} ({master.priority})" for master in row.masters)
        cause = row.group.last_cause if row.group else ""
        return f"new master {masters}: {cause}" if masters and cause else ""
    words = problem_words(row.problems[0])
    return f"{words}: {row.explanations[0]}" if row.explanations else words


def arithmetic(router: VirtualRouterSnapshot) -> list[Span]:
    """How the effective priority is made: base 150 − 20 (chk_http) = 130."""
    spans: list[Span] = [(f"base {router.base_priority}", "text")]
    for part in router.contributions:
        if part.fault:
            spans += [(" · ", "bar"), (f"fault ({part.name} is down)", "fault")]
        elif part.amount:
            sign = "−" if part.amount < 0 else "+"
            spans.append((f" {sign} {abs(part.amount)} ({part.name})", "warning" if part.amount < 0 else "text"))
    if router.override is None:
        return [*spans, (" = ", "text"), (str(router.effective_priority), "strong")]
    return [*spans, (" · set by an operator to ", "warning"), (str(router.override), "strong")]


def _labelled(label: str, spans: Iterable[Span], width: int, tone: str = "muted") -> list[Line]:
    indent = 11 if width < 100 else 15
    return wrap(list(spans), width - 1, indent=indent, first=((fit(f" {label}", indent), tone),))


def why(row: Row, width: int) -> list[Line]:
    """Each problem with its sentence; nothing when all is well."""
    lines: list[Line] = []
    tone = "critical" if row.severity == "critical" else "warning"
    for number, code in enumerate(row.problems):
        sentence = row.explanations[number] if number < len(row.explanations) else ""
        label = f"{SIGN.get(str(row.severity), '▲')} Why" if number == 0 else ""
        words: list[Span] = [(problem_words(code), tone), (f"  {sentence}", "text")]
        lines += _labelled(label, words, width, tone)
    return lines


def now_heard(row: Row, now: float, width: int) -> list[Line]:
    """Who advertises as master now."""
    if row.group is None:
        return _labelled("Now", [("nothing is heard on this VRID; it exists only here", "text")], width)
    if not row.masters:
        lost = max(row.group.routers, key=lambda router: router.last_seen, default=None)
        spans: list[Span] = [("no master", "critical" if row.severity == "critical" else "warning")]
        if lost:
            spans.append((f" · {lost.source} ({lost.priority}) last heard {age(now - lost.last_seen)} ago", "text"))
        return _labelled("Now", spans, width)
    spans = []
    for master in row.masters:
        here = " (this host)" if master.local else ""
        spans += [("   " if spans else "", "text"), (f"{master.source}{here}", "strong")]
        spans.append((f" prio {master.priority} every {seconds(master.interval)}", "text"))
        spans.append((f" ({age(now - master.last_seen)} ago)", "muted"))
    return _labelled("Now", spans, width)


def since(row: Row, now: float, width: int) -> list[Line]:
    """Since when it has been so, and why it changed."""
    if not row.since:
        return []
    cause = f" · {row.group.last_cause}" if row.group and row.group.last_cause else ""
    return _labelled("Since", [(f"{clock_time(row.since)}, {span_of_time(now - row.since)} ago{cause}", "text")], width)


def here(row: Row, now: float, width: int, pending: str = "") -> list[Line]:
    """Our own router of this group: state, priority, timers."""
    router = row.router
    if router is None:
        listeners = row.group.listeners if row.group else []
        text = "only heard; no virtual router of ours"
        if listeners:
            text += f" · {', '.join(listeners)} listens"
        return _labelled("Here", [(text, "muted")], width)
    spans: list[Span] = [(router.state.upper(), STATE_TONE[router.state]), (f" {router.name}  ", "strong")]
    spans += arithmetic(router)
    if router.state == "backup" and router.last_heard is not None:
        left = max(0.0, router.last_heard + router.master_down_interval - now)
        spans.append((f" · master down in {left:.1f}s", "text"))
    if not router.preempt:
        spans.append((" · preempt off", "text"))
    if router.owner:
        spans.append((" · address owner", "text"))
    lines = _labelled("Here", spans, width)
    if pending:
        lines += _labelled("", [(f"◌ {pending}", "pending")], width)
    if router.reason:
        lines += _labelled("", [(router.reason, "muted")], width)
    return lines


def expected(row: Row, width: int) -> list[Line]:
    """What comes if the master goes away."""
    sentence = forecast.of_losing_the_master(row)
    return _labelled("If lost", [(sentence, "text")], width) if sentence else []


def preview(row: Row, now: float, width: int, pending: str = "") -> list[Line]:
    """The pane under the list of groups."""
    ours = here(row, now, width, pending)
    return [*why(row, width), *now_heard(row, now, width), *ours, *since(row, now, width), *expected(row, width)]


SEVERITY_TONE: dict[Severity | str, str] = {"critical": "critical", "warning": "warning", "ok": "ok", "off": "off"}


def event_line(event: HistoryEvent, width: int, *, with_group: bool = True) -> Line:
    """One line of history."""
    spans: list[Span] = [
        (f" {SIGN.get(event.severity, '●')} ", SEVERITY_TONE.get(event.severity, "text")),
        (f"{clock_time(event.time)}  ", "muted"),
    ]
    if with_group:
        spans.append((fit(event.group or "engine", 12 if width >= 100 else 9) + " ", "strong"))
    spans.append((fit(problem_words(event.kind), 14 if width >= 100 else 11) + " ", "text"))
    gap = f" · gap {event.gap_ms / 1000:.2f}s" if event.gap_ms is not None else ""
    spans.append((event.text + gap, "text"))
    return tuple(spans)


def detail(row: Row, events: list[HistoryEvent], now: float, width: int, pending: str = "") -> list[Line]:
    """The whole page of one group."""
    lines: list[Line] = [*why(row, width)]
    lines += [rule("state", width), *now_heard(row, now, width), *since(row, now, width)]
    lines += here(row, now, width, pending)
    if row.router and row.router.state == "backup" and row.router.last_heard is not None:
        lines.append(_master_down_bar(row.router, now, width))
    lines += [*_addresses(row, width), *expected(row, width)]
    lines += [rule("routers heard (a router in backup never transmits; silence is not absence)", width)]
    lines += _routers(row, now, width)
    if row.router:
        lines += [rule(f"priority: how {row.router.effective_priority} is made", width), *_priority(row.router, width)]
    lines.append(rule("events of this group", width))
    lines += [event_line(event, width, with_group=False) for event in events[:20]] or [((" none yet", "muted"),)]
    lines += [rule("protocol", width), *_protocol(row, width)]
    return lines


def _master_down_bar(router: VirtualRouterSnapshot, now: float, width: int) -> Line:
    total = router.master_down_interval
    passed = min(total, max(0.0, now - (router.last_heard or now)))
    cells = 20
    filled = round(cells * passed / total) if total > 0 else 0
    tone = "critical" if passed >= total else "ok" if passed <= total * 0.6 else "warning"
    indent = 11 if width < 100 else 15
    return (
        (fit(" Down timer", indent), "muted"),
        ("▕" + "█" * filled + "░" * (cells - filled) + "▏", tone),
        (f" {passed:.1f} / {total:.2f} s", "text"),
        (f"   skew {router.skew_time:.3f} s", "muted"),
    )


def _addresses(row: Row, width: int) -> list[Line]:
    addresses = row.router.virtual_addresses if row.router and row.router.virtual_addresses else row.addresses
    return _labelled("Addresses", [(", ".join(addresses) or "none", "text")], width)


def _routers(row: Row, now: float, width: int) -> list[Line]:
    wide = width >= 100
    name_width = 26 if wide else 18
    head = fit("   ROUTER", name_width + 3) + "ROLE      PRIO  INTERVAL  LAST    ADVERTS"
    lines: list[Line] = [((head + ("   JITTER   MAC" if wide else ""), "muted"),)]
    for router in row.group.routers if row.group else []:
        tone = "master" if router.role == "master" else "muted" if router.role == "yielded" else "warning"
        name = router.source + (" (this host)" if router.local else "")
        last = age(now - router.last_seen)
        rest = f"{router.priority:<5} {seconds(router.interval):<9} {last:<7} {router.adverts:<9}"
        if wide:
            rest += f" ±{router.jitter_ms:.0f}ms".ljust(10) + (router.source_mac or "")
        lines.append(((f"   {fit(name, name_width)}", "text"), (f"{router.role.upper():<10}", tone), (rest, "text")))
    for listener in row.group.listeners if row.group else []:
        name = fit(listener, name_width)
        lines.append(((f"   {name}", "text"), ("LISTENS   ", "backup"), ("never advertised", "muted")))
    return lines if len(lines) > 1 else [(("   nobody yet", "muted"),)]


def _priority(router: VirtualRouterSnapshot, width: int) -> list[Line]:
    lines = wrap(arithmetic(router), width - 1, indent=3, first=(("   ", "text"),))
    for part in router.contributions:
        effect = "fault while down" if part.fault else f"{part.amount:+d}" if part.amount else "changes nothing now"
        tone = "critical" if part.state == "down" else "ok" if part.state == "up" else "pending"
        lines.append(((f"   {fit(part.name, 24)} ", "text"), (f"{part.state:<8}", tone), (effect, "text")))
    return lines


def _protocol(row: Row, width: int) -> list[Line]:
    spans: list[Span] = [(f"VRRPv{row.version} · {row.family}", "text")]
    heard = row.group.routers if row.group else []
    for name, values in (
        ("interval", {seconds(one.interval) for one in heard if one.priority}),
        ("version", {f"v{one.version}" for one in heard}),
        ("auth", {one.auth for one in heard}),
        ("checksum", {one.checksum for one in heard}),
    ):
        if len(values) > 1:
            spans.append((f" · {name} differs: {', '.join(sorted(values))}", "warning"))
        elif values:
            spans.append((f" · {name} {values.pop()}", "text"))
    if row.router:
        interesting = {name: count for name, count in row.router.statistics.items() if count}
        if interesting:
            spans.append((" · " + ", ".join(f"{n.replace('_', ' ')} {c}" for n, c in interesting.items()), "muted"))
    return wrap(spans, width - 1, indent=3, first=(("   ", "text"),))


def describe_event(event: HistoryEvent) -> str:
    """An event in one line, for a ticket."""
    gap = f" (gap {event.gap_ms / 1000:.2f} s)" if event.gap_ms is not None else ""
    head = f"{date_time(event.time)} {event.group or 'engine'} {problem_words(event.kind)}"
    return f"{head}: {event.text}{gap} by {event.by}"
