"""How late a backup takes over: its first advert over the master down interval (or the skew time), and what follows.

The master is a keepalived with two virtual routers. The backup of one is vrrptui, of the other keepalived, on hosts of
their own on one switch: both lose the same master in the same round. Their priorities differ, so that they are not due
at the same moment, and are exchanged half-way. Times are the kernel's, taken as frames enter the switch.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench.figures import OURS, PEER, Sheet, ratio, spread
from tests.bench.wire import Port
from tests.interop.dialects import V2_PASS, V3_FAST, V3_IPV6, Dialect
from tests.interop.segment_lab import Program, SegmentLab, segment_lab
from vrrptui.cli.commands.status import ask
from vrrptui.client.blocking import EngineUnreachableError
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns

NS_PER_MS = 1_000_000
HOSTS = {OURS: ("r2", 51), PEER: ("client", 52)}
PRIORITIES = (100, 120)
MASTER = 200
Due = Callable[[int, int, int], int]


@dataclass(frozen=True)
class Case:
    """A dialect, how the master goes, and how often."""

    name: str
    dialect: Dialect
    way: str
    rounds: int
    extra: str = ""


@dataclass
class Found:
    """Of one backup, in milliseconds."""

    late: list[float]
    announced: list[float]  # the first announcement after the first advert
    spans_ns: list[tuple[int, int]] = field(default_factory=list)  # from the master's last advert to the first one


def _cut(lab: SegmentLab, master: Program) -> None:
    lab.network.plug("r1", False)


WAYS: dict[str, tuple[Callable[[SegmentLab, Program], None], Due]] = {
    "kill": (lambda lab, master: master.kill(), master_down_interval_ns),
    "SIGTERM": (lambda lab, master: master.terminate(), skew_time_ns),
    "cable": (_cut, master_down_interval_ns),
}
TEN_MS = replace(V3_FAST, name="v3 10 ms", interval_s=0.01)
SIX = replace(V3_IPV6, name="v3 IPv6 0.1 s", interval_s=0.1)
VMAC = "    use_vmac\n"


def cases(rounds: int) -> Iterator[Case]:
    """All cases; those of an interval of a second have fewer rounds."""
    for way in ("kill", "SIGTERM"):
        yield Case("v2 1 s", V2_PASS, way, max(rounds // 3, 2))
    for way in WAYS:
        yield Case("v3 0.1 s", V3_FAST, way, rounds)
    for way in ("kill", "SIGTERM"):
        yield Case("v3 10 ms", TEN_MS, way, rounds)
    yield Case("v3 IPv6 0.1 s", SIX, "kill", rounds // 2)
    yield Case("v3 0.1 s, virtual MAC", V3_FAST, "kill", rounds // 2, VMAC)


def run(rounds: int) -> None:
    """Measure and print."""
    sheet = Sheet(
        "Takeover: first advert over the formula in ms, and the first announcement after it",
        *("dialect", "master goes by", "backup", "n", "min", "median", "p99", "max", "announced", "median : peer"),
        *("p99 : peer", "announced : peer"),
    )
    for case in cases(rounds):
        found = measure(case)
        late = {name: one.late for name, one in found.items()}
        announced = {name: one.announced for name, one in found.items()}
        for name, one in found.items():
            ratios = (ratio(late), ratio(late, 0.99), ratio(announced)) if name == OURS else ("", "", "")
            row = (case.name, case.way, name, len(one.late), *spread(one.late), spread(one.announced)[1], *ratios)
            sheet.add(*row)
    sheet.end()


def measure(case: Case) -> dict[str, Found]:
    found = {name: Found([], []) for name in HOSTS}
    for turn in (PRIORITIES, PRIORITIES[::-1]):
        with tempfile.TemporaryDirectory() as folder, segment_lab(Path(folder)) as lab:
            _half(case, lab, dict(zip(HOSTS, turn, strict=True)), found)
    return found


def _half(case: Case, lab: SegmentLab, priorities: dict[str, int], found: dict[str, Found]) -> None:
    start = {OURS: lab.vrrptui, PEER: lab.keepalived}
    backups = {
        name: start[name](host, case.dialect.configuration(priorities[name], (vrid,), case.extra))
        for name, (host, vrid) in HOSTS.items()
    }
    ports = {host: Port(lab, host) for host in ("r1", "r2", "client")}
    vrids = tuple(vrid for _, vrid in HOSTS.values())
    interval_s = case.dialect.interval_s
    end, due = WAYS[case.way]
    for _ in range((case.rounds + 1) // 2):
        lab.network.plug("r1", True)
        for left in lab.folder.glob("r1-*.pid"):
            left.unlink()
        lab.shell("r1", "ip addr flush dev eth0 scope global; ip addr add 192.0.2.11/24 dev eth0", check=False)
        master = lab.keepalived("r1", case.dialect.configuration(MASTER, vrids, case.extra))
        lab.wait_for(lambda: all(len(ports["r1"].adverts(vrid)) > 2 for vrid in vrids))
        lab.wait_for(lambda: _listens(lab) and _peer_listens(backups[PEER]))
        time.sleep(3 * interval_s + 0.3)
        for port in (ports["r2"], ports["client"]):
            port.forget()
        end(lab, master)
        time.sleep(due(case.dialect.version, min(PRIORITIES), case.dialect.interval_ns) / 1e9 + interval_s + 0.1)
        lab.wait_for(lambda: all(_announced(ports[host], vrid) for host, vrid in HOSTS.values()))
        for name, (host, vrid) in HOSTS.items():
            gone_ns = ports["r1"].adverts(vrid)[-1].at_ns
            first = ports[host].adverts(vrid)[0]
            after = _announced(ports[host], vrid)
            over_ns = first.at_ns - gone_ns - due(case.dialect.version, priorities[name], case.dialect.interval_ns)
            found[name].late.append(over_ns / NS_PER_MS)
            found[name].spans_ns.append((gone_ns, first.at_ns))
            found[name].announced.append((after[0] - first.at_ns) / NS_PER_MS)
        if case.way == "SIGTERM":
            master.wait()
        master.end()
        ports["r1"].forget()
    for port in ports.values():
        port.close()


def _announced(port: Port, vrid: int) -> list[int]:
    """When it announced since its first advert, if it sent one."""
    first = next(iter(port.adverts(vrid)), None)
    return [s.at_ns for s in port.sent if first is not None and s.kind == "announcement" and s.at_ns > first.at_ns]


def _listens(lab: SegmentLab) -> bool:
    """Whether our engine is backup and has heard the master: one that still starts is late, and rightly."""
    with contextlib.suppress(EngineUnreachableError, StopIteration):
        router = next(iter(ask(lab.socket(HOSTS[OURS][0])).virtual_routers))
        return router.state == "backup" and router.last_heard is not None and router.master_priority == MASTER
    return False


def _peer_listens(backup: Program) -> bool:
    """The same of keepalived, which says no more than its state."""
    said = backup.text()
    return said.rfind("BACKUP STATE") > said.rfind("MASTER STATE")
