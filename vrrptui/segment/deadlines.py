"""When which group is to be looked at again.

Deadlines are a heap in which an entry whose group has another deadline is stale. The masters that merely go on are not
in it, for theirs move with every advert: they make rounds, and a round is looked at when its first one could be lost.
"""

from __future__ import annotations

import heapq
from itertools import count

from vrrptui.segment.group import NEVER_NS, Group, Router
from vrrptui.segment.oldest import Oldest

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

    def take_due(self, now_ns: int, most: int = NEVER_NS) -> list[Group]:
        """At most `most` groups whose time has come; each waits for nothing until it is set again."""
        due: list[Group] = []
        while len(due) < most and (earliest_ns := self.earliest_ns()) is not None and earliest_ns <= now_ns:
            group = heapq.heappop(self._heap)[2]
            group.wake_ns = NEVER_NS
            self._waiting -= 1
            due.append(group)
        return due


class Rounds:
    """The masters that merely go on, those of one interval together: nothing is written when one is heard."""

    def __init__(self) -> None:
        self.masters: dict[Router, Group] = {}
        self._round_of: dict[Router, _Round] = {}
        self._rounds: dict[int, _Round] = {}  # by interval
        self._earliest_ns: int | None = None

    def set(self, router: Router, group: Group, now_ns: int) -> None:
        """Expect `router` every one of its intervals from its last advert on."""
        interval_ns = router.interval_ns
        before = self._round_of.get(router)
        if before and before.interval_ns == interval_ns:
            return
        self.remove(router)
        one = self._rounds.get(interval_ns) or self._rounds.setdefault(interval_ns, _Round(interval_ns))
        one.routers[router] = None
        if router.last_seen_ns < now_ns:  # it is not the last of them
            one.order.forget()
        self.masters[router], self._round_of[router] = group, one
        one.look_ns = min(one.look_ns, router.lost_at_ns)
        if self._earliest_ns is None or one.look_ns < self._earliest_ns:
            self._earliest_ns = one.look_ns

    def remove(self, router: Router) -> None:
        """Expect nothing more of it."""
        one = self._round_of.pop(router, None)
        if one is None:
            return
        del self.masters[router], one.routers[router]
        if not one.routers:
            del self._rounds[one.interval_ns]
            self._earliest_ns = min((other.look_ns for other in self._rounds.values()), default=None)

    def earliest_ns(self) -> int | None:
        """When one could be lost; may be early, never late. None without any."""
        return self._earliest_ns

    def take_lost(self, now_ns: int, most: int = NEVER_NS) -> list[Group]:
        """The groups of those that are lost, `most` at most; nothing more is expected of them."""
        if self._earliest_ns is None or now_ns < self._earliest_ns:
            return []
        lost: list[Group] = []
        for one in [one for one in self._rounds.values() if one.look_ns <= now_ns]:
            while one.routers and len(lost) < most:
                first = one.order.first(one.routers)
                one.look_ns = first.lost_at_ns
                if one.look_ns > now_ns:
                    break
                lost.append(self.masters[first])
                self.remove(first)
        self._earliest_ns = min((one.look_ns for one in self._rounds.values()), default=None)
        return lost


class _Round:
    """The masters of one interval, and when the first of them could be lost."""

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = interval_ns
        self.routers: dict[Router, None] = {}
        self.order: Oldest[Router] = Oldest(lambda router: router.last_seen_ns if router in self.routers else None)
        self.look_ns = NEVER_NS
