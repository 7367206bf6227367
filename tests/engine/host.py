"""A host in memory, where real virtual routers can run without root: its kernel's answers, and wires that keep frames.

What is replaced is what only root may have: the netlink sockets and the raw sockets. Everything above them is real, the
bytes of the requests as well, which are read here by pyroute2's decoders.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from ipaddress import ip_address, ip_interface
from pathlib import Path
from typing import IO

import pyroute2  # noqa: F401 - whole and first: its parts alone cannot follow those that the engine imports

from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration
from vrrptui.engine.host import mirror
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.netlink import decoded, ifaddrmsg, messages
from vrrptui.engine.host.requests import (
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_DELRULE,
    RTM_NEWADDR,
    RTM_NEWROUTE,
    RTM_NEWRULE,
)
from vrrptui.engine.notify.notifications import Notifications
from vrrptui.engine.runtime.clock import Clock
from vrrptui.engine.runtime.event_queue import EventQueue
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.vrrp.batch import Job
from vrrptui.engine.vrrp.events import InstanceEvent, StateChanged
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.engine.vrrp.reload_report import Change
from vrrptui.protocol.actions import Action
from vrrptui.protocol.advert import IPV4_GROUP, PROTOCOL_VRRP, Address, Advert, Family, Packet
from vrrptui.protocol.codec import decode, encode_v3
from vrrptui.protocol.events import Event

KINDS = {
    RTM_NEWADDR: "add address",
    RTM_DELADDR: "remove address",
    RTM_NEWROUTE: "add route",
    RTM_DELROUTE: "remove route",
    RTM_NEWRULE: "add rule",
    RTM_DELRULE: "remove rule",
}
LAN, OWN, PEER = "lan0", ip_address("192.0.2.1"), ip_address("192.0.2.9")
SECOND = 1_000_000_000


class Requests:
    """The netlink socket for requests: does what it is told, and has the answers ready."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._answers: deque[int] = deque()

    def send(self, data: bytes) -> None:
        for kind, message in messages(data):
            self._answers.append(self._host.obey(kind, bytes(message)))

    def recv(self, _size: int) -> bytes:
        return bytes(16) + (-self._answers.popleft()).to_bytes(4, "little", signed=True)

    def close(self) -> None:
        pass


class Host(Kernel):
    """The links of a host, with `OWN` on `LAN`. `done` is all that was asked for and done, in order."""

    def __init__(
        self, changed: Callable[[], None] = lambda: None, soon: object = None, names: Iterable[str] = (LAN, "lan1")
    ) -> None:
        self.links: dict[int, Link] = {}
        for index, name in enumerate(names, 2):
            mac = bytes((2, 0, 0, 0, 0, index))
            held = {ip_interface(f"192.0.{index}.1/24"): 0}
            self.links[index] = Link(index=index, name=name, up=True, mac=mac, mtu=1500, addresses=held)
        self.done: list[str] = []
        self.asked: list[tuple[str, bytes]] = []
        self.refuses: set[bytes] = set()
        self.reports_late = False  # of addresses that it has added; over IPv6 without DAD the kernel does so under load
        self.unreported: set[Address] = set()
        self._changed = changed
        self._unanswered = []
        self._answered = []
        self._requests = Requests(self)  # type: ignore[assignment]
        self._there: set[tuple[str, bytes]] = set()  # routes and rules
        self._poll = os.eventfd(0)

    def obey(self, kind: int, message: bytes) -> int:
        """What the kernel does with a request; its error number, or 0."""
        what = KINDS.get(kind, str(kind))
        self.asked.append((what, message))
        if kind in (RTM_NEWADDR, RTM_DELADDR):
            asked = decoded(ifaddrmsg, memoryview(message))
            link = self.links.get(asked["index"])
            if link is None:
                return errno.ENODEV
            address = ip_address(asked.get_attr("IFA_LOCAL"))
            held = link.holds(address) or address in self.unreported
            if held is (kind == RTM_NEWADDR):
                return errno.EEXIST if kind == RTM_NEWADDR else errno.EADDRNOTAVAIL
            if kind == RTM_NEWADDR and self.reports_late:
                self.unreported.add(address)
            else:
                self.unreported.discard(address)
                mirror.take(self.links, kind, memoryview(message))
            self.done.append(f"{what} {address} on {link.name}")
        elif kind in (RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE):
            return self._route(what, kind in (RTM_NEWROUTE, RTM_NEWRULE), message)
        return 0

    def _route(self, what: str, add: bool, message: bytes) -> int:
        one = (what.split()[1], message[16:])
        if (one in self._there) is add:
            return errno.EEXIST if add else errno.ESRCH
        (self._there.add if add else self._there.remove)(one)
        self.done.append(what)
        return 0

    def watch_routes(self, lengths: set[int]) -> None:
        self._route_lengths = lengths

    def permits_changes(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._poll

    def read(self) -> None:
        self._changed()

    def catch_up(self) -> bool:
        return True

    def close(self) -> None:
        os.close(self._poll)

    # What others do to it.

    def named(self, name: str) -> Link:
        link = self.link(name)
        assert link is not None
        return link

    def put(self, name: str, address: str) -> None:
        """Somebody else adds an address."""
        link = self.named(name)
        link.put(ip_interface(address), 0)
        self._changed()

    def steal(self, address: str) -> None:
        """Somebody else removes an address."""
        for link in self.links.values():
            for held in [held for held in link.addresses if str(held.ip) == address]:
                link.drop(held)
        self._changed()

    def set_up(self, name: str, up: bool) -> None:
        self.named(name).up = up
        self._changed()

    def holds_now(self, address: str) -> bool:
        return any(link.holds(ip_address(address)) for link in self.links.values())


class Wire:
    """Keeps what is sent. `adverts` has each VRRP message with its destination and TTL, `frames` the announcements."""

    def __init__(
        self,
        _frames: object,
        name: str,
        index: int,
        family: Family,
        group: Address | None,
        protocol: int = PROTOCOL_VRRP,
        heard_mac: bytes | None = None,
    ) -> None:
        self.name, self.index, self.family, self.group, self.protocol = name, index, family, group, protocol
        self.heard_mac = heard_mac
        self.adverts: list[tuple[bytes, Address, int]] = []
        self.frames: list[tuple[str, bytes]] = []
        self.waiting: deque[tuple[int, Packet]] = deque()
        self._ready = os.eventfd(0)
        WIRES.append(self)

    def fileno(self) -> int:
        return self._ready

    def close(self) -> None:
        os.close(self._ready)

    def buffer(self, size_bytes: int) -> None:
        pass

    def listen_for(self, vrids: Iterable[int]) -> None:
        self.vrids = set(vrids)

    def receive(self) -> Iterator[tuple[int, Packet]]:
        while self.waiting:
            yield self.waiting.popleft()

    def sending(self, message: bytes, source: Address, destination: Address, ttl: int = 255) -> Callable[[], object]:
        return partial(self.adverts.append, (message, destination, ttl))

    def send_frame(self, frame: bytes) -> None:
        self.frames.append((self.name, frame))

    def announce(self, frames: Iterable[tuple[str, bytes]]) -> None:
        self.frames += frames

    def announcing(self, one: tuple[str, bytes]) -> Callable[[], object]:
        return partial(self.frames.append, one)


def in_place_of_sockets(monkeypatch, wire: Callable[..., Wire] = Wire) -> None:
    """Let virtual routers speak on wires of this kind."""
    monkeypatch.setitem(NEW_SOCKETS, 0, wire)
    monkeypatch.setattr(FRAME_SOCKET, no_frame_socket)


FRAME_SOCKET = "vrrptui.engine.vrrp.vrrp_sockets.frame_socket"


def no_frame_socket() -> IO[str]:
    """In place of the packet socket that whole frames are sent on, which only root may open."""
    return os.fdopen(os.eventfd(0))


NEW_SOCKETS: dict[int, Callable[..., Wire]] = {0: Wire}
WIRES: list[Wire] = []  # that were opened, the latest last


def configured(folder: Path, *parts: str, general: str = "vrrp_version 3") -> Configuration:
    """The configuration that these texts are, with this in their global_defs."""
    path = folder / "test.conf"
    path.write_text("\n".join((f"global_defs {{\n{general}\n}}\n", *parts)))
    loaded = load(str(path))
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings]
    return loaded.configuration


