"""Rate limit for expensive operations that are requested again and again: some at once, then pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.02
AT_ONCE = 4  # times after a quiet period: a deleted link first goes down, and both are reported together
CHEAP_S = 0.03  # an operation that takes longer is followed by a pause every time
QUIET_S = 0.2
REST = 4  # a pause is this many times as long as the operation took


class Paced:
    """Call it to request `act`: it runs now, or once for all requests at the end of the current pause."""

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
        """Ignore further requests."""
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
