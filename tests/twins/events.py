"""What happens to a host under test, in both worlds: drawn by chance, carried out, and how long it takes to be over."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.twins import grammar
from tests.twins.mirror import COMMAND, mirrored
from tests.twins.peer import MODES, SILENT, Peer
from tests.twins.refused import refused_for
from tests.twins.tree import Facts, Tree, facts, read, text_of
from tests.twins.world import OWN, OWN_6, SEGMENTS, World

Event = list[Any]  # a kind and its words, as JSON has it
NUMBERS = itertools.count()
DROP = (
    "nft add table inet twins; nft add chain inet twins c '{ type filter hook %s priority 0 ; }';"
    " nft add rule inet twins c ip protocol vrrp drop; nft add rule inet twins c ip6 nexthdr vrrp drop"
)


class Acts:
    """Carries events out in all worlds, one right after the other."""

    def __init__(self, worlds: tuple[World, ...], peer: Peer, tree: Tree) -> None:
        self.worlds, self.peer = worlds, peer
        self.facts = facts(tree)
        self._process: subprocess.Popen[bytes] | None = None
        self.process_name = f"tw{os.getpid()}-{next(NUMBERS)}"
        self.configure(tree)

    def close(self) -> None:
        self._end_process()

    def configure(self, tree: Tree) -> None:
        self.facts = facts(tree)
        text = text_of(tree).replace(grammar.PROCESS, self.process_name)
        for world in self.worlds:
            world.write("/tmp/r.conf", text)

    def do(self, event: Event) -> None:
        getattr(self, f"_{event[0]}")(*event[1:])

    def _each(self, act: Callable[[World], object]) -> None:
        for world in self.worlds:
            act(world)

    # The program.

    def _start(self) -> None:
        self._each(lambda world: None if world.running else world.start())
        self._wait(lambda world: world.ready() or not world.alive)

    def _stop(self) -> None:
        self._each(World.stop)

    def _kill(self) -> None:
        self._each(World.kill)

    def _restart(self) -> None:
        self._each(World.kill)
        self._start()

    def _pause(self, seconds: float) -> None:
        self._each(lambda world: world.signal(signal.SIGSTOP))
        time.sleep(seconds)
        self._each(lambda world: world.signal(signal.SIGCONT))

    def _reload(self, lines: list[str]) -> None:
        self.configure(read("\n".join(lines)))
        before = {world: world.reloads() for world in self.worlds}
        self._each(World.reload)
        self._wait(lambda world: not world.alive or world.reloads() > before[world], 6.0)

    def _wait(self, what: Callable[[World], bool], seconds: float = 15.0) -> None:
        ends = time.monotonic() + seconds
        while not all(what(world) for world in self.worlds) and time.monotonic() < ends:
            time.sleep(0.03)

    # The peer.

    def _peer(self, mode: str, name: str = "all") -> None:
        self.peer.order(mode, [router for router in self.facts.routers if name in ("all", router.name)])

    def _other(self, priority: int) -> None:
        """A keepalived as the peer, for whoever it is not silent about; 0 ends it."""
        self.peer.forget()
        text = text_of(mirrored(self.facts, priority))
        for world in self.worlds:
            world.write("/tmp/p.conf", text)
            world.other(COMMAND if priority else [])
        self._wait(lambda world: not priority or "Startup complete" in world.others[-1].text(), 5.0)

    # The host.

    def _link(self, device: str, way: str) -> None:
        self._each(lambda world: world.shell(f"ip link set {device} {way}"))

    def _cable(self, device: str, way: str) -> None:
        self._each(lambda world: world.shell(f"ip link set r{device} {way}", "switch"))

    def _remake(self, device: str) -> None:
        self._each(lambda world: world.remake(device))

    def _rename(self, device: str, name: str) -> None:
        self._each(lambda world: world.shell(f"ip link set {device} down; ip link set {device} name {name}"))
        time.sleep(0.2)  # longer than either takes to see that it went down
        self._each(lambda world: world.shell(f"ip link set {name} up"))

    def _shell(self, command: str, host: str = "r") -> None:
        self._each(lambda world: world.shell(command, host))

    def _drop(self, way: str) -> None:
        self._shell("nft delete table inet twins; " + (DROP % way if way != "none" else ""))

    # What is tracked.

    def _flag(self, number: int, there: bool) -> None:
        for world in self.worlds:
            path = world.path(f"/tmp/flag{number}")
            if there:
                path.touch()
            else:
                path.unlink(missing_ok=True)

    def _number(self, number: int, value: int) -> None:
        self._each(lambda world: world.write(f"/tmp/number{number}", f"{value}\n"))

    def _process_runs(self, there: bool) -> None:
        self._end_process()
        if there:
            folder = self.worlds[0].folder.parent
            program = folder / self.process_name
            if not program.exists():
                shutil.copy("/bin/sleep", program)
            self._process = subprocess.Popen([str(program), "600"])

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def quiet_s(event: Event, found: Facts, learned: bool = False) -> float:
    """How long nothing may change until an event is over: what could still be waited for has come by then.

    With `learned` the peer has said an interval of twice the length, by which a backup of version 3 goes.
    """
    longest_s = max([router.interval_s for router in found.routers], default=0.15) * (2 if learned else 1)
    down = (max(3, found.down_adverts) + 1) * longest_s + 0.35
    slow = found.slow_s
    if event[0] in ("flag", "start", "restart", "reload", "remake", "rename", "pause", "link") and found.scripts:
        slow += max(interval * max(rise, fall) for _, interval, rise, fall in found.scripts)
    if event[0] == "number":
        slow += 0.3
    return down + slow


def draw(chance: random.Random, tree: Tree) -> list[Event]:
    """The events of one case: some before the start, the start, some more, the end."""
    drawn = Drawer(chance, tree)
    events: list[Event] = []
    for _ in range(chance.choices((0, 1, 2), (5, 3, 2))[0]):
        events.append(drawn.before())
    events.append(["start"])
    for _ in range(chance.randint(2, 6)):
        events.append(drawn.next())
    events.append(["stop"])
    return events


class Drawer:
    """Draws events that fit what happened before."""

    def __init__(self, chance: random.Random, tree: Tree) -> None:
        self.chance, self.tree = chance, tree
        self.down: set[str] = set()
        self.cut: set[str] = set()
        self.renamed = ""
        self.drops = "none"
        self.gone: dict[int, bool] = {}
        self.process = False

    def before(self) -> Event:
        """Something that is so already when the program starts."""
        kinds = [(3, self._peer), (3, self._address), (1, self._number), (1, self._flag), (1, self._link)]
        return self._one([*kinds, (1, self._route), (1, self._cable)])

    def next(self) -> Event:
        kinds = [(9, self._peer), (4, self._link), (2, self._cable), (1, self._remake), (1, self._rename)]
        kinds += [(4, self._address), (1, self._route), (1, self._device), (1, self._drop)]
        kinds += [(3, self._reload), (1, self._restart), (1, self._pause), (1, self._stop)]
        kinds += [(2, self._other), (4, self._flag), (3, self._number), (2, self._process_runs)]
        return self._one(kinds)

    def _one(self, kinds: list[tuple[int, Callable[[], Event | None]]]) -> Event:
        while True:
            (act,) = self.chance.choices([act for _, act in kinds], [weight for weight, _ in kinds])
            if event := act():
                return event

    @property
    def _facts(self) -> Facts:
        return facts(self.tree)

    def _device_name(self) -> str:
        return self.chance.choice(sorted({*(held.device for r in self._facts.routers for held in r.addresses),
                                          *(r.interface for r in self._facts.routers)}))  # fmt: skip

    def _peer(self) -> Event:
        mode = self.chance.choices(("higher", SILENT, *MODES), (6, 4, *[1] * len(MODES)))[0]
        names = [router.name for router in self._facts.routers]
        return ["peer", mode, self.chance.choice(["all", "all", *names])]

    def _other(self) -> Event | None:
        if any(router.interface not in SEGMENTS for router in self._facts.routers):
            return None
        return ["other", self.chance.choice((200, 200, 20, 0))]

    def _link(self) -> Event | None:
        return self._turn("link", self.down)

    def _cable(self) -> Event | None:
        return self._turn("cable", self.cut)

    def _turn(self, kind: str, off: set[str]) -> Event | None:
        device = self.chance.choice(sorted(off)) if off else self._device_name()
        if device not in SEGMENTS or device == self.renamed:
            return None
        off.symmetric_difference_update({device})
        return [kind, device, "down" if device in off else "up"]

    def _remake(self) -> Event | None:
        device = self._device_name()
        return ["remake", device] if device in SEGMENTS and device != self.renamed else None

    def _rename(self) -> Event | None:
        if self.renamed:
            device, self.renamed = self.renamed, ""
            return ["rename", "odd0", device]
        self.renamed = self._device_name()
        return ["rename", self.renamed, "odd0"]

    def _address(self) -> Event | None:
        """Somebody takes an address away, or adds it, or does so with the host's own."""
        routers = self._facts.routers
        held = self.chance.choice([held for r in routers for held in (*r.addresses, *r.excluded)])
        length = self.chance.choice((24, 32)) if held.family == 4 else self.chance.choice((64, 128))
        kind = self.chance.random()
        if kind < 0.45:
            return ["shell", f"ip addr del {held.address}/{length} dev {held.device}"]
        if kind < 0.8:
            return ["shell", f"ip addr add {held.address}/{length} dev {held.device}"]
        if kind < 0.9:
            own = (OWN if held.family == 4 else OWN_6).get(held.device)
            return ["shell", f"ip addr del {own}/{24 if held.family == 4 else 64} dev {held.device}"] if own else None
        return ["shell", f"ip addr flush dev {held.device}"]

    def _route(self) -> Event:
        way = self.chance.choice(("add", "del"))
        return ["shell", self.chance.choice((
            f"ip route {way} {grammar.ROUTES[0]} via 192.0.2.50",
            f"ip rule {way} from {grammar.ROUTES[1]} table 100",
            "ip route flush table main",
        ))]  # fmt: skip

    def _device(self) -> Event | None:
        routers = [router for router in self._facts.routers if router.virtual_mac]
        if not routers:
            return None
        router = self.chance.choice(routers)
        name = f"vrrp{'6' if router.family == 6 else ''}.{router.vrid}"
        return ["shell", self.chance.choice((f"ip link del {name}", f"ip link set {name} down"))]

    def _drop(self) -> Event:
        self.drops = self.chance.choice(("input", "output")) if self.drops == "none" else "none"
        return ["drop", self.drops]

    def _reload(self) -> Event:
        while refused_for(tree := grammar.edited(self.chance, self.tree)):
            pass
        self.tree = tree
        return ["reload", text_of(self.tree).splitlines()]

    def _restart(self) -> Event:
        return ["restart"]

    def _pause(self) -> Event:
        return ["pause", self.chance.choice((0.2, 0.5, 1.5))]

    def _stop(self) -> Event:
        self.stopped = not getattr(self, "stopped", False)
        return ["stop"] if self.stopped else ["start"]

    def _flag(self) -> Event | None:
        numbers = [n for n in (1, 2) if f"/tmp/flag{n}" in text_of(self.tree)]
        if not numbers:
            return None
        number = self.chance.choice(numbers)
        self.gone[number] = not self.gone.get(number, False)
        return ["flag", number, not self.gone[number]]

    def _number(self) -> Event | None:
        numbers = [n for n in (1, 2) if f"/tmp/number{n}" in text_of(self.tree)]
        return (
            ["number", self.chance.choice(numbers), self.chance.choice((-300, -50, 0, 1, 30, 300))] if numbers else None
        )

    def _process_runs(self) -> Event | None:
        if grammar.PROCESS not in text_of(self.tree):
            return None
        self.process = not self.process
        return ["process_runs", self.process]
