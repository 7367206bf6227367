"""Readers of values: numbers with ranges, seconds, booleans, addresses, names.

Each function returns the value, or None after an error at the word's place.
"""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface

from vrrptui.config.findings.report import Report
from vrrptui.config.language.lexer import Word, split_command
from vrrptui.config.language.tree import Statement
from vrrptui.protocol.advert import NS_PER_SECOND, Address

INTERFACE_NAME_MAX = 15  # bytes, the kernel's limit

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})")
_BOOLEANS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def one(statement: Statement, report: Report) -> Word | None:
    """Return the keyword's only value; further words are reported, and ignored as in keepalived."""
    words = at_least_one(statement, report)
    if len(words) > 1:
        extra_words(statement, words[1], report)
    return words[0] if words else None


def at_least_one(statement: Statement, report: Report) -> tuple[Word, ...]:
    """Return the keyword's values; empty after an error if there are none."""
    if not statement.values:
        report.error(statement.place, "missing-value", f"{statement.keyword.shown} needs a value")
    return statement.values


def nothing(statement: Statement, report: Report) -> None:
    """Report values after a keyword that takes none."""
    if statement.values:
        extra_words(statement, statement.values[0], report)


def extra_words(statement: Statement, first: Word, report: Report) -> None:
    report.warning(first.place, "extra-words", f"what follows {statement.keyword.shown} from here on is not used")


def block(statement: Statement, report: Report) -> list[Statement]:
    """Return the statements of the keyword's block; empty after an error if it has none."""
    nothing(statement, report)
    if statement.block is None:
        report.error(statement.place, "missing-block", f"{statement.keyword.shown} needs a block in braces")
        return []
    return statement.block


def is_number(text: str, highest: int) -> bool:
    """Whether this is a whole number from 0 to `highest`; -1: none is."""
    digits = text.lstrip("0") or "0"
    return text.isascii() and text.isdigit() and len(digits) <= len(str(highest)) and int(digits) <= highest


def whole(word: Word, low: int, high: int, what: str, report: Report) -> int | None:
    """Return a whole number from `low` to `high`."""
    if not _WHOLE.fullmatch(word.text):
        report.error(word.place, "bad-value", f"{what} {word.shown} is not a whole number", f"{low} to {high}")
    elif not low <= int(word.text) <= high:
        report.error(word.place, "bad-value", f"{what} {word.shown} is out of range", f"{low} to {high}")
    else:
        return int(word.text)
    return None


def seconds(word: Word, low: str, high: str, what: str, report: Report) -> int | None:
    """Return seconds from `low` to `high`, with at most six decimals, in nanoseconds."""
    hint = f"{low} to {high} seconds"
    if not _DECIMAL.fullmatch(word.text):
        report.error(word.place, "bad-value", f"{what} {word.shown} is not a number of seconds", hint)
    elif not Decimal(low) <= Decimal(word.text) <= Decimal(high):
        report.error(word.place, "bad-value", f"{what} {word.shown} is out of range", hint)
    else:
        return int(Decimal(word.text) * NS_PER_SECOND)
    return None


def boolean(statement: Statement, report: Report) -> bool | None:
    """Return a switch: on, true or yes, off, false or no; true without a value."""
    if not statement.values:
        return True
    word = one(statement, report)
    if word is None or word.text in _BOOLEANS:
        return _BOOLEANS[word.text] if word else None
    text = f"{statement.keyword.shown} is neither on nor off with {word.shown}"
    report.error(word.place, "bad-value", text, "on, true, yes, off, false or no")
    return None


def address(word: Word, what: str, report: Report) -> Address | None:
    """Return an IPv4 or IPv6 address."""
    try:
        if "%" not in word.text:
            return ip_address(word.text)
    except ValueError:
        pass
    report.error(word.place, "bad-address", f"{what} {word.shown} is not an IP address")
    return None


def interface_address(word: Word, what: str, report: Report) -> IPv4Interface | IPv6Interface | None:
    """Return an address with an optional /prefix; without it all bits, as in keepalived."""
    bare, slash, prefix = word.text.partition("/")
    try:
        if "%" not in bare and (not slash or re.fullmatch(r"[0-9]{1,3}", prefix)):
            return ip_interface(word.text)
    except ValueError:
        pass
    report.error(word.place, "bad-address", f"{what} {word.shown} is not an IP address with a prefix length")
    return None


def interface_name(word: Word, report: Report) -> str | None:
    """Return the name of a network interface; whether it exists is checked by the engine."""
    size = len(word.text.encode("utf-8", "surrogateescape"))
    if 0 < size <= INTERFACE_NAME_MAX and "/" not in word.text and word.text not in (".", ".."):
        return word.text
    hint = f"at most {INTERFACE_NAME_MAX} bytes"
    report.error(word.place, "bad-value", f"{word.shown} cannot be the name of an interface", hint)
    return None


def command(statement: Statement, report: Report) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return a command's argument vector, and the words that follow it on the line.

    The command is the line's first value, quoted if it has arguments. It is split again, so that single quotes inside
    the double quotes keep an argument with blanks together.
    """
    try:
        words = split_command(statement.source)
        arguments = split_command(words[1]) if len(words) > 1 else ()
    except ValueError as error:
        report.error(
            statement.place, "bad-command", f"the command of {statement.keyword.shown} cannot be read: {error}"
        )
        return None
    if any("\0" in argument for argument in arguments):
        report.error(statement.place, "bad-command", f"the command of {statement.keyword.shown} contains a NUL byte")
        return None
    if not arguments:
        report.error(statement.place, "missing-value", f"{statement.keyword.shown} needs a command")
        return None
    return arguments, words[2:]


def written_twice(statement: Statement, report: Report) -> None:
    """Report a repeated keyword of which keepalived keeps the first."""
    text = f"{statement.keyword.shown} is written twice: the first one counts"
    report.warning(statement.place, "duplicate-keyword", text)
