"""When garbage is collected: in moments in which nothing is due, for a collection stops everything.

What was loaded at the start is frozen, and nothing else: what is frozen is never given back. How long one takes
is measured. A table full of forged groups makes one of everything long; it waits for a longer moment, meanwhile
only what was made since the last one is looked at. How long that takes says by how much the next one of everything is
longer than the last. When much was made it is looked at more often: a flood makes in seconds what takes longer than an
advert may wait.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

MOMENT_NS = 50_000_000  # the least that is asked for; an ordinary collection is done well within it
YOUNG_MOMENT_NS = 5_000_000  # the same for what was made since the last collection
LATEST_NS = 60_000_000_000  # after so long there is one, idle or not
SHARE = 100  # a collection of everything is not done before so many times its own time has gone by
MANY = 20_000  # objects made since the last collection: the next one is not put off for a second
SOON_S = 0.05
EVERYTHING, YOUNG = 2, 0  # generations


class GcScheduler:
    """Asked once a second."""

    def __init__(self) -> None:
        now_ns = time.monotonic_ns()
        self._took_ns = {EVERYTHING: 0, YOUNG: 0}  # the last one
        self._last_ns = {EVERYTHING: now_ns, YOUNG: now_ns}
        self._grown_ns = 0  # the time of all collections of the young since the last one of everything
        self._each_ns = 0.0  # the time that the last one of the young took for each object made before it
        self._soon: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Keep what is there, and collect only when asked from now on."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def look(self, idle_for: Callable[[int], bool]) -> None:
        """Collect, if nothing is due for as long as that may take. `idle_for` is asked with nanoseconds."""
        now_ns, took_ns, made = time.monotonic_ns(), self._took_ns, gc.get_count()[YOUNG]
        young_ns = round(made * self._each_ns)
        everything_ns = took_ns[EVERYTHING] + self._grown_ns + young_ns
        rested = self._grown_ns and now_ns - self._last_ns[EVERYTHING] >= SHARE * everything_ns
        if rested and idle_for(max(MOMENT_NS, 3 * everything_ns)):
            self._collect(EVERYTHING, now_ns)
        elif idle_for(max(YOUNG_MOMENT_NS, 3 * young_ns)) or now_ns - self._last_ns[YOUNG] > LATEST_NS:
            self._collect(YOUNG, now_ns)
        if made > MANY and self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON_S, self._look_soon, idle_for)

    def _look_soon(self, idle_for: Callable[[int], bool]) -> None:
        self._soon = None
        self.look(idle_for)

    def _collect(self, generation: int, now_ns: int) -> None:
        made = gc.get_count()[YOUNG]
        gc.collect(generation)
        ended_ns = time.monotonic_ns()
        if generation == YOUNG and made:
            self._each_ns = (ended_ns - now_ns) / made
        self._took_ns[generation] = ended_ns - now_ns
        self._last_ns[generation] = self._last_ns[YOUNG] = ended_ns
        self._grown_ns = 0 if generation == EVERYTHING else self._grown_ns + self._took_ns[YOUNG]
