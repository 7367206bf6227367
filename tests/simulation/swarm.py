"""Networks drawn by seeds: routers, clocks, a wire and a choice of what goes wrong, all of it in virtual time.

Every step of every machine is compared with `reference`; what holds for the whole network is asked of it when it is
quiet again. Each seed switches on a part of the faults only, so that none hides behind another. Nothing here sleeps.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address
from math import ceil

from tests.protocol.routers import effects
from tests.simulation.frames import encoded, packet, refused
from tests.simulation.reference import SECOND, Reference
from vrrptui.protocol.actions import SendAdvert, Transition
from vrrptui.protocol.advert import Family, Packet
from vrrptui.protocol.codec import decode
from vrrptui.protocol.events import (
    AdvertReceived,
    Event,
    FaultsChanged,
    Follow,
    PriorityChanged,
    Shutdown,
    SourceChanged,
    Startup,
    Tick,
)
from vrrptui.protocol.receive import Expected
from vrrptui.protocol.settings import Settings
from vrrptui.protocol.sync_group import SyncGroup
from vrrptui.protocol.virtual_router import VirtualRouter

VIP = IPv4Address("10.0.0.254")
GROUP = Family.IPV4.group
FAULTS = (
    "loss", "bursts", "delay", "doubles", "drift", "late", "pause", "partition", "one way", "crash", "stop", "link",
    "priority", "strangers",
)  # fmt: skip
EXPLORED_PHASES = 25


@dataclass(frozen=True)
class Kinds:
    """The classes under test; faulty ones are put in their place to see whether anything notices."""

    router: type = VirtualRouter
    group: type = SyncGroup


@dataclass
class Said:
    """A frame on the wire, and what is true of it."""

    packet: Packet
    vrid: int
    good: bool
    priority: int = 0
    source: int = 0
    interval: int = 0


@dataclass
class Host:
    """A router with one machine for each VRID, its clock, and what its kernel holds."""

    number: int
    priority: int
    interval: int
    ppm: int = 0
    offset: int = 0
    alive: bool = False
    paused: bool = False
    link: bool = True
    machines: dict[int, VirtualRouter] = field(default_factory=dict)
    references: dict[int, Reference] = field(default_factory=dict)
    holds: set[int] = field(default_factory=set)
    waiting: list[tuple[int, Said]] = field(default_factory=list)

    @property
    def address(self) -> IPv4Address:
        return IPv4Address(f"10.0.0.{self.number}")

    def clock(self, now: int) -> int:
        """Its own monotonic time; rates differ by parts in a million."""
        return self.offset + now + now * self.ppm // 1_000_000

    def when(self, local: int) -> int:
        """The true time at which its clock shows at least that."""
        guess = ceil((local - self.offset) * 1_000_000 / (1_000_000 + self.ppm)) - 2
        while self.clock(guess) < local:
            guess += 1
        return guess


def method_of(fault: str) -> str:
    """What does a fault to a host; the other faults lie in how the wire and the clocks behave."""
    return "_" + fault.replace(" ", "_")


class Swarm:
    """One network; `run` plays its story to the end. A failure says which seed it was."""

    def __init__(self, seed: int, kinds: Kinds = Kinds()) -> None:
        self.seed, self.kinds = seed, kinds
        self.random = draw = random.Random(seed)
        self.faults = {one for one in FAULTS if draw.random() < 0.4}
        self.version = draw.choice([2, 3])
        seconds, centiseconds = draw.choice([1, 3, 10]), draw.choice([1, 10, 20, 100, 279, 4095])
        self.interval = SECOND * seconds if self.version == 2 else SECOND // 100 * centiseconds
        self.vrids = tuple(range(51, 51 + draw.choice([1, 1, 2, 3])))
        together = len(self.vrids) > 1 and draw.random() < 0.6
        self.group = kinds.group("G", tuple(map(str, self.vrids))) if together else None
        self.preempt = draw.random() > 0.25
        self.preempt_delay = 5 * self.interval if draw.random() < 0.15 else 0
        self.delay = self.interval // 200
        self.uneven = self.version == 3 and centiseconds < 2048 and random.Random(f"{seed} intervals").random() < 0.4
        self.now, self.count = 0, 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.log: list[str] = []
        self.cut: set[tuple[int, int]] = set()
        self.bad_until: dict[int, int] = {}
        self.noisy = False
        self.hosts = [self._host(number) for number in range(1, draw.choice([2, 2, 3, 4]) + 1)]
        intervals = [host.interval / SECOND for host in self.hosts]
        self.note(f"{sorted(self.faults)} v{self.version} {intervals} {self.vrids} {bool(self.group)}")

    def _host(self, number: int) -> Host:
        draw = self.random
        owner = number == 1 and draw.random() < 0.1
        priority = 255 if owner else draw.choice([1, 50, 100, 100, 150, 200, 254])
        slow = self.uneven and random.Random(f"{self.seed} interval {number}").random() < 0.5
        host = Host(number, priority, self.interval * 2 if slow else self.interval)  # which RFC 9568 has backups learn
        if "drift" in self.faults:
            host.ppm = draw.randint(-500, 500)
        host.offset = draw.randrange(10**15)
        return host

    # The story.

    def run(self) -> Swarm:
        try:
            self._explore()
            self._settle()
        except AssertionError as error:
            tail = "\n".join(self.log[-25:])
            raise AssertionError(f"seed {self.seed}: {error}\n{self.log[0]}\n{tail}") from error
        return self

    def _explore(self) -> None:
        for host in self.hosts:
            self.boot(host)
            self.pass_time(self.random.random() * 2)
        self.noisy = True
        acts = [one for one in FAULTS if one in self.faults and hasattr(self, method_of(one))]
        for _ in range(EXPLORED_PHASES):
            if acts:
                getattr(self, method_of(self.random.choice(acts)))(self.random.choice(self.hosts))
            self.pass_time(self.random.random() * 5)

    def _settle(self) -> None:
        """Everything is put right; then one router must rule, and nothing must move any more."""
        self.noisy, self.cut = False, set()
        for host in self.hosts:
            if host.paused:
                self._pause(host)
            if not host.link:
                self._link(host)
            if not host.alive:
                self.boot(host)
        self.pass_time(40)
        self._one_master()
        moves = [m.statistics.master_transitions for h in self.hosts for m in h.machines.values()]
        spoke = {h.number: [m.statistics.advertisement_sent for m in h.machines.values()] for h in self.hosts}
        self.pass_time(10)
        self._one_master()
        assert moves == [m.statistics.master_transitions for h in self.hosts for m in h.machines.values()], "it flaps"
        for host in self.hosts:
            for vrid, before in zip(self.vrids, spoke[host.number], strict=True):
                sent = host.machines[vrid].statistics.advertisement_sent - before
                wanted = 10 * self.interval // host.interval if vrid in host.holds else 0
                assert abs(sent - wanted) <= (1 if wanted else 0), f"{host.number} sent {sent} adverts in 10 intervals"

    def _one_master(self) -> None:
        for vrid in self.vrids:
            masters = [h for h in self.hosts if h.machines[vrid].state_name == "master"]
            assert len(masters) == 1, f"VRID {vrid} has the masters {[h.number for h in masters]}"
            assert [h for h in self.hosts if vrid in h.holds] == masters, f"VRID {vrid}: the address is elsewhere"
            if self.preempt and not self.preempt_delay:
                best = max(host.machines[vrid].priority for host in self.hosts)  # of equal ones the master stays
                ruling = masters[0].machines[vrid].priority
                assert ruling == best, f"VRID {vrid}: {ruling} rules, the best is {best}"

    # What goes wrong.

    def boot(self, host: Host) -> None:
        """A new process; what an earlier one left in the kernel it removes."""
        host.alive, host.paused, host.waiting = True, False, []
        host.holds = set()
        for vrid in self.vrids:
            expected = Expected(
                family=Family.IPV4,
                vrid=vrid,
                version=self.version,
                interval_ns=host.interval,
                addresses=(VIP,),
                owner=host.priority == 255,
            )
            settings = Settings(
                name=str(vrid),
                expected=expected,
                priority=host.priority,
                preempt=self.preempt,
                preempt_delay_ns=self.preempt_delay,
            )
            host.machines[vrid] = self.kinds.router(settings)
            host.references[vrid] = Reference(
                self.version, host.priority, host.interval, int(host.address), self.preempt, self.preempt_delay
            )
            self.give(host, vrid, SourceChanged(host.address))
        for vrid in self.vrids:
            self.give(host, vrid, Startup())
            if not host.link:
                self.give(host, vrid, FaultsChanged(("link down",)))

    def _crash(self, host: Host) -> None:
        """kill -9: not a word, and the addresses stay in its kernel; or it is started again."""
        if host.alive:
            host.alive = False
            self.note(f"{host.number} killed")
        else:
            self.boot(host)

    def _stop(self, host: Host) -> None:
        if host.alive and not host.paused:
            for vrid in self.vrids:
                self.give(host, vrid, Shutdown())
            host.alive = False
        elif not host.alive:
            self.boot(host)

    def _pause(self, host: Host) -> None:
        """SIGSTOP, and SIGCONT the next time: what waited is read before the time is looked at."""
        host.paused = not host.paused
        self.note(f"{host.number} {'paused' if host.paused else 'resumed'}")
        if not host.paused and host.alive:
            waiting, host.waiting = host.waiting, []
            for vrid in self.vrids:
                self._receive(host, vrid, [(at, said) for at, said in waiting if said.vrid == vrid])
            for vrid in self.vrids:
                self.give(host, vrid, FaultsChanged(() if host.link else ("link down",)))
            for vrid in self.vrids:
                self.give(host, vrid, Tick())

    def _partition(self, host: Host) -> None:
        others = [other for other in self.hosts if other is not host]
        pairs = {(host.number, o.number) for o in others} | {(o.number, host.number) for o in others}
        self.cut = set() if self.cut else pairs
        self.note(f"cut {self.cut}")

    def _one_way(self, host: Host) -> None:
        self.cut = set() if self.cut else {(o.number, host.number) for o in self.hosts if o is not host}
        self.note(f"cut {self.cut}")

    def _link(self, host: Host) -> None:
        host.link = not host.link
        self.note(f"{host.number} link {host.link}")
        if host.alive and not host.paused:
            for vrid in self.vrids:
                self.give(host, vrid, FaultsChanged(() if host.link else ("link down",)))

    def _priority(self, host: Host) -> None:
        """A check fails or recovers; an owner's never changes."""
        if host.alive and not host.paused and host.priority != 255:
            new = self.random.choice([1, 40, 100, 149, 254])
            for vrid in self.vrids:
                self.give(host, vrid, PriorityChanged(new))

    def _strangers(self, _: Host) -> None:
        """A dozen packets that nobody may believe."""
        for _number in range(12):
            vrid = self.random.choice(self.vrids)
            frame = refused(self.random, self.version, vrid, self.interval)
            for host in self.hosts:
                self._deliver(host, Said(frame, vrid, good=False))
            self.pass_time(0.3)

    # Machines.

    def give(self, host: Host, vrid: int, event: Event) -> None:
        """Let a machine handle something, and the model of it as well; both must do the same."""
        now, model = host.clock(self.now), host.references[vrid]
        actions = host.machines[vrid].handle(now, event)
        match event:
            case Startup():
                wanted = model.startup(now)
            case Shutdown():
                wanted = model.leave()
            case FaultsChanged(faults):
                up = not faults and model.state == "init"
                wanted = model.leave() if faults else model.startup(now) if up else []
            case PriorityChanged(priority):
                wanted = model.change(priority)
            case Tick():
                wanted = model.tick(now)
            case Follow(state):
                wanted = model.follow(now, state)
            case _:
                wanted = []
        self._compare(host, vrid, actions, wanted, type(event).__name__)

    def _receive(self, host: Host, vrid: int, heard: list[tuple[int, Said]]) -> None:
        """One advert, or several that waited together."""
        machine, model = host.machines[vrid], host.references[vrid]
        wanted: list[str] = []
        for at, said in heard:
            if said.good:
                wanted += model.hear(at, said.priority, said.source, said.interval)
        adverts = [(at, decode(said.packet)) for at, said in heard]
        if len(heard) == 1:
            actions = machine.handle(adverts[0][0], AdvertReceived(adverts[0][1]))
        else:
            actions = machine.receive_all(adverts)
            if model.state != "master":
                wanted = [one for one in wanted if not one.startswith(("SendAdvert", "Announce"))]
        what = " ".join(str(said.priority) if said.good else "refused" for _, said in heard)
        self._compare(host, vrid, actions, wanted, f"heard {what}")

    def _compare(self, host: Host, vrid: int, actions: list, wanted: list[str], what: str, leads: bool = True) -> None:
        machine, model = host.machines[vrid], host.references[vrid]
        done, who = effects(actions), f"{host.number}/{vrid} {what}"
        state = machine.state_name if machine.state_name in ("master", "backup") else "init"
        self.note(f"{who}: {' '.join(done)} {machine.state_name}")
        assert done == wanted, f"{who}: did {done}, not {wanted}"
        assert state == model.state, f"{who}: is {state}, not {model.state}"
        due, wanted_due = machine.next_deadline_ns(), model.next()
        assert (due is None) == (wanted_due is None), f"{who}: waits until {due}, not {wanted_due}"
        if due is not None and wanted_due is not None:
            assert 0 <= due - wanted_due <= 3, f"{who}: waits {float(due - wanted_due)} ns too long"
        self._perform(host, vrid, actions, leads)

    def _perform(self, host: Host, vrid: int, actions: list, leads: bool) -> None:
        done = effects(actions)
        if "AddAddresses" in done:
            host.holds.add(vrid)
        elif "RemoveAddresses" in done:
            host.holds.discard(vrid)
        machine = host.machines[vrid]
        assert (vrid in host.holds) == (machine.state_name == "master"), f"{host.number}/{vrid}: whose is the address?"
        for action in actions:
            match action:
                case SendAdvert(priority):
                    self._broadcast(host, vrid, priority)
                case Transition() if self.group is not None and leads:
                    self._follow(host, vrid, action)
        due = machine.next_deadline_ns()
        if due is not None:
            late = self.random.randint(0, self.interval // 20) if "late" in self.faults and self.noisy else 0
            self._at(max(host.when(due), self.now) + late, lambda: self._wake(host, machine, vrid, due))

    def _follow(self, host: Host, vrid: int, transition: Transition) -> None:
        """Whom the group moves, and that each of them does what its model does."""
        assert self.group is not None
        now, after = host.clock(self.now), transition.after
        others = [str(v) for v, model in host.references.items() if v != vrid and model.state != after]
        leads = after == "master" or (transition.before, after) == ("master", "backup")
        machines = {str(one): host.machines[one] for one in self.vrids}
        done = self.group.follow(now, str(vrid), transition, machines)
        wanted = others if leads and transition.before != after else []
        assert [name for name, _ in done] == wanted, f"{host.number}/{vrid} moves {[n for n, _ in done]}, not {wanted}"
        for name, actions in done:
            expected = host.references[int(name)].follow(now, after)
            self._compare(host, int(name), actions, expected, f"follows {vrid} to {after}", leads=False)

    def _wake(self, host: Host, machine: VirtualRouter, vrid: int, due: int) -> None:
        current = host.machines[vrid] is machine and machine.next_deadline_ns() == due
        if not host.alive or host.paused or not current:
            return
        now = host.clock(self.now)
        next_due = machine.take_advert(now) if self.random.random() < 0.5 else None  # the engine's short way
        if next_due is None:
            self.give(host, vrid, Tick())
            return
        assert next_due == machine.next_deadline_ns(), f"{host.number}/{vrid}: two deadlines"
        sent = [SendAdvert(machine.priority)]
        self._compare(host, vrid, sent, host.references[vrid].tick(now), "takes its advert")

    # The wire.

    def _broadcast(self, host: Host, vrid: int, priority: int) -> None:
        message = encoded(self.version, vrid, priority, host.interval, host.address)
        said = Said(packet(message, host.address), vrid, True, priority, int(host.address), host.interval)
        for other in self.hosts:
            lost = not host.link or (host.number, other.number) in self.cut or self._lost(other)
            if other is host or lost:
                continue
            doubled = self.noisy and "doubles" in self.faults and self.random.random() < 0.15
            for _ in range(2 if doubled else 1):
                slowest = 2 * self.interval if self.noisy and "delay" in self.faults else self.delay
                delay = self.random.randint(self.delay // 10, slowest)
                self._at(self.now + delay, partial(self._deliver, other, said))

    def _lost(self, other: Host) -> bool:
        if not self.noisy:
            return False
        if "bursts" in self.faults and self.bad_until.get(other.number, 0) < self.now and self.random.random() < 0.05:
            self.bad_until[other.number] = self.now + self.random.randint(1, 5) * self.interval
        in_burst = self.now < self.bad_until.get(other.number, 0)
        return in_burst or ("loss" in self.faults and self.random.random() < 0.3)

    def _deliver(self, host: Host, said: Said) -> None:
        if not host.alive or not host.link:
            return
        if host.paused:
            host.waiting.append((host.clock(self.now), said))
            return
        before = (host.machines[said.vrid].state, host.machines[said.vrid].priority)
        self._receive(host, said.vrid, [(host.clock(self.now), said)])
        after = (host.machines[said.vrid].state, host.machines[said.vrid].priority)
        assert said.good or before == after, f"{host.number}: a packet that must be refused has changed something"

    # Time.

    def pass_time(self, intervals: float) -> None:
        until = self.now + round(intervals * self.interval)
        while self.queue and self.queue[0][0] <= until:
            self.now, _, act = heapq.heappop(self.queue)
            act()
        self.now = until

    def _at(self, when: int, act: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.queue, (when, self.count, act))

    def note(self, text: str) -> None:
        self.log.append(f"{self.now / self.interval:.4f} {text}")

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.log).encode()).hexdigest()
