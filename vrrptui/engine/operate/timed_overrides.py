"""Commands that last: overrides and mutes with an end, and drains in progress.

A timed override ends by itself; a newer command on the same subject replaces it.
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
    """Timed overrides, by kind and subject."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._terms: dict[tuple[str, str], _Term] = {}

    def set(self, kind: str, name: str, seconds: float | None, end: Callable[[], None]) -> None:
        """Call `end` after so many seconds; None: the override has no end."""
        self.forget(kind, name)
        if seconds is not None:
            timer = self._loop.call_later(seconds, self._end, (kind, name), end)
            self._terms[kind, name] = _Term(time.time() + seconds, timer)

    def forget(self, kind: str, name: str) -> None:
        """Cancel the end of an override."""
        term = self._terms.pop((kind, name), None)
        if term is not None:
            term.timer.cancel()

    def until(self, kind: str, name: str) -> float | None:
        """Return when an override ends (wall clock), or None."""
        term = self._terms.get((kind, name))
        return term.until if term else None

    def _end(self, about: tuple[str, str], end: Callable[[], None]) -> None:
        del self._terms[about]
        end()


@dataclass(frozen=True, slots=True)
class Drain:
    """A drain: who asked for it, and the operator's priority before it (None: none) with its end."""

    who: str
    override: int | None
    until: float | None  # wall clock; None: no end

    @property
    def seconds_left(self) -> float | None:
        """The seconds that the former priority had left, at most 0 if it is over; None: it has no end."""
        return None if self.until is None else self.until - time.time()


class Drains:
    """Masters that stop as soon as another router has taken over."""

    def __init__(self, terms: TimedOverrides, ended: Callable[[str, Drain, str], None]) -> None:
        """`ended` is called when a drain ends by itself, with the name, the drain and the router's state.

        The state is backup if another router took over, master if none did in time, fault if a fault came first.
        """
        self._terms = terms
        self._ended = ended
        self._waiting: dict[str, Drain] = {}  # by name of the router

    def begin(self, router: Instance, drain: Drain, seconds: float | None = None) -> None:
        """Start a drain. `router` is master with the lowest priority; another router has `seconds` to take over."""
        wait_s = seconds or drain_s(router.machine.master_down_interval_ns / 1e9)
        self._waiting[router.name] = drain
        self._terms.set("drain", router.name, wait_s, lambda: self._end(router.name, "master"))

    def forget(self, name: str) -> Drain | None:
        """Cancel the drain of a router, because of a newer command. Return it, if there was one."""
        drain = self._waiting.pop(name, None)
        if drain is not None:
            self._terms.forget("drain", name)
        return drain

    def drains(self, name: str) -> bool:
        return name in self._waiting

    def moved(self, router: Instance, transition: Transition) -> None:
        """Handle a transition of a router."""
        if transition.before == "master":
            self._end(router.name, transition.after)

    def _end(self, name: str, state: str) -> None:
        drain = self.forget(name)
        if drain is not None:
            self._ended(name, drain, state)
