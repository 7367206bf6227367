"""All virtual routers of this host, and what a configuration, a link, a tracker or an operator means to them."""

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
        """What happens is put on `events`; settings of the host are changed through `settings`."""
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
        """Run this configuration from now on; a router whose part is the same misses no advert.

        One that only behaves otherwise than before, or has other addresses or another name, keeps its state; one of
        another place starts again.
        """
        self.deadlines.act()  # what became due while the configuration was read
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
        self._kernel.catch_up()  # an address that was just removed is nobody's source
        self.refresh()
        for instance in self:  # a reconfigured one may have another base priority
            self.update_priority(instance)
        return list(report.values())

    def _exchange(
        self, configuration: Configuration, wanted: dict[str, VirtualRouterConfig], managed: set[Address]
    ) -> tuple[dict[str, Change], dict[str, Instance]]:
        """Rename, change or remove the routers that are there; what was done, and the removed ones by name."""
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
        """`managed` are the addresses of all routers so far; `before` is the router of this name until now."""
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
        """Look at links, addresses and trackers again, and give every router what that means for it."""
        if self._ending:  # what leaves now must not come back
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
                self._set_faults(instance, faults)  # give up while the way out is still there
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
        """Compare addresses with the kernel's though nothing was reported; the virtual routers whose turn it was."""
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
        self._events(TrackerReported(tracker))

    def _follow_trackers(self, instance: Instance) -> None:
        """Bring what the router knows of its trackers and interfaces, and its group's, up to date."""
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
        """What a tracker does to each router that it moves."""
        return [e for one in self for e in self.trackers.effects(name, one.config, self._sync.config(one.name))]

    def mute(self, name: str, muted: bool) -> None:
        """Ignore the results of a tracker, or stop ignoring them."""
        self.trackers.mute(name, muted)
        self.refresh()
        self._events(TrackerReported(self.trackers.checks[name]))

    def update_priority(self, instance: Instance) -> None:
        """Work the effective priority out again."""
        before, now = instance.machine.priority, instance.priority
        self.deadlines.handle(instance, PriorityChanged(now))
        if now != before:
            self._events(PriorityMoved(instance.name, instance.machine.state_name, now))
        self.deadlines.arm()

    # Operators, and the end.

    def override(self, instance: Instance, priority: int | None) -> None:
        """An operator's priority holds from now on; None: that of the configuration and its trackers."""
        instance.set_override(priority)
        self.update_priority(instance)

    def command(self, instance: Instance, event: Event) -> None:
        """An operator's event for one router."""
        self.deadlines.read()
        self.deadlines.handle(instance, event)
        self.deadlines.arm()

    def shut_down(self) -> None:
        """Give up everything in order, and for good: priority 0, addresses gone."""
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
