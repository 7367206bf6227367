"""Commands of operators: validated and carried out, or refused with a reason.

The control socket decides who may command; here the name is only recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vrrptui.control.messages import (
    AnnounceAgain,
    Command,
    Done,
    DrainRouter,
    EventKind,
    MuteCheck,
    Play,
    Refused,
    Reload,
    SetPriority,
    Shutdown,
    StartRouter,
    StopRouter,
)
from vrrptui.control.plain import some_of
from vrrptui.control.snapshots import Severity
from vrrptui.engine.operate.timed_overrides import Drain, Drains, TimedOverrides
from vrrptui.engine.serve.control_server import Operator
from vrrptui.engine.serve.history import History
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.protocol.events import Started, Stopped
from vrrptui.protocol.priority import HIGHEST, LOWEST

TIME_IS_UP = "time is up"


class CommandRefusedError(Exception):
    """A command was refused; nothing has changed."""


class Commands:
    """Carries out commands on the virtual routers of one engine."""

    def __init__(
        self,
        routers: Instances,
        history: History,
        general: Callable[[Reload | Shutdown, Operator], str],
    ) -> None:
        """`general` carries out commands to the whole engine. It may raise CommandRefusedError."""
        self._routers = routers
        self._history = history
        self._general = general
        self.terms = TimedOverrides(asyncio.get_running_loop())
        self.drains = Drains(self.terms, self._drained)

    def obey(self, command: Command, who: Operator) -> Done | Refused:
        """Carry out a command and return the answer."""
        try:
            return Done(id=command.id, text=self._carry_out(command, who))
        except CommandRefusedError as error:
            return Refused(id=command.id, why=str(error))

    def _carry_out(self, command: Command, who: Operator) -> str:
        match command:
            case SetPriority(router=name):
                return self._set_priority(self._find(name), command, who)
            case StopRouter(router=name):
                return self._stop(self._find(name), command.seconds, str(who))
            case StartRouter(router=name):
                return self._start(self._find(name), str(who))
            case DrainRouter(router=name):
                return self._drain(self._find(name), command.seconds, str(who))
            case AnnounceAgain(router=name):
                router = self._find(name)
                if router.machine.state_name != "master":
                    raise CommandRefusedError(f"{router.name} is not master: it has nothing to announce")
                router.transmitter.announce("takeover")
                self._tell(EventKind.ANNOUNCED, f"{router.name} announced its addresses again", router, str(who))
                return f"{router.name} announced its addresses again"
            case MuteCheck():
                return self._mute(command, str(who))
            case Play():
                raise CommandRefusedError("playback commands need an engine started with -r")
            case Reload() | Shutdown():
                return self._general(command, who)

    def _find(self, name: str) -> Instance:
        for router in self._routers:
            if name in (router.name, router.key):
                return router
        known = some_of(router.name for router in self._routers)
        raise CommandRefusedError(f"no virtual router {some_of([name])} here (there are: {known})")

    def _set_priority(self, router: Instance, command: SetPriority, who: Operator) -> str:
        before = router.machine.priority
        if router.config.owner:
            raise CommandRefusedError(f"{router.name} owns its addresses: its priority is always 255; stop it instead")
        override = command.priority
        if command.delta is not None:
            override = before + command.delta
        if override is not None and not LOWEST <= override <= HIGHEST:
            raise CommandRefusedError(f"priority {override} is not {LOWEST} to {HIGHEST}")
        self.drains.forget(router.name)
        return self._override(router, override, command.seconds, str(who))

    def _override(self, router: Instance, override: int | None, seconds: float | None, who: str) -> str:
        before = router.machine.priority
        self._routers.override(router, override)
        how = "restored" if override is None else f"set{_for(seconds)}"
        text = f"{router.name} priority {how}: {before} to {router.machine.priority}"
        seconds = None if override is None else seconds
        self.terms.set("priority", router.name, seconds, lambda: self._again(router.name, self._restore))
        self._tell(EventKind.PRIORITY, text, router, who)
        return text

    def _again(self, name: str, act: Callable[[Instance], object]) -> None:
        """Call `act` with the router of this name, if it still exists."""
        router = self._routers.routers.get(name)
        if router is not None:
            act(router)

    def _restore(self, router: Instance) -> None:
        self._override(router, None, None, TIME_IS_UP)

    def _stop(self, router: Instance, seconds: float | None, who: str) -> str:
        if router.machine.stopped_by is not None:
            raise CommandRefusedError(f"{router.name} is stopped already")
        drain = self.drains.forget(router.name)
        self._routers.command(router, Stopped(who))
        if drain is not None:
            self._give_back(router, drain)
        self.terms.set("stop", router.name, seconds, lambda: self._again(router.name, self._start_again))
        return f"{router.name} stopped{_for(seconds)}"

    def _start_again(self, router: Instance) -> None:
        if router.machine.stopped_by is not None:
            self._start(router, TIME_IS_UP)

    def _start(self, router: Instance, who: str) -> str:
        if router.machine.stopped_by is None and (drain := self.drains.forget(router.name)) is not None:
            self._give_back(router, drain)
            return f"drain of {router.name} cancelled"
        if router.machine.stopped_by is None:
            raise CommandRefusedError(f"{router.name} is not stopped")
        self.terms.forget("stop", router.name)
        self._routers.command(router, Started(who))
        return f"{router.name} started"

    def _drain(self, router: Instance, seconds: float | None, who: str) -> str:
        if router.config.owner:
            raise CommandRefusedError(f"{router.name} owns its addresses: its priority is always 255; stop it instead")
        if router.machine.state_name != "master":
            return self._stop(router, None, who)
        until = self.terms.until("priority", router.name)
        drain = self.drains.forget(router.name) or Drain(who, router.override, until)
        self._override(router, LOWEST, None, who)
        self.drains.begin(router, drain, seconds)
        return f"{router.name} stops when another router has taken over"

    def _drained(self, name: str, drain: Drain, state: str) -> None:
        """Finish a drain whose router is now in `state`, and restore the priority of before."""
        router = self._routers.routers.get(name)
        if router is None:
            return
        if state == "backup" and router.machine.stopped_by is None:
            self._stop(router, None, drain.who)
        elif state == "master":
            text = f"drain of {name} cancelled: no other router took over"
            self._tell(EventKind.DRAIN_FAILED, text, router, "engine", "warning")
        self._give_back(router, drain)

    def _give_back(self, router: Instance, drain: Drain) -> None:
        seconds = drain.seconds_left
        is_over = seconds is not None and seconds <= 0
        self._override(router, None if is_over else drain.override, seconds, TIME_IS_UP)

    def _mute(self, command: MuteCheck, who: str) -> str:
        name = command.check
        if name not in self._routers.trackers.checks:
            raise CommandRefusedError(
                f"no check {some_of([name])} here (there are: {some_of(self._routers.trackers.checks)})"
            )
        self._routers.mute(name, command.muted)
        seconds = command.seconds if command.muted else None
        self.terms.set("mute", name, seconds, lambda: self._count_again(name))
        text = f"{name} muted{_for(command.seconds)}" if command.muted else f"{name} unmuted"
        self._history.add(EventKind.MUTE, text, by=who)
        return text

    def _count_again(self, name: str) -> None:
        if name in self._routers.trackers.checks:
            self._mute(MuteCheck(id=0, check=name, muted=False), TIME_IS_UP)

    def _tell(self, kind: EventKind, text: str, router: Instance, who: str, severity: Severity = "ok") -> None:
        self._history.add(kind, text, router.key, severity, by=who)


def _for(seconds: float | None) -> str:
    return "" if seconds is None else f" for {seconds:g} s"
