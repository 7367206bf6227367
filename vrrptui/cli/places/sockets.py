"""The sockets of a console: NAME=PATH, or a path, which is named after its file."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

_NAME = re.compile(r"[\w.-]{1,20}")


def named(word: str) -> tuple[str, Path]:
    """Return name, empty if none is given, and socket. Raises argparse.ArgumentTypeError."""
    name, between, path = word.partition("=")
    if not between or "/" in name:
        return "", Path(word)
    if not _NAME.fullmatch(name) or not path:
        raise argparse.ArgumentTypeError(f"invalid NAME=PATH {word!r}: a name is 1 to 20 letters, digits, . - or _")
    return name, Path(path)


def by_name(given: Sequence[tuple[str, Path]]) -> dict[str, str]:
    """Return the paths by unique names: a duplicate gets a number."""
    found: dict[str, str] = {}
    for name, path in given:
        wanted = name or re.sub(r"[^\w.-]", "_", path.stem)[:20] or "engine"
        number = 1
        while (once := wanted if number == 1 else f"{wanted}-{number}") in found:
            number += 1
        found[once] = str(path)
    return found
