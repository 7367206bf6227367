"""Screen 5, engine: process, capture and timing, configuration, free VRIDs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from vrrptui.client.view import Picture, Row, View
from vrrptui.console.screens.screen import PageScreen
from vrrptui.console.settings import actions
from vrrptui.console.text.header import Hint
from vrrptui.console.text.prose import Line, Span, counted, fit, labelled, rule, span_of_time, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.control.snapshots import EngineSnapshot

LATE_MS = 10.0  # lateness in ms from which short intervals suffer
VRIDS = range(1, 256)


class EngineScreen(PageScreen):
    """The engine, as one scrolling page."""

    MODE = "engine"
    KEYS: ClassVar[Sequence[Hint]] = (("↑↓", "Scroll"), actions.PAUSE, actions.COPY)
    ACTING: ClassVar[Sequence[Hint]] = (actions.RELOAD,)

    def show_body(self, width: int) -> None:
        session, engines = self.session, self.session.engines
        pending = session.pending.get("engine", "")
        if len(engines) == 1:
            lines = page(session.shown, width, pending)
        else:
            lines = [line for one in engines for line in ((), ((f" {one.host}", "title"),), *page(one.view, width, ""))]
        self.query_one("#page", Lines).set_lines(lines)

    def copy_text(self) -> str:
        engine = self.session.shown.picture.engine
        if engine is None:
            return ""
        said = f"vrrptui {engine.version} pid {engine.pid} on {engine.host} {engine.mode}"
        problems = ", ".join(engine.problems) or "none"
        trust = f"drops {engine.capture_drops} | late {engine.lateness_ms:.1f} ms"
        return f"{said} | up {span_of_time(engine.uptime)} | {trust} | problems {problems}"


def page(view: View, width: int, pending: str) -> list[Line]:
    """Return all lines."""
    engine = view.picture.engine
    if engine is None:
        return [((" no status received from the engine yet", "muted"),)]
    lines = [rule("process", width)]
    if pending:
        lines += labelled("Asked", [(f"◌ {pending}", "pending")], width)
    lines += _process(engine, width)
    lines += _trust(engine, width)
    lines.append(rule("configuration", width))
    lines += _configuration(engine, view.picture, width)
    for interface, family, rows in _by_segment(view.rows()):
        carp = _vhids(engine, interface) - rows.keys() if family == "ipv4" else set()
        free = len(VRIDS) - len(rows) - len(carp)
        lines.append(rule(f"VRIDs of {interface} {family}: {len(rows)} used, {free} free", width))
        lines += _map(rows, carp, width)
    return lines


def _process(engine: EngineSnapshot, width: int) -> list[Line]:
    who = f"vrrptui {engine.version} · pid {engine.pid} · {engine.host or 'this host'}"
    lines = labelled("Engine", [(who, "text")], width)
    lines += labelled("Up", [(span_of_time(engine.uptime), "text")], width)
    if engine.playback:
        lines += labelled("Plays", [(engine.playback.file, "text")], width)
    else:
        what = "operates virtual routers" if engine.mode == "operate" else "observes only, sends nothing"
        lines += labelled("Mode", [(what, "text")], width)
        lines += labelled("Listens on", [(" ".join(engine.interfaces) or "no interface", "text")], width)
    clients = f"{engine.clients} connected, this console among them" if engine.clients else "not counted yet"
    lines += labelled("Clients", [(clients, "text")], width)
    others = ", ".join(engine.other_protocols) or "none heard"
    return lines + labelled("Not VRRP", [(others, "text")], width)


def _trust(engine: EngineSnapshot, width: int) -> list[Line]:
    """Return the lines about completeness of the capture and lateness of timers."""
    lines = [rule("capture and timing", width)]
    heard = f"{engine.adverts_heard} adverts, {engine.adverts_per_second:.1f} a second"
    lines += labelled("Heard", [(heard, "text")], width)
    dropped = engine.capture_drops
    said = f"▲ {dropped} frames dropped by the kernel before they were read" if dropped else "no frame dropped"
    lines += labelled("Capture", [(said, "warning" if dropped else "ok")], width)
    late = engine.lateness_ms
    said = f"{'▲ ' if late >= LATE_MS else ''}own timers at most {late:.1f} ms late in the last minute"
    lines += labelled("Lateness", [(said, "warning" if late >= LATE_MS else "text")], width)
    if engine.history_lost:
        lines += labelled(
            "History", [(f"▲ {engine.history_lost} events could not be written to disk", "warning")], width
        )
    explained = [*engine.explanations, *[""] * len(engine.problems)]
    for number, (code, sentence) in enumerate(zip(engine.problems, explained, strict=False)):
        spans: list[Span] = [(f"▲ {code} ", "warning"), (sentence, "text")]
        lines += labelled("" if number else "Problems", spans, width)
    return lines if engine.problems else lines + labelled("Problems", [("none", "ok")], width)


def _configuration(engine: EngineSnapshot, picture: Picture, width: int) -> list[Line]:
    lines = labelled("File", [(engine.config_file or "none: started without one", "text")], width)
    counts = f"{counted(len(picture.routers), 'virtual router')}, {counted(len(picture.checks), 'check')}"
    lines += labelled("Holds", [(counts, "text")], width)
    if not engine.config_warnings:
        return lines + labelled("Lint", [("no warnings" if engine.config_file else "-", "muted")], width)
    for number, warning in enumerate(engine.config_warnings):
        lines += labelled("" if number else "Lint", [(f"▲ {warning}", "warning")], width)
    return lines


def _by_segment(rows: Iterable[Row]) -> list[tuple[str, str, dict[int, Row]]]:
    """Return the groups of each interface and family, by VRID."""
    found: dict[tuple[str, str], dict[int, Row]] = {}
    for row in rows:
        found.setdefault((row.key.partition("/")[0], row.family), {})[row.vrid] = row
    return [(interface, family, found[interface, family]) for interface, family in sorted(found)]


def _vhids(engine: EngineSnapshot, interface: str) -> set[int]:
    """Return the VHIDs of CARP there: its virtual MAC addresses equal those of IPv4 groups with these VRIDs."""
    places = (key.partition("/") for key in engine.vhids)
    return {int(number) for place, _, number in places if place == interface and number.isdigit()}


def _map(rows: dict[int, Row], carp: set[int], width: int) -> list[Line]:
    """Return a map of VRIDs: `L` local, `H` heard, `C` used by CARP, `·` free; lines begin with their first VRID."""
    a_line = max(number for number in (8, 16, 32, 64) if number == 8 or number + 7 <= width)
    lines: list[Line] = []
    for first in range(0, 256, a_line):
        spans: list[Span] = [(f" {fit(str(max(1, first)), 4, right=True)} ", "muted")]
        for vrid in range(first, first + a_line):
            row = rows.get(vrid)
            if row is not None:
                spans.append(("L" if row.router else "H", "strong" if row.router else "text"))
            elif vrid in carp:
                spans.append(("C", "warning"))
            else:
                spans.append(("·" if vrid in VRIDS else " ", "muted"))
        lines.append(tuple(spans))
    used = ", ".join(str(vrid) for vrid in sorted(rows))
    free = next((vrid for vrid in VRIDS if vrid not in rows and vrid not in carp), None)
    said = f"used {used} · first free {free if free is not None else 'none'} · L ours, H heard"
    said += ", C a VHID of CARP" if carp else ""
    return lines + wrap([(said, "text")], width - 1, indent=6, first=(("      ", "text"),))
