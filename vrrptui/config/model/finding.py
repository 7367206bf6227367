"""Something to say about a configuration, and the place in a file that it is about. Knows nothing of either."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in which file something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(Enum):
    """How bad a finding is: an error keeps the configuration from being used."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a configuration: what, where, and what to write instead."""

    level: Level
    place: Place
    code: str  # a stable word, e.g. unknown-keyword, not-supported-yet, bad-value
    text: str  # what is wrong and why, one line
    hint: str = ""  # what to do, one line

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" + (f"; {self.hint}" if self.hint else "")
