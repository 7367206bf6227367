"""The engines that a console is opened on: NAME=PATH, or a path that is called by its file's name."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

_NAME = re.compile(r"[\w.-]{1,20}")


def named(word: str) -> tuple[str, Path]:
    """The engine's name, empty when none is given, and its socket. Raises argparse.ArgumentTypeError."""
    name, between, path = word.partition("=")
    if not between or "/" in name:
        return "", Path(word)
    if not _NAME.fullmatch(name) or not path:
        raise argparse.ArgumentTypeError(f"invalid NAME=PATH {word!r}: a name is 1 to 20 letters, digits, . - or _")
    return name, Path(path)


def by_name(given: Sequence[tuple[str, Path]]) -> dict[str, str]:
    """Paths by names, each name once: one that is taken gets a number."""
    found: dict[str, str] = {}
    for name, path in given:
        wanted = name or re.sub(r"[^\w.-]", "_", path.stem)[:20] or "engine"
        number = 1
        while (once := wanted if number == 1 else f"{wanted}-{number}") in found:
            number += 1
        found[once] = str(path)
    return found
