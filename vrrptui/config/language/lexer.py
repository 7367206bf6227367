"""Splits text into lines of words as keepalived does: line by line, with comments, double quotes and braces.

A brace outside double quotes ends a line wherever it is. `reader` reads the files, and `expand` changes lines before
they are split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vrrptui.config.findings.report import Report, shown
from vrrptui.config.model.configuration import Place

LINE_MAX = 1023  # characters; keepalived splits longer lines and misreads the rest
BLANK = " \t\r\v\f"

# How a line with a password or key looks, even if misspelt, and the keywords on it that a finding may quote.
SECRET = re.compile(r"\bauth[_-]?[phk]|\bpassw", re.IGNORECASE)
_SECRET_KEYWORD = re.compile(r"auth[_-]?(pass?|pass?wo?r?d|hmac|key)", re.IGNORECASE)
_MARK = re.compile(r'\\.|["#!]')
_PART = re.compile(r'[{}]|[ \t\r\v\f]+|"[^"]*"|[^{} \t\r\v\f"]+|"')
_COMMAND_PART = re.compile(
    r"""\\(?:x([0-9A-Fa-f]+)|c(.)|([0-7]{1,3})|(.))|\\|["']|[ \t\r\v\f]+|[^\\"' \t\r\v\f]+""", re.DOTALL
)
_ESCAPED = {"a": "\a", "b": "\b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes. A secret word is on a line with a password and is never quoted in findings."""

    text: str
    place: Place
    secret: bool = False

    @property
    def shown(self) -> str:
        """The word as findings quote it."""
        return "'…'" if self.secret and not _SECRET_KEYWORD.fullmatch(self.text) else shown(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line, or of the part of it between two braces; at least one word."""

    words: tuple[Word, ...]
    source: str  # as written; commands have quoting rules of their own
    cut_by_comment: bool  # whether a comment starts inside the last word


@dataclass(frozen=True, slots=True)
class Brace:
    """An opening or a closing brace."""

    opens: bool
    place: Place


def lines(text: str, file: str, report: Report) -> Iterator[tuple[str, Place]]:
    """Yield the non-empty lines of `text`, without comment lines and surrounding blanks, with their places.

    A blank line after one that ends in a backslash is yielded as "", because it ends a variable's definition.
    """
    continued = False
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.strip(BLANK)
        if not content:
            if continued:
                yield "", Place(file, number)
            continued = False
            continue
        if content[0] in "#!":
            continue
        continued = content[-1] == "\\"
        if report.full:
            return
        place = Place(file, number, raw.index(content[0]) + 1)
        if len(content) > LINE_MAX and report.passing_over:
            yield _braces(content, place), place
        elif len(content) > LINE_MAX:
            report.error(place, "line-too-long", f"the line is longer than {LINE_MAX} characters")
        elif "\0" in content:
            report.error(place, "bad-byte", "the line contains a NUL byte", "is this a configuration file?")
        else:
            yield content, place


def _braces(content: str, place: Place) -> str:
    """Return the braces of a line, separated by blanks; nothing else matters in a skipped block."""
    bare = uncommented(content, place, Report())
    return " ".join(re.findall("[{}]", re.sub('"[^"]*"', "", bare[0]))) if bare else ""


def tokens(content: str, place: Place, report: Report, original: str = "") -> Iterator[Line | Brace]:
    """Split a line into words and braces. `original` is the line in the file if `content` was expanded from it.

    Words then have their columns in the original; a word from a variable has the column of the variable.
    """
    rewritten = bool(original)
    if rewritten and (bare := uncommented(original, place, Report())):
        original = bare[0]
    found = uncommented(content, place, report)
    if found is None or not found[0]:
        return
    text = found[0]
    if rewritten and len(text) < len(content.rstrip(BLANK)):
        # This # or ! came from a variable. keepalived 2.2.7 takes it as a comment, its manual as a character.
        what = "a # or ! from a variable is read as a comment outside of double quotes"
        report.error(place, "escaped-comment", what, "put the word in double quotes")
        return
    yield from _split(text, place, report, original, content[len(text) : len(text) + 1] in ("#", "!"))


def _split(text: str, place: Place, report: Report, original: str, cut: bool) -> Iterator[Line | Brace]:
    """Split a line without its comment; `cut` if the comment starts inside the last word."""
    secret = bool(SECRET.search(text))
    words: list[Word] = []
    start = end = 0  # of the words collected so far
    columns = _columns(text, original) if original else {}
    for part in _PART.finditer(text):
        piece = part.group()
        where = _at(place, columns.get(part.start(), part.start()))
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


def _columns(text: str, original: str) -> dict[int, int]:
    """Return the columns of a rewritten line's parts in the original line, by their present columns.

    Equal parts at the start and end keep their columns; the parts between have the column of the first difference.
    Neither line is empty: a comment line is never rewritten.
    """
    new = [part for part in _PART.finditer(text) if part.group()[0] not in BLANK]
    old = [part for part in _PART.finditer(original) if part.group()[0] not in BLANK]
    if original[0] == "@" and len(old) > 1:
        del old[0]  # the condition
    least = min(len(new), len(old))
    same = [a.group() == b.group() for a, b in zip(new, old, strict=False)]
    left = same.index(False) if False in same else least
    ends = [a.group() == b.group() for a, b in zip(reversed(new), reversed(old), strict=False)][: least - left]
    right = ends.index(False) if False in ends else len(ends)
    if len(new) == len(old):  # each variable was replaced by one word
        return {a.start(): b.start() for a, b in zip(new, old, strict=True)}
    columns = {}
    for number, part in enumerate(new):
        if number < left:
            at = number
        elif number >= len(new) - right:
            at = number - len(new) + len(old)
        else:
            at = min(left, len(old) - 1)
        columns[part.start()] = old[at].start()
    return columns


def split_command(text: str) -> tuple[str, ...]:
    """Split a command into words, with single and double quotes and the shell's backslash escapes.

    Raises ValueError, with the reason, for an unclosed quote or an incomplete escape.
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
    if word is not None:
        words.append(word)
    # Bytes escaped one by one may together be one character.
    return tuple(word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") for word in words)


def _unescape(escape: re.Match[str]) -> str:
    hexadecimal, control, octal, char = escape.groups()
    if control:
        return chr(ord(control) & 0x1F)
    if char:
        return _ESCAPED.get(char, char)
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
    return bytes([number & 0xFF]).decode("utf-8", "surrogateescape")


def uncommented(content: str, place: Place, report: Report) -> tuple[str, bool] | None:
    """Return the line without its comment, and whether a backslash continues it; None after an error.

    A # or ! inside double quotes starts no comment. A backslash at the end of a comment continues the line as well.
    """
    quoted = False
    end = len(content)
    for mark in _MARK.finditer(content):
        found = mark.group()
        if found == '"':
            quoted = not quoted
        elif found in ("#", "!") and not quoted:
            end = mark.start()
            break
        elif found in ("\\#", "\\!") and not quoted:
            # keepalived 2.2.7 takes this as a comment and later versions do not, so the meaning is ambiguous.
            text = f"{found} outside of double quotes is read differently by keepalived's versions"
            report.error(_at(place, mark.start()), "escaped-comment", text, "put the word in double quotes")
            return None
    if quoted:
        report.error(place, "open-quote", 'a " on this line is not closed')
        return None
    continued = content.endswith("\\") and not content.endswith("\\\\")
    return content[: end - (continued and end == len(content))].rstrip(BLANK), continued


def _at(place: Place, offset: int) -> Place:
    return Place(place.file, place.line, place.column + offset)
