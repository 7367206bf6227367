"""What costs time and is asked for again and again: done at once, but then not again before a pause is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.02
REST = 4  # a pause is so many times as long as it took


class Paced:
    """Call it to have `act` done: now, or at the end of the pause after the last time, once for all calls meanwhile."""

    def __init__(self, loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
        self._loop = loop
        self._act = act
        self._not_before_s = 0.0
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
        try:
            self._act()
        finally:
            ended_s = self._loop.time()
            self._not_before_s = ended_s + max(PAUSE_S, REST * (ended_s - began_s))
