"""Notifications: the commands of a virtual router or sync group, one after the other, in the order of its transitions.

The state machine never waits for them, and they never overtake each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from vrrptui.config.model import Configuration, Notify
from vrrptui.engine.process import Account, Outcome, Run
from vrrptui.protocol.actions import Transition

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
QUEUE_LENGTH = 100


class NotifyQueue:
    """The queue of one virtual router or sync group; `kind` is what its commands are told it is."""

    def __init__(self, name: str, notify: Notify, account: Account, kind: str = "INSTANCE") -> None:
        self._kind, self._name = kind, name
        self._notify = notify
        self._account = account
        self._waiting: deque[tuple[tuple[str, ...], Account]] = deque()
        self._run: Run | None = None
        self.idle = asyncio.Event()  # nothing runs or waits
        self.idle.set()

    def reconfigure(self, notify: Notify, account: Account) -> None:
        """Other commands from now on; what waits is run as it was."""
        self._notify, self._account = notify, account

    def entered(self, state: str, priority: int) -> None:
        """The router is now in `state` (master, backup, fault or stop)."""
        own: tuple[str, ...] = getattr(self._notify, state)
        if own:
            self._add(own, state)
        if self._notify.any:
            self._add((*self._notify.any, self._kind, self._name, state.upper(), str(priority)), "any")
        self._next()

    def _add(self, command: tuple[str, ...], event: str) -> None:
        if len(self._waiting) >= QUEUE_LENGTH:
            log.error("(%s) too many notifications wait: %s is not run", self._name, command[0])
            return
        user = self._notify.user_of(event)
        self._waiting.append((command, self._account if user is None else Account(user.name, user.group)))

    def _next(self) -> None:
        if self._run is not None:
            return
        if not self._waiting:
            self.idle.set()
        else:
            self.idle.clear()
            command, account = self._waiting.popleft()
            self._run = Run(command, TIMEOUT_S, lambda outcome: self._ended(command, outcome), account)

    def _ended(self, command: tuple[str, ...], outcome: Outcome) -> None:
        self._run = None
        if not outcome.good:
            how = "timed out" if outcome.timed_out else f"ended with {outcome.code}"
            log.warning("(%s) notify %s %s: %s", self._name, command[0], how, outcome.output.strip()[-200:])
        self._next()


class Notifications:
    """The queues of all virtual routers and sync groups."""

    def __init__(self) -> None:
        self._routers: dict[str, NotifyQueue] = {}
        self._groups: dict[str, NotifyQueue] = {}
        self._members: dict[str, str] = {}  # the group of each member
        self._group_states: dict[str, str] = {}

    def apply(self, configuration: Configuration) -> None:
        """Notify as this configuration says from now on; what waits is run as it was."""
        account = script_account(configuration)
        for router in configuration.routers:
            _configure(self._routers, router.name, router.notify, account, "INSTANCE")
        for group in configuration.sync_groups:
            _configure(self._groups, group.name, group.notify, account, "GROUP")
        self._members = {name: group.name for group in configuration.sync_groups for name in group.members}

    def moved(self, name: str, transition: Transition, priority: int) -> None:
        """A virtual router has made this transition; its group has too, once for all members."""
        state = {"init": "stop", "stopped": "stop"}.get(transition.after, transition.after)
        at_start = transition.before == "init" and transition.after in ("init", "stopped")
        if at_start or transition.before == transition.after:
            return
        if name in self._routers:
            self._routers[name].entered(state, priority)
        group = self._members.get(name)
        if group is not None and self._group_states.get(group) != state:
            self._group_states[group] = state
            self._groups[group].entered(state, priority)

    async def finish(self, seconds: float) -> None:
        """Let what runs and waits end, for a while."""
        queues = [*self._routers.values(), *self._groups.values()]
        waiting = [asyncio.create_task(queue.idle.wait()) for queue in queues]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)


def _configure(queues: dict[str, NotifyQueue], name: str, notify: Notify, account: Account, kind: str) -> None:
    if name in queues:
        queues[name].reconfigure(notify, account)
    else:
        queues[name] = NotifyQueue(name, notify, account, kind)


def script_account(configuration: Configuration) -> Account:
    """Who scripts run as unless they say otherwise."""
    return Account(configuration.globals.script_user, configuration.globals.script_group)
