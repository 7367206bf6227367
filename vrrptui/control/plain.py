"""Foreign text made plain: whatever came from a packet, a script or a name, safe to show on a screen or in a log."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable

import msgspec

NAMES_SHOWN = 10
NAME_CHARACTERS = 64

_NOT_ASCII = re.compile(r"[^\n -~]")
codecs.lookup("unicode_escape")  # loaded now: later there may be no descriptor free for it


def plain(text: str) -> str:
    r"""`text` on one line: what could move a cursor, hide or turn the writing is shown as an escape, such as `\x1b`.

    These are the characters that Unicode calls not printable: C0 and C1 controls, line separators, bidirectional and
    zero-width marks, lone surrogates. Doing it twice changes nothing more.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def some_of(names: Iterable[str], most: int = NAMES_SHOWN) -> str:
    """The first names of a list, each cut to 64 characters, and how many more there are; "none" for an empty list."""
    every = list(names)
    shown = [name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 3]}..." for name in every[:most]]
    more = [f"and {len(every) - most} more"] if len(every) > most else []
    return ", ".join([*shown, *more]) or "none"


def json_text(value: object, indent: int = 0) -> str:
    r"""`value` as JSON in which what `plain` escapes is a `\uXXXX` (RFC 8259 §7); a reader gets the text as it was."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file name that is no UTF-8 has lone surrogates
        return json.dumps(msgspec.to_builtins(value), indent=indent or None)
    return plain_json((msgspec.json.format(data, indent=indent) if indent else data).decode())


def plain_json(text: str) -> str:
    r"""JSON with a `\uXXXX` for each sign that is not printable; those stand in its strings alone."""
    return text if text.isascii() and "\x7f" not in text else _NOT_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
