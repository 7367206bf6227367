"""Notifications of a virtual router: its commands run one after the other, in the order of the transitions.

The state machine never waits for them, and they never overtake each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from vrrptui.config.model import Notify
from vrrptui.engine.process import Account, Outcome, Run

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
QUEUE_LENGTH = 100


class NotifyQueue:
    """The queue of one virtual router."""

    def __init__(self, name: str, notify: Notify, account: Account) -> None:
        self._name = name
        self._notify = notify
        self._account = account
        self._waiting: deque[tuple[str, ...]] = deque()
        self._run: Run | None = None
        self.idle = asyncio.Event()  # nothing runs or waits
        self.idle.set()

    def reconfigure(self, notify: Notify, account: Account) -> None:
        """Other commands from now on; what waits is run as it was."""
        self._notify, self._account = notify, account

    def entered(self, state: str, priority: int) -> None:
        """The router is now in `state` (master, backup, fault or stop)."""
        chosen: tuple[str, ...] = getattr(self._notify, state)
        commands = [chosen] if chosen else []
        if self._notify.any:
            commands.append((*self._notify.any, "INSTANCE", self._name, state.upper(), str(priority)))
        for command in commands:
            if len(self._waiting) >= QUEUE_LENGTH:
                log.error("(%s) too many notifications wait: %s is not run", self._name, command[0])
                continue
            self._waiting.append(command)
        self._next()

    def _next(self) -> None:
        if self._run is not None:
            return
        if not self._waiting:
            self.idle.set()
        else:
            self.idle.clear()
            command = self._waiting.popleft()
            self._run = Run(command, TIMEOUT_S, lambda outcome: self._ended(command, outcome), self._account)

    def _ended(self, command: tuple[str, ...], outcome: Outcome) -> None:
        self._run = None
        if not outcome.good:
            how = "timed out" if outcome.timed_out else f"ended with {outcome.code}"
            log.warning("(%s) notify %s %s: %s", self._name, command[0], how, outcome.output.strip()[-200:])
        self._next()
