"""The page of one group: state and timers, routers, priority, events.

The most important comes first, because some terminals have only 24 lines. Pure. No Textual here.
"""

from __future__ import annotations

from vrrptui.client.view import Row, View
from vrrptui.console.text import predictions, timeline
from vrrptui.console.text.agreement import configuration_seen
from vrrptui.console.text.explain import (
    arithmetic,
    event_line,
    expected,
    here,
    now_heard,
    since,
    why,
)
from vrrptui.console.text.prose import Line, Span, age, clock_time, fit, label_width, labelled, rule, seconds, wrap
from vrrptui.control.forecast import natural_priority, skew_time
from vrrptui.control.snapshots import HeardSnapshot, VirtualRouterSnapshot
from vrrptui.protocol.timers import DOWN_INTERVALS

MOST_EVENTS = 20
BAR_CELLS = 20


def page(row: Row, view: View, now: float, width: int, pending: str = "") -> list[Line]:
    """Return the whole page."""
    lines: list[Line] = [*why(row, width), rule("state", width)]
    lines += [*now_heard(row, now, width), *since(row, now, width), *here(row, now, width, pending)]
    lines += [*_timers(row, now, width), *_addresses(row, width), *expected(row, width)]
    lines.append(rule("routers heard (a router in backup never transmits; silence is not absence)", width))
    lines += _routers(row, now, width)
    if row.router:
        lines.append(rule(f"priority: how {row.router.effective_priority} is made", width))
        lines += _priority(row, row.router, width)
    lines += timeline.of_group(row, view, now, width)
    lines.append(rule("events of this group", width))
    events = view.events_of(row.key)[:MOST_EVENTS]
    lines += [line for event in events for line in _event(event_line(event, now, width, with_group=False), width)]
    if not events:
        lines.append((("   none yet", "muted"),))
    lines.append(rule("configuration seen", width))
    lines += configuration_seen(row, width)
    lines += [*_answers(row, now, width), *_counters(row, width)]
    return lines


def _event(line: Line, width: int) -> list[Line]:
    """Return an event in as many lines as needed: sign and time first, the rest beside them."""
    head, rest = line[:2], line[2:]
    indent = 14
    return wrap(rest, width - 1, indent=indent, first=head)


def _timers(row: Row, now: float, width: int) -> list[Line]:
    """Return when the next advert is due, and when a backup takes over."""
    lines: list[Line] = []
    for master in row.masters[:3]:
        label = " Next advert" if len(row.masters) == 1 else f" {master.source}"
        due = f"from {master.source}" if len(row.masters) == 1 else "next advert"
        lines.append(_bar(label, now - master.last_seen, master.interval, due, width, late=1.5))
    router = row.router
    if router and router.state == "backup" and router.last_heard is not None:
        said = f"skew {router.skew_time:.3f} s" + (f", then {router.name} takes over" if width >= 100 else "")
        lines.append(_bar(" Master down", now - router.last_heard, router.master_down_interval, said, width))
    elif row.masters and not row.masters[0].local:
        master = row.masters[0]
        adverts = router.down_timer_adverts if router else DOWN_INTERVALS
        limit = adverts * master.interval + skew_time(0, master.interval, row.version)  # no priority has a larger skew
        lines.append(_bar(" Master down", now - master.last_seen, limit, "at the latest, with the worst skew", width))
    return lines


def _bar(label: str, passed: float, total: float, said: str, width: int, late: float = 1.0) -> Line:
    """Return a bar for the time that has passed; critical from `late` times the total on."""
    passed = max(0.0, passed)
    share = passed / total if total > 0 else 1.0
    filled = min(BAR_CELLS, round(BAR_CELLS * share))
    tone = "critical" if share >= late else "warning" if share > 1.1 or (late == 1.0 and share > 0.6) else "ok"
    indent = label_width(width)
    shown = f" {min(passed, 999.9):.1f} / {total:.2f} s"
    return (
        (fit(label, indent), "muted"),
        ("▕" + "█" * filled + "░" * (BAR_CELLS - filled) + "▏", tone),
        (fit(shown, 18 if width >= 100 else 16), "text"),
        (said, "muted"),
    )


def _addresses(row: Row, width: int) -> list[Line]:
    addresses = row.router.virtual_addresses if row.router and row.router.virtual_addresses else row.addresses
    return labelled("Addresses", [(", ".join(addresses) or "none", "text")], width)


