"""How evenly a master speaks: drift and jitter of its adverts, processor time and memory, false takeovers beside it.

A keepalived backup listens on another host. Times are the kernel's, taken as frames enter the switch.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import OURS, PEER, Sheet, share
from tests.bench.mass import BIG, configuration
from tests.bench.wire import Port
from tests.interop.segment_lab import Program, SegmentLab, _descendants, segment_lab

NS_PER_MS = 1_000_000
REAL_TIME = "    vrrp_rt_priority 50\n    vrrp_no_swap\n"


@dataclass(frozen=True)
class Load:
    """So many virtual routers, and what else the machine does."""

    instances: int
    interval_s: float
    hogs: int = 0  # busy loops on each core
    real_time: bool = False

    def __str__(self) -> str:
        more = f", {self.hogs} busy loops a core" * bool(self.hogs) + ", real-time" * self.real_time
        return f"{self.instances} x {self.interval_s:g} s{more}"


LOADS = [
    *(Load(n, interval_s) for interval_s in (1.0, 0.1, 0.01) for n in (1, 50, 255)),
    *(Load(50, 0.01, 2, real_time) for real_time in (False, True)),
]


@dataclass(frozen=True)
class Found:
    """What one sender did."""

    share: float  # of the adverts that were due
    drift_ms: float  # median of (gap - interval)
    off_ms: tuple[float, float, float]  # |gap - interval|: median, p99, p99.9
    processor_us: float  # for each advert
    memory_mib: float
    false_adverts: int  # of the backup


def run(seconds: float) -> None:
    """Measure and print."""
    sheet = Sheet(
        f"Adverts of a master in {seconds:g} s: gaps against the interval",
        *("load", "master", "sent", "drift ms", "off p50", "p99", "p99.9", "p99.9 : peer", "us an advert", ": peer"),
        *("MiB", ": peer", "false takeovers"),
    )
    for load in LOADS:
        found = {name: measure(name, load, max(seconds, 4 * load.interval_s)) for name in (OURS, PEER)}
        peer = found[PEER]
        for name, one in found.items():
            ratios = [
                f"{mine / theirs:.2f}" if name == OURS and theirs else ""
                for mine, theirs in (
                    (one.off_ms[2], peer.off_ms[2]),
                    (one.processor_us, peer.processor_us),
                    (one.memory_mib, peer.memory_mib),
                )
            ]
            sheet.add(
                *(load, name, f"{one.share:.1%}", f"{one.drift_ms:+.3f}", *(f"{v:.3f}" for v in one.off_ms)),
                *(ratios[0], f"{one.processor_us:.1f}", ratios[1], f"{one.memory_mib:.0f}", ratios[2]),
                one.false_adverts,
            )
    sheet.end()


def measure(sender: str, load: Load, seconds: float) -> Found:
    general = REAL_TIME if load.real_time else ""
    with tempfile.TemporaryDirectory() as folder, segment_lab(Path(folder)) as lab:
        for host in ("r1", "r2"):
            lab.shell(host, "sysctl -qw net.ipv4.igmp_max_memberships=1024")
        ours, backup = Port(lab, "r1", 2 * BIG), Port(lab, "r2", BIG)
        start = SegmentLab.vrrptui if sender == OURS else SegmentLab.keepalived
        program = start(lab, "r1", configuration(200, load.instances, load.interval_s, general))
        lab.wait_for(lambda: len({one.number for one in ours.read()}) == load.instances)
        lab.keepalived("r2", configuration(100, load.instances, load.interval_s, REAL_TIME))
        time.sleep(1.5)
        with _busy(load.hogs):
            time.sleep(0.5)
            for port in (ours, backup):
                port.forget()
            ours.lost()
            used, began_ns = _processor_s(program), time.time_ns()
            time.sleep(seconds)
            ended_ns, used = time.time_ns(), _processor_s(program) - used
            memory = _memory_mib(program)
        sent, false_adverts = (
            [one for one in port.read() if one.kind == "advert" and began_ns <= one.at_ns < ended_ns]
            for port in (ours, backup)
        )
        took_s = (ended_ns - began_ns) / 1e9
        assert ours.lost() == 0, "the capture lost frames"
        for port in (ours, backup):
            port.close()
    gaps: list[float] = []
    by_vrid = sorted(sent, key=lambda one: (one.number, one.at_ns))
    for _, group in itertools.groupby(by_vrid, key=lambda one: one.number):
        times = [one.at_ns for one in group]
        gaps += [(b - a) / NS_PER_MS - load.interval_s * 1e3 for a, b in itertools.pairwise(times)]
    off = [abs(gap) for gap in gaps]
    return Found(
        len(sent) / (load.instances * took_s / load.interval_s),
        statistics.median(gaps),
        (share(off, 0.5), share(off, 0.99), share(off, 0.999)),
        used / len(sent) * 1e6,
        memory,
        len(false_adverts),
    )


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    cores = [core for core in range(os.cpu_count() or 1) for _ in range(loops)]
    hogs = [subprocess.Popen(["taskset", "-c", str(core), "sh", "-c", "while :; do :; done"]) for core in cores]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def _processor_s(program: Program) -> float:
    """Processor time of all its processes so far, to the nanosecond."""
    return sum(_scheduled_ns(pid) for pid in _descendants(program.pid)) / 1e9


def _scheduled_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def _memory_mib(program: Program) -> float:
    """Resident memory of all its processes; what they share is counted once for each."""
    status = (Path(f"/proc/{pid}/status").read_text() for pid in _descendants(program.pid))
    return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in status) / 1024
