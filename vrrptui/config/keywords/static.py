"""The static_* and track_group blocks, and the blocks of routes and rules in other blocks."""

from __future__ import annotations

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import addresses, route, rule, unsupported
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Route, Rule, StaticConfig, VirtualAddress


def routes(statement: Statement, report: Report) -> tuple[Route, ...]:
    """Return the routes of a block, one per line."""
    lines = ((inner.keyword, *inner.values) for inner in _plain_lines(statement, report))
    return tuple(found for words in lines if (found := route.read(words, report)) is not None)


def rules(statement: Statement, report: Report) -> tuple[Rule, ...]:
    """Return the rules of a block, one per line."""
    lines = ((inner.keyword, *inner.values) for inner in _plain_lines(statement, report))
    return tuple(found for words in lines if (found := rule.read(words, report)) is not None)


def _plain_lines(statement: Statement, report: Report) -> list[Statement]:
    lines = values.block(statement, report)
    for inner in lines:
        if inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
    return [inner for inner in lines if inner.block is None]


class Static:
    """The contents of the static_* and track_group blocks read so far."""

    def __init__(self, report: Report, preferences: rule.Preferences) -> None:
        self._report = report
        self._preferences = preferences
        self._addresses: list[VirtualAddress] = []
        self._routes: tuple[Route, ...] = ()
        self._rules: tuple[Rule, ...] = ()
        self._groups: list[tuple[str, tuple[str, ...]]] = []

    def read(self, statement: Statement) -> None:
        """Read one static_ipaddress, static_routes or static_rules block."""
        match statement.name:
            case "static_ipaddress":
                found = (addresses.read(inner, self._report) for inner in values.block(statement, self._report))
                self._addresses += [address for address in found if address is not None]
            case "static_routes":
                self._routes += routes(statement, self._report)
            case _:
                self._rules += self._preferences.given(rules(statement, self._report))

    def read_group(self, statement: Statement, name: Word) -> None:
        """Read one track_group block."""
        for inner in statement.block or []:
            if inner.name == "group":
                if found := members(inner, self._report):
                    self._groups.append((name.text, found))
            else:
                unsupported.report_unhandled(inner, {}, self._report, ("group",))

    def config(self) -> StaticConfig:
        return StaticConfig(
            addresses=tuple(self._addresses), routes=self._routes, rules=self._rules, groups=tuple(self._groups)
        )


def members(statement: Statement, report: Report) -> tuple[str, ...]:
    """Return the names in a `group` block, on any number of lines."""
    return tuple(word.text for inner in values.block(statement, report) for word in (inner.keyword, *inner.values))
