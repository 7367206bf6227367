"""Finds the files of an include line: csh braces first, then wildcards, sorted and limited in number.

It reads directories, but opens no file.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator

NAMES_MAX = 1000  # to which a pattern with braces may expand
ENTRIES_MAX = 20_000  # directory entries examined for one pattern


class TooManyError(Exception):
    """A pattern expands to too many names, or searches too many directory entries."""


def has_magic(pattern: str) -> bool:
    """Report whether the pattern contains a wildcard."""
    return any(sign in pattern for sign in "*?[")


def fixed_part(pattern: str) -> str:
    """Return the directory above the first part of a pattern that contains a wildcard."""
    parts = pattern.split("/")
    first = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
    return "/".join(parts[:first]) or ("/" if pattern.startswith("/") else "")


def braces(pattern: str) -> list[str]:
    """Return the patterns to which braces such as {a,b} expand, in order. Raises TooManyError."""
    done: list[str] = []
    work = [pattern]
    while work:
        now = work.pop()
        start = now.find("{")
        parts = None if start < 0 else _alternatives(now, start)
        if parts is None:
            done.append(now)
        else:
            choices, end = parts
            work += [now[:start] + choice + now[end:] for choice in reversed(choices)]
        if len(done) + len(work) > NAMES_MAX:
            raise TooManyError(f"its braces stand for more than {NAMES_MAX} names")
    return done


def _alternatives(pattern: str, start: int) -> tuple[list[str], int] | None:
    """Return the alternatives of the brace at `start` and the position after it; None if it is not closed."""
    choices = [""]
    depth = 0
    for at in range(start, len(pattern)):
        sign = pattern[at]
        if sign == "{":
            depth += 1
            if depth == 1:
                continue
        elif sign == "}":
            depth -= 1
            if not depth:
                return choices, at + 1
        elif sign == "," and depth == 1:
            choices.append("")
            continue
        choices[-1] += sign
    return None


def matches(pattern: str, directory: str) -> list[str]:
    """Return the existing paths that match a pattern without braces, relative to `directory`. Raises TooManyError."""
    path = os.path.join(directory, pattern)
    found = ["/" if path.startswith("/") else ""]
    for depth, part in enumerate(part for part in path.split("/") if part):
        bases = [name + "/" for name in found] if depth else found
        if has_magic(part):
            found = [name for base in bases for name in _matching(base, part)]
        else:
            found = [base + part for base in bases]
        if len(found) > ENTRIES_MAX:
            raise TooManyError(f"it names more than {ENTRIES_MAX} files")
    return [path for path in found if os.path.lexists(path)]


def _matching(base: str, part: str) -> Iterator[str]:
    try:
        with os.scandir(base or ".") as entries:
            names = []
            for count, entry in enumerate(entries):
                if count == ENTRIES_MAX:
                    raise TooManyError(f"{base} holds more than {ENTRIES_MAX} files")
                if fnmatch.fnmatchcase(entry.name, part) and (part[0] == "." or entry.name[0] != "."):
                    names.append(entry.name)
    except OSError:
        return
    yield from (base + name for name in sorted(names))
