"""A finding about a configuration, and a place in a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(Enum):
    """The severity of a finding: an error prevents the use of the configuration."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a configuration: what, where, and a hint what to write instead."""

    level: Level
    place: Place
    code: str  # a stable name, such as unknown-keyword, not-supported-yet, bad-value
    text: str  # what is wrong and why, in one line
    hint: str = ""  # what to do, in one line

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" + (f"; {self.hint}" if self.hint else "")
