"""What the tests of the engine share: configurations, questions to the engine, and every frame that leaves a host."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import groupby, pairwise

from tests.interop.segment_lab import Program, SegmentLab
from vrrptui.cli.commands.status import Status, ask
from vrrptui.client.blocking import Connection, EngineUnreachableError
from vrrptui.control.messages import Command, Done, HistoryEvent, Refused
from vrrptui.control.snapshots import CheckSnapshot, VirtualRouterSnapshot
from vrrptui.lab.namespaces import inside

MS = 1_000_000
ETH_P_ALL = 0x0003
SO_TIMESTAMPNS = 35
VIP = "192.0.2.100"
STATES = ("INIT", "BACKUP", "MASTER", "FAULT", "STOPPED")  # as the history has them


def instance(name="VI_1", vrid=51, priority=100, interval=0.05, vips=(f"{VIP}/24",), interface="eth0", extra=""):
    """A vrrp_instance; version 3, so that a takeover takes a fifth of a second."""
    lines = "\n".join(f"        {vip}" for vip in vips)
    return (
        f"vrrp_instance {name} {{\n    state BACKUP\n    interface {interface}\n    virtual_router_id {vrid}\n"
        f"    priority {priority}\n    advert_int {interval}\n{extra}    virtual_ipaddress {{\n{lines}\n    }}\n}}\n"
    )


def configuration(*parts: str) -> str:
    return "\n".join(("global_defs {\n    vrrp_version 3\n}\n", *parts))


def script(name: str, command: str, extra: str = "") -> str:
    return f'vrrp_script {name} {{\n    script "{command}"\n    interval 1\n{extra}}}\n'


def track(*names: str) -> str:
    lines = "\n".join(f"        {name}" for name in names)
    return f"    track_script {{\n{lines}\n    }}\n"


@dataclass(frozen=True)
class Frame:
    """A frame with the kernel's time in nanoseconds."""

    at_ns: int
    data: bytes


class Tap:
    """Every frame that comes in at a port of a network namespace, whatever is in it."""

    def __init__(self, namespace: int, port: str) -> None:
        with inside(namespace):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self._socket.bind((port, ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.frames: list[Frame] = []

    def read(self) -> list[Frame]:
        while select.select([self._socket], [], [], 0)[0]:
            data, ancillary, _, sender = self._socket.recvmsg(4096, 256)
            seconds, nanoseconds = struct.unpack_from("qq", ancillary[0][2])
            if sender[2] != socket.PACKET_OUTGOING:  # which goes to the host
                self.frames.append(Frame(seconds * 1_000_000_000 + nanoseconds, data))
        return self.frames

    def close(self) -> None:
        self._socket.close()


def tap_of(lab: SegmentLab, name: str) -> Tap:
    """Every frame that comes from a host."""
    return Tap(lab._switch, lab.network.hosts[name].port)


class EngineLab:
    """An engine on r1, asked over its control socket; r2 and the client are there for whatever a test needs."""

    def __init__(self, lab: SegmentLab) -> None:
        self.lab = lab
        self.path = lab.socket("r1")
        self._taps: list[Tap] = []

    def close(self) -> None:
        for tap in self._taps:
            tap.close()

    def tap(self, name: str = "r1") -> Tap:
        tap = tap_of(self.lab, name)
        self._taps.append(tap)
        return tap

    # Engines.

    def start(self, *parts: str, ready: bool = True) -> Program:
        engine = self.lab.vrrptui("r1", configuration(*parts))
        if ready:
            self.lab.wait_for(lambda: "ready:" in engine.text())
        return engine

    def start_bare(self, *options: str, before=(), state="bare", socket="r1.sock") -> Program:
        """An engine with just these options, started by the command `before`."""
        path = self.lab.folder / socket
        command = [*before, sys.executable, "-m", "vrrptui", "engine", "--socket", str(path)]
        return self.lab.run("r1", [*command, "--state-dir", str(self.lab.folder / state), *options])

    def write(self, *parts: str) -> None:
        self.lab._configuration("r1", configuration(*parts))

    def reload(self, engine: Program) -> None:
        """SIGHUP, and wait until it is done or refused."""
        done = self.reloads(engine)
        os.kill(engine.pid, signal.SIGHUP)
        self.lab.wait_for(lambda: self.reloads(engine) > done)

    @staticmethod
    def reloads(engine: Program) -> int:
        return engine.text().count("Reloaded: ") + engine.text().count("the running configuration stays")

    # What it says.

    def status(self) -> Status:
        return ask(self.path)

    def router(self, name: str = "VI_1") -> VirtualRouterSnapshot:
        return next(router for router in self.status().virtual_routers if router.name == name)

    def check(self, name: str) -> CheckSnapshot:
        return next(check for check in self.status().checks if check.name == name)

    def history(self) -> list[HistoryEvent]:
        with Connection(self.path) as connection:
            return [message for message in connection.known() if isinstance(message, HistoryEvent)]

    def states(self, name: str = "VI_1") -> list[str]:
        """The states it has been in so far, in order."""
        said = [event for event in self.history() if event.by == "engine" and event.text.startswith(f"{name} is ")]
        return [state for state, _ in groupby(event.kind for event in said) if state in STATES]

    def wait_for_states(self, *states: str) -> None:
        """Wait until these are the states it has been in: the history may follow the state by a turn of the engine."""
        self.lab.wait_for(lambda: self.states() == list(states))

    def is_in(self, state: str, name: str = "VI_1") -> bool:
        with contextlib.suppress(EngineUnreachableError, StopIteration):
            return self.router(name).state == state
        return False

    def wait_until(self, state: str, name: str = "VI_1") -> None:
        self.lab.wait_for(lambda: self.is_in(state, name))

    def command(self, command: Command) -> Done | Refused:
        with Connection(self.path) as connection:
            connection.known()
            return connection.ask(command)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vrrptui", *arguments, "--socket", str(self.path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    def holds(self, address: str = VIP) -> bool:
        return self.lab.holds("r1", address)

    def priority(self, vrid: int = 51) -> int | None:
        """The priority of r1's last advert."""
        seen = self.lab.of("r1", vrid)
        return seen[-1].advert.priority if seen else None


@contextlib.contextmanager
def sender(lab: SegmentLab, name: str) -> Iterator[socket.socket]:
    """A raw VRRP socket on a host, for packets that no program would send."""
    host = lab.network.hosts[name]
    with inside(host.namespace):
        one = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, IPv4Address(host.address).packed)
    with one:
        yield one


@contextlib.contextmanager
def kernel_monitor(lab: SegmentLab, name: str, what: str = "address") -> Iterator[list[str]]:
    """Every change of IPv4 addresses or routes on a host in the block, as `ip monitor` says it; filled at the end."""
    file = lab.folder / f"monitor-{time.monotonic_ns()}"
    program = Program(lab.network.hosts[name].namespace, ["stdbuf", "-oL", "ip", "-4", "monitor", what], file)
    lines: list[str] = []
    time.sleep(0.2)
    try:
        yield lines
        time.sleep(0.1)
    finally:
        program.end()
        lines += file.read_text().splitlines()


def gaps_ms(seen) -> list[float]:
    """The time between adverts."""
    return [(b.at_ns - a.at_ns) / MS for a, b in pairwise(seen)]
