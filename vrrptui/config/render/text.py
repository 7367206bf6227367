"""Writes the words, commands, numbers and lines of a configuration file, with comments on their origin."""

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
    """Return a word, in double quotes if necessary."""
    return text if _PLAIN.fullmatch(text) or text.endswith("\\") else f'"{text}"'


def words(texts: Iterable[str]) -> str:
    """Return the words, separated by blanks."""
    return " ".join(word(text) for text in texts)


def command(arguments: Iterable[str]) -> str:
    """Return a command with its arguments as one word in double quotes.

    The quoted text is split again when it is read, so special characters in it are escaped.
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
    """Return seconds with as many decimals as necessary."""
    return f"{(Decimal(nanoseconds) / NS_PER_SECOND).normalize():f}"


def switch(on: bool) -> str:
    """Return "on" or "off"."""
    return "on" if on else "off"


def _comment(place: Place | None) -> str:
    return f"! {visible(place.file)}:{place.line}" if place else ""


class Text:
    """The text of a configuration: lines and blocks, each with the origin of its value."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self.origins: Mapping[str, Place] | None = {}  # of the current block, by keyword; None: not known

    def __str__(self) -> str:
        return "".join(line + "\n" for line in self._lines)

    def put(self, keyword: str, *values: str, origin: Place | None = None) -> None:
        """Write a line. Its origin is `origin`, otherwise that of the keyword, otherwise "default"."""
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
        """Write a line if `wanted` is true."""
        if wanted:
            self.put(keyword, *values)

    def lines(self, keyword: str, inner: Iterable[tuple[str, Place | None]]) -> None:
        """Write a block with a line for each of `inner`, with its origin if known; nothing if there are none."""
        ready = list(inner)
        if not ready:
            return
        with self.block(keyword, origin=(self.origins or {}).get(keyword)):
            for line, place in ready:
                self._line(line, _comment(place))

    @contextmanager
    def block(self, *head: str, origin: Place | None = None) -> Iterator[None]:
        """Write a block in braces around the lines written in the context."""
        self._line(" ".join((*head, "{")), _comment(origin))
        self._depth += 1
        yield
        self._depth -= 1
        self._line("}")