def _routers(row: Row, now: float, width: int) -> list[Line]:
    """Return all observed routers: role, priority, interval, adverts, last, jitter, note."""
    wide = width >= 100
    name_width = 22 if wide else 15
    head = f"   {fit('ROUTER', name_width)} {fit('ROLE', 8)} PRIO INTVL  LAST   "
    head += "ADVERTS    JITTER  NOTE" if wide else "ADVERTS   NOTE"
    lines: list[Line] = [((head, "muted"),)]
    for router in sorted(row.group.routers if row.group else [], key=lambda one: one.role != "master"):
        tone = {"master": "master", "yielded": "muted"}.get(router.role, "warning")
        name = router.source + (" (here)" if router.local else "")
        cells = f"{router.priority:>4} {fit(seconds(router.interval), 6)} {fit(age(now - router.last_seen), 6)} "
        cells += f"{router.adverts:<9} "
        if wide:
            cells += f"{'±' + format(router.jitter_ms, '.0f') + 'ms':>7}  "
        first: Line = (
            (f"   {fit(name, name_width)} ", "strong"),
            (fit(router.role.upper(), 8) + " ", tone),
            (cells, "text"),
        )
        indent = sum(len(text) for text, _ in first)
        lines += wrap([(_note(router, row, now), "muted")], width - 1, indent=indent, first=first)
    for listener in row.group.listeners if row.group else []:
        first = ((f"   {fit(listener, name_width)} ", "strong"), (fit("LISTENS", 8) + " ", "backup"))
        said = "joined the group's multicast address and never advertised: a backup, of this VRID or another"
        lines += wrap([(said, "muted")], width - 1, indent=name_width + 13, first=first)
    return lines if len(lines) > 1 else [(("   nobody yet", "muted"),)]


def _note(router: HeardSnapshot, row: Row, now: float) -> str:
    """Return a note about a router."""
    notes: list[str] = []
    gone = f"{age(now - router.last_seen)} ago"
    if router.role == "resigned":
        notes.append(f"sent priority 0 {gone}: a clean stop")
    elif router.role == "lost":
        notes.append(f"fell silent {gone}")
    elif router.role == "yielded":
        notes.append("yielded to a higher one")
    ours = row.router
    if ours and not router.local and router.role == "master" and ours.state == "backup":
        mine = ours.effective_priority
        order = "higher than" if router.priority > mine else "lower than" if router.priority < mine else "the same as"
        notes.append(f"{order} ours, {mine}")
    if router.listens and router.role != "master":
        notes.append("still listens: it is there")
    if router.near_failovers:
        notes.append(f"{router.near_failovers} times one advert from a failover")
    if router.mac_kind == "wrong-virtual":
        notes.append(f"▲ sends from the virtual MAC of another VRID, {router.source_mac}")
    elif router.mac_kind == "physical":
        notes.append(f"{router.vendor or 'card'} {router.source_mac}")
    elif router.mac_kind == "virtual":
        notes.append("virtual MAC")
    return " · ".join(notes)


def _priority(row: Row, router: VirtualRouterSnapshot, width: int) -> list[Line]:
    """Return the sum term by term, and whether a takeover follows from it."""
    now = router.effective_priority
    lines = wrap(arithmetic(router), width - 1, indent=3, first=_BLANK)
    for part in router.contributions:
        effect = "fault while down" if part.fault else f"{part.amount:+d}" if part.amount else "changes nothing now"
        tone = "critical" if part.state == "down" else "ok" if part.state == "up" else "pending"
        lines.append(((f"   {fit(part.name, 24)} ", "text"), (f"{part.state:<8}", tone), (effect, "text")))
    standing = predictions.standing(row, router, now)
    lines += wrap([(f"{now}: ", "strong"), (standing, "text")], width - 1, indent=3, first=_BLANK)
    lowered = [part for part in router.contributions if part.amount < 0]
    if lowered and router.override is None:
        then = natural_priority(router) - sum(part.amount for part in lowered)
        then = min(254, then) if not router.owner else now
        names = ", ".join(part.name for part in lowered)
        said = f"if {names} recovers: {predictions.standing(row, router, then)}"
        lines += wrap([(f"{then}: ", "strong"), (said, "text")], width - 1, indent=3, first=_BLANK)
    return lines


_BLANK: Line = (("   ", "text"),)


def _answers(row: Row, now: float, width: int) -> list[Line]:
    """Return who answers for the virtual addresses, by ARP and neighbour advertisements."""
    answers = row.group.answers if row.group else []
    if not answers:
        return []
    word = "neighbour advertisements" if row.family == "ipv6" else "ARP"
    lines: list[Line] = [rule(f"who answers for the addresses ({word})", width)]
    owners = {router.source_mac: router.source for router in row.group.routers} if row.group else {}
    for answer in answers:
        who = f" ({owners[answer.mac]})" if answer.mac in owners else ""
        said = f"{answer.mac}{who} by {answer.how}, {age(now - answer.time)} ago"
        lines += wrap([(said, "text")], width - 1, indent=21, first=((f"   {fit(answer.address, 17)} ", "strong"),))
    return lines


def _counters(row: Row, width: int) -> list[Line]:
    """Return the local router's statistics and its latest notify scripts."""
    router = row.router
    if router is None:
        return []
    counted = [f"{name.replace('_', ' ')} {count}" for name, count in router.statistics.items() if count]
    if not counted and not router.notified:
        return []
    lines: list[Line] = [rule("our own router", width)]
    if counted:
        lines += wrap([(", ".join(counted), "muted")], width - 1, indent=3, first=_BLANK)
    for told in router.notified[-3:]:
        good = told.exit == 0 and not told.timed_out
        ended = "timed out" if told.timed_out else "exit " + ("?" if told.exit is None else str(told.exit))
        spans: list[Span] = [(f"{clock_time(told.time)} notify {told.state}: {told.command} ", "text")]
        lines += wrap([*spans, (ended, "ok" if good else "warning")], width - 1, indent=3, first=_BLANK)
    return lines
