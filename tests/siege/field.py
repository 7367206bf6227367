"""A master at 100 ms, a keepalived as its backup, and one load after the other: gaps, memory and changes of state.

Times are the kernel's, taken as frames enter the switch.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench.wire import Port
from tests.interop.engine_lab import configuration, instance
from tests.interop.segment_lab import Program, SegmentLab, segment_lab
from tests.siege.loads import FORGED_PER_S, GROUP
from vrrptui.cli.commands.status import Status, ask
from vrrptui.client.blocking import EngineUnreachableError

INTERVAL_S = 0.1
VRID, VIP = 51, "192.0.2.100/32"
NS_PER_MS = 1_000_000
LOOK_S = 0.1
PATIENCE = 3  # questions that need not be answered in time
CALM_S = 5.0  # until the memory has to be back
LEFT_MIB = 8.0  # of it, which counts as back
TABLES_MIB = 64.0  # the observer's, when they are full: what was heard is forgotten after ten minutes
RELAY = 'mount --bind "$1" /etc/group; shift; exec "$@"'


@dataclass(frozen=True)
class Load:
    """The programs of tests.siege.loads that run at once, each with its host and its arguments."""

    name: str
    programs: tuple[tuple[str, str, tuple[str, ...]], ...]
    keeps_mib: float = LEFT_MIB


SOCKET = "{socket}"
LOADS = (
    Load("a viewer subscribes endlessly", (("client", "subscribing", (SOCKET,)),)),
    Load("a viewer sends commands endlessly", (("client", "commanding", (SOCKET,)),)),
    Load("a viewer connects endlessly", (("client", "connecting", (SOCKET,)),)),
    Load("root connects and closes endlessly", (("client", "connecting_as_root", (SOCKET,)),)),
    Load("thousands of addresses are added and removed", (("r1", "churning", (VIP,)),)),
    Load("5,000 addresses are added at once", (("r1", "adding", ()),)),
    Load("500 ARP replies/s for an address of 248 groups", (("client", "storming", ()),)),
    Load("200 IGMP reports/s and a client", (("client", "reporting", ()), ("client", "reading", (SOCKET,)))),
    Load(f"{FORGED_PER_S:,} forged adverts/s", (("client", "forging", ()),), TABLES_MIB),
)


@dataclass(frozen=True)
class Outcome:
    """What one load did."""

    load: Load
    did: str  # in the words of its programs
    unloaded_ms: float  # the worst gap between two adverts before it
    loaded_ms: float  # with it, and for some time afterwards
    before_mib: float
    most_mib: float
    after_mib: float
    changes: int  # of the master's state
    takeovers: int  # adverts of the backup
    holds: bool  # the master has its address in the end

    @property
    def kept_too_much(self) -> bool:
        return self.after_mib - self.before_mib > self.load.keeps_mib


class Field:
    """The master on r1, keepalived on r2, and the client that storms."""

    def __init__(self, lab: SegmentLab, down_after: int) -> None:
        """The backup takes over after so many intervals without an advert, and its skew time."""
        self.lab = lab
        lab.shell("r1", "ip link add d1 type veth peer name d2; ip link set d1 up; ip link set d2 up")
        groups = lab.folder / "group"
        groups.write_text(Path("/etc/group").read_text() + f"vrrptui:x:{GROUP}:\n")
        self.socket = lab.folder / "r1.sock"
        file = lab.folder / "r1.conf"
        file.write_text(configuration(instance(priority=200, interval=INTERVAL_S, vips=(VIP,))))
        engine = [sys.executable, "-m", "vrrptui", "engine", "-f", str(file), "--socket", str(self.socket)]
        engine += ["--state-dir", str(lab.folder / "state")]
        self._master, self._backup = Port(lab, "r1"), Port(lab, "r2")
        self.engine = lab.run("r1", ["unshare", "-m", "sh", "-c", RELAY, "sh", str(groups), *engine])
        lab.wait_for(lambda: self._master.adverts(VRID))
        patience = f"    down_timer_adverts {down_after}\n"
        lab.keepalived("r2", configuration(instance(priority=100, interval=INTERVAL_S, vips=(VIP,), extra=patience)))
        self._rest(1.5)
        self._backup.forget()

    def close(self) -> None:
        self._master.close()
        self._backup.close()

    def try_one(self, load: Load, seconds: float, at_rest_s: float, afterwards_s: float) -> Outcome:
        """Look for `at_rest_s` at the master at rest, for `seconds` under the load, and for `afterwards_s` after it."""
        before_mib, since = self.memory_mib(), self._since()
        began_ns = time.time_ns()
        self._rest(at_rest_s)
        loaded_ns = time.time_ns()
        programs = [self._start(host, kind, seconds, arguments) for host, kind, arguments in load.programs]
        most_mib = self._wait(programs, before_mib)
        self._rest(afterwards_s)
        ended_ns = time.time_ns()
        after_mib = self._calm(before_mib + load.keeps_mib)
        return Outcome(
            load,
            "; ".join(_said(program) for program in programs),
            self._worst_ms(began_ns, loaded_ns),
            self._worst_ms(loaded_ns, ended_ns),
            before_mib,
            most_mib,
            after_mib,
            int(self._since() != since),
            len(self._backup.adverts(VRID)),
            self.lab.holds("r1", VIP.partition("/")[0]),
        )

    def memory_mib(self) -> float:
        """What the master has in memory."""
        lines = Path(f"/proc/{self.engine.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def _start(self, host: str, kind: str, seconds: float, arguments: tuple[str, ...]) -> Program:
        given = [argument.format(socket=self.socket) for argument in arguments]
        return self.lab.run(host, [sys.executable, "-m", "tests.siege.loads", kind, str(seconds), *given])

    def _wait(self, programs: list[Program], most_mib: float) -> float:
        while any(program.runs for program in programs):
            self._rest(LOOK_S)
            most_mib = max(most_mib, self.memory_mib())
        return most_mib

    def _calm(self, at_most_mib: float) -> float:
        """Wait until the memory is back; what it is then, or after so long."""
        ends = time.monotonic() + CALM_S
        while (now_mib := self.memory_mib()) > at_most_mib and time.monotonic() < ends:
            self._rest(LOOK_S)
        return now_mib

    def _rest(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._master.read()
            self._backup.read()
            time.sleep(LOOK_S / 2)

    def _since(self) -> float:
        """When the router became what it is; every change of its state moves it. It has to be master."""
        (router,) = self._status().virtual_routers
        assert router.state == "master", router.reason
        return router.since

    def _status(self) -> Status:
        """As the engine says it; on a busy machine a greeting with thousands of forged routers takes a while."""
        for _ in range(PATIENCE):
            with contextlib.suppress(EngineUnreachableError):
                return ask(self.socket)
        return ask(self.socket)

    def _worst_ms(self, began_ns: int, ended_ns: int) -> float:
        times = [one.at_ns for one in self._master.adverts(VRID) if began_ns <= one.at_ns < ended_ns]
        return max(after - before for before, after in pairwise([began_ns, *times, ended_ns])) / NS_PER_MS


def _said(program: Program) -> str:
    """What a load has done, in its own words."""
    return program.text().strip().splitlines()[-1].partition(": ")[2]


@contextmanager
def field(down_after: int = 3) -> Iterator[Field]:
    """A field in namespaces of its own, in a folder that a user without rights can enter."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="siege-") as folder:
        os.chmod(folder, 0o711)
        with segment_lab(Path(folder)) as lab:
            made = Field(lab, down_after)
            try:
                yield made
            finally:
                made.close()
