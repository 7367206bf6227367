"""When garbage is collected: in moments in which nothing is due, for a collection stops everything.

What was loaded at the start is frozen. How long a collection takes is measured: a table full of forged groups makes it
long, and then it waits for a longer moment.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

MOMENT_NS = 50_000_000  # the least that is asked for; an ordinary collection is done well within it
LATEST_NS = 60_000_000_000  # after so long there is one, idle or not


class Collector:
    """Asked once a second."""

    def __init__(self) -> None:
        self._took_ns = 0  # the last one
        self._last_ns = time.monotonic_ns()

    def begin(self) -> None:
        """Keep what is there, and collect only when asked from now on."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def look(self, idle_for: Callable[[int], bool]) -> None:
        """Collect, if nothing is due for as long as that may take. `idle_for` is asked with nanoseconds."""
        now_ns = time.monotonic_ns()
        if idle_for(max(MOMENT_NS, 3 * self._took_ns)):
            self._collect(now_ns)
        elif now_ns - self._last_ns > LATEST_NS:
            if self._took_ns < MOMENT_NS:
                self._collect(now_ns)
            else:  # it would delay an advert; what lives now is left alone from now on
                gc.freeze()
                self._took_ns, self._last_ns = 0, now_ns

    def _collect(self, now_ns: int) -> None:
        gc.collect()
        self._last_ns = time.monotonic_ns()
        self._took_ns = self._last_ns - now_ns
