"""Reads a line of options from first to last, for the lines of routes and rules."""

from __future__ import annotations

from collections.abc import Iterator

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.protocol.advert import Address

REALM_MAX = 0xFFFF
HEX_DIGITS = 16  # of a number of 64 bits
_HEX = frozenset("0123456789abcdefABCDEF")


class LineReader:
    """A line of words; `good` is false after an error."""

    def __init__(self, words: tuple[Word, ...], report: Report) -> None:
        self.words = words
        self.report = report
        self.good = True
        self._rest = iter(words)

    def __iter__(self) -> Iterator[Word]:
        return self._rest

    def value(self, option: Word) -> Word | None:
        """Return the word after an option."""
        found = next(self._rest, None)
        if found is None:
            self.refuse(option, f"{option.shown} needs a value", code="missing-value")
        return found

    def text(self, option: Word) -> str | None:
        """Return the word after an option as text."""
        word = self.value(option)
        return word.text if word is not None else None

    def number(self, option: Word, low: int, high: int) -> int | None:
        """Return the number after an option, `low` to `high`, decimal or hexadecimal."""
        word = self.value(option)
        return self.whole(word, option.text, low, high) if word is not None else None

    def whole(self, word: Word, what: str, low: int, high: int) -> int | None:
        """Return the number that `word` contains."""
        digits = word.text.removeprefix("0x")
        if digits != word.text and 0 < len(digits) <= HEX_DIGITS and set(digits) <= _HEX:
            word = Word(str(int(digits, 16)), word.place)
        found = values.whole(word, low, high, what, self.report)
        self.good = self.good and found is not None
        return found

    def choice(self, option: Word, names: tuple[str, ...], highest: int = -1) -> str | None:
        """Return one of `names`, or a number up to `highest`."""
        if (word := self.value(option)) is None:
            return None
        number = values.is_number(word.text, highest)
        if word.text in names or number:
            return word.text
        self.refuse(word, f"{option.text} {word.shown} is not known", ", ".join(names))
        return None

    def device(self, option: Word) -> str | None:
        """Return the interface name after an option."""
        word = self.value(option)
        found = values.interface_name(word, self.report) if word is not None else None
        self.good = self.good and found is not None
        return found

    def address(self, option: Word) -> Address | None:
        """Return the address after an option, which may be preceded by its family."""
        word = self.value(option)
        if word is not None and word.text in ("inet", "inet6"):
            word = self.value(option)
        found = values.address(word, option.text, self.report) if word is not None else None
        self.good = self.good and found is not None
        return found

    def realm(self, option: Word) -> int | None:
        """Return the realms SOURCE/DESTINATION or DESTINATION, the source in the upper 16 bits."""
        if (word := self.value(option)) is None:
            return None
        first, slash, second = word.text.partition("/")
        origin, target = (first, second) if slash else ("0", first)
        high = self.whole(Word(origin, word.place), "realm", 0, REALM_MAX)
        low = self.whole(Word(target, word.place), "realm", 0, REALM_MAX)
        return None if high is None or low is None else high << 16 | low

    def refuse(self, word: Word, text: str, hint: str = "", code: str = "bad-value") -> None:
        """Report an error at `word`."""
        self.good = False
        self.report.error(word.place, code, text, hint)
