"""A queue for slow operations: one per turn of the loop, so that adverts are sent in between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class StartQueue:
    """Starts of programs that fall due together. Each costs the loop some milliseconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, act: Callable[[], None]) -> None:
        """Call `start` in a turn of its own, after those added before."""
        self._waiting.append(act)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        act = self._waiting[0]
        try:
            act()
        finally:
            self._waiting.popleft()
            if self._waiting:
                self._loop.call_soon(self._next)