def instance(name="VI_1", vrid=51, priority=255, *lines: str, vips=("192.0.2.100/24",), interface=LAN) -> str:
    """A vrrp_instance: with priority 255 it is master as soon as it starts, else backup for three seconds and more."""
    head = f"interface {interface}\nvirtual_router_id {vrid}\npriority {priority}\nadvert_int 1"
    addresses = "\n".join(vips)
    text = "\n".join(lines)
    return f"vrrp_instance {name} {{\n{head}\n{text}\nvirtual_ipaddress {{\n{addresses}\n}}\n}}\n"


class Running:
    """Virtual routers of a configuration on a host; `told` is every change of state, as it was told."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.told: list[tuple[str, str]] = []
        loop = asyncio.get_running_loop()
        self.notifications = Notifications(lambda *_: None)
        self.routers = Instances(host, Clock(loop), EventQueue(loop, self._handle), HostSettings(None), NEW_SOCKETS[0])
        host._changed = self.routers.refresh
        self.moved: Callable[..., None] = lambda *_: None

    def apply(self, configuration: Configuration) -> list[Change]:
        report = self.routers.apply(configuration)
        self.notifications.apply(configuration)
        return report

    def _handle(self, event: InstanceEvent) -> None:
        if isinstance(event, StateChanged):
            router, transition = event.instance, event.transition
            removed = self.routers.routers.get(router.name) is not router
            self.notifications.tell(router.name, transition, router.machine.priority, removed)
            self.told.append((router.name, transition.after))
            self.moved(router, transition)

    def __getitem__(self, name: str):
        return self.routers.routers[name]

    def states(self) -> dict[str, str]:
        return {router.name: router.machine.state_name for router in self.routers}

    def hear(self, name: str, priority: int, source: Address = PEER, vips: Iterable[str] = ("192.0.2.100",)) -> None:
        """Another router's advert, for the virtual router of this name."""
        router = self[name]
        addresses = tuple(map(ip_address, vips))
        message = encode_v3(router.config.vrid, priority, SECOND, addresses, source, IPV4_GROUP)
        self.routers.deadlines.hear(router, [(time.monotonic_ns(), advert_of(message, source))])
        self.routers.refresh()

    def handle(self, router: Instance, now_ns: int, event: Event) -> None:
        """Give a machine an event at a time of the test's own, and do what it wants done."""
        self.perform(router, router.machine.handle(now_ns, event))

    def perform(self, router: Instance, actions: list[Action]) -> None:
        self.routers.deadlines._perform([Job(router, actions)])
        self.routers.deadlines.note(router)

    def close(self) -> None:
        self.routers.shut_down()
        self.routers.close()


def advert_of(message: bytes, source: Address) -> Advert:
    packet = Packet(
        source=source, destination=IPV4_GROUP, ttl=255, protocol=PROTOCOL_VRRP, payload=message, length=len(message)
    )
    return decode(packet)


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait until something is so."""
    ends_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_s, "it did not come about"
        await asyncio.sleep(0.002)
