"""When virtual routers act: the sockets are read first, then what is due is done, all adverts before all else.

A takeover is waited for some milliseconds ahead of its time and worked out meanwhile, so that at the moment of the
deadline its bytes are only sent.
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

SPIN_NS = 300_000  # the last of an early wake-up is spun: who has used its time loses the processor
LAST_LOOK_NS = 200_000  # nothing is prepared so late
TOGETHER_NS = 2_000_000  # takeovers due so soon after the first are prepared with it
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
        """`again` is called when what virtual routers depend on is to be looked at again, in a later turn."""
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
        """Give a machine an event, and do what it wants done."""
        self._perform([Job(instance, instance.machine.handle(self._clock.now_ns(), event))])
        self.note(instance)

    def note(self, instance: Instance) -> None:
        """Its state may have changed: note its deadline, and what that means for the rest of its sync group."""
        self._schedule.note(instance)
        self.changed.add(instance)
        members = self._groups.members(instance.name)
        if len(members) > 1:
            hold_back(self._clock.now_ns(), [member.machine for member in members])

    def forget(self, instance: Instance) -> None:
        """It ends: nothing of it is due, and it hears nothing."""
        self._schedule.forget(instance)
        self.sockets.leave(instance)

    def keep_up(self) -> None:
        """Let masters send the adverts that are due, in the middle of work that takes longer than their interval."""
        self._schedule.keep_up()

    def read(self) -> None:
        """Take in every advert that waits."""
        for sock in self.sockets:
            self._drain(sock)

    def arm(self) -> None:
        """Set the timer for what is due next."""
        due_ns = self._schedule.next_ns()
        self._timer.set(None if due_ns is None else due_ns - self._lead_ns())

    def act(self) -> None:
        """Something is due, or nearly: hear what waits, wait for the moment, hear again, act."""
        for _ in range(TURNS_PER_RING):
            if self.sockets.waiting():
                self.read()
            due_ns = self._schedule.next_ns()
            now_ns = self._clock.now_ns()
            if due_ns is None or due_ns - now_ns > self._lead_ns():
                break
            prepared = self._prepare(due_ns) if now_ns < due_ns else []
            while True:  # asked again and again, so that nothing is cold when it is time
                now_ns = self._clock.now_ns()
                if self.sockets.waiting(max(0, due_ns - now_ns - SPIN_NS) // 1_000_000):
                    self.read()
                if now_ns >= due_ns:
                    break
            self._act(now_ns, prepared)
            self._worst_late_ns = max(self._worst_late_ns, now_ns - due_ns)
            if prepared:
                break  # the loop has waited long enough for its other work
        self.arm()

    def idle_for(self, span_ns: int) -> bool:
        """Whether nothing is due within `span_ns`."""
        due_ns = self._schedule.next_ns()
        return due_ns is None or due_ns - self._clock.now_ns() > span_ns

    def take_worst_late_ns(self) -> int:
        """How late a deadline was met at most, in nanoseconds, since this was asked last."""
        worst_ns, self._worst_late_ns = self._worst_late_ns, 0
        return worst_ns

    def end(self) -> None:
        """No virtual router follows the rest of its sync group any more."""
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
        """Adverts that waited together, with the monotonic times of their arrival, oldest first."""
        actions = instance.machine.receive_all(adverts)
        if actions:
            self._perform([Job(instance, actions)])
        self.note(instance)

    def _lead_ns(self) -> int:
        """How long before its time what is due next is waited for: only a takeover is worth the spinning."""
        return self._clock.early_ns if isinstance(self._schedule.first.machine.state, Backup) else 0

    def _prepare(self, due_ns: int) -> list[Job]:
        """What is done at `due_ns` and shortly after, as far as it can be worked out before."""
        self._kernel.warm_up()
        prepared = []
        for at_ns, instance in self._schedule.takeovers(due_ns + TOGETHER_NS):
            prepared.append(prepare(instance, at_ns))
            if due_ns - self._clock.now_ns() < LAST_LOOK_NS:
                break
        return prepared

    def _act(self, now_ns: int, prepared: list[Job]) -> None:
        """Let everything that is due happen, all adverts first."""
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
        """Do what machines want done; then the rest of a sync group follows."""
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
        self._clock.loop.call_soon(self._again)  # another may be in fault because of this one
