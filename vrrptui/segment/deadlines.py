"""When which group is to be looked at again.

Deadlines are a heap in which an entry whose group has another deadline is stale. The masters that merely go on are not
in it, for theirs move with every advert: they make rounds, and a round is looked at when its first one could be lost.
"""

from __future__ import annotations

import heapq
from itertools import count
from operator import attrgetter

from vrrptui.segment.group import LOST_AFTER_INTERVALS, NEVER_NS, Group, Router

LAST_SEEN_NS = attrgetter("last_seen_ns")
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


class Rounds:
    """The masters that merely go on, those of one interval together: nothing is written when one is heard."""

    def __init__(self) -> None:
        self.masters: dict[Router, Group] = {}
        self._round_of: dict[Router, int] = {}
        self._rounds: dict[int, dict[Router, None]] = {}  # by interval
        self._looks_ns: dict[int, int] = {}  # when a round is to be looked at, by interval
        self._earliest_ns: int | None = None

    def set(self, router: Router, group: Group) -> None:
        """Expect `router` every one of its intervals from its last advert on."""
        interval_ns = router.interval_ns
        if self._round_of.get(router) == interval_ns:
            return
        self.remove(router)
        self.masters[router], self._round_of[router] = group, interval_ns
        self._rounds.setdefault(interval_ns, {})[router] = None
        look_ns = min(self._looks_ns.get(interval_ns, NEVER_NS), router.lost_at_ns)
        self._looks_ns[interval_ns] = look_ns
        if self._earliest_ns is None or look_ns < self._earliest_ns:
            self._earliest_ns = look_ns

    def remove(self, router: Router) -> None:
        """Expect nothing more of it."""
        interval_ns = self._round_of.pop(router, None)
        if interval_ns is None:
            return
        del self.masters[router], self._rounds[interval_ns][router]
        if not self._rounds[interval_ns]:
            del self._rounds[interval_ns], self._looks_ns[interval_ns]
            self._earliest_ns = min(self._looks_ns.values(), default=None)

    def earliest_ns(self) -> int | None:
        """When one could be lost; may be early, never late. None without any."""
        return self._earliest_ns

    def take_lost(self, now_ns: int) -> list[Group]:
        """The groups of those that are lost; each stays until it is removed or heard again."""
        if self._earliest_ns is None or now_ns < self._earliest_ns:
            return []
        lost = []
        for interval_ns, look_ns in self._looks_ns.items():
            if look_ns <= now_ns:
                silent_ns = LOST_AFTER_INTERVALS * interval_ns
                routers = self._rounds[interval_ns]
                first_ns = min(map(LAST_SEEN_NS, routers)) + silent_ns
                if first_ns <= now_ns:
                    lost += [self.masters[router] for router in routers if router.lost_at_ns <= now_ns]
                    first_ns = min((r.lost_at_ns for r in routers if r.lost_at_ns > now_ns), default=now_ns + silent_ns)
                self._looks_ns[interval_ns] = first_ns
        self._earliest_ns = min(self._looks_ns.values())
        return lost
