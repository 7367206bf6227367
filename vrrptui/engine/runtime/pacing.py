"""What costs time and is asked for again and again: done at once for some times, and then with a pause after each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.02
AT_ONCE = 4  # times, after a quiet while: a link that is deleted goes down first, and both are reported together
CHEAP_S = 0.03  # what takes longer has a pause after each time
QUIET_S = 0.2
REST = 4  # a pause is so many times as long as it took


class Paced:
    """Call it to have `act` done: now, or at the end of the pause after the last time, once for all calls meanwhile."""

    def __init__(self, loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
        self._loop = loop
        self._act = act
        self._not_before_s = self._ended_s = 0.0
        self._left = AT_ONCE
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __call__(self) -> None:
        if self._timer is not None or self._closed:
            return
        if self._loop.time() < self._not_before_s:
            self._timer = self._loop.call_at(self._not_before_s, self._do)
        else:
            self._do()

    def close(self) -> None:
        """Do nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._closed = True

    def _do(self) -> None:
        self._timer = None
        began_s = self._loop.time()
        if began_s - self._ended_s > QUIET_S:
            self._left = AT_ONCE
        try:
            self._act()
        finally:
            self._ended_s = self._loop.time()
            took_s = self._ended_s - began_s
            self._left -= 1
            pause_s = 0.0 if self._left > 0 and took_s < CHEAP_S else max(PAUSE_S, REST * took_s)
            self._not_before_s = self._ended_s + pause_s
