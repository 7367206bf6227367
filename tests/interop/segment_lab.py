"""A switch and hosts in network namespaces, the programs that speak VRRP on them, and a capture of all they say.

Everything real: kernel, sockets, keepalived. The capture's times are the kernel's, taken as frames enter the switch.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.rights import needs_tcpdump_to_run
from vrrptui.engine.capture import bpf
from vrrptui.engine.observer.packet_socket import PacketSocket
from vrrptui.engine.observer.socket_filter import INTERFACE_INDEX
from vrrptui.lab.namespaces import inside, new_network
from vrrptui.lab.network import BRIDGE, Network
from vrrptui.protocol.advert import Advert
from vrrptui.protocol.codec import decode
from vrrptui.protocol.frame import parse_ethernet

FRR = Path("/usr/lib/frr")
_Awaited = TypeVar("_Awaited")
ADDRESSES = {"r1": "192.0.2.11", "r2": "192.0.2.12", "client": "192.0.2.50"}


@dataclass(frozen=True)
class Seen:
    """An advert on the wire, with the kernel's time in nanoseconds."""

    at_ns: int
    advert: Advert
    source_mac: bytes


class Program:
    """A router program on one host, with its log; ended with everything it started."""

    def __init__(self, namespace: int, command: list[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output, inside(namespace):
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL to all of it at once: stopped first, so that no child can say good-bye for its parent."""
        family = _descendants(self.pid)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self._process.wait()

    def terminate(self) -> None:
        self._process.terminate()

    def signal(self, number: signal.Signals) -> None:
        for pid in _descendants(self.pid):
            os.kill(pid, number)

    def wait(self, seconds: float = 10.0) -> int:
        return self._process.wait(seconds)

    def end(self) -> None:
        if self.runs:
            self.kill()


class SegmentLab:
    """Two hosts that may run routers and a client, on one switch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._switch = new_network()
        with inside(self._switch):
            self.network = Network(ADDRESSES)
            self._bridge = self.network.index(BRIDGE)
            self._capture = PacketSocket(ring_bytes=0)  # it may go unread for long
            self._capture.listen({self._bridge: BRIDGE}, dict(socket.if_nameindex()).keys() - {self._bridge})
        self._macs = {name: self._read_mac(name) for name in self.network.hosts}
        self.adverts: list[Seen] = []
        self.programs: list[Program] = []
        self._folders: list[Path] = []

    def close(self) -> None:
        for program in self.programs:
            program.end()
        self._capture.close()
        self.network.close()
        for folder in self._folders:
            shutil.rmtree(folder)

    # Programs.

    def vrrptui(self, name: str, text: str, *options: str) -> Program:
        """Our engine on a host, with this configuration; its socket is `NAME.sock`."""
        file = self._configuration(name, text)
        command = [sys.executable, "-m", "vrrptui", "engine", "-f", str(file), "--socket", str(self.socket(name))]
        return self.run(name, [*command, "--state-dir", str(self.folder / f"{name}-state"), *options])

    def observer(self, name: str) -> Program:
        """An engine without a configuration on a host; its socket is `NAME.sock`."""
        command = [sys.executable, "-m", "vrrptui", "engine", "-i", "eth0", "--socket", str(self.socket(name))]
        return self.run(name, [*command, "--state-dir", str(self.folder / f"{name}-state")])

    def keepalived(self, name: str, text: str) -> Program:
        """keepalived on a host, logging to a file and not to syslog, which would slow it down."""
        file = self._configuration(name, text)
        pids = [f"-{option}{self.folder / f'{name}-{option}.pid'}" for option in "prc"]
        return self.run(name, ["keepalived", "-n", "-l", "-G", "-D", "-f", str(file), *pids])

    def frr(self, name: str, text: str, address: str) -> Program:
        """FRR's zebra and vrrpd on a host, which want a device with the virtual MAC and `address` for VRID 51."""
        device = f"vrrp4-{name}"
        make = (
            f"ip link add {device} link eth0 type macvlan mode bridge && ip link set {device} address 00:00:5e:00:01:33"
        )
        self.shell(name, f"{make} && ip addr add {address} dev {device} && ip link set {device} up")
        folder = Path(tempfile.mkdtemp(dir="/tmp"))  # the daemons give up their privileges, and must reach it
        self._folders.append(folder)
        shutil.chown(folder, "frr", "frr")
        folder.chmod(0o755)
        (folder / "zebra.conf").write_text("")
        (folder / "vrrpd.conf").write_text(text)
        options = ["-u", "frr", "-g", "frr", "--vty_socket", str(folder), "-z", str(folder / "zebra.sock")]

        def daemon(which: str) -> Program:
            files = ["-f", str(folder / f"{which}.conf"), "-i", str(folder / f"{which}.pid"), "--log", "stdout"]
            return self.run(name, [str(FRR / which), *options, *files])

        zebra = daemon("zebra")
        self.wait_for(lambda: "starting" in zebra.text())
        return daemon("vrrpd")

    def tcpdump(self, file: Path) -> Program:
        """tcpdump on the switch, writing everything to a capture file as it comes."""
        needs_tcpdump_to_run()
        room = ["-s", "2048", "-B", "32768"]  # for bursts of thousands of frames
        command = ["tcpdump", "-n", "-U", "--immediate-mode", *room, "-Z", "root", "-i", BRIDGE, "-w", str(file)]
        program = Program(self._switch, command, self.folder / f"tcpdump-{len(self.programs)}.log")
        self.programs.append(program)
        self.wait_for(lambda: "listening on" in program.text())
        return program

    def status(self, name: str) -> str:
        """What `vrrptui status` says of the engine on a host."""
        command = [sys.executable, "-m", "vrrptui", "status", "--socket", str(self.socket(name))]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout

    def socket(self, name: str) -> Path:
        return self.folder / f"{name}.sock"

    def _configuration(self, name: str, text: str) -> Path:
        file = self.folder / f"{name}.conf"
        file.write_text(text)
        return file

    def run(self, name: str, command: list[str]) -> Program:
        """Any program on a host."""
        log = self.folder / f"{name}-{len(self.programs)}.log"
        program = Program(self.network.hosts[name].namespace, command, log)
        self.programs.append(program)
        return program

    def shell(self, name: str, command: str, check: bool = True) -> str:
        """Run a command on a host; returns what it printed."""
        with inside(self._switch if name == "switch" else self.network.hosts[name].namespace):
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        assert not check or done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def holds(self, name: str, address: str) -> bool:
        return f" {address}/" in self.shell(name, "ip addr show eth0")

    # The wire.

    def ignore_virtual_macs(self) -> None:
        """Capture nothing that comes from one any more: a flood would leave no room for the rest."""
        program: list[Any] = [
            (bpf.LOAD_WORD, INTERFACE_INDEX, None, None),
            (bpf.JUMP_IF_EQUAL, self._bridge, None, "no"),
        ]
        program += [(bpf.LOAD_HALF, 6, None, None), (bpf.JUMP_IF_EQUAL, 0, "no", None)]
        yes, no = (bpf.RETURN, bpf.ACCEPT_BYTES, None, None), (bpf.RETURN, 0, None, None)
        bpf.attach(self._capture.socket, [*program, yes, "no", no])

    def listen(self) -> None:
        """Take in what was said."""
        for captured in self._capture.read(100_000):
            frame = parse_ethernet(captured.data, captured.vlan)
            if frame is not None and frame.source_mac is not None:
                self.adverts.append(Seen(captured.stamp_ns, decode(frame.packet), frame.source_mac))

    def _read_mac(self, name: str) -> bytes:
        return bytes.fromhex(self.shell(name, "ip -br link show eth0").split()[2].replace(":", ""))

    def of(self, name: str, vrid: int = 51, after_ns: int = 0) -> list[Seen]:
        """What this host said for a VRID, oldest first."""
        self.listen()
        mac = self.mac(name)
        return [s for s in self.adverts if s.source_mac == mac and s.advert.vrid == vrid and s.at_ns > after_ns]

    def mac(self, name: str) -> bytes:
        return self._macs[name]

    def wait_for(self, what: Callable[[], _Awaited], seconds: float = 15.0) -> _Awaited:
        """Wait until something holds, and return it; fails with the logs when it does not come."""
        ends = time.monotonic() + seconds
        while not (value := what()):
            if time.monotonic() > ends:
                logs = "\n".join(f"--- {p.log.name}\n{p.text()[-2000:]}" for p in self.programs)
                raise AssertionError(f"did not come within {seconds} s\n{logs}")
            time.sleep(0.05)
        return value

    def wait_for_master(self, name: str, vrids: tuple[int, ...] = (51,)) -> None:
        """Wait until this host, and no other, advertises for all of these VRIDs."""
        began_ns = time.time_ns()

        def rules() -> bool:
            return all(len(self.of(name, vrid, began_ns)) >= 2 for vrid in vrids)

        self.wait_for(rules)


@contextlib.contextmanager
def segment_lab(folder: Path) -> Iterator[SegmentLab]:
    lab = SegmentLab(folder)
    try:
        yield lab
    finally:
        lab.close()


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                found += [int(c) for c in Path(f"/proc/{one}/task/{task}/children").read_text().split()]
    return found
