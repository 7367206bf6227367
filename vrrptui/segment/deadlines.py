"""The times at which groups must be examined again.

Deadlines are kept in a heap; an entry is stale if its group has a different deadline now. Steady masters are not in the
heap, because their deadline moves with every advert: they are kept in rounds, one per interval, each examined when its
first master could be lost.
"""

from __future__ import annotations

import heapq
from itertools import count

from vrrptui.segment.group import NEVER_NS, Group, Router
from vrrptui.segment.oldest import Oldest

STALE_SHARE = 4  # rebuild the heap when it has this many times the valid entries


class Deadlines:
    """The deadlines of the groups. A group's `wake_ns` is authoritative; the heap finds the earliest."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Group]] = []
        self._numbers = count()  # a tie-breaker, so that groups are never compared
        self._waiting = 0

    def set(self, group: Group, wake_ns: int) -> None:
        """Replace the deadline of `group` with `wake_ns`; NEVER_NS removes it."""
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
        """Return the earliest deadline, or None if there is none."""
        while self._heap and self._heap[0][0] != self._heap[0][2].wake_ns:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_ns: int, most: int = NEVER_NS) -> list[Group]:
        """Remove and return at most `most` groups whose deadline has passed."""
        due: list[Group] = []
        while len(due) < most and (earliest_ns := self.earliest_ns()) is not None and earliest_ns <= now_ns:
            group = heapq.heappop(self._heap)[2]
            group.wake_ns = NEVER_NS
            self._waiting -= 1
            due.append(group)
        return due


class Rounds:
    """The steady masters, grouped by interval; an advert from one changes nothing here."""

    def __init__(self) -> None:
        self.masters: dict[Router, Group] = {}
        self._round_of: dict[Router, _Round] = {}
        self._rounds: dict[int, _Round] = {}  # by interval
        self._earliest_ns: int | None = None

    def set(self, router: Router, group: Group, now_ns: int) -> None:
        """Expect an advert from `router` once per interval after its last one."""
        interval_ns = router.interval_ns
        before = self._round_of.get(router)
        if before and before.interval_ns == interval_ns:
            return
        self.remove(router)
        one = self._rounds.get(interval_ns) or self._rounds.setdefault(interval_ns, _Round(interval_ns))
        one.routers[router] = None
        if router.last_seen_ns < now_ns:  # the order requires that new routers were heard last
            one.order.forget()
        self.masters[router], self._round_of[router] = group, one
        one.look_ns = min(one.look_ns, router.lost_at_ns)
        if self._earliest_ns is None or one.look_ns < self._earliest_ns:
            self._earliest_ns = one.look_ns

    def remove(self, router: Router) -> None:
        """Stop expecting adverts from `router`."""
        one = self._round_of.pop(router, None)
        if one is None:
            return
        del self.masters[router], one.routers[router]
        if not one.routers:
            del self._rounds[one.interval_ns]
            self._earliest_ns = min((other.look_ns for other in self._rounds.values()), default=None)

    def earliest_ns(self) -> int | None:
        """Return a time at or before the earliest possible loss, or None if there are no masters."""
        return self._earliest_ns

    def take_lost(self, now_ns: int, most: int = NEVER_NS) -> list[Group]:
        """Remove the lost masters, at most `most`, and return their groups."""
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
    """The masters with one interval, and the time at which the first of them could be lost."""

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = interval_ns
        self.routers: dict[Router, None] = {}
        self.order: Oldest[Router] = Oldest(lambda router: router.last_seen_ns if router in self.routers else None)
        self.look_ns = NEVER_NS
