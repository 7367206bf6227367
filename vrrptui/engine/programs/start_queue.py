"""What may take a while is done one at a time, each in a turn of the loop of its own, so that adverts come between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class StartQueue:
    """Starts of programs that fall due together: each costs the loop some milliseconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, act: Callable[[], None]) -> None:
        """Do it soon, after what was added before."""
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
