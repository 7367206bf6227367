"""Figures of a measurement, and a table of them beside the peer's."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

OURS, PEER = "vrrptui", "keepalived"


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of the values are at most."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spread(values: Sequence[float]) -> tuple[str, ...]:
    """Minimum, median, p99 and maximum."""
    found = (min(values), statistics.median(values), share(values, 0.99), max(values))
    return tuple(f"{value:.3f}" for value in found)


def ratio(of: Mapping[str, Sequence[float]], part: float = 0.5) -> str:
    """Ours over the peer's, at the median or another share; nothing without a peer."""
    if not of.get(OURS) or not of.get(PEER):
        return ""
    return f"{share(of[OURS], part) / share(of[PEER], part):.2f}"


class Sheet:
    """A table that is printed as Markdown, row by row, so that a page can hold it as it is."""

    def __init__(self, title: str, *headings: str) -> None:
        print(f"### {title}\n\n{_line(headings)}\n{_line(['---'] * len(headings))}", flush=True)

    def add(self, *cells: object) -> None:
        print(_line([str(cell) for cell in cells]), flush=True)

    def end(self) -> None:
        print(flush=True)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
