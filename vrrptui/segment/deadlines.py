"""When which group is to be looked at again: a heap in which an entry whose group has another deadline is stale."""

from __future__ import annotations

import heapq
from itertools import count

from vrrptui.segment.group import NEVER_NS, Group

STALE_SHARE = 4  # the heap is rebuilt when it has so many times the entries that count


class Deadlines:
    """The groups' wake-up times. A group's own `wake_ns` is the truth, the heap finds the earliest."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Group]] = []
        self._numbers = count()  # keeps equal times from comparing groups
        self._waiting = 0

    def set(self, group: Group, wake_ns: int) -> None:
        """Look at `group` at `wake_ns`, and no more at the time set before; NEVER_NS: not at all."""
        if group.wake_ns == wake_ns:
            return
        self._waiting += (wake_ns != NEVER_NS) - (group.wake_ns != NEVER_NS)
        group.wake_ns = wake_ns
        if wake_ns != NEVER_NS:
            heapq.heappush(self._heap, (wake_ns, next(self._numbers), group))
        if len(self._heap) > STALE_SHARE * (self._waiting + STALE_SHARE):
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].wake_ns]
            heapq.heapify(self._heap)

    def earliest_ns(self) -> int | None:
        """The first deadline, None without any."""
        while self._heap and self._heap[0][0] != self._heap[0][2].wake_ns:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_ns: int) -> list[Group]:
        """The groups whose time has come; each waits for nothing until it is set again."""
        due = []
        while (earliest_ns := self.earliest_ns()) is not None and earliest_ns <= now_ns:
            group = heapq.heappop(self._heap)[2]
            group.wake_ns = NEVER_NS
            self._waiting -= 1
            due.append(group)
        return due
