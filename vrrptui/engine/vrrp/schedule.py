"""Which virtual router is due next: a heap with one entry per router.

A backup's deadline moves with each advert. Its entry stays, and is corrected when it reaches the top, so that an advert
costs no heap operation.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator

from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.states import Backup


class Schedule:
    """The deadlines of all virtual routers of this host, in monotonic nanoseconds."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._heap: list[tuple[int, int, Instance]] = []
        self._armed_ns: dict[Instance, int] = {}  # time of each router's valid entry
        self._tie = 0
        self._now_ns = now_ns

    def note(self, router: Instance) -> None:
        """Update the entry of `router`, whose deadline may have changed."""
        deadline_ns = router.machine.next_deadline_ns()
        armed_ns = self._armed_ns.get(router)
        if deadline_ns is None or (armed_ns is not None and armed_ns <= deadline_ns):
            return
        self._armed_ns[router] = deadline_ns
        self._tie += 1
        heapq.heappush(self._heap, (deadline_ns, self._tie, router))

    def forget(self, router: Instance) -> None:
        """Remove `router` from the schedule."""
        self._armed_ns.pop(router, None)

    def next_ns(self) -> int | None:
        """Return the earliest time at which something may be due."""
        while self._heap:
            at_ns, _, router = self._heap[0]
            deadline_ns = router.machine.next_deadline_ns()
            holds = self._armed_ns.get(router) == at_ns
            if holds and deadline_ns is not None and deadline_ns <= at_ns:
                return at_ns
            heapq.heappop(self._heap)
            if holds:  # the entry was early: insert it at the current deadline
                del self._armed_ns[router]
                self.note(router)
        return None

    @property
    def first(self) -> Instance:
        """The router that `next_ns` refers to."""
        return self._heap[0][2]

    def takeovers(self, until_ns: int) -> list[tuple[int, Instance]]:
        """Return the backups that take over before `until_ns` if they hear nothing, with their deadlines, in order."""
        armed = [router for at_ns, _, router in self._heap if at_ns <= until_ns and self._armed_ns.get(router) == at_ns]
        backups = [router for router in armed if isinstance(router.machine.state, Backup)]
        due = [(router.machine.next_deadline_ns() or 0, router) for router in backups]
        return sorted((one for one in due if one[0] <= until_ns), key=lambda one: one[0])

    def take_adverts(self, now_ns: int) -> Iterator[Instance]:
        """Yield the masters that must send an advert now and do nothing else, and schedule their next advert.

        A master whose advert is nearly due sends it now and stays in step. Ends at the first router with other work.
        """
        heap, armed_ns = self._heap, self._armed_ns
        step_ns = heap[0][0] if heap else None
        while heap:
            at_ns, _, router = heap[0]
            if armed_ns.get(router) != at_ns:
                return
            next_ns = router.machine.take_advert(now_ns, step_ns)
            if next_ns is None:
                return
            armed_ns[router] = next_ns
            self._tie += 1
            heapq.heapreplace(heap, (next_ns, self._tie, router))
            yield router

    def keep_up(self) -> None:
        """Send the adverts that are due, during work that takes longer than an advertisement interval."""
        now_ns, due_ns = self._now_ns(), self.next_ns()
        if due_ns is not None and due_ns <= now_ns:
            for router in self.take_adverts(now_ns):
                router.transmitter.advertise(router.machine)

    def take_due(self, now_ns: int) -> list[Instance]:
        """Remove and return the routers that are due. Call `note` for each after its tick."""
        due = []
        while (at_ns := self.next_ns()) is not None and at_ns <= now_ns:
            _, _, router = heapq.heappop(self._heap)
            del self._armed_ns[router]
            due.append(router)
        return due
