"""Text to lines of words, the way keepalived reads it: line by line, with comments, double quotes and braces.

A brace outside of double quotes is a line of its own wherever it stands. Knows neither files (see `reader`) nor what a
word means (see `parser`). Variables, conditions and sequences change the text before it is read; they are refused here,
with their place, until they are supported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vrrptui.config.model import Place
from vrrptui.config.report import Report, shown

LINE_MAX = 1023  # characters; keepalived splits a longer line and misreads the rest
BLANK = " \t\r\v\f"

_MARK = re.compile(r'\\.|["#!]')
_PART = re.compile(r'[{}]|[ \t\r\v\f]+|"[^"]*"|[^{} \t\r\v\f"]+|"')
_DEFINITION = re.compile(r"\$[A-Za-z_]\w*\s*=", re.ASCII)
_VARIABLE = re.compile(r"\$\{|\$_(?:PWD|INSTANCE|RANDOM|ENV|HASH|BANG)\b")
_COMMAND_PART = re.compile(
    r"""\\(?:x([0-9A-Fa-f]+)|c(.)|([0-7]{1,3})|(.))|\\|["']|[ \t\r\v\f]+|[^\\"' \t\r\v\f]+""", re.DOTALL
)
_ESCAPED = {"a": "\a", "b": "\b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its quotes. A secret one stands on a line with a password: it is never repeated."""

    text: str
    place: Place
    secret: bool = False

    @property
    def shown(self) -> str:
        """The word as a finding may repeat it."""
        return "'…'" if self.secret and self.text != "auth_pass" else shown(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line, or of the part of it between two braces; at least one word."""

    words: tuple[Word, ...]
    source: str  # the same as written, for commands, which have quoting rules of their own
    cut_by_comment: bool  # a comment starts inside the last word


@dataclass(frozen=True, slots=True)
class Brace:
    """An opening or a closing brace."""

    opens: bool
    place: Place


def lines(text: str, file: str, report: Report) -> Iterator[tuple[str, Place]]:
    """The lines of `text` that say something, without comments and surrounding blanks, each with its place."""
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.strip(BLANK)
        if not content or content[0] in "#!":
            continue
        if report.full:
            return
        place = Place(file, number, raw.index(content[0]) + 1)
        if len(content) > LINE_MAX:
            report.error(place, "line-too-long", f"the line is longer than {LINE_MAX} characters")
        elif "\0" in content:
            report.error(place, "bad-byte", "the line contains a NUL byte", "is this a configuration file?")
        else:
            yield content, place


def tokens(content: str, place: Place, report: Report) -> Iterator[Line | Brace]:
    """The lines and braces of one physical line, as `lines` gave it."""
    text = _without_comment(content, place, report)
    if not text or not _supported(text, place, report):
        return
    secret = "auth_pass" in text
    words: list[Word] = []
    start = end = 0  # of the words collected so far
    cut = content[len(text) : len(text) + 1] in ("#", "!")
    for part in _PART.finditer(text):
        piece = part.group()
        where = _at(place, part.start())
        if piece in "{}":
            if words:
                yield Line(tuple(words), text[start:end], False)
                words = []
            yield Brace(piece == "{", where)
        elif piece == '"':
            report.error(where, "open-quote", 'this " is not closed', "a double quote cannot stand inside another")
            return
        elif piece[0] not in BLANK:
            if not words:
                start = part.start()
            end = part.end()
            words.append(Word(piece[1:-1] if piece[0] == '"' else piece, where, secret))
    if words:
        yield Line(tuple(words), text[start:end], cut)


def split_command(text: str) -> tuple[str, ...]:
    """The words of a command, with single and double quotes and the shell's backslash escapes.

    Raises ValueError with a reason for a quote or an escape without an end.
    """
    words: list[str] = []
    word: str | None = None  # None between words; a quoted word may be empty
    quote = ""
    for part in _COMMAND_PART.finditer(text):
        piece = part.group()
        if piece == "\\":
            raise ValueError("a backslash at the end escapes nothing")
        if piece[0] == "\\":
            word = (word or "") + _unescape(part)
        elif piece == quote:
            quote = ""
        elif piece in ('"', "'") and not quote:
            quote = piece
            word = word or ""
        elif piece[0] in BLANK and not quote:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + piece
    if quote:
        raise ValueError(f"the quote {quote} is not closed")
    return (*words, word) if word is not None else tuple(words)


def _unescape(escape: re.Match[str]) -> str:
    hexadecimal, control, octal, char = escape.groups()
    if control:
        return chr(ord(control) & 0x1F)
    if char:
        return _ESCAPED.get(char, char)
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
    return bytes([number & 0xFF]).decode("utf-8", "surrogateescape")


def _without_comment(content: str, place: Place, report: Report) -> str | None:
    """The line up to its comment, or None when it cannot be read; # and ! between double quotes are no comment."""
    quoted = False
    for mark in _MARK.finditer(content):
        found = mark.group()
        if found == '"':
            quoted = not quoted
        elif found in ("#", "!") and not quoted:
            return content[: mark.start()].rstrip(BLANK)
        elif found in ("\\#", "\\!") and not quoted:
            # keepalived 2.2.7 reads a comment here and later versions do not, so nobody can know what is meant.
            text = f"{found} outside of double quotes is read differently by keepalived's versions"
            report.error(_at(place, mark.start()), "escaped-comment", text, "put the word in double quotes")
            return None
    if quoted:
        report.error(place, "open-quote", 'a " on this line is not closed')
        return None
    return content


def _supported(text: str, place: Place, report: Report) -> bool:
    """Whether the line means what it says: no variable, condition, sequence or continuation changes it."""
    what = ""
    at = 0
    if text[0] == "@":
        what = "a condition (@id) on a line"
    elif _DEFINITION.match(text):
        what = "a variable ($NAME=value)"
    elif text[0] == "~":
        what = "a sequence (~SEQ, ~LST)"
    elif text.endswith("\\"):
        what, at = "a line continued with \\", len(text) - 1
    elif variable := _VARIABLE.search(text):
        what, at = "a variable (${NAME})", variable.start()
    if what:
        report.error(
            _at(place, at), "not-supported-yet", f"{what} is not supported yet", "write out what it stands for"
        )
    return not what


def _at(place: Place, offset: int) -> Place:
    return Place(place.file, place.line, place.column + offset)
