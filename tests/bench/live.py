"""How much is heard live: the highest rate without a loss, beside tcpdump, and what a busy segment costs.

A generator floods one end of a cable with the adverts of 255 routers; at the other end listens an observing engine,
which keeps the record of each, or `vrrptui watch`, which prints each, or `tcpdump -l -n`, which prints each. Each rate
is tried by all in turn. The generator is C beside the checkout, for nothing in Python is quick enough.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from tests.bench.figures import OURS, PEER, Sheet
from tests.interop.dialects import V3_IPV6
from tests.interop.segment_lab import Program, SegmentLab, segment_lab
from vrrptui.cli.commands.status import ask
from vrrptui.client.blocking import EngineUnreachableError
from vrrptui.lab.namespaces import inside, new_network
from vrrptui.protocol.timers import master_down_interval_ns

GENERATOR = Path(__file__).parents[3] / "shared" / "bench" / "pktgen.c"
BUSY_RATE = 25_500  # 255 routers, an advert every 10 ms
BUSY_S = 10
RATES = (25_500, 50_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000, 800_000)
LADDER_S = 3
FLOOD_RATE = 50_000
TAKEOVERS = 7
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Heard:
    """One listener under one rate."""

    sent: int
    lost: int
    core_percent: float


def run() -> None:
    """Measure and print."""
    if shutil.which("gcc") is None or not GENERATOR.is_file():
        print("live: needs gcc and the generator beside the checkout; nothing measured")
        return
    with tempfile.TemporaryDirectory() as name, _cable() as cable:
        folder = Path(name)
        generator = folder / "pktgen"
        subprocess.run(["gcc", "-O2", "-o", generator, GENERATOR], check=True)
        listeners: dict[str, Callable[[int, int], Heard]] = {
            "tcpdump -l -n": lambda rate, seconds: _tcpdump(cable, generator, rate, seconds),
            "vrrptui engine (records)": lambda rate, seconds: _engine(cable, generator, folder, rate, seconds),
            "vrrptui watch (lines)": lambda rate, seconds: _watch(cable, generator, rate, seconds),
        }
        _ladder(listeners)
        _busy(listeners)
        _takeovers(generator)


def _takeovers(generator: Path) -> None:
    """How late a router takes over from a killed keepalived, with foreign adverts flooding its segment and without.

    The group is an IPv6 one, for the generator floods all VRIDs of IPv4.
    """
    starts = {OURS: SegmentLab.vrrptui, PEER: SegmentLab.keepalived}
    over: dict[tuple[int, str], list[float]] = {(rate, name): [] for rate in (0, FLOOD_RATE) for name in starts}
    for _ in range(TAKEOVERS):
        for (rate, name), found in over.items():
            found.append(_takeover(generator, rate, starts[name]))
    title = "Takeover: first advert over the master down interval, ms (master: keepalived)"
    sheet = Sheet(title, "foreign adverts a second", "backup", "n", "min", "median", "max")
    for (rate, name), found in over.items():
        numbers = (f"{value:.3f}" for value in (min(found), statistics.median(found), max(found)))
        sheet.add(f"{rate:,}", name, len(found), *numbers)
    sheet.end()


def _takeover(generator: Path, rate: int, start: Callable[[SegmentLab, str, str], Program]) -> float:
    with tempfile.TemporaryDirectory() as name, segment_lab(Path(name)) as lab:
        lab.ignore_virtual_macs()
        master = lab.keepalived("r1", V3_IPV6.configuration(150))
        lab.wait_for_master("r1")
        backup = start(lab, "r2", V3_IPV6.configuration(100))
        lab.wait_for(lambda: "BACKUP STATE" in backup.text())
        flood = lab.run("client", [str(generator), "eth0", str(rate), "3"]) if rate else None
        time.sleep(1.5)
        master.kill()
        lab.wait_for(lambda: lab.of("r2"))
        if flood:
            flood.wait()
        last_ns, first_ns = lab.of("r1")[-1].at_ns, lab.of("r2")[0].at_ns
    return (first_ns - last_ns - master_down_interval_ns(3, 100, V3_IPV6.interval_ns)) / 1e6


def _ladder(listeners: dict[str, Callable[[int, int], Heard]]) -> None:
    best: dict[str, Heard] = {}
    falls: dict[str, str] = {}
    for rate in RATES:
        for name in [name for name in listeners if name not in falls]:
            heard = listeners[name](rate, LADDER_S)
            if heard.lost == 0:
                best[name] = heard
            else:
                falls[name] = f"{heard.sent / LADDER_S:,.0f}/s: {100 * heard.lost / heard.sent:.1f} % lost"
    title = f"Live: the highest rate without a loss, {LADDER_S} s each"
    sheet = Sheet(title, "listener", "adverts a second", "of a core", "and then")
    for name in listeners:
        one = best.get(name)
        said = f"{one.sent / LADDER_S:,.0f}" if one else "none"
        sheet.add(name, said, f"{one.core_percent:.1f} %" if one else "", falls.get(name, "the last step"))
    sheet.end()


def _busy(listeners: dict[str, Callable[[int, int], Heard]]) -> None:
    title = f"Live: 255 routers with an interval of 10 ms, {BUSY_S} s"
    sheet = Sheet(title, "listener", "sent a second", "lost", "of a core", "goal")
    for name, listen in listeners.items():
        heard = listen(BUSY_RATE, BUSY_S)
        goal = "8 %" if "engine" in name else ""
        sheet.add(name, f"{heard.sent / BUSY_S:,.0f}", heard.lost, f"{heard.core_percent:.1f} %", goal)
    sheet.end()


@contextlib.contextmanager
def _cable() -> Iterator[tuple[int, int]]:
    """Two namespaces, and a cable between their eth0."""
    ends = new_network(), new_network()
    with inside(ends[0]), IPRoute() as router:
        router.link("add", ifname="eth0", kind="veth", peer={"ifname": "eth0", "net_ns_fd": ends[1]})
    for end in ends:
        with inside(end), IPRoute() as router:
            router.link("set", index=router.link_lookup(ifname="eth0")[0], state="up")
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def _flood(cable: tuple[int, int], generator: Path, rate: int, seconds: int) -> int:
    """Send, and say how many were sent."""
    with inside(cable[0]):
        done = subprocess.run(
            [generator, "eth0", str(rate), str(seconds)], check=True, capture_output=True, text=True, timeout=60
        )
    return int(done.stdout.split()[0])


def _start(cable: tuple[int, int], command: list[str], **streams: Any) -> subprocess.Popen[str]:
    with inside(cable[1]):
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, **streams)


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def _measured(cable: tuple[int, int], generator: Path, rate: int, seconds: int, pid: int) -> tuple[int, float]:
    """How many were sent, and what the listener used of a core meanwhile and until it was through."""
    before, began = _used_s(pid), time.monotonic()
    sent = _flood(cable, generator, rate, seconds)
    took = time.monotonic() - began
    time.sleep(0.5)
    return sent, 100 * (_used_s(pid) - before) / took


def _tcpdump(cable: tuple[int, int], generator: Path, rate: int, seconds: int) -> Heard:
    command = ["tcpdump", "-l", "-n", "-i", "eth0", "vrrp"]
    one = _start(cable, command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert one.stderr is not None
    while "listening on" not in one.stderr.readline():
        pass
    sent, percent = _measured(cable, generator, rate, seconds, one.pid)
    one.terminate()
    told = one.stderr.read()
    one.wait()
    captured, dropped = (
        int(re.search(rf"(\d+) packets {what}", told)[1]) for what in ("captured", "dropped by kernel")
    )
    return Heard(sent, max(dropped, sent - captured), percent)


def _engine(cable: tuple[int, int], generator: Path, folder: Path, rate: int, seconds: int) -> Heard:
    socket_path, state = folder / "engine.sock", folder / "state"
    command = [sys.executable, "-m", "vrrptui", "engine", "-i", "eth0", "--socket", str(socket_path)]
    one = _start(cable, [*command, "--state-dir", str(state)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        with contextlib.suppress(EngineUnreachableError):
            ask(socket_path)
            break
        time.sleep(0.05)
    sent, percent = _measured(cable, generator, rate, seconds, one.pid)
    time.sleep(1.2)  # until it has said so
    heard = ask(socket_path).engine.adverts_heard
    one.terminate()
    one.wait()
    return Heard(sent, sent - heard, percent)


def _watch(cable: tuple[int, int], generator: Path, rate: int, seconds: int) -> Heard:
    command = [sys.executable, "-m", "vrrptui", "watch", "-i", "eth0"]
    one = _start(cable, command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    counter = subprocess.Popen(["wc", "-l"], stdin=one.stdout, stdout=subprocess.PIPE, text=True)
    assert one.stdout is not None
    one.stdout.close()
    with inside(cable[1]):
        while " 0003 " not in Path(f"/proc/{one.pid}/net/packet").read_text():  # bound: it hears all protocols
            time.sleep(0.05)
    sent, percent = _measured(cable, generator, rate, seconds, one.pid)
    time.sleep(1.0)
    one.send_signal(2)
    one.wait()
    lines = int(counter.communicate()[0])
    return Heard(sent, sent - lines, percent)
