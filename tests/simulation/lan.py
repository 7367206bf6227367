"""Routers on a wire in virtual time: real state machines, real bytes, a seed; nothing here sleeps.

The wire loses, delays, doubles and reorders; routers crash, pause, are partitioned. Everything is written in `log`.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address

from vrrptui.protocol.actions import AddAddresses, RemoveAddresses, SendAdvert
from vrrptui.protocol.advert import Family, Packet
from vrrptui.protocol.codec import decode, encode_v2, encode_v3
from vrrptui.protocol.events import AdvertReceived, Event, Shutdown, SourceChanged, Startup, Tick
from vrrptui.protocol.receive import Expected
from vrrptui.protocol.settings import Settings
from vrrptui.protocol.virtual_router import VirtualRouter

SECOND = 1_000_000_000
VIP = IPv4Address("10.0.0.254")
GROUP = Family.IPV4.group


@dataclass
class Member:
    """A router on the wire, as its host sees it."""

    name: str
    machine: VirtualRouter
    address: IPv4Address
    alive: bool = True
    paused: bool = False
    holds_address: bool = False
    waiting: list[Packet] = field(default_factory=list)  # frames that came while it was paused
    sent: list[tuple[int, int]] = field(default_factory=list)  # (when, priority)


class Lan:
    """`priorities` by name; the address of the nth router is 10.0.0.n."""

    def __init__(
        self,
        seed: int,
        priorities: dict[str, int],
        version: int = 3,
        interval_ns: int = SECOND,
        loss: float = 0.0,
        delay_ns: int = 100_000,
        doubled: float = 0.0,
        late_ns: int = 0,
        **settings: object,
    ) -> None:
        self.random = random.Random(seed)
        self.version, self.interval_ns = version, interval_ns
        self.loss, self.delay_ns, self.doubled, self.late_ns = loss, delay_ns, doubled, late_ns
        self.now_ns = 0
        self.log: list[str] = [f"seed {seed} {priorities} v{version} {interval_ns} ns"]
        self.cut: set[tuple[str, str]] = set()  # (from, to) that does not hear
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.members: dict[str, Member] = {}
        for number, (name, priority) in enumerate(priorities.items(), 1):
            expected = Expected(family=Family.IPV4, vrid=51, version=version, interval_ns=interval_ns, addresses=(VIP,))
            machine = VirtualRouter(Settings(name=name, expected=expected, priority=priority, **settings))
            self.members[name] = Member(name, machine, IPv4Address(f"10.0.0.{number}"))
            machine.handle(0, SourceChanged(self.members[name].address))

    # What the test does.

    def start(self, *names: str) -> Lan:
        for name in names or self.members:
            self.give(name, Startup())
        return self

    def kill(self, name: str) -> Lan:
        """It dies without a word; its address stays where it is, as with kill -9."""
        self.members[name].alive = False
        self._note(f"{name} killed")
        return self

    def stop(self, name: str) -> Lan:
        self.give(name, Shutdown())
        return self

    def pause(self, name: str) -> Lan:
        self.members[name].paused = True
        self._note(f"{name} paused")
        return self

    def resume(self, name: str) -> Lan:
        """It reads what waited first, as the engine does, and then looks at the time."""
        member = self.members[name]
        member.paused = False
        self._note(f"{name} resumed")
        waiting, member.waiting = member.waiting, []
        heard = [(self.now_ns, decode(packet)) for packet in waiting]
        self._perform(member, member.machine.receive_all(heard))
        self._perform(member, member.machine.handle(self.now_ns, Tick()))
        return self

    def partition(self, *names: str) -> Lan:
        """These hear, and are heard by, each other only."""
        others = self.members.keys() - set(names)
        self.cut = {(a, b) for a in names for b in others} | {(b, a) for a in names for b in others}
        self._note(f"partition {names}")
        return self

    def deafen(self, name: str) -> Lan:
        """It hears nobody, and everybody hears it."""
        self.cut = {(other, name) for other in self.members}
        self._note(f"{name} deaf")
        return self

    def heal(self) -> Lan:
        self.cut = set()
        self._note("healed")
        return self

    def inject(self, frame: bytes, source: IPv4Address, ttl: int = 255) -> Lan:
        """A stranger sends something to everybody."""
        for member in self.members.values():
            self._deliver(member.name, self._wrapped(frame, source, ttl))
        return self

    def give(self, name: str, event: Event) -> Lan:
        member = self.members[name]
        self._perform(member, member.machine.handle(self.now_ns, event))
        return self

    def run(self, seconds: float) -> Lan:
        """Let time pass."""
        until_ns = self.now_ns + round(seconds * SECOND)
        while self._queue and self._queue[0][0] <= until_ns:
            self.now_ns, _, act = heapq.heappop(self._queue)
            act()
        self.now_ns = until_ns
        return self

    # What the test sees.

    def masters(self) -> list[str]:
        return [m.name for m in self.members.values() if m.alive and m.machine.state_name == "master"]

    def holders(self) -> list[str]:
        return [m.name for m in self.members.values() if m.alive and m.holds_address]

    def sent(self, name: str, after_ns: int = 0) -> list[tuple[int, int]]:
        return [(at, priority) for at, priority in self.members[name].sent if at > after_ns]

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.log).encode()).hexdigest()

    # How it works.

    def _at(self, time_ns: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (time_ns, self._count, act))

    def _note(self, text: str) -> None:
        self.log.append(f"{self.now_ns} {text}")

    def _perform(self, member: Member, actions: list) -> None:
        for action in actions:
            match action:
                case SendAdvert(priority):
                    member.sent.append((self.now_ns, priority))
                    self._note(f"{member.name} sends {priority}")
                    self._broadcast(member, priority)
                case AddAddresses():
                    member.holds_address = True
                case RemoveAddresses():
                    member.holds_address = False
        self._note(f"{member.name} {member.machine.state_name}")
        self._schedule(member)

    def _schedule(self, member: Member) -> None:
        due_ns = member.machine.next_deadline_ns()
        if due_ns is not None:
            late_ns = self.random.randint(0, self.late_ns) if self.late_ns else 0
            self._at(max(due_ns, self.now_ns) + late_ns, lambda: self._tick(member, due_ns))

    def _tick(self, member: Member, due_ns: int) -> None:
        if member.alive and not member.paused and member.machine.next_deadline_ns() == due_ns:
            self._perform(member, member.machine.handle(self.now_ns, Tick()))

    def _broadcast(self, member: Member, priority: int) -> None:
        if self.version == 2:
            message = encode_v2(51, priority, self.interval_ns, (VIP,))
        else:
            message = encode_v3(51, priority, self.interval_ns, (VIP,), member.address, GROUP)
        frame = self._wrapped(message, member.address)
        for other in self.members.values():
            if other is member or (member.name, other.name) in self.cut or self.random.random() < self.loss:
                continue
            for _ in range(2 if self.random.random() < self.doubled else 1):
                delay_ns = self.random.randint(self.delay_ns // 10, self.delay_ns)
                self._at(self.now_ns + delay_ns, partial(self._deliver, other.name, frame))

    def _wrapped(self, message: bytes, source: IPv4Address, ttl: int = 255) -> Packet:
        return Packet(source=source, destination=GROUP, ttl=ttl, protocol=112, payload=message, length=len(message))

    def _deliver(self, name: str, packet: Packet) -> None:
        member = self.members[name]
        if not member.alive:
            return
        if member.paused:
            member.waiting.append(packet)
        else:
            self._hear(member, packet)

    def _hear(self, member: Member, packet: Packet) -> None:
        self._perform(member, member.machine.handle(self.now_ns, AdvertReceived(decode(packet))))
