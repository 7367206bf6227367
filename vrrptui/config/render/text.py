"""Words, commands and numbers as a configuration file has them, and lines of them with a comment on their origin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from vrrptui.config.findings.report import visible
from vrrptui.config.language.lexer import LINE_MAX
from vrrptui.config.model.configuration import Place

NS_PER_SECOND = 1_000_000_000
INDENT = "    "

_PLAIN = re.compile(r"(?!include)[^\s{}\"#!@~$]+")
_PLAIN_IN_COMMAND = re.compile(r"[\w%+,./:=@<>^~*?;&|()\[\]{}-]+", re.ASCII)


def word(text: str) -> str:
    """One word, in double quotes if it needs them."""
    return text if _PLAIN.fullmatch(text) or text.endswith("\\") else f'"{text}"'


def words(texts: Iterable[str]) -> str:
    """Words with blanks between them."""
    return " ".join(word(text) for text in texts)


def command(arguments: Iterable[str]) -> str:
    """A command with its arguments, as one word in double quotes.

    What is between the quotes is split once more, so that whatever may mean something there is written as an escape.
    """
    split_later = " ".join(_argument(argument) for argument in arguments)
    return '"' + split_later.replace("\\", "\\\\") + '"'


def _argument(text: str) -> str:
    if _PLAIN_IN_COMMAND.fullmatch(text):
        return text
    return "'" + "".join(_escaped(sign) for sign in text) + "'"


def _escaped(sign: str) -> str:
    if sign.isprintable() and sign not in "\"'\\$":
        return sign
    return "".join(f"\\{byte:03o}" for byte in sign.encode("utf-8", "surrogateescape"))


def seconds(nanoseconds: int) -> str:
    """Seconds with as many decimals as they need."""
    return f"{(Decimal(nanoseconds) / NS_PER_SECOND).normalize():f}"


def switch(on: bool) -> str:
    """on or off."""
    return "on" if on else "off"


def _comment(place: Place | None) -> str:
    return f"! {visible(place.file)}:{place.line}" if place else ""


class Text:
    """Lines with blocks, each with the place that its value comes from."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self.origins: Mapping[str, Place] | None = {}  # of the block being written, by keyword; None: not known

    def __str__(self) -> str:
        return "".join(line + "\n" for line in self._lines)

    def put(self, keyword: str, *values: str, origin: Place | None = None) -> None:
        """One line. Its origin is `origin`, else that of the keyword, else the default."""
        place = origin or (self.origins or {}).get(keyword)
        default = "" if self.origins is None else "! default"
        self._line(" ".join((keyword, *values)), _comment(place) or default)

    def _line(self, text: str, comment: str = "") -> None:
        line = INDENT * self._depth + text
        if len(line) + len(comment) + 1 <= LINE_MAX:
            self._lines.append(f"{line} {comment}".rstrip(" "))
        else:
            self._lines += [INDENT * self._depth + comment, line]

    def put_if(self, wanted: object, keyword: str, *values: str) -> None:
        """One line, if its value is one that has to be said."""
        if wanted:
            self.put(keyword, *values)

    def lines(self, keyword: str, inner: Iterable[tuple[str, Place | None]]) -> None:
        """A block with a line for each of `inner`, with its own place if it has one; nothing if it is empty."""
        ready = list(inner)
        if not ready:
            return
        with self.block(keyword, origin=(self.origins or {}).get(keyword)):
            for line, place in ready:
                self._line(line, _comment(place))

    @contextmanager
    def block(self, *head: str, origin: Place | None = None) -> Iterator[None]:
        """A block in braces."""
        self._line(" ".join((*head, "{")), _comment(origin))
        self._depth += 1
        yield
        self._depth -= 1
        self._line("}")
