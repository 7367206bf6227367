"""When virtual routers act: sockets are read first, then everything due is done, all adverts first.

The timer fires some milliseconds before a takeover. It is prepared meanwhile, so that at the deadline only bytes are
sent.
"""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.runtime.clock import Clock
from vrrptui.engine.runtime.event_queue import EventQueue
from vrrptui.engine.vrrp.batch import Job, perform, prepare
from vrrptui.engine.vrrp.events import ChangedInstances, InstanceEvent
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.schedule import Schedule
from vrrptui.engine.vrrp.sync_groups import SyncGroups
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket
from vrrptui.engine.vrrp.vrrp_sockets import VrrpSockets
from vrrptui.protocol.actions import Transition
from vrrptui.protocol.advert import Advert
from vrrptui.protocol.events import Event, Tick
from vrrptui.protocol.states import Backup
from vrrptui.protocol.sync_group import hold_back

SPIN_NS = 300_000  # nanoseconds to spin at the end of the wait: a process that spins longer loses the processor
LAST_LOOK_NS = 200_000  # nanoseconds before a deadline in which nothing more is prepared
TOGETHER_NS = 2_000_000  # takeovers that are due within this many nanoseconds are prepared together
TURNS_PER_RING = 16


class Deadlines:
    """The timer, the schedule and the sockets of all virtual routers."""

    def __init__(
        self,
        kernel: Kernel,
        clock: Clock,
        events: EventQueue[InstanceEvent],
        groups: SyncGroups,
        again: Callable[[], None],
        new_socket: Callable[..., VrrpSocket] = VrrpSocket,
    ) -> None:
        """`again` is called, in a later turn of the loop, to re-evaluate the state of all routers."""
        self.changed = ChangedInstances(events)
        self.sockets = VrrpSockets(clock.loop, self._on_readable, again, new_socket)
        self._kernel = kernel
        self._clock = clock
        self._events = events
        self._groups = groups
        self._again = again
        self._schedule = Schedule(clock.now_ns)
        self._timer = clock.timer(clock.loop, self.act)
        self._worst_late_ns = 0
        self._ending = False

    def handle(self, instance: Instance, event: Event) -> None:
        """Handle an event in the machine and perform its actions."""
        self._perform([Job(instance, instance.machine.handle(self._clock.now_ns(), event))])
        self.note(instance)

    def note(self, instance: Instance) -> None:
        """Update the schedule and the sync group after a possible change of the machine."""
        self._schedule.note(instance)
        self.changed.add(instance)
        members = self._groups.members(instance.name)
        if len(members) > 1:
            hold_back(self._clock.now_ns(), [member.machine for member in members])

    def forget(self, instance: Instance) -> None:
        """Remove an instance from the schedule and the sockets."""
        self._schedule.forget(instance)
        self.sockets.leave(instance)

    def keep_up(self) -> None:
        """Send the adverts that are due, during work that takes longer than an advertisement interval."""
        self._schedule.keep_up()

    def read(self) -> None:
        """Process every advert that has arrived."""
        for sock in self.sockets:
            self._drain(sock)

    def arm(self) -> None:
        """Set the timer for the next deadline."""
        due_ns = self._schedule.next_ns()
        self._timer.set(None if due_ns is None else due_ns - self._lead_ns())

    def act(self) -> None:
        """Act on deadlines that are due or near: read the sockets, wait for the moment, read again, act."""
        for _ in range(TURNS_PER_RING):
            if self.sockets.waiting():
                self.read()
            due_ns = self._schedule.next_ns()
            now_ns = self._clock.now_ns()
            if due_ns is None or due_ns - now_ns > self._lead_ns():
                break
            prepared = self._prepare(due_ns) if now_ns < due_ns else []
            while True:  # polled repeatedly, so that caches are warm at the deadline
                now_ns = self._clock.now_ns()
                if self.sockets.waiting(max(0, due_ns - now_ns - SPIN_NS) // 1_000_000):
                    self.read()
                if now_ns >= due_ns:
                    break
            self._act(now_ns, prepared)
            self._worst_late_ns = max(self._worst_late_ns, now_ns - due_ns)
            if prepared:
                break  # leave time for other work of the loop
        self.arm()

    def idle_for(self, span_ns: int) -> bool:
        """Whether nothing is due within `span_ns` nanoseconds."""
        due_ns = self._schedule.next_ns()
        return due_ns is None or due_ns - self._clock.now_ns() > span_ns

    def take_worst_late_ns(self) -> int:
        """Return the maximum lateness of an action in nanoseconds since the last call."""
        worst_ns, self._worst_late_ns = self._worst_late_ns, 0
        return worst_ns

    def end(self) -> None:
        """Stop synchronizing sync groups, because the engine ends."""
        self._ending = True

    def close(self) -> None:
        self._timer.close()
        self.sockets.close()

    def _on_readable(self, sock: VrrpSocket) -> None:
        self._drain(sock)
        self.arm()

    def _drain(self, sock: VrrpSocket) -> None:
        for instance, adverts in self.sockets.drain(sock).items():
            self.hear(instance, adverts)

    def hear(self, instance: Instance, adverts: list[tuple[int, Advert]]) -> None:
        """Process adverts that arrived together, with their monotonic arrival times, oldest first."""
        actions = instance.machine.receive_all(adverts)
        if actions:
            self._perform([Job(instance, actions)])
        self.note(instance)

    def _lead_ns(self) -> int:
        """How long before the next deadline the timer fires, in nanoseconds; only a takeover is worth spinning for."""
        return self._clock.early_ns if isinstance(self._schedule.first.machine.state, Backup) else 0

    def _prepare(self, due_ns: int) -> list[Job]:
        """Prepare the takeovers that are due at `due_ns` or shortly after."""
        self._kernel.warm_up()
        prepared = []
        for at_ns, instance in self._schedule.takeovers(due_ns + TOGETHER_NS):
            prepared.append(prepare(instance, at_ns))
            if due_ns - self._clock.now_ns() < LAST_LOOK_NS:
                break
        return prepared

    def _act(self, now_ns: int, prepared: list[Job]) -> None:
        """Do everything that is due, all adverts first."""
        ready = [job for job in prepared if job.is_due(now_ns)]
        with self._events.held():
            if ready:
                self._perform(ready)
            else:
                for instance in self._schedule.take_adverts(now_ns):
                    instance.transmitter.advertise(instance.machine)
            due = [Job(one, one.machine.handle(now_ns, Tick())) for one in self._schedule.take_due(now_ns)]
            if due:
                self._perform(due)
        for job in ready + due:
            self.note(job.instance)

    def _perform(self, jobs: list[Job]) -> None:
        """Perform jobs, then let the rest of each sync group follow."""
        for instance, transition in perform(self._kernel, jobs, self._events):
            self._follow(instance, transition)

    def _follow(self, instance: Instance, transition: Transition) -> None:
        group = self._groups.group(instance.name)
        if group is None or self._ending:
            return
        members = {member.name: member for member in self._groups.members(instance.name)}
        machines = {name: member.machine for name, member in members.items()}
        for name, actions in group.follow(self._clock.now_ns(), instance.name, transition, machines):
            self._perform([Job(members[name], actions)])
            self.note(members[name])
        self._clock.loop.call_soon(self._again)  # a fault of this router may be a fault of others
