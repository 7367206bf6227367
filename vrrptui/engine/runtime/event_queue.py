"""A queue of events for one consumer, handled in a later turn of the loop, when no deadline is near."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

LATER_S = 0.01

Event = TypeVar("Event")


class EventQueue(Generic[Event]):
    """Call it with an event. `handle` is called with the event within 10 ms, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, handle: Callable[[Event], object]) -> None:
        self._loop = loop
        self._handle = handle
        self._events: list[Event] = []
        self._timed = False  # a timer is set
        self._held = False

    def __call__(self, event: Event) -> None:
        self._events.append(event)
        if not self._held:
            self._time()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Set no timer within this context."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._events:
                self._time()

    def _time(self) -> None:
        if not self._timed:
            self._timed = True
            self._loop.call_later(LATER_S, self._handle_all)

    def _handle_all(self) -> None:
        self._timed = False
        events, self._events = self._events, []
        for event in events:
            self._handle(event)
