"""Several hosts in memory on one link, in virtual time: real virtual routers, trackers and commands, no root.

A frame that one sends is heard by all others at the same moment; cables can be pulled, and hosts end without a word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_address, ip_interface
from pathlib import Path
from unittest.mock import patch

from tests.engine import host
from tests.engine.virtual_time import VirtualLoop, clock
from vrrptui.control.messages import Command, Done, FromEngine, Refused
from vrrptui.engine.host.link import Link
from vrrptui.engine.notify.notifications import Notifications
from vrrptui.engine.operate.commands import Commands
from vrrptui.engine.runtime.event_queue import EventQueue
from vrrptui.engine.serve.control_server import Operator
from vrrptui.engine.serve.history import History
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.vrrp.events import InstanceEvent, StateChanged
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.protocol.advert import PROTOCOL_VRRP, Address, Packet
from vrrptui.protocol.codec import decode

ROOT = Operator("root", may_operate=True)


class Socket(host.Wire):
    """What is sent on it is heard by the sockets of all other hosts that listen for the VRID."""

    def __init__(self, member: Member, *arguments: object) -> None:
        super().__init__(*arguments)
        self.member = member
        member.sockets.append(self)

    def close(self) -> None:
        self.member.sockets.remove(self)
        super().close()

    def sending(self, message: bytes, source: Address, destination: Address, ttl: int = 255) -> Callable[[], object]:
        packet = Packet(
            source=source,
            destination=destination,
            ttl=ttl,
            protocol=PROTOCOL_VRRP,
            payload=message,
            length=len(message),
        )
        return partial(self.member.send, packet)

    def hear(self, now_ns: int, packet: Packet) -> None:
        if decode(packet).vrid in self.vrids:
            self.waiting.append((now_ns, packet))
            os.eventfd_write(self._ready, 1)

    def receive(self) -> Iterator[tuple[int, Packet]]:
        if self.waiting:
            os.eventfd_read(self._ready)
        yield from super().receive()


class Member:
    """One host with its virtual routers. `changes` is every change of state, with its time in seconds."""

    def __init__(self, lan: Lan, number: int, folder: Path) -> None:
        self.lan, self.number = lan, number
        self.folder = folder / f"r{number}"
        self.folder.mkdir()
        self.sockets: list[Socket] = []
        self.changes: list[tuple[float, str, str]] = []
        self.sent: list[tuple[int, Packet]] = []
        self.alive = True
        self.kernel = host.Host(names=[host.LAN])
        self.link.addresses.clear()
        self.link.put(ip_interface(f"192.0.2.{number}/24"), 0)
        loop = lan.loop
        self.events: EventQueue[InstanceEvent] = EventQueue(loop, self._handle)
        new = partial(Socket, self)
        self.instances = Instances(self.kernel, clock(loop), self.events, HostSettings(None), new)
        self.kernel._changed = self.instances.refresh
        self.notifications = Notifications(lambda *_: None)
        self.history = History()
        self.commands = Commands(self.instances, self.history, lambda *_: "")
        self.reported: list[InstanceEvent] = []
        self.handle: Callable[[InstanceEvent], object] = self.reported.append

    @property
    def link(self) -> Link:
        return self.kernel.named(host.LAN)

    def _handle(self, event: InstanceEvent) -> None:
        self.handle(event)
        if isinstance(event, StateChanged):
            transition = event.transition
            self.changes.append((self.lan.loop.time(), event.instance.name, transition.after))
            self.commands.drains.moved(event.instance, transition)

    def configure(self, *parts: str, general: str = "vrrp_version 3") -> None:
        configuration = host.configured(self.folder, *parts, general=general)
        self.instances.apply(configuration)
        self.notifications.apply(configuration)

    def __getitem__(self, name: str) -> Instance:
        return self.instances.routers[name]

    def state(self, name: str = "VI_1") -> str:
        return self[name].machine.state_name

    def holds(self, address: str) -> bool:
        return self.link.holds(ip_address(address))

    def command(self, command: Command) -> Done | Refused:
        return self.commands.obey(command, ROOT)

    def cable(self, up: bool) -> None:
        self.kernel.set_up(host.LAN, up)

    def send(self, packet: Packet) -> None:
        if self.alive and self.link.up:
            self.sent.append((self.lan.loop.now_ns, packet))
            self.lan.deliver(self, packet)

    def die(self) -> None:
        """From now on nothing leaves this host, and nothing is heard there."""
        self.alive = False
        self.instances.close()

    def close(self) -> None:
        if self.alive:
            self.instances.shut_down()
            self.instances.close()
        self.kernel.close()


class Lan:
    """The link, and all hosts on it."""

    def __init__(self, loop: VirtualLoop, folder: Path, hosts: int) -> None:
        self.loop = loop
        self._without_frames = patch(host.FRAME_SOCKET, host.no_frame_socket)
        self._without_frames.start()
        self.members = [Member(self, number, folder) for number in range(1, hosts + 1)]

    def deliver(self, sender: Member, packet: Packet) -> None:
        for member in self.members:
            if member is not sender and member.alive and member.link.up:
                for socket in list(member.sockets):
                    socket.hear(self.loop.now_ns, packet)

    def masters(self, name: str = "VI_1") -> list[Member]:
        return [member for member in self.members if member.alive and member.state(name) == "master"]

    def close(self) -> None:
        for member in self.members:
            member.close()
        self._without_frames.stop()


class Server:
    """In place of the control socket: one client, and everything that it is sent."""

    def __init__(self) -> None:
        self.clients = [object()]
        self.sent: list[FromEngine] = []

    def publish(self, messages: list[FromEngine]) -> None:
        self.sent += messages
