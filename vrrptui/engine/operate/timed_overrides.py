"""What operators asked for that takes its time: until when something holds, and routers that are being drained.

An operator's word for a while ends by itself; another word about the same thing ends it sooner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.control.messages import drain_s
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.actions import Transition


@dataclass(frozen=True, slots=True)
class _Term:
    until: float  # wall clock
    timer: asyncio.TimerHandle


class TimedOverrides:
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


@dataclass(frozen=True, slots=True)
class Drain:
    """Who asked for a drain, and the priority of an operator that held before (None: none), with its end."""

    who: str
    override: int | None
    until: float | None  # wall clock; None: it had no end

    @property
    def seconds_left(self) -> float | None:
        """For how long that priority would go on to hold, above 0 unless its time is up; None: it has no end."""
        return None if self.until is None else self.until - time.time()


class Drains:
    """Masters that are to stop as soon as another router has taken over."""

    def __init__(self, terms: TimedOverrides, ended: Callable[[str, Drain, str], None]) -> None:
        """`ended` is called for each drain that ends by itself, with its router and the state that router is in.

        That is backup when another router has taken over, master when none did in time, or a fault that came between.
        """
        self._terms = terms
        self._ended = ended
        self._waiting: dict[str, Drain] = {}  # by the name of the router

    def begin(self, router: Instance, drain: Drain, seconds: float | None = None) -> None:
        """`router` is master and has just the lowest priority; another one has so many seconds to take over."""
        wait_s = seconds or drain_s(router.machine.master_down_interval_ns / 1e9)
        self._waiting[router.name] = drain
        self._terms.set("drain", router.name, wait_s, lambda: self._end(router.name, "master"))

    def forget(self, name: str) -> Drain | None:
        """An operator has said something else since; the drain that this ends, if there was one."""
        drain = self._waiting.pop(name, None)
        if drain is not None:
            self._terms.forget("drain", name)
        return drain

    def drains(self, name: str) -> bool:
        return name in self._waiting

    def moved(self, router: Instance, transition: Transition) -> None:
        """A router has changed its state."""
        if transition.before == "master":
            self._end(router.name, transition.after)

    def _end(self, name: str, state: str) -> None:
        drain = self.forget(name)
        if drain is not None:
            self._ended(name, drain, state)
