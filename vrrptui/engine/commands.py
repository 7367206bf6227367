"""What operators command: found, judged and carried out, or refused with a reason.

Who may command is the control socket's to say; here it is only remembered who did.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from vrrptui.control.messages import (
    Command,
    Done,
    HistoryEvent,
    Refused,
    Reload,
    SetPriority,
    Shutdown,
    StartRouter,
    StopRouter,
)
from vrrptui.engine.history import History
from vrrptui.engine.router import LocalRouter
from vrrptui.engine.routers import Routers
from vrrptui.engine.server import Operator
from vrrptui.protocol.events import Started, Stopped
from vrrptui.protocol.priority import HIGHEST, LOWEST

log = logging.getLogger(__name__)


class CannotError(Exception):
    """A command cannot be carried out; nothing has changed."""


class Commands:
    """Carries commands out on the virtual routers of one engine."""

    def __init__(
        self,
        routers: Routers,
        history: History,
        happened: Callable[[HistoryEvent], None],
        reload: Callable[[], str | None],
        end: Callable[[], None],
    ) -> None:
        """`reload` returns why it was not done, if it was not; `end` ends the engine."""
        self._routers = routers
        self._history = history
        self._happened = happened
        self._reload = reload
        self._end = end

    def obey(self, command: Command, who: Operator) -> Done | Refused:
        """Carry a command out; its answer."""
        try:
            return Done(id=command.id, text=self._carry_out(command, who))
        except CannotError as error:
            return Refused(id=command.id, why=str(error))

    def _carry_out(self, command: Command, who: Operator) -> str:
        match command:
            case SetPriority(router=name):
                return self._set_priority(self._find(name), command, who)
            case StopRouter(router=name):
                router = self._find(name)
                if router.machine.stopped_by is not None:
                    raise CannotError(f"{router.name} is stopped already")
                self._routers.tell(router, Stopped(str(who)))
                return f"{router.name} stopped"
            case StartRouter(router=name):
                router = self._find(name)
                if router.machine.stopped_by is None:
                    raise CannotError(f"{router.name} is not stopped")
                self._routers.tell(router, Started(str(who)))
                return f"{router.name} started"
            case Reload():
                if why := self._reload():
                    raise CannotError(why)
                return "configuration read again"
            case Shutdown():
                log.info("shutdown asked for by %s", who)
                self._end()
                return "the engine stops"

    def _find(self, name: str) -> LocalRouter:
        for router in self._routers:
            if name in (router.name, router.key):
                return router
        known = ", ".join(router.name for router in self._routers) or "none"
        raise CannotError(f"no virtual router {name} here (there are: {known})")

    def _set_priority(self, router: LocalRouter, command: SetPriority, who: Operator) -> str:
        before = router.machine.priority
        if router.config.owner:
            raise CannotError(f"{router.name} owns its addresses: its priority is always 255; stop it instead")
        override = command.priority
        if command.delta is not None:
            override = before + command.delta
        if override is not None and not LOWEST <= override <= HIGHEST:
            raise CannotError(f"priority {override} is not {LOWEST} to {HIGHEST}")
        router.override = override
        self._routers.update_priority(router)
        now = router.machine.priority
        how = "restored" if override is None else "set"
        text = f"{router.name} priority {how}: {before} to {now}"
        self._happened(self._history.add("PRIORITY", text, router.key, by=str(who)))
        return text
