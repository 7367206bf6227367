"""The engine: one process, one loop. Puts kernel, virtual routers, observer and control socket together.

Obeys commands and signals; says what changed at most four times a second, and a change of state at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import NoReturn

import msgspec

from vrrptui import __version__
from vrrptui.config.model.configuration import Configuration, Loaded
from vrrptui.control.messages import FromEngine, HistoryEvent, Removed
from vrrptui.control.snapshots import EngineSnapshot, Severity
from vrrptui.engine.configuration import errors_of, read_configuration, refusal, warnings_of
from vrrptui.engine.host.accept_filter import AcceptFilter
from vrrptui.engine.host.accept_filter_watch import AcceptFilterWatch
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.other_daemons import other_daemons
from vrrptui.engine.notify.fifo import NotifyFifo
from vrrptui.engine.observer.observer import Observer, clock_offset_s
from vrrptui.engine.operate.commands import CommandRefusedError, Commands
from vrrptui.engine.options import EngineError as EngineError
from vrrptui.engine.options import Options as Options
from vrrptui.engine.programs.host_script import run_host_script
from vrrptui.engine.runtime import process_settings, signals
from vrrptui.engine.runtime.gc_scheduler import GcScheduler
from vrrptui.engine.runtime.lifetime import end_with_console
from vrrptui.engine.runtime.pacing import Paced
from vrrptui.engine.runtime.systemd import notify_systemd
from vrrptui.engine.serve.control_server import ControlServer, SocketError, take_over_path
from vrrptui.engine.serve.history import History
from vrrptui.engine.state.cleanup import remove_leftovers
from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.engine.state.ownership_record import record_of
from vrrptui.engine.state.state_dir import StateDir, StateError
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.status.health import Health
from vrrptui.engine.status.instance_snapshot import router_snapshot
from vrrptui.engine.status.verdict import verdict
from vrrptui.engine.trackers.trackers import EFFECTS_SHOWN, Tracker
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.engine.vrrp.reload_report import told
from vrrptui.protocol.actions import Transition

log = logging.getLogger(__name__)

PUBLISH_MORE_S = 0.02  # after a publication that did not hold all
PUBLISH_S = 0.25
VITALS_S = 1.0
GIVE_WAY_S = 0.0005  # how long the history's thread may keep the loop waiting
LATENESS_KEPT = 60  # seconds
NOTIFY_GRACE_S = 2.0


class Engine:
    """One running engine. Raises PermissionError when it may not open its sockets."""

    def __init__(self, options: Options, loaded: Loaded, state: StateDir) -> None:
        self._options = options
        self._file = options.config_file
        self._state = state
        self._deeds = HostSettings.deeds = NotifyFifo.deeds = HostChanges(state)
        self._loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self._ended = asyncio.Event()
        self._changed_early = asyncio.Event()  # the configuration, before it was run
        self._history = History(state.path / "history.sqlite")
        self._acceptance = AcceptFilter()
        self._acceptance_watch = AcceptFilterWatch(self._acceptance, self._accept_looked)
        self._touched: set[Instance] = set()
        self._checked: set[Tracker] = set()
        self._began_routing = False
        self._last_heard = 0
        self._rate = 0.0
        self._lateness_ns = deque([0], maxlen=LATENESS_KEPT)  # the worst of each second
        self._collector = GcScheduler()
        self._publication: asyncio.TimerHandle | None = None
        self._configuration, self._warnings = loaded.configuration or Configuration(file=""), warnings_of(loaded)
        self._follow = Paced(self._loop, self._links_changed)
        self._kernel = Kernel(self._follow, self._loop.call_soon)
        self._routers = Instances(self._kernel, self._on_transition, self._on_touched, self._on_check, self._notified)
        verdicts = partial(verdict, self._routers)
        self._observer = Observer(self._kernel, self._history, self._happened, verdicts, options.promiscuous)
        self._health = Health(self._history, self._routers, self._happened, self._on_touched, options.beside_others)
        self._commands = Commands(self._routers, self._history, self._commanded, self._reload, self._ended.set)
        self._server = ControlServer(options.socket_path, self._everything, self._commands.obey, self._adverts_wanted)

    async def run(self) -> None:
        """Run until told to stop. Raises EngineError, PermissionError, SocketError before an address was touched."""
        if self._configuration.routers and not self._kernel.permits_changes():
            raise EngineError("no permission to change addresses: CAP_NET_ADMIN needed; use sudo")
        if self._configuration.routers and not self._options.beside_others and (others := other_daemons()):
            text = f"{', '.join(others)} speaks VRRP on this host already, and both would be master"
            raise EngineError(f"{text}: stop it first, or use --beside-others if it serves other addresses")
        self._loop.add_reader(self._kernel.fileno(), self._kernel.read)
        try:
            self._watch()
            await self._server.start()
            for refused in remove_leftovers(self._kernel, self._state.read_owned()):
                log.warning("%s", refused)
            self._record(self._configuration)
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._ended.set)
            self._loop.add_signal_handler(signal.SIGHUP, self._changed_early.set)
            signals.note(self._loop)
            if self._options.tied:
                end_with_console(self._ended.set)
            await run_host_script("startup_script", self._configuration.globals, self._ended)
            if not self._ended.is_set():
                self._begin()
                await self._ended.wait()
        finally:
            await self._close()

    def _record(self, *configurations: Configuration) -> None:
        """Write down what may be added from now on: all of our addresses that are not there already."""
        self._deeds.plan(record_of(configurations, self._kernel, self._routers.holdings.added()))

    def _accept(self, configuration: Configuration) -> None:
        """Before an address is added, let what must not be accepted be dropped."""
        if why := self._acceptance.apply(configuration.routers):
            log.error("%s", why)
        self._acceptance_watch.look(0)

    def _accept_looked(self, why: str | None, news: str) -> None:
        """Why no_accept is not kept, None when it is; `news` goes to the history."""
        if news:
            self._happened(self._history.add("ACCEPT_FILTER", news, severity="warning"))
        for router in self._routers:
            router.unfiltered = why if not router.config.accepts else None

    def _begin(self) -> None:
        self._loop.add_signal_handler(signal.SIGHUP, self._reload_by_signal)
        if self._changed_early.is_set():
            self._loop.call_soon(self._reload_by_signal)
        self._began_routing = True
        self._accept(self._configuration)
        self._routers.apply(self._configuration)
        self._collector.begin()
        sys.setswitchinterval(GIVE_WAY_S)
        for refused in process_settings.apply(self._configuration.globals.settings):
            log.warning("%s", refused)
        self._loop.call_later(VITALS_S, self._vitals)
        what = f"{len(self._routers.routers)} virtual routers" if self._routers.routers else "observing only"
        log.info("vrrptui %s ready: %s, listening on %s", __version__, what, self._observer.where)
        notify_systemd("READY=1")

    async def _close(self) -> None:
        notify_systemd("STOPPING=1")
        self._follow.close()
        self._routers.shut_down()
        self._acceptance_watch.close()
        self._acceptance.remove()
        await self._routers.notifications.finish(NOTIFY_GRACE_S)
        self._routers.close()
        self._observer.close()
        self._loop.remove_reader(self._kernel.fileno())
        self._kernel.close()
        await self._server.stop()
        self._history.close()
        if self._began_routing:
            self._state.forget_owned()
            HostSettings.deeds = NotifyFifo.deeds = None
            await run_host_script("shutdown_script", self._configuration.globals, None)
            log.info("Stopped")

    # What changes by itself.

    def _watch(self) -> None:
        names: Iterable[str] | None = self._options.interfaces
        if not names:
            names = {config.interface for config in self._configuration.routers} or None
        self._observer.watch(names, alone=not self._configuration.routers)

    def _links_changed(self) -> None:
        self._watch()
        self._routers.refresh()

    def _on_touched(self, router: Instance) -> None:
        self._touched.add(router)
        self._publish_soon(PUBLISH_S)

    def _on_check(self, check: Tracker) -> None:
        self._checked.add(check)
        if check.news:
            good = check.up is True and check.turned
            self._happened(self._history.add("CHECK", check.news, severity="ok" if good else "warning", by="check"))
        self._publish_soon(PUBLISH_S)

    def _on_transition(self, router: Instance, transition: Transition) -> None:
        after = transition.after.upper()
        if transition.before != transition.after and transition.after != "init":
            log.info("(%s) Entering %s STATE%s", router.name, after, " (init)" if transition.before == "init" else "")
        elif transition.after == "fault":
            log.info("(%s) still in FAULT STATE: %s", router.name, transition.reason)
        severity: Severity = "critical" if transition.after == "fault" else "ok"
        text = f"{router.name} is {after}: {transition.reason}"
        self._happened(self._history.add(after, text, router.key, severity))
        self._touched.add(router)
        self._acceptance_watch.look()
        self._commands.drains.moved(router, transition)
        self._publish_soon(0)

    def _notified(self, name: str, text: str, good: bool) -> None:
        router = self._routers.routers.get(name)
        if router is not None:
            self._on_touched(router)
        if not good:
            key, about = (router.key, f"{name}: ") if router else ("", f"{name}: " if name else "")
            self._happened(self._history.add("NOTIFY", about + text, key, "warning"))

    def _happened(self, event: HistoryEvent) -> None:
        self._server.publish([event])
        self._publish_soon(PUBLISH_S)

    def _commanded(self, event: HistoryEvent) -> None:
        self._server.publish([event])
        self._publish_soon(0)

    # What is published.

    def _publish_soon(self, delay_s: float) -> None:
        due = self._loop.time() + delay_s
        if self._publication is not None:
            if self._publication.when() <= due:
                return
            self._publication.cancel()
        self._publication = self._loop.call_at(due, self._publish)

    def _publish(self) -> None:
        self._publication = None
        if not self._server.clients:  # a new one is told everything
            self._touched.clear()
            self._checked.clear()
            self._observer.forget_changes()
            return
        messages: list[FromEngine] = []
        messages += [self._router_snapshot(r) for r in self._touched if self._routers.routers.get(r.name) is r]
        messages += [self._check_snapshot(c) for c in self._checked if self._routers.checks.get(c.name) is c]
        groups, gone = self._observer.changed()
        messages += [*groups, *(Removed(kind="group", key=key) for key in gone)]
        self._touched.clear()
        self._checked.clear()
        messages += self._observer.held.take()
        self._server.publish(messages)
        if self._observer.changes_left:
            self._publish_soon(PUBLISH_MORE_S)

    def _vitals(self) -> None:
        """Once a second: the engine itself, and whatever the observer has taken in."""
        heard = self._observer.heard
        self._rate, self._last_heard = (heard - self._last_heard) / VITALS_S, heard
        self._lateness_ns.append(self._routers.worst_late_ns)
        self._routers.worst_late_ns = 0
        self._health.look(self._lateness_ns[-1], self._observer.evicted)
        notify_systemd("WATCHDOG=1")
        self._server.publish([self._engine_snapshot()])
        self._touched.update(router for router in self._routers if router.machine.state_name == "master")
        self._publish_soon(0)
        self._collector.look(self._routers.idle_for)
        self._loop.call_later(VITALS_S, self._vitals)

    def _everything(self) -> Iterator[FromEngine]:
        """What a new client must know: what is there now, each as it is when it is asked for."""
        routers, checks, events = list(self._routers), list(self._routers.checks.values()), list(self._history.events)
        routers_now, checks_now = map(self._router_snapshot, routers), map(self._check_snapshot, checks)
        return chain([self._engine_snapshot()], routers_now, self._observer.snapshots(), checks_now, events)

    def _engine_snapshot(self) -> EngineSnapshot:
        return EngineSnapshot(
            pid=os.getpid(),
            version=__version__,
            mode="operate" if self._routers.routers else "observe",
            uptime=round(time.monotonic() - self._began, 3),
            capture_drops=self._observer.drops,
            host=socket.gethostname(),
            interfaces=self._observer.interfaces,
            config_file=self._file,
            config_warnings=self._warnings[:50],
            adverts_heard=self._observer.heard,
            adverts_per_second=self._rate,
            clients=len(self._server.clients),
            lateness_ms=max(*self._lateness_ns, self._routers.worst_late_ns) / 1e6,
            problems=[code.value for code in self._health.problems],
            explanations=list(self._health.problems.values()),
            other_protocols=self._observer.other_protocols,
            vhids=self._observer.vhids,
            history_lost=self._history.lost,
        )

    def _router_snapshot(self, router: Instance) -> FromEngine:
        terms, name = self._commands.terms, router.name
        return msgspec.structs.replace(
            router_snapshot(router, clock_offset_s()),
            until=terms.until("stop", name) or terms.until("priority", name),
            draining=self._commands.drains.drains(name),
            notified=self._routers.notifications.results(name),
        )

    def _check_snapshot(self, check: Tracker) -> FromEngine:
        effects = self._routers.effects(check.name)
        until = self._commands.terms.until("mute", check.name)
        return msgspec.structs.replace(
            check.snapshot(list(dict.fromkeys(effect.router for effect in effects))),
            effects=effects[:EFFECTS_SHOWN],
            muted=check.name in self._routers.trackers.muted,
            muted_until=until,
        )

    def _adverts_wanted(self, wanted: bool) -> None:
        self._observer.wants_adverts = wanted

    # What is commanded.

    def _reload_by_signal(self) -> None:
        with contextlib.suppress(CommandRefusedError):  # it was told
            self._reload("")

    def _reload(self, other: str) -> str:
        """Read the configuration again, or an `other` file from now on; returns the result for each virtual router.

        Raises CannotError when it cannot be run; the running one stays as it was then.
        """
        file = other or self._file
        if self._ended.is_set():
            raise CommandRefusedError("the engine is stopping")
        if file is None:
            raise CommandRefusedError("this engine has no configuration file")
        log.info("Reloading %s", file)
        loaded = read_configuration(file, self._options.config_id)
        configuration = loaded.configuration
        if configuration is None:
            self._stay(errors_of(loaded)[0])
        if why := refusal(configuration, len(self._routers.routers), self._kernel.permits_changes):
            self._stay(why)
        try:
            self._record(self._configuration, configuration)  # before the first address is added
        except StateError as error:
            self._stay(str(error))
        routers, checks = {router.key for router in self._routers}, set(self._routers.checks)
        self._file, self._configuration, self._warnings = file, configuration, warnings_of(loaded)
        self._accept(configuration)
        report = self._routers.apply(configuration)
        with contextlib.suppress(StateError):  # the longer record serves as well
            self._record(configuration)
        self._watch()
        routers -= {router.key for router in self._routers}
        self._server.publish([Removed(kind="virtual_router", key=key) for key in routers])
        self._server.publish([Removed(kind="check", key=name) for name in checks - set(self._routers.checks)])
        text = told(report, (router.name for router in self._routers))
        log.info("Reloaded: %s", text)
        self._happened(self._history.add("RELOAD", text))
        self._checked.update(self._routers.checks.values())
        self._publish_soon(0)
        return text

    def _stay(self, why: str) -> NoReturn:
        """A reload is refused, the running configuration stays. Raises CannotError."""
        log.error("%s; the running configuration stays", why)
        self._happened(self._history.add("RELOAD", f"refused: {why}", severity="warning"))
        raise CommandRefusedError(why)


async def run_engine(options: Options) -> None:
    """Run an engine until it is told to stop. Raises EngineError."""
    process_settings.more_descriptors()
    file = options.config_file
    loaded = Loaded(None, ()) if file is None else read_configuration(file, options.config_id)
    if file is not None and loaded.configuration is None:
        raise EngineError("\n".join(errors_of(loaded)))
    try:
        state = StateDir(options.state_dir)
    except StateError as error:
        raise EngineError(str(error)) from error
    try:
        take_over_path(options.socket_path)
        await Engine(options, loaded, state).run()
    except (SocketError, StateError) as error:
        raise EngineError(str(error)) from error
    except PermissionError as error:
        wanted = "CAP_NET_RAW and CAP_NET_ADMIN" if loaded.configuration else "CAP_NET_RAW"
        text = f"no permission to open a raw socket: {wanted} needed; use sudo, or read a capture file with -r"
        raise EngineError(text) from error
    finally:
        state.release()
