"""The engine: one process with one event loop. It connects kernel, virtual routers, observer and control socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterable
from functools import partial
from typing import NoReturn

from vrrptui import __version__
from vrrptui.config.model.configuration import Configuration, Loaded
from vrrptui.control.messages import EventKind, HistoryEvent, Reload, Shutdown
from vrrptui.control.snapshots import Severity
from vrrptui.engine.configuration import errors_of, read_configuration, refusal, warnings_of
from vrrptui.engine.host.accept_filter import AcceptFilter
from vrrptui.engine.host.accept_filter_watch import AcceptFilterWatch
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.other_daemons import other_daemons
from vrrptui.engine.notify.notifications import Notifications
from vrrptui.engine.observer.observer import Observer
from vrrptui.engine.operate.commands import CommandRefusedError, Commands
from vrrptui.engine.options import EngineError as EngineError
from vrrptui.engine.options import Options as Options
from vrrptui.engine.programs.host_script import run_host_script
from vrrptui.engine.publication import Publication
from vrrptui.engine.runtime import process_settings, signals
from vrrptui.engine.runtime.clock import Clock
from vrrptui.engine.runtime.event_queue import EventQueue
from vrrptui.engine.runtime.gc_scheduler import GcScheduler
from vrrptui.engine.runtime.lifetime import end_with_console
from vrrptui.engine.runtime.pacing import Paced
from vrrptui.engine.runtime.systemd import notify_systemd
from vrrptui.engine.serve.control_server import ControlServer, Operator, SocketError, take_over_path
from vrrptui.engine.serve.history import History
from vrrptui.engine.state.cleanup import remove_leftovers
from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.engine.state.ownership_record import record_of
from vrrptui.engine.state.state_dir import StateDir, StateError
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.status.health import Health
from vrrptui.engine.status.verdict import verdict
from vrrptui.engine.trackers.trackers import Tracker
from vrrptui.engine.vrrp.events import (
    InstanceEvent,
    InstancesChanged,
    Logged,
    LowerPriorityHeard,
    PriorityMoved,
    StateChanged,
    TrackerReported,
)
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.engine.vrrp.reload_report import Change, told
from vrrptui.protocol.actions import LowerHeard, Transition

log = logging.getLogger(__name__)
instance_log = logging.getLogger(Instance.__module__)

VITALS_S = 1.0
GIVE_WAY_S = 0.0005  # seconds for which the history's thread may hold the interpreter
NOTIFY_GRACE_S = 2.0


class Engine:
    """A running engine. Raises PermissionError if it may not open its sockets."""

    def __init__(self, options: Options, loaded: Loaded, state: StateDir) -> None:
        self._options = options
        self._file = options.config_file
        self._state = state
        self._changes = HostChanges(state)
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._changed_early = asyncio.Event()  # SIGHUP came before the configuration was running
        self._history = History(state.path / "history.sqlite", self._happened)
        self._acceptance = AcceptFilter()
        self._acceptance_watch = AcceptFilterWatch(self._acceptance, self._accept_looked)
        self._began_routing = False
        self._collector = GcScheduler()
        self._configuration = loaded.configuration or Configuration(file="")
        self._follow = Paced(self._loop, self._links_changed)
        self._kernel = Kernel(self._follow, self._loop.call_soon)
        self._events: EventQueue[InstanceEvent] = EventQueue(self._loop, self._handle)
        self._notifications = Notifications(self._notified, self._changes)
        self._routers = Instances(self._kernel, Clock(self._loop), self._events, HostSettings(self._changes))
        verdicts = partial(verdict, self._routers)
        self._observer = Observer(self._kernel, self._history, verdicts, options.promiscuous)
        self._health = Health(self._kernel, self._history, self._routers, options.beside_others)
        self._commands = Commands(self._routers, self._history, self._carry_out)
        self._publication = Publication(
            self._routers, self._observer, self._health, self._commands, self._notifications, self._history
        )
        self._publication.configured(self._file, warnings_of(loaded))
        everything, wanted = self._publication.everything, self._observer.want_adverts
        self._server = ControlServer(options.socket_path, everything, self._commands.obey, wanted)
        self._publication.open(self._server)

    async def run(self) -> None:
        """Run until stopped. Raises EngineError, PermissionError or SocketError before any address is changed."""
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
        """Record what may be added from now on: the configured addresses that are not on the host already."""
        self._changes.plan(record_of(configurations, self._kernel, self._routers.holdings.added()))

    def _accept(self, configuration: Configuration) -> None:
        """Install the filter for no_accept before an address is added."""
        if why := self._acceptance.apply(configuration.routers):
            log.error("%s", why)
        self._acceptance_watch.look(0)

    def _accept_looked(self, why: str | None, news: str) -> None:
        """Process the state of the no_accept filter: `why` it is missing, or None. `news` goes to the history."""
        if news:
            self._history.add(EventKind.ACCEPT_FILTER, news, severity="warning")
        self._health.accept_filter(why)

    def _begin(self) -> None:
        self._loop.add_signal_handler(signal.SIGHUP, self._reload_by_signal)
        if self._changed_early.is_set():
            self._loop.call_soon(self._reload_by_signal)
        self._began_routing = True
        self._accept(self._configuration)
        self._apply(self._configuration)
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
        await self._notifications.finish(NOTIFY_GRACE_S)
        self._routers.close()
        self._observer.close()
        self._loop.remove_reader(self._kernel.fileno())
        self._kernel.close()
        await self._server.stop()
        self._history.close()
        if self._began_routing:
            self._state.forget_owned()
            await run_host_script("shutdown_script", self._configuration.globals, None)
            log.info("Stopped")

    # Events.

    def _watch(self) -> None:
        names: Iterable[str] | None = self._options.interfaces
        if not names:
            names = {config.interface for config in self._configuration.routers} or None
        self._observer.watch(names, alone=not self._configuration.routers)

    def _links_changed(self) -> None:
        self._watch()
        self._routers.refresh()

    def _handle(self, event: InstanceEvent) -> None:
        match event:
            case InstancesChanged():
                self._publication.soon()
            case Logged(name, level, text):
                instance_log.log(level, "(%s) %s", name, text)
            case StateChanged(instance, transition):
                self._notify(instance, transition)
                self._on_transition(instance, transition)
            case LowerPriorityHeard(instance):
                self._notify(instance, LowerHeard())
            case PriorityMoved(name, state, priority):
                self._notifications.priority_changed(name, state, priority)
            case TrackerReported(tracker, news, good):
                self._on_tracker(tracker, news, good)

    def _notify(self, instance: Instance, what: Transition | LowerHeard) -> None:
        removed = self._routers.routers.get(instance.name) is not instance
        self._notifications.tell(instance.name, what, instance.machine.priority, removed)

    def _on_tracker(self, tracker: Tracker, news: str, good: bool) -> None:
        self._publication.checked([tracker])
        if news:
            self._history.add(EventKind.CHECK, news, severity="ok" if good else "warning", by="check")
        self._publication.soon()

    def _on_transition(self, router: Instance, transition: Transition) -> None:
        after = transition.after.upper()
        if transition.before != transition.after and transition.after != "init":
            log.info("(%s) Entering %s STATE%s", router.name, after, " (init)" if transition.before == "init" else "")
        elif transition.after == "fault":
            log.info("(%s) still in FAULT STATE: %s", router.name, transition.reason)
        severity: Severity = "critical" if transition.after == "fault" else "ok"
        text = f"{router.name} is {after}: {transition.reason}"
        self._history.add(EventKind(after), text, router.key, severity)
        self._acceptance_watch.look()
        self._commands.drains.moved(router, transition)
        self._publication.soon(0)

    def _notified(self, name: str, text: str, good: bool) -> None:
        router = self._routers.routers.get(name)
        if router is not None:
            self._routers.deadlines.changed.add(router)
        if not good:
            key, about = (router.key, f"{name}: ") if router else ("", f"{name}: " if name else "")
            self._history.add(EventKind.NOTIFY, about + text, key, "warning")

    def _happened(self, event: HistoryEvent) -> None:
        self._publication.happened(event)

    def _vitals(self) -> None:
        """Publish the engine's own state, once a second."""
        self._publication.vitals(VITALS_S)
        notify_systemd("WATCHDOG=1")
        self._collector.look(self._routers.deadlines.idle_for)
        self._loop.call_later(VITALS_S, self._vitals)

    # Commands.

    def _carry_out(self, command: Reload | Shutdown, who: Operator) -> str:
        match command:
            case Reload(file=file):
                return f"configuration read{'' if file else ' again'}: {self._reload(file)}"
            case Shutdown():
                log.info("shutdown asked for by %s", who)
                self._ended.set()
                return "the engine stops"

    def _reload_by_signal(self) -> None:
        with contextlib.suppress(CommandRefusedError):  # the refusal is in the log and the history
            self._reload("")

    def _reload(self, other: str) -> str:
        """Read the configuration again, or from now on the file `other`. Return the result for each virtual router.

        Raises CommandRefusedError if the configuration cannot be run; the running one stays then.
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
        routers, checks = {router.key for router in self._routers}, set(self._routers.trackers.checks)
        self._file, self._configuration = file, configuration
        self._publication.configured(file, warnings_of(loaded))
        self._accept(configuration)
        report = self._apply(configuration)
        with contextlib.suppress(StateError):  # the longer record is sufficient
            self._record(configuration)
        self._watch()
        routers -= {router.key for router in self._routers}
        self._publication.removed("virtual_router", routers)
        self._publication.removed("check", checks - set(self._routers.trackers.checks))
        text = told(report, (router.name for router in self._routers))
        log.info("Reloaded: %s", text)
        self._history.add(EventKind.RELOAD, text)
        self._publication.checked(self._routers.trackers.checks.values())
        self._publication.soon(0)
        return text

    def _apply(self, configuration: Configuration) -> list[Change]:
        """Run this configuration. Return the change to each virtual router."""
        report = self._routers.apply(configuration)
        self._notifications.apply(configuration)
        return report

    def _stay(self, why: str) -> NoReturn:
        """Refuse a reload and keep the running configuration. Raises CommandRefusedError."""
        log.error("%s; the running configuration stays", why)
        self._history.add(EventKind.RELOAD, f"refused: {why}", severity="warning")
        raise CommandRefusedError(why)


async def run_engine(options: Options) -> None:
    """Run an engine until it is stopped. Raises EngineError."""
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
