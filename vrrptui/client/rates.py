"""The adverts of each router in the last minute, in intervals of three seconds, from snapshots.

Covers only the time since this console started. Pure. No Textual here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from vrrptui.control.several import key_at
from vrrptui.control.snapshots import GroupSnapshot

PIECE_S = 3
PIECES = 20
MOST_ROUTERS = 2048
BARS = "▁▂▃▄▅▆▇"
Pieces = deque[tuple[int, int]]  # number of the interval, and adverts in it, oldest first


class Rates:
    """Counts adverts by group, router and interval."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[str, str], Pieces] = {}

    def take(self, before: GroupSnapshot | None, group: GroupSnapshot) -> None:
        """Count the adverts between two snapshots of a group, at the time of the second."""
        if before is None:
            return
        counts = {router.source: router.adverts for router in before.routers}
        for router in group.routers:
            more = router.adverts - counts.get(router.source, router.adverts)
            if more > 0:
                self._count((group.key, router.source), int(router.last_seen // PIECE_S), more)

    def _count(self, key: tuple[str, str], number: int, more: int) -> None:
        pieces = self._pieces.get(key)
        if pieces is None:
            if len(self._pieces) >= MOST_ROUTERS:
                del self._pieces[next(iter(self._pieces))]
            pieces = self._pieces[key] = deque(maxlen=PIECES + 1)
        if pieces and pieces[-1][0] == number:
            pieces[-1] = (number, pieces[-1][1] + more)
        else:
            pieces.append((number, more))

    def strip(self, group: str, router: str, interval: float, now: float) -> str:
        """Return a bar for each interval, full if every advert came; empty if there is no data."""
        last = int(now // PIECE_S) - 1  # the current interval is incomplete
        seen = dict(self._pieces.get((group, router), ()))
        if not any(last - PIECES < number <= last for number in seen):
            return ""
        wanted = max(1.0, PIECE_S / interval) if interval > 0 else 1.0
        numbers = range(last - PIECES + 1, last + 1)
        return "".join(BARS[min(6, round(6 * seen.get(number, 0) / wanted))] for number in numbers)

    @classmethod
    def of_several(cls, each: Mapping[str, Rates]) -> Rates:
        """Return the counts of several engines under keys with the host; they stay live."""
        joined = cls()
        joined._pieces = {
            (key_at(host, group), router): pieces
            for host, one in each.items()
            for (group, router), pieces in one._pieces.items()
        }
        return joined

    def frozen(self) -> Rates:
        """Return a copy that later snapshots do not change."""
        other = Rates()
        other._pieces = {key: deque(pieces, PIECES + 1) for key, pieces in self._pieces.items()}
        return other
