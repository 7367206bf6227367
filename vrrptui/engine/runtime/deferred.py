"""What must not come between deadlines that fall together: logs and notifications, done when all of that is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LATER_S = 0.01


class DeferredQueue:
    """Called with what is to be done in a moment; it is done in this order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._acts: list[Callable[[], None]] = []
        self._timed = False  # whether the loop will call
        self._held = False

    def __call__(self, act: Callable[[], None]) -> None:
        self._acts.append(act)
        if not self._held:
            self._time()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within this not even a timer is set."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._acts:
                self._time()

    def _time(self) -> None:
        if not self._timed:
            self._timed = True
            self._loop.call_later(LATER_S, self._do)

    def _do(self) -> None:
        self._timed = False
        acts, self._acts = self._acts, []
        for act in acts:
            act()
