"""What operators asked for that takes its time: until when something holds, and routers that are being drained.

An operator's word for a while ends by itself; another word about the same thing ends it sooner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.engine.router import LocalRouter
from vrrptui.protocol.actions import Transition

DRAIN_INTERVALS = 3  # master down intervals that another router has for taking over
DRAIN_LEAST_S = 3.0


@dataclass(frozen=True, slots=True)
class _Term:
    until: float  # wall clock
    timer: asyncio.TimerHandle


class Terms:
    """What holds for a while, by what it is about."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._terms: dict[tuple[str, str], _Term] = {}

    def set(self, kind: str, name: str, seconds: float | None, end: Callable[[], None]) -> None:
        """Call `end` after so long; None: it holds until somebody says otherwise."""
        self.forget(kind, name)
        if seconds is not None:
            timer = self._loop.call_later(seconds, self._end, (kind, name), end)
            self._terms[kind, name] = _Term(time.time() + seconds, timer)

    def forget(self, kind: str, name: str) -> None:
        """It ends no more by itself."""
        term = self._terms.pop((kind, name), None)
        if term is not None:
            term.timer.cancel()

    def until(self, kind: str, name: str) -> float | None:
        """When it ends by itself, wall clock; None: not."""
        term = self._terms.get((kind, name))
        return term.until if term else None

    def _end(self, about: tuple[str, str], end: Callable[[], None]) -> None:
        del self._terms[about]
        end()


class Drains:
    """Masters that are to stop as soon as another router has taken over."""

    def __init__(self, terms: Terms, stop: Callable[[str, str], None], given_up: Callable[[str], None]) -> None:
        """`stop` is told which router to stop and for whom, `given_up` whose drain came to nothing."""
        self._terms = terms
        self._stop = stop
        self._given_up = given_up
        self._waiting: dict[str, str] = {}  # router, who asked

    def begin(self, router: LocalRouter, who: str, seconds: float | None = None) -> None:
        """`router` is master and has just been given the lowest priority; another has so many seconds to take over."""
        wait_s = seconds or max(DRAIN_LEAST_S, DRAIN_INTERVALS * router.machine.master_down_interval_ns / 1e9)
        self._waiting[router.name] = who
        self._terms.set("drain", router.name, wait_s, lambda: self._give_up(router.name))

    def forget(self, name: str) -> bool:
        """An operator has said something else since; whether the router was being drained."""
        if self._waiting.pop(name, None) is None:
            return False
        self._terms.forget("drain", name)
        return True

    def drains(self, name: str) -> bool:
        return name in self._waiting

    def moved(self, router: LocalRouter, transition: Transition) -> None:
        """A router has changed its state."""
        if transition.before == "master" and router.name in self._waiting:
            who = self._waiting[router.name]
            self.forget(router.name)
            if transition.after == "backup":
                self._stop(router.name, who)

    def _give_up(self, name: str) -> None:
        self._waiting.pop(name, None)
        self._given_up(name)
