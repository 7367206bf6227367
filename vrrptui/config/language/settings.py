"""Keywords with simple values: tables map them to fields of the model and readers of values.

A reader returns the value, or None after an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.tree import Statement

Reader = Callable[[Statement, Report], Any]
Table = Mapping[str, tuple[str, Reader]]  # keyword: (field, reader)


def read(statement: Statement, table: Table, fields: dict[str, Any], report: Report) -> None:
    """Read the value of a keyword in `table` and store it under its field's name."""
    if statement.block is not None:
        report.error(statement.place, "unexpected-block", f"{statement.keyword.shown} takes no block")
        return
    field, reader = table[statement.name]
    value = reader(statement, report)
    if value is not None:
        fields[field] = value


def flag(value: bool = True) -> Reader:
    """Return a reader for a keyword without a value; it yields `value` if the keyword is present."""

    def reader(statement: Statement, report: Report) -> bool:
        values.nothing(statement, report)
        return value

    return reader


def switch(inverted: bool = False) -> Reader:
    """Return a reader for a switch: on, off and the like, or on without a value."""

    def reader(statement: Statement, report: Report) -> bool | None:
        value = values.boolean(statement, report)
        return value if value is None else value != inverted

    return reader


def number(low: int, high: int) -> Reader:
    """Return a reader for a whole number from `low` to `high`."""

    def reader(statement: Statement, report: Report) -> int | None:
        word = values.one(statement, report)
        return values.whole(word, low, high, statement.name, report) if word else None

    return reader


def period(low: str, high: str) -> Reader:
    """Return a reader for seconds with decimals, in nanoseconds."""

    def reader(statement: Statement, report: Report) -> int | None:
        word = values.one(statement, report)
        return values.seconds(word, low, high, statement.name, report) if word else None

    return reader


def text(statement: Statement, report: Report) -> str | None:
    """Read one word."""
    word = values.one(statement, report)
    return word.text if word else None


def words(statement: Statement, report: Report) -> tuple[str, ...]:
    """Read all words; there may be none."""
    return tuple(word.text for word in statement.values)


def interface(statement: Statement, report: Report) -> str | None:
    """Read the name of an interface."""
    word = values.one(statement, report)
    return values.interface_name(word, report) if word else None


def group(version: int | None = None) -> Reader:
    """Return a reader for a multicast address, of one family or either."""

    def reader(statement: Statement, report: Report) -> Any:
        word = values.one(statement, report)
        found = values.address(word, statement.name, report) if word else None
        if word and found and (not found.is_multicast or version not in (None, found.version)):
            kind = f"an IPv{version} multicast group" if version else "a multicast group"
            report.error(word.place, "bad-address", f"{statement.name} {word.shown} is not {kind}")
            return None
        return found

    return reader


def choice(words_and_values: Mapping[str, Any]) -> Reader:
    """Return a reader for one of a few words; "" stands for no word."""

    def reader(statement: Statement, report: Report) -> Any:
        if not statement.values and "" in words_and_values:
            return words_and_values[""]
        word = values.one(statement, report)
        if word is None or word.text in words_and_values:
            return words_and_values[word.text] if word else None
        known = ", ".join(filter(None, words_and_values))
        report.error(word.place, "bad-value", f"{statement.keyword.shown} cannot be {word.shown}", known)
        return None

    return reader


def matching(pattern: str, what: str) -> Reader:
    """Return a reader for one word that matches a pattern."""

    def reader(statement: Statement, report: Report) -> str | None:
        word = values.one(statement, report)
        if word is None or re.fullmatch(pattern, word.text):
            return word.text if word else None
        report.error(word.place, "bad-value", f"{statement.keyword.shown} cannot be {word.shown}", what)
        return None

    return reader
