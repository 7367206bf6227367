"""The requirements that tests name: `<rfc>-<section>-<number> positive|negative: what is shown`.

A claim stands where pytest shows it: in the id of a parameter, or on a line of its own in a test's docstring. It is
read from the source, so that a test that skips here is counted all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
CLAIM = re.compile(r"(?P<id>[a-z0-9]+-[0-9A-Za-z.]+-[0-9]+) (?P<half>positive|negative): (?P<words>\S.*)")
FILLED_IN = "…"  # stands for what an f-string fills in


@dataclass(frozen=True, order=True)
class Claim:
    """One half of one requirement, and the words of the test that shows it."""

    requirement: str
    half: str  # "positive" or "negative"
    words: str


@cache
def claims() -> frozenset[Claim]:
    """Every claim that a test makes."""
    files = [path for path in sorted(TESTS.rglob("test_*.py")) if path.parent != Path(__file__).parent]
    return frozenset(claim for path in files for claim in claims_in(path.read_text(encoding="utf-8")))


def claims_in(source: str) -> Iterator[Claim]:
    """The claims in the texts of one file."""
    for text in _texts(ast.parse(source)):
        for line in _lines(text):
            if match := CLAIM.fullmatch(line):
                yield Claim(*match.groups())


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED_IN for part in node.values)
        return  # its parts are no texts of their own
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _lines(text: str) -> list[str]:
    """The lines of a text, a line that goes on below put together again."""
    lines: list[str] = []
    goes_on = False
    for line in map(str.strip, text.splitlines()):
        if CLAIM.match(line) or not goes_on or not line:
            lines.append(line)
        else:
            lines[-1] += f" {line}"
        goes_on = bool(line)
    return lines
