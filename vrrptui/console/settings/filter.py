"""The filter language of every screen: words that must all be found, and some with a meaning.

`vrid 51`, `if eth0`, `bad` (has a problem), `!word` (must not be found), `~regex`. No Textual here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


class FilterError(Exception):
    """An invalid filter. The text says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a filter tests: one row of any screen."""

    text: str
    vrid: int | None = None
    interface: str | None = None
    bad: bool = False


Test = Callable[[Subject], bool]


def compile_filter(words: str) -> Test:
    """Return the test for these words, always true without words. Raises FilterError."""
    tests: list[Test] = []
    rest = iter(words.split())
    for word in rest:
        tests.append(_test(word, rest.__next__))
    return lambda subject: all(test(subject) for test in tests)


def _test(word: str, following: Callable[[], str]) -> Test:
    match word:
        case "bad":
            return lambda subject: subject.bad
        case "vrid" | "if":
            try:
                value = following()
            except StopIteration:
                raise FilterError(f"'{word}' needs a value") from None
            if word == "if":
                return lambda subject: subject.interface == value
            if not value.isascii() or not value.isdigit():
                raise FilterError(f"vrid {value}: not a number")
            return lambda subject: subject.vrid == int(value)
    if word.startswith("~"):
        try:
            pattern = re.compile(word[1:], re.IGNORECASE)
        except re.error as error:
            raise FilterError(f"{word}: {error}") from None
        return lambda subject: pattern.search(subject.text) is not None
    if word.startswith("!") and len(word) > 1:
        unwanted = _test(word[1:], following)
        return lambda subject: not unwanted(subject)
    wanted = word.casefold()
    return lambda subject: wanted in subject.text.casefold()
