"""What stays on the host whoever is master (static_*, track_group), and lines of routes and rules in any block.

Routes and rules are the words of `ip route` and `ip rule`; the kernel is left to judge most of them.
"""

from __future__ import annotations

from itertools import pairwise

from vrrptui.config import addresses, values
from vrrptui.config.lexer import Word
from vrrptui.config.model import StaticConfig, VirtualAddress
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement

_ROUTE_TYPES = frozenset(
    ("unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole")
)
_RULE_STARTS = frozenset(
    (
        *(
            "from",
            "to",
            "not",
            "table",
            "lookup",
            "iif",
            "oif",
            "dev",
            "fwmark",
            "tos",
            "dsfield",
            "preference",
            "pref",
        ),
        *("order", "priority", "realms", "goto", "nop", "unreachable", "prohibit", "blackhole", "uidrange", "l3mdev"),
        *("protocol", "ip_proto", "ipproto", "sport", "dport", "tun_id", "tunnel-id", "inet", "inet6"),
    )
)


def routes(statement: Statement, report: Report) -> tuple[tuple[str, ...], ...]:
    """The routes of a block, one on each line."""
    found = []
    for inner in _plain_lines(statement, report):
        words = (inner.keyword, *inner.values)
        destination = next((w for w in words if w.text not in _ROUTE_TYPES | {"inet", "inet6", "to", "src"}), words[0])
        if destination.text != "default" and words[0].text != "src":
            values.interface_address(destination, "route", report)
        for word in words:
            if word.text == "or":
                text = "'or' between gateways is an old form of several next hops"
                report.warning(word.place, "deprecated", text, "nexthop via ADDRESS nexthop via ADDRESS")
        found.append(tuple(word.text for word in words))
    return tuple(found)


def rules(statement: Statement, report: Report) -> tuple[tuple[str, ...], ...]:
    """The rules of a block, one on each line."""
    found = []
    for inner in _plain_lines(statement, report):
        words = tuple(word.text for word in (inner.keyword, *inner.values))
        if words[0] not in _RULE_STARTS:
            report.error(inner.place, "bad-value", f"a rule cannot start with {inner.keyword.shown}", "from ADDRESS")
        elif not {"preference", "pref", "order", "priority"} & set(words):
            text = "the rule has no preference, so nobody can know which one it gets"
            report.warning(inner.place, "rule-without-preference", text, "preference NUMBER")
        for option, word in pairwise((inner.keyword, *inner.values)):
            if option.text in ("from", "to") and word.text not in ("all", "any", "default"):
                values.interface_address(word, "rule", report)
        found.append(words)
    return tuple(found)


def _plain_lines(statement: Statement, report: Report) -> list[Statement]:
    lines = values.block(statement, report)
    for inner in lines:
        if inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
    return [inner for inner in lines if inner.block is None]


class Static:
    """What the static_* blocks and track groups said so far."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._addresses: list[VirtualAddress] = []
        self._routes: tuple[tuple[str, ...], ...] = ()
        self._rules: tuple[tuple[str, ...], ...] = ()
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
                self._rules += rules(statement, self._report)

    def read_group(self, statement: Statement, name: Word) -> None:
        """Read one track_group block."""
        for inner in statement.block or []:
            if inner.name == "group":
                if found := members(inner, self._report):
                    self._groups.append((name.text, found))
            else:
                self._report.warning(inner.place, "unknown-keyword", f"{inner.keyword.shown} is no keyword here")

    def config(self) -> StaticConfig:
        return StaticConfig(
            addresses=tuple(self._addresses), routes=self._routes, rules=self._rules, groups=tuple(self._groups)
        )


def members(statement: Statement, report: Report) -> tuple[str, ...]:
    """The names in a `group` block, in any layout."""
    return tuple(word.text for inner in values.block(statement, report) for word in (inner.keyword, *inner.values))
