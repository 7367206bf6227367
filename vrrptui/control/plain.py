"""Foreign text made plain: whatever came from a packet, a script or a name, safe to show on a screen or in a log."""

from __future__ import annotations

from collections.abc import Iterable

NAMES_SHOWN = 10
NAME_CHARACTERS = 64


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
