"""When garbage is collected: while nothing is due, because a collection stops the process.

Objects loaded at the start are frozen; frozen objects are never freed. The duration of collections is measured. With
many objects a full collection takes long and waits for a long enough gap; meanwhile only objects created since the last
collection are examined. Their duration predicts that of the next full one. When many objects were created, collections
are more frequent, because a flood creates within seconds what takes longer to collect than an advert may wait.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

MOMENT_NS = 50_000_000  # the shortest gap to ask for; an ordinary collection takes less
YOUNG_MOMENT_NS = 5_000_000  # the same for a collection of young objects
LATEST_NS = 60_000_000_000  # collect after this time even without a gap
SHARE = 100  # a full collection waits until this multiple of its own duration has passed
MANY = 20_000  # new objects after which a collection is not put off for a second
SOON_S = 0.05
EVERYTHING, YOUNG = 2, 0  # generations


class GcScheduler:
    """Call `look` once a second."""

    def __init__(self) -> None:
        now_ns = time.monotonic_ns()
        self._took_ns = {EVERYTHING: 0, YOUNG: 0}  # duration of the last full one
        self._last_ns = {EVERYTHING: now_ns, YOUNG: now_ns}
        self._grown_ns = 0  # total duration of young collections since the last full one
        self._each_ns = 0.0  # duration of the last young collection per new object
        self._soon: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Freeze the existing objects, and collect only in `look` from now on."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def look(self, idle_for: Callable[[int], bool]) -> None:
        """Collect, if nothing is due for long enough: `idle_for` is called with nanoseconds."""
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
