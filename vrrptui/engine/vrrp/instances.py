"""All our virtual routers: their sockets, their deadlines, their checks; what happens when any of these speak.

Own adverts come first: the sockets are drained before a due deadline is acted on, so a late or paused process does
not take over from a living master.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator

from vrrptui.config.model.configuration import Configuration, VirtualRouterConfig
from vrrptui.control.snapshots import Effect
from vrrptui.engine.addresses.restore_limit import CONTESTED_S
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.link_watch import LinkWatch
from vrrptui.engine.notify.notifications import Notifications, Told
from vrrptui.engine.runtime.deferred import DeferredQueue
from vrrptui.engine.runtime.timer import Timer
from vrrptui.engine.trackers.trackers import Tracker, Trackers
from vrrptui.engine.vrrp import startup
from vrrptui.engine.vrrp.announcer import Announcer, Paces
from vrrptui.engine.vrrp.holdings import Holdings
from vrrptui.engine.vrrp.instance import Instance, Work, perform_together
from vrrptui.engine.vrrp.readiness import Readiness
from vrrptui.engine.vrrp.reload_report import Change, renamed
from vrrptui.engine.vrrp.schedule import Schedule
from vrrptui.engine.vrrp.sync_groups import SyncGroups
from vrrptui.engine.vrrp.takeover import PreparedTick, carry_out
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket
from vrrptui.engine.vrrp.vrrp_sockets import VrrpSockets
from vrrptui.protocol.actions import LowerHeard, Transition
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
)
from vrrptui.protocol.states import Backup
from vrrptui.protocol.sync_group import hold_back

log = logging.getLogger(__name__)
EARLY_NS = 4_000_000  # woken this long before a takeover is due, and spun to the moment
SPIN_NS = 300_000  # the last of that is spun; before it the loop sleeps, for who has used its time loses the processor
LAST_LOOK_NS = 200_000  # nothing is prepared so late
TOGETHER_NS = 2_000_000  # takeovers due so soon after the first are prepared with it
TURNS_PER_RING = 16


class Instances:
    """The virtual routers of one engine."""

    def __init__(
        self,
        kernel: Kernel,
        transition: Callable[[Instance, Transition], None],
        touched: Callable[[Instance], None],
        checked: Callable[[Tracker], None],
        notified: Told,
    ) -> None:
        """Told are `transition` changes of state, `touched` any change, `checked` and `notified` their results."""
        self.routers: dict[str, Instance] = {}
        self.worst_late_ns = 0  # since it was last set to 0
        self._kernel = kernel
        self._told_transition = transition
        self._touched = touched
        self._told_check = checked
        self._loop = asyncio.get_running_loop()
        self._later = DeferredQueue(self._loop)
        self._wires = VrrpSockets(self._loop, self._on_readable, self.refresh)
        self.notifications = Notifications(notified)
        self._paces = Paces(self._loop)
        self._links = LinkWatch(self._loop, self.refresh)
        self.trackers = Trackers(kernel, self._links, self._on_check)
        self._footing = Readiness(kernel, self._links, self.trackers)
        self.holdings = Holdings(self.routers, kernel, self._footing)
        self._sync = SyncGroups(Configuration(file=""))
        self._schedule = Schedule()
        self._alarm = Timer(self._loop, self._ring)
        self._ending = False
        self._startup = startup.Startup(self._loop, self.refresh)

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.routers.values())

    @property
    def checks(self) -> dict[str, Tracker]:
        return self.trackers.checks

    # Configuration.

    def apply(self, configuration: Configuration) -> list[Change]:
        """Run this configuration from now on; a router whose part is the same misses no advert.

        One that only behaves otherwise than before, or has other addresses or another name, keeps its state; one of
        another place begins anew.
        """
        self._ring()  # what became due while the configuration was read
        report: dict[str, Change] = {}
        wanted = {config.name: config for config in configuration.routers}
        ours = self.holdings.managed()
        replaced: dict[str, Instance] = {}
        for router, config in renamed(self.routers, wanted):
            self.routers[config.name] = self.routers.pop(router.name)
            report[config.name] = Change(config.name, router.key, "renamed")
        for name, router in list(self.routers.items()):
            self._schedule.keep_up()
            found = wanted.get(name)
            if found == router.config and self.trackers.same(found, configuration):
                continue
            if found is not None and router.may_become(found):
                report.setdefault(name, Change(name, router.key, "changed"))
                router.presence.own |= self.holdings.owned_by_host(found, ours)
                router.reconfigure(found)
            else:
                report[name] = Change(name, router.key, "restarted" if found else "removed")
                self._discard(router)
                replaced[name] = router
        self._sync = SyncGroups(configuration)
        self._startup.delay(configuration.globals)
        self.notifications.apply(configuration)
        self._paces.apply(configuration)
        self._footing.apply(configuration)
        self.trackers.apply(configuration)
        for name, config in wanted.items():
            self._schedule.keep_up()
            if name not in self.routers:
                added = self._add(config, ours, replaced.get(name))
                report.setdefault(name, Change(name, added.key, "added"))
        self._kernel.catch_up()  # an address that was just removed is nobody's source
        self.refresh()
        for router in self:  # a reconfigured one may have another base priority
            self.update_priority(router)
        return list(report.values())

    def _add(self, config: VirtualRouterConfig, ours: set[Address], before: Instance | None) -> Instance:
        """`ours` are the addresses managed so far; `before` is the router of this name, whose operator is obeyed."""
        announcer = Announcer(self._loop, self._paces)
        router = Instance(config, self._kernel, self._on_transition, self._on_move, self._later, announcer)
        if before is not None:
            router.override, router.machine.stopped_by = before.override, before.machine.stopped_by
        self.routers[config.name] = router
        router.presence.own = self.holdings.owned_by_host(config, ours)
        return router

    def _discard(self, router: Instance) -> None:
        self._handle(router, Shutdown())
        del self.routers[router.name]
        self._wires.leave(router)
        router.leave()

    # Links and addresses.

    def refresh(self) -> None:
        """Look at links, addresses and checks again, and tell every router what that means for it."""
        if self._ending:  # what leaves now must not come back
            return
        self._footing.refresh()
        managed = self.holdings.managed()
        places = {router: self._footing.place(router, managed) for router in self}
        for router in places:
            self._follow_checks(router)
        own = {router.name: tuple(self._footing.faults(router, *place)) for router, place in places.items()}
        unable = {name: "; ".join(faults) for name, faults in own.items() if faults}
        unable |= {router.name: "stopped" for router in self if router.machine.stopped_by is not None}
        for router, (link, source) in places.items():
            self._schedule.keep_up()
            if faults := (*own[router.name], *self._sync.faults(router.name, unable)):
                self._set_faults(router, faults)  # give up while the way out is still there
            self._rebind(router, self._footing.usable(router, link), source)
        unable = {router.name: router.obstacle for router in self if router.obstacle} | unable
        for router in places:
            self._schedule.keep_up()
            faults = (*own[router.name], *self._sync.faults(router.name, unable))
            self._set_faults(router, faults or ((router.obstacle,) if router.obstacle else ()))
            self._start_when_ready(router)
            router.restore_routes()
        self._settle_addresses(self)
        self._arm()

    def look(self) -> list[Instance]:
        """Compare addresses with the kernel's though nothing was reported; the virtual routers whose turn it was."""
        ones = [] if self._ending else self.holdings.next_ones()
        if ones:
            self._settle_addresses(ones)
        return ones

    def _settle_addresses(self, routers: Iterable[Instance]) -> None:
        if self.holdings.settle(routers):
            for delay_s in (0, CONTESTED_S):
                self._loop.call_later(delay_s, self.refresh)

    def _set_faults(self, router: Instance, faults: tuple[str, ...]) -> None:
        if faults != router.machine.faults:
            self._handle(router, FaultsChanged(faults))
            self._touched(router)

    def _rebind(self, router: Instance, link: Link | None, source: Address | None) -> None:
        if router.bound_to == router.binding(link, source):
            return
        self._wires.leave(router)
        wire = self._wires.open(link, router)
        router.bind(wire, link if wire else None, source)
        virtual = router.config.virtual_mac
        if virtual is not None and (device := self._kernel.link(virtual.name)):
            self._wires.open_device(device, router)
        self._handle(router, SourceChanged(source))

    # Adverts and time.

    def _on_readable(self, wire: VrrpSocket) -> None:
        self._drain(wire)
        self._arm()

    def _drain(self, wire: VrrpSocket) -> None:
        for router, adverts in self._wires.drain(wire).items():
            router.receive(adverts)
            self._note(router)
            self._touched(router)

    def _arm(self) -> None:
        due_ns = self._schedule.next_ns()
        self._alarm.set(None if due_ns is None else due_ns - self._lead_ns())

    def _lead_ns(self) -> int:
        """How long before its time what is due next is waited for: only a takeover is worth the spinning."""
        return EARLY_NS if isinstance(self._schedule.first.machine.state, Backup) else 0

    def _ring(self) -> None:
        """Something is due, or nearly: hear what waits, wait for the moment, hear again, act."""
        for _ in range(TURNS_PER_RING):
            if self._wires.waiting():
                self._drain_all()
            due_ns = self._schedule.next_ns()
            now_ns = time.monotonic_ns()
            if due_ns is None or due_ns - now_ns > self._lead_ns():
                break
            prepared = self._prepare(due_ns) if now_ns < due_ns else {}
            while True:  # asked again and again, so that nothing is cold when it is time
                now_ns = time.monotonic_ns()
                if self._wires.waiting(max(0, due_ns - now_ns - SPIN_NS) // 1_000_000):
                    self._drain_all()
                if now_ns >= due_ns:
                    break
            self._act(now_ns, self._carry_out(now_ns, prepared) if prepared else [])
            self.worst_late_ns = max(self.worst_late_ns, now_ns - due_ns)
            if prepared:
                break  # the loop has waited long enough for its other work
        self._arm()

    def _prepare(self, due_ns: int) -> dict[Instance, PreparedTick]:
        """What is done at `due_ns` and shortly after, as far as it can be worked out before."""
        self._kernel.warm_up()
        prepared: dict[Instance, PreparedTick] = {}
        for at_ns, router in self._schedule.takeovers(due_ns + TOGETHER_NS):
            prepared[router] = router.prepare_tick(at_ns)
            if due_ns - time.monotonic_ns() < LAST_LOOK_NS:
                break
        return prepared

    def _carry_out(self, now_ns: int, prepared: dict[Instance, PreparedTick]) -> list[Work]:
        """Do what was prepared and is due; returns what else must be done."""
        good = [(router, one) for router, one in prepared.items() if one.due_ns <= now_ns and router.is_good(one)]
        done = carry_out(self._kernel, [one for _, one in good])
        return [(router, router.take(one, what)) for (router, one), what in zip(good, done, strict=True)]

    def _act(self, now_ns: int, work: list[Work]) -> None:
        """Let everything that is due happen, all adverts first; `work` is what is left of what was prepared."""
        with self._later.held():
            if not work:
                for router in self._schedule.take_adverts(now_ns):
                    router.advertise()
            work += [(router, router.tick(now_ns)) for router in self._schedule.take_due(now_ns)]
            perform_together(self._kernel, work)
        for router, _ in work:
            self._note(router)
            self._touched(router)

    def _drain_all(self) -> None:
        for wire in self._wires:
            self._drain(wire)

    def _note(self, router: Instance) -> None:
        """Its state may have changed: note its deadline, and what that means for the rest of its sync group."""
        self._schedule.note(router)
        members = self._sync.members(router.name)
        if len(members) > 1:
            hold_back([self.routers[name].machine for name in members if name in self.routers])

    def _handle(self, router: Instance, event: Event) -> None:
        router.handle(time.monotonic_ns(), event)
        self._note(router)

    def tell(self, router: Instance, event: Event) -> None:
        """An operator's event for one router."""
        self._drain_all()
        self._handle(router, event)
        self._touched(router)
        self._arm()

    def idle_for(self, span_ns: int) -> bool:
        """Whether nothing is due within `span_ns`."""
        due_ns = self._schedule.next_ns()
        return due_ns is None or due_ns - time.monotonic_ns() > span_ns

    # Checks and priority.

    def _on_check(self, check: Tracker) -> None:
        if check.turned:
            self.refresh()
        self._told_check(check)

    def _follow_checks(self, router: Instance) -> None:
        """Bring what the router knows of its checks and interfaces, and its group's, up to date."""
        tracked = self.trackers.tracked(router.config, self._sync.config(router.name))
        before, now = self.trackers.stopping(router.tracked), self.trackers.stopping(tracked)
        if tracked != router.tracked:
            router.tracked = tracked
            self.update_priority(router)
        stopped_by = router.machine.stopped_by
        if stopped_by is None and now - before:
            self._handle(router, Stopped(f"check {min(now - before)}"))
        elif not now and stopped_by is not None and stopped_by.startswith("check "):
            self._handle(router, Started(stopped_by))

    def _start_when_ready(self, router: Instance) -> None:
        if router.machine.running:
            return
        members = [self.routers[name] for name in self._sync.members(router.name) if name in self.routers]
        if why := self._startup.waits_for(members):
            router.machine.reason = why
        else:
            self._handle(router, Startup())
            self._touched(router)

    def effects(self, name: str) -> list[Effect]:
        """What a check does to each router that it moves."""
        return [e for r in self for e in self.trackers.effects(name, r.config, self._sync.config(r.name))]

    def mute(self, name: str, muted: bool) -> None:
        """Let a check count for nothing, or count again."""
        (self.trackers.muted.add if muted else self.trackers.muted.discard)(name)
        self.refresh()
        self._told_check(self.checks[name])

    def update_priority(self, router: Instance) -> None:
        """Work the effective priority out again."""
        before, now = router.machine.priority, router.effective()
        self._handle(router, PriorityChanged(now))
        if now != before:
            state = router.machine.state_name
            self._later(lambda: self.notifications.priority_changed(router.name, state, now))
        self._touched(router)
        self._arm()

    # Notifications and the end.

    def _on_transition(self, router: Instance, told: Transition | LowerHeard) -> None:
        removed = self.routers.get(router.name) is not router
        self.notifications.tell(router.name, told, router.machine.priority, removed)
        if isinstance(told, Transition):
            self._told_transition(router, told)

    def _on_move(self, router: Instance, transition: Transition) -> None:
        """Let the rest of its sync group follow a router, at once."""
        group = self._sync.group(router.name)
        if group is None or self._ending:
            return
        machines = {name: self.routers[name].machine for name in group.members if name in self.routers}
        for name, actions in group.follow(time.monotonic_ns(), router.name, transition, machines):
            self.routers[name].perform(actions)
            self._note(self.routers[name])
            self._touched(self.routers[name])
        self._loop.call_soon(self.refresh)  # another may be in fault because of this one

    def shut_down(self) -> None:
        """Give up everything in order, and for good: priority 0, addresses gone."""
        self._ending = True
        for router in self:
            self._handle(router, Shutdown())
            router.leave()
        self._footing.remove()
        self._links.close()
        self.trackers.stop()

    def close(self) -> None:
        self._alarm.close()
        self._wires.close()
