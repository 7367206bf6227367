"""A host under test, a peer and a client on two segments, in network namespaces.

Two worlds differ in the program alone: names, addresses and MAC addresses are the same in every world. A program sees a
private /tmp and /run, which are folders of the world, so its files have the same paths in both and never meet.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.interop.engine_lab import Tap
from tests.interop.segment_lab import Program
from vrrptui.lab.namespaces import inside, new_network

KEEPALIVED, VRRPTUI = "keepalived", "vrrptui"
HOSTS = {"r": 1, "p": 2, "c": 3}  # host under test, peer, client; the number is the end of its addresses
SEGMENTS = ("eth0", "eth1")
NETWORKS = {"eth0": ("192.0.2.", "2001:db8:0::"), "eth1": ("198.51.100.", "2001:db8:1::")}
OWN = {"eth0": "192.0.2.11", "eth1": "198.51.100.11"}
PEER = {"eth0": "192.0.2.12", "eth1": "198.51.100.12"}
OWN_6 = {"eth0": "2001:db8::11", "eth1": "2001:db8:1::11"}
PEER_6 = {"eth0": "2001:db8::12", "eth1": "2001:db8:1::12"}
LINK_LOCAL = {"eth0": "fe80::ff:fe00:1", "eth1": "fe80::ff:fe00:11"}  # of the host under test
STAMP = re.compile(r"^(?:\w{3} \w{3} +\d+ [\d:.]+ \d{4}: |\w{3} \d+ [\d:.]+ vrrptui\[\d+\]: )")
PRIVATE = 'mount --bind "$0/run" /run && mount --bind "$0/tmp" /tmp && exec "$@"'
NOTIFY = '#!/bin/sh\necho "$@" >> /tmp/notify.log\n'


def mac(host: str, interface: str) -> str:
    """The hardware address of a host's interface."""
    return f"02:00:00:00:00:{HOSTS[host] + 0x10 * SEGMENTS.index(interface):02x}"


