"""The filter language of `watch`: `vrid 51`, `if eth0`, `src 10.0.0.2`, `bad`, `change`.

They are combined with `not`, `and`, `or` and parentheses. Pure: turns words into a predicate on adverts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from vrrptui.control.messages import AdvertLine

MAX_WORDS = 256
CHANGE = "change"
TAKES_VALUE = ("vrid", "if", "src")
Predicate = Callable[[AdvertLine, bool], bool]  # an advert, and whether it differs from its sender's last one


class FilterError(Exception):
    """An invalid filter. The text is one line."""


def parse_filter(words: Iterable[str]) -> Predicate:
    """Return the predicate for `words` of the command line; no words accept everything.

    Raises FilterError.
    """
    tokens = re.findall(r"[()]|[^\s()]+", " ".join(words))
    if len(tokens) > MAX_WORDS:
        raise FilterError(f"more than {MAX_WORDS} words")
    if not tokens:
        return lambda line, changed: True
    parser = _Parser(tokens)
    predicate = parser.alternatives()
    if parser.tokens:
        raise FilterError(f"'and' or 'or' expected before {parser.tokens[0]!r}")
    return predicate


class _Parser:
    """A recursive descent parser: `or` binds loosest, then `and`, then `not`."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def alternatives(self) -> Predicate:
        left = self._conjunction()
        while self._skip("or"):
            left = _either(left, self._conjunction())
        return left

    def _conjunction(self) -> Predicate:
        left = self._factor()
        while self._skip("and"):
            left = _both(left, self._factor())
        return left

    def _factor(self) -> Predicate:
        if self._skip("not"):
            inner = self._factor()
            return lambda line, changed: not inner(line, changed)
        if self._skip("("):
            inner = self.alternatives()
            if not self._skip(")"):
                raise FilterError("')' is missing")
            return inner
        return self._primitive()

    def _primitive(self) -> Predicate:
        word = self._next("a condition")
        if word == "bad":
            return lambda line, changed: bool(line.problems)
        if word == CHANGE:
            return lambda line, changed: changed
        if word not in TAKES_VALUE:
            raise FilterError(f"unknown keyword {word!r}; expected {', '.join(TAKES_VALUE)}, bad, {CHANGE} or not")
        value = self._next(f"a value after {word!r}")
        if word == "if":
            return lambda line, changed: line.interface == value
        if word == "src":
            try:
                source = str(ip_address(value))
            except ValueError:
                raise FilterError(f"{value!r} is not an address") from None
            return lambda line, changed: line.source == source
        if not value.isdecimal() or not 0 <= int(value) <= 255:
            raise FilterError(f"{value!r} is not a virtual router ID, 0 to 255")
        vrid = int(value)
        return lambda line, changed: line.vrid == vrid

    def _next(self, what: str) -> str:
        if not self.tokens:
            raise FilterError(f"{what} is missing")
        return self.tokens.pop(0)

    def _skip(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            del self.tokens[0]
            return True
        return False


def _both(left: Predicate, right: Predicate) -> Predicate:
    return lambda line, changed: left(line, changed) and right(line, changed)


def _either(left: Predicate, right: Predicate) -> Predicate:
    return lambda line, changed: left(line, changed) or right(line, changed)
