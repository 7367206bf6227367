"""A loop whose time is virtual: where a real one would sleep it jumps, so that an hour passes in moments.

Descriptors are real ones. Nothing here needs root or a namespace.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from vrrptui.engine.runtime.clock import Clock

SECOND_NS = 1_000_000_000


class _Selector(selectors.DefaultSelector):
    """Sleeps by moving the clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen"
            self._loop.now_ns += max(0, round(timeout * SECOND_NS))
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`now_ns` is what all that runs on it takes for the monotonic clock."""

    def __init__(self) -> None:
        self.now_ns = 1000 * SECOND_NS
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now_ns / SECOND_NS


class VirtualTimer:
    """In place of the timerfd."""

    def __init__(self, loop: VirtualLoop, ring: Callable[[], None]) -> None:
        self._loop, self._ring = loop, ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at_ns: int | None) -> None:
        self.close()
        if at_ns is not None:
            self._handle = self._loop.call_at(at_ns / SECOND_NS, self._due, at_ns)

    def _due(self, at_ns: int) -> None:
        self._loop.now_ns = max(self._loop.now_ns, at_ns)  # what floating point has cut off
        self._handle = None
        self._ring()

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def clock(loop: VirtualLoop) -> Clock:
    """The clock of virtual routers on this loop."""
    return Clock(loop, lambda: loop.now_ns, lambda: loop.time(), VirtualTimer, early_ns=0)


def run(story: Callable[[VirtualLoop], Coroutine[Any, Any, None]]) -> None:
    """Play a story on a loop of its own."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.close()
