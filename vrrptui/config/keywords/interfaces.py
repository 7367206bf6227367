"""The blocks about interfaces: garp_group, linkbeat_interfaces and interface_up_down_delays."""

from __future__ import annotations

from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import unsupported
from vrrptui.config.language import settings, values
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import GarpGroup, InterfaceDelay

INTERVAL_MAX_S = "4294"
DELAY_MAX_S = "255"
LINKBEAT = ("MII", "ETHTOOL", "IOCTL")

GARP_GROUP: settings.Table = {
    "garp_interval": ("arp_interval_ns", settings.period("0", INTERVAL_MAX_S)),
    "gna_interval": ("na_interval_ns", settings.period("0", INTERVAL_MAX_S)),
}


def garp_group(statement: Statement, report: Report) -> GarpGroup | None:
    """Return a garp_group block; None with a warning if it has no interval, in which case keepalived drops it."""
    fields: dict[str, Any] = {}
    names: list[str | None] = []
    for inner in values.block(statement, report):
        if inner.name in GARP_GROUP:
            settings.read(inner, GARP_GROUP, fields, report)
        elif inner.name == "interface":
            names.append(settings.interface(inner, report))
        elif inner.name == "interfaces":
            words = (w for line in values.block(inner, report) for w in (line.keyword, *line.values))
            names += [values.interface_name(word, report) for word in words]
        else:
            unsupported.report_unhandled(inner, {}, report, (*GARP_GROUP, "interface", "interfaces"))
    if not fields:
        text = "the garp_group has no interval: it is left out"
        report.warning(statement.place, "no-interval", text, "write garp_interval SECONDS")
        return None
    return GarpGroup(interfaces=tuple(name for name in names if name), place=statement.place, **fields)


def linkbeat(statement: Statement, report: Report) -> tuple[tuple[str, str | None], ...]:
    """Return the interfaces of a linkbeat_interfaces block, each with its method if given."""
    found = []
    for inner in values.block(statement, report):
        kind = inner.values[0] if inner.values else None
        if kind is not None and kind.text not in LINKBEAT:
            text = f"linkbeat cannot be read with {kind.shown}"
            report.error(kind.place, "bad-value", text, ", ".join(LINKBEAT))
        if name := values.interface_name(inner.keyword, report):
            found.append((name, kind.text if kind else None))
    return tuple(found)


def delays(statement: Statement, report: Report) -> tuple[InterfaceDelay, ...]:
    """Return the interface_up_down_delays: interface, down delay and up delay, by default the same."""
    found = []
    for inner in values.block(statement, report):
        name = values.interface_name(inner.keyword, report)
        given = [values.seconds(word, "0", DELAY_MAX_S, "delay", report) or 0 for word in inner.values[:2]]
        if len(inner.values) > 2:
            values.extra_words(inner, inner.values[2], report)
        if name:
            down, up = (*given, *given, 0, 0)[:2]
            found.append(InterfaceDelay(name, down, up))
    return tuple(found)
