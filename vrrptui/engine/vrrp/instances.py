"""All virtual routers of this host, and their reaction to configurations, links, trackers and operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vrrptui.config.model.configuration import Configuration, VirtualRouterConfig
from vrrptui.control.snapshots import Effect
from vrrptui.engine.addresses.restore_limit import CONTESTED_S
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.link_watch import LinkWatch
from vrrptui.engine.runtime.clock import Clock
from vrrptui.engine.runtime.event_queue import EventQueue
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.trackers.trackers import Tracker, Trackers
from vrrptui.engine.vrrp.announcer import Announcer, Paces
from vrrptui.engine.vrrp.deadlines import Deadlines
from vrrptui.engine.vrrp.events import InstanceEvent, Logged, PriorityMoved, TrackerReported
from vrrptui.engine.vrrp.holdings import Holdings
from vrrptui.engine.vrrp.identity import identity
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.readiness import Readiness, StartDelay
from vrrptui.engine.vrrp.reload_report import Change, renamed
from vrrptui.engine.vrrp.sync_groups import SyncGroups
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket
from vrrptui.protocol.advert import Address
from vrrptui.protocol.events import (
    Event,
    FaultsChanged,
    PriorityChanged,
    Shutdown,
    SourceChanged,
    Started,
    Startup,
    Stopped,
    Waits,
)
from vrrptui.protocol.states import Master


class Instances:
    """The virtual routers of one engine, by name."""

    def __init__(
        self,
        kernel: Kernel,
        clock: Clock,
        events: EventQueue[InstanceEvent],
        settings: HostSettings,
        new_socket: Callable[..., VrrpSocket] = VrrpSocket,
    ) -> None:
        """`events` receives what happens; `settings` changes sysctls; `new_socket` makes a VrrpSocket."""
        self.routers: dict[str, Instance] = {}
        self._kernel = kernel
        self._loop = clock.loop
        self._clock = clock
        self._events = events
        self._settings = settings
        self._sync = SyncGroups(self.routers)
        self.deadlines = Deadlines(kernel, clock, events, self._sync, self.refresh, new_socket)
        self._paces = Paces(clock.loop)
        self._links = LinkWatch(clock.loop, self.refresh)
        self.trackers = Trackers(kernel, self._links, self._on_tracker)
        self._readiness = Readiness(kernel, self._links, self.trackers)
        self.holdings = Holdings(self.routers, kernel, self._readiness)
        self._start_delay = StartDelay(clock.loop, self.refresh)
        self._ending = False

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.routers.values())

    # Configuration.

    def apply(self, configuration: Configuration) -> list[Change]:
        """Run this configuration. A router whose part is unchanged misses no advert.

        A router with the same identity keeps its state when its behaviour, addresses or name change. Any other is
        replaced.
        """
        self.deadlines.act()  # handle deadlines that passed while the configuration was read
        wanted = {config.name: config for config in configuration.routers}
        managed = self.holdings.managed()
        report, replaced = self._exchange(configuration, wanted, managed)
        self._sync.apply(configuration)
        self._start_delay.delay(configuration.globals)
        self._paces.apply(configuration)
        self._readiness.apply(configuration)
        self.trackers.apply(configuration)
        for name, config in wanted.items():
            self.deadlines.keep_up()
            if name not in self.routers:
                added = self._add(config, managed, replaced.get(name))
                report.setdefault(name, Change(name, added.key, "added"))
        self._kernel.catch_up()  # a removed address must not be used as a source
        self.refresh()
        for instance in self:  # the base priority of a router may have changed
            self.update_priority(instance)
        return list(report.values())

    def _exchange(
        self, configuration: Configuration, wanted: dict[str, VirtualRouterConfig], managed: set[Address]
    ) -> tuple[dict[str, Change], dict[str, Instance]]:
        """Rename, reconfigure or remove existing routers. Return the changes, and the removed routers by name."""
        report: dict[str, Change] = {}
        replaced: dict[str, Instance] = {}
        for instance, config in renamed(self.routers, wanted):
            self.routers[config.name] = self.routers.pop(instance.name)
            report[config.name] = Change(config.name, instance.key, "renamed")
        for name, instance in list(self.routers.items()):
            self.deadlines.keep_up()
            found = wanted.get(name)
            if found == instance.config and self.trackers.same(found, configuration):
                continue
            if found is not None and identity(found) == identity(instance.config):
                report.setdefault(name, Change(name, instance.key, "changed"))
                instance.presence.addresses.keep(self.holdings.owned_by_host(found, managed))
                instance.reconfigure(self._clock.now_ns(), found)
            else:
                report[name] = Change(name, instance.key, "restarted" if found else "removed")
                self._discard(instance)
                replaced[name] = instance
        return report, replaced

    def _add(self, config: VirtualRouterConfig, managed: set[Address], before: Instance | None) -> Instance:
        """Add a router. `managed` are the addresses of all routers so far, `before` is the router it replaces."""
        instance = Instance(
            config,
            self._kernel,
            Announcer(self._loop, self._paces),
            self._settings.another(),
            lambda one, level, text: self._events(Logged(one.name, level, text)),
            before.machine.stopped_by if before is not None else None,
            before.override if before is not None else None,
        )
        self.routers[config.name] = instance
        instance.presence.addresses.keep(self.holdings.owned_by_host(config, managed))
        return instance

    def _discard(self, instance: Instance) -> None:
        self.deadlines.handle(instance, Shutdown())
        del self.routers[instance.name]
        self.deadlines.forget(instance)
        instance.presence.leave()

    # Links and addresses.

    def refresh(self) -> None:
        """Re-evaluate links, addresses and trackers for every router."""
        if self._ending:  # routers that are ending must not start again
            return
        self._readiness.refresh()
        managed = self.holdings.managed()
        places = {instance: self._readiness.place(instance, managed) for instance in self}
        for instance in places:
            self._follow_trackers(instance)
        own = {instance.name: tuple(self._readiness.faults(instance, *place)) for instance, place in places.items()}
        unable = {name: "; ".join(faults) for name, faults in own.items() if faults}
        unable |= {instance.name: "stopped" for instance in self if instance.machine.stopped_by is not None}
        for instance, (link, source) in places.items():
            self.deadlines.keep_up()
            if faults := (*own[instance.name], *self._sync.faults(instance.name, unable)):
                self._set_faults(instance, faults)  # resign while the socket is still open
            self._bind(instance, self._readiness.usable(instance, link), source)
        unable = {instance.name: instance.obstacle for instance in self if instance.obstacle} | unable
        for instance in places:
            self.deadlines.keep_up()
            faults = (*own[instance.name], *self._sync.faults(instance.name, unable))
            self._set_faults(instance, faults or ((instance.obstacle,) if instance.obstacle else ()))
            self._start_when_ready(instance)
            if isinstance(instance.machine.state, Master):
                instance.presence.restore_routes()
        self._settle_addresses(self)
        self.deadlines.arm()

    def look(self) -> list[Instance]:
        """Check addresses without a kernel report. Return the virtual routers that were checked."""
        ones = [] if self._ending else self.holdings.next_ones()
        if ones:
            self._settle_addresses(ones)
        return ones

    def _settle_addresses(self, instances: Iterable[Instance]) -> None:
        if self.holdings.settle(instances):
            for delay_s in (0, CONTESTED_S):
                self._loop.call_later(delay_s, self.refresh)

    def _set_faults(self, instance: Instance, faults: tuple[str, ...]) -> None:
        if faults != instance.machine.faults:
            self.deadlines.handle(instance, FaultsChanged(faults))

    def _bind(self, instance: Instance, link: Link | None, source: Address | None) -> None:
        if instance.is_bound(link, source):
            return
        sockets = self.deadlines.sockets
        sockets.leave(instance)
        sock, deaf = sockets.open(link, instance)
        instance.bind(sock, link if sock else None, source, deaf)
        virtual = instance.config.virtual_mac
        if virtual is not None and (device := self._kernel.link(virtual.name)):
            sockets.open_device(device, instance, sock)
        self.deadlines.handle(instance, SourceChanged(source))

    def _start_when_ready(self, instance: Instance) -> None:
        if instance.machine.running:
            return
        why = self._start_delay.waits_for(self._sync.members(instance.name))
        self.deadlines.handle(instance, Waits(why) if why else Startup())

    # Trackers and priority.

    def _on_tracker(self, tracker: Tracker) -> None:
        if tracker.turned:
            self.refresh()
        self._events(TrackerReported(tracker, tracker.news, good=tracker.up is True and tracker.turned))

    def _follow_trackers(self, instance: Instance) -> None:
        """Update what a router knows of the trackers and interfaces of itself and its group."""
        tracked = self.trackers.tracked(instance.config, self._sync.config(instance.name))
        before, now = self.trackers.stopping(instance.tracked), self.trackers.stopping(tracked)
        if tracked != instance.tracked:
            instance.track(tracked)
            self.update_priority(instance)
        stopped_by = instance.machine.stopped_by
        if stopped_by is None and now - before:
            self.deadlines.handle(instance, Stopped(min(now - before), check=True))
        elif not now and stopped_by is not None and stopped_by.check:
            self.deadlines.handle(instance, Started(str(stopped_by)))

    def effects(self, name: str) -> list[Effect]:
        """Return the effect of a tracker on each router that it concerns."""
        return [e for one in self for e in self.trackers.effects(name, one.config, self._sync.config(one.name))]

    def mute(self, name: str, muted: bool) -> None:
        """Ignore the results of a tracker, or stop ignoring them."""
        self.trackers.mute(name, muted)
        self.refresh()
        self._events(TrackerReported(self.trackers.checks[name]))

    def update_priority(self, instance: Instance) -> None:
        """Recompute the effective priority."""
        before, now = instance.machine.priority, instance.priority
        self.deadlines.handle(instance, PriorityChanged(now))
        if now != before:
            self._events(PriorityMoved(instance.name, instance.machine.state_name, now))
        self.deadlines.arm()

    # Operators, and the end.

    def override(self, instance: Instance, priority: int | None) -> None:
        """Set an operator's priority; None: use the configuration and the trackers."""
        instance.set_override(priority)
        self.update_priority(instance)

    def command(self, instance: Instance, event: Event) -> None:
        """Handle an operator's event for one router."""
        self.deadlines.read()
        self.deadlines.handle(instance, event)
        self.deadlines.arm()

    def shut_down(self) -> None:
        """Shut down all virtual routers in order: resign, remove addresses."""
        self._ending = True
        self.deadlines.end()
        for instance in self:
            self.deadlines.handle(instance, Shutdown())
            instance.presence.leave()
        self._readiness.remove()
        self._links.close()
        self.trackers.stop()

    def close(self) -> None:
        self.deadlines.close()
