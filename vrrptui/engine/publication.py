"""What clients are sent: the whole state first, then changes, at most four times a second.

A change of state is published at once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

import msgspec

from vrrptui import __version__
from vrrptui.control.messages import FromEngine, HistoryEvent, Removed
from vrrptui.control.snapshots import EngineSnapshot
from vrrptui.engine.notify.notifications import Notifications
from vrrptui.engine.observer.observer import Observer, clock_offset_s
from vrrptui.engine.operate.commands import Commands
from vrrptui.engine.serve.control_server import ControlServer
from vrrptui.engine.serve.history import History
from vrrptui.engine.status.health import Health
from vrrptui.engine.status.instance_snapshot import router_snapshot
from vrrptui.engine.trackers.trackers import EFFECTS_SHOWN, Tracker
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances

PUBLISH_S = 0.25
AUTOMATIC = frozenset({"engine", "check", "network"})  # values of `by` in events that no operator caused
PUBLISH_MORE_S = 0.02  # seconds after a publication that was cut short
LATENESS_KEPT = 60  # seconds


class Publication:
    """Publishes the state of an engine's parts to its clients. Call `open` with the server first."""

    def __init__(
        self,
        instances: Instances,
        observer: Observer,
        health: Health,
        commands: Commands,
        notifications: Notifications,
        history: History,
    ) -> None:
        self._instances = instances
        self._observer = observer
        self._health = health
        self._commands = commands
        self._notifications = notifications
        self._history = history
        self._server: ControlServer | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._checked: set[Tracker] = set()
        self._began = time.monotonic()
        self._last_heard = 0
        self._rate = 0.0
        self._lateness_ns = deque([0], maxlen=LATENESS_KEPT)  # the maximum of each second
        self._file: str | None = None
        self._warnings: list[str] = []

    def open(self, server: ControlServer) -> None:
        """Publish to the clients of this server."""
        self._server = server

    def configured(self, file: str | None, warnings: list[str]) -> None:
        """Set the configuration file in use and its warnings."""
        self._file, self._warnings = file, warnings

    def checked(self, trackers: Iterable[Tracker]) -> None:
        """Publish these trackers next time."""
        self._checked.update(trackers)

    def happened(self, event: HistoryEvent) -> None:
        """Publish an event now, and the changed state soon; at once if an operator caused the event."""
        if self._server is not None:
            self._server.publish([event])
        self.soon(PUBLISH_S if event.by in AUTOMATIC else 0)

    def removed(self, kind: Literal["virtual_router", "check"], keys: Iterable[str]) -> None:
        """Publish that these virtual routers or trackers are no longer configured."""
        if self._server is not None:
            self._server.publish([Removed(kind=kind, key=key) for key in keys])

    def soon(self, delay_s: float = PUBLISH_S) -> None:
        """Publish what has changed within `delay_s` seconds."""
        due = self._loop.time() + delay_s
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._publish)

    def _publish(self) -> None:
        self._timer = None
        changed, checked, self._checked = self._instances.deadlines.changed.take(), self._checked, set()
        if self._server is None or not self._server.clients:  # a new client gets the whole state
            self._observer.forget_changes()
            return
        routers, trackers = self._instances.routers, self._instances.trackers.checks
        messages = [self._router(one) for one in changed if routers.get(one.name) is one]
        messages += [self._tracker(one) for one in checked if trackers.get(one.name) is one]
        groups, gone = self._observer.changed()
        messages += [*groups, *(Removed(kind="group", key=key) for key in gone)]
        messages += self._observer.held.take()
        self._server.publish(messages)
        if self._observer.changes_left:
            self.soon(PUBLISH_MORE_S)

    def vitals(self, span_s: float) -> None:
        """Publish the engine's own state. `span_s` is the time in seconds since the last call."""
        heard = self._observer.heard
        self._rate, self._last_heard = (heard - self._last_heard) / span_s, heard
        self._lateness_ns.append(self._instances.deadlines.take_worst_late_ns())
        self._health.look(self._lateness_ns[-1], self._observer.evicted)
        if self._server is not None:
            self._server.publish([self._engine()])
        for instance in self._instances:
            if instance.machine.state_name == "master":
                self._instances.deadlines.changed.add(instance)
        self.soon(0)

    def everything(self) -> Iterator[FromEngine]:
        """Yield the whole state for a new client. Each snapshot is taken when it is asked for."""
        instances, events = list(self._instances), list(self._history.events)
        trackers = list(self._instances.trackers.checks.values())
        now = map(self._router, instances), self._observer.snapshots(), map(self._tracker, trackers)
        return chain([self._engine()], *now, events)

    def _engine(self) -> EngineSnapshot:
        return EngineSnapshot(
            pid=os.getpid(),
            version=__version__,
            mode="operate" if self._instances.routers else "observe",
            uptime=round(time.monotonic() - self._began, 3),
            capture_drops=self._observer.drops,
            host=socket.gethostname(),
            interfaces=self._observer.interfaces,
            config_file=self._file,
            config_warnings=self._warnings[:50],
            adverts_heard=self._observer.heard,
            adverts_per_second=self._rate,
            clients=len(self._server.clients) if self._server is not None else 0,
            lateness_ms=max(self._lateness_ns) / 1e6,
            problems=[code.value for code in self._health.problems],
            explanations=list(self._health.problems.values()),
            other_protocols=self._observer.feed.other_protocols,
            vhids=self._observer.feed.vhids,
            history_lost=self._history.lost,
        )

    def _router(self, instance: Instance) -> FromEngine:
        terms, name = self._commands.terms, instance.name
        return msgspec.structs.replace(
            router_snapshot(instance, clock_offset_s(), self._health.findings(instance)),
            until=terms.until("stop", name) or terms.until("priority", name),
            draining=self._commands.drains.drains(name),
            notified=self._notifications.results(name),
        )

    def _tracker(self, tracker: Tracker) -> FromEngine:
        effects = self._instances.effects(tracker.name)
        return msgspec.structs.replace(
            tracker.snapshot(list(dict.fromkeys(effect.router for effect in effects))),
            effects=effects[:EFFECTS_SHOWN],
            muted=tracker.name in self._instances.trackers.muted,
            muted_until=self._commands.terms.until("mute", tracker.name),
        )