class World:
    """One program's world."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self._open: list[int] = []
        for name in ("tmp", "run"):
            (folder / name).mkdir(parents=True)
            (folder / name).chmod(0o755)
        self.switch = self._namespace()
        self.hosts = {name: self._namespace() for name in HOSTS}
        self._wire()
        self.taps = {name: Tap(self.switch, f"r{name}") for name in SEGMENTS}
        self.running: Program | None = None
        self.others: list[Program] = []
        self.exit: int | None = None  # of the last program that was ended
        self._logs = 0
        self._files()

    def close(self) -> None:
        for program in [self.running, *self.others]:
            if program is not None:
                program.end()
        for tap in self.taps.values():
            tap.close()
        os.close(self.fifo)
        for one in self._open:
            os.close(one)

    # The network.

    def _namespace(self) -> int:
        self._open.append(new_network())
        return self._open[-1]

    def _wire(self) -> None:
        lines = ["link set lo up"]
        for name in SEGMENTS:
            lines += [f"link add s{name} type bridge mcast_snooping 0", f"link set s{name} up"]
            for host, namespace in self.hosts.items():
                there = f"/proc/{os.getpid()}/fd/{namespace}"
                lines.append(
                    f"link add {host}{name} type veth peer name {name} address {mac(host, name)} netns {there}"
                )
                lines.append(f"link set {host}{name} master s{name} up")
        for namespace in (self.switch, *self.hosts.values()):
            with inside(namespace):
                _quiet_ipv6()
        self.batch(lines, "switch")
        for host, number in HOSTS.items():
            lines = ["link set lo up"]
            for name in SEGMENTS:
                lines.append(f"link set {name} up")
                lines += [f"addr add {one} dev {name}" for one in own_addresses(name, number)]
            self.batch(lines, host)

    def batch(self, lines: list[str], host: str = "r") -> None:
        """Commands of `ip`, one a line."""
        with inside(self._of(host)):
            done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), capture_output=True, text=True)
        assert done.returncode == 0, f"{lines}: {done.stderr}"

    def remake(self, name: str) -> None:
        """Delete an interface of the host under test and make it again, as a driver does that is loaded again."""
        there = f"/proc/{os.getpid()}/fd/{self.hosts['r']}"
        make = f"ip link add r{name} type veth peer name {name} address {mac('r', name)} netns {there}"
        self.taps[name].read()
        self.shell(f"ip link del r{name}; {make}; ip link set r{name} master s{name} up", "switch")
        heard = self.taps[name].frames
        self.taps[name].close()
        self.taps[name] = Tap(self.switch, f"r{name}")
        self.taps[name].frames += heard
        adds = "; ".join(f"ip addr add {one} dev {name}" for one in own_addresses(name, HOSTS["r"]))
        self.shell(f"{adds}; ip link set {name} up")

    def shell(self, command: str, host: str = "r") -> str:
        """Run a command on a host, whatever becomes of it; what it printed."""
        with inside(self._of(host)):
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout

    def _of(self, host: str) -> int:
        return self.switch if host == "switch" else self.hosts[host]

    # Files; a path in the world is the same path under its folder.

    def _files(self) -> None:
        self.write("/tmp/notify.sh", NOTIFY, 0o755)
        self.write("/tmp/notify.log", "")
        for number in (1, 2):
            self.write(f"/tmp/flag{number}", "")
            self.write(f"/tmp/number{number}", "0\n")
        os.mkfifo(self.path("/tmp/fifo"))
        self.fifo = os.open(self.path("/tmp/fifo"), os.O_RDWR | os.O_NONBLOCK)

    def path(self, inner: str) -> Path:
        return self.folder / inner.removeprefix("/")

    def write(self, inner: str, text: str, mode: int = 0o644) -> None:
        path = self.path(inner)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    # The program.

    def start(self) -> None:
        if self.program == KEEPALIVED:
            command = ["keepalived", "-P", "-n", "-l", "-G", "-D", "-f", "/tmp/r.conf"]
        else:
            command = [sys.executable, "-m", "vrrptui", "engine", "-f", "/tmp/r.conf", "--socket", "/run/v.sock"]
            command += ["--state-dir", "/run/state"]
        self._logs += 1
        self.running = self.run("r", command, f"r{self._logs}.log")
        self.exit = None

    def run(self, host: str, command: list[str], log: str) -> Program:
        """A program on a host, which sees the world's files."""
        private = ["unshare", "-m", "--propagation", "private", "sh", "-c", PRIVATE, str(self.folder)]
        return Program(self.hosts[host], [*private, *command], self.folder / log)

    def other(self, command: list[str]) -> None:
        """End the program on the peer's host as an operator would, and start another one if there is a command."""
        for program in self.others:
            if program.runs:
                program.terminate()
                program.wait()
        if command:
            self.others.append(self.run("p", command, f"p{len(self.others)}.log"))

    def stop(self) -> None:
        """SIGTERM; what it ended with is kept."""
        if self.running is not None:
            self.running.terminate()
            try:
                self.exit = self.running.wait(15.0)
            except subprocess.TimeoutExpired:
                self.running.kill()
                self.exit = -1000  # it did not end
            self.running = None

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running = None
        for file in self.path("/run").glob("*.pid"):  # of a child that nobody may have collected yet
            file.unlink()

    def signal(self, number: signal.Signals) -> None:
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError):
                self.running.signal(number)

    def reload(self) -> None:
        if self.running is not None and self.running.runs:
            os.kill(self.running.pid, signal.SIGHUP)

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.runs

    def log(self) -> str:
        return self.running.text() if self.running is not None else ""

    def logged(self) -> frozenset[str]:
        """The different lines of its log, without their times."""
        return frozenset(STAMP.sub("", line) for line in self.log().splitlines())

    def ready(self) -> bool:
        """Whether it has come up."""
        return ("Startup complete" if self.program == KEEPALIVED else "ready:") in self.log()

    def reloads(self) -> int:
        """How many reloads are done, or refused."""
        words = ["Reload complete"] if self.program == KEEPALIVED else ["Reloaded: ", "the running configuration stays"]
        return sum(self.log().count(word) for word in words)

    def notified(self) -> list[str]:
        return self.path("/tmp/notify.log").read_text().splitlines()

    def from_fifo(self) -> list[str]:
        """The lines that came into the FIFO since the last call."""
        data = b""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.fifo, 65536):
                data += piece
        return data.decode().splitlines()


@contextlib.contextmanager
def twins(folder: Path) -> Iterator[tuple[World, World]]:
    """A world for each program."""
    with contextlib.ExitStack() as stack:
        worlds = []
        for program in (KEEPALIVED, VRRPTUI):
            worlds.append(World(program, folder / program[0]))
            stack.callback(worlds[-1].close)
        yield worlds[0], worlds[1]


def own_addresses(interface: str, number: int) -> list[str]:
    """A host's own addresses on a segment."""
    four, six = NETWORKS[interface]
    last = 50 if number == HOSTS["c"] else 10 + number
    return [f"{four}{last}/24", f"{six}{last}/64"]


def _quiet_ipv6() -> None:
    """Addresses are good at once, and routers are asked for nothing: both cost seconds and tell nothing here."""
    for name, text in (("accept_dad", "0"), ("dad_transmits", "0"), ("router_solicitations", "0")):
        for where in ("all", "default"):
            Path(f"/proc/sys/net/ipv6/conf/{where}/{name}").write_text(text)
