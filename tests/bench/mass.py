"""255 virtual routers that lose their master at once: how long until the last of them has announced its address."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.bench.figures import OURS, PEER, Sheet, ratio, spread
from tests.bench.wire import Port
from tests.interop.segment_lab import SegmentLab, segment_lab
from vrrptui.protocol.timers import master_down_interval_ns

INSTANCES = 255
INTERVAL_S = 0.1
NS_PER_MS = 1_000_000
BIG = 256 << 20


def configuration(priority: int, instances: int, interval_s: float, general: str = "") -> str:
    """So many virtual routers of version 3 on eth0, each with an address of its own in 198.18.0.0/24."""
    blocks = [f"global_defs {{\n    vrrp_version 3\n    vrrp_garp_master_delay 0\n{general}}}\n"]
    blocks += [
        f"vrrp_instance V{n} {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {n}\n"
        f"    priority {priority}\n    advert_int {interval_s:g}\n    garp_master_repeat 1\n"
        f"    virtual_ipaddress {{\n        198.18.0.{n}/32\n    }}\n}}\n"
        for n in range(1, instances + 1)
    ]
    return "\n".join(blocks)


def run(rounds: int) -> None:
    """Measure and print."""
    last_advert: dict[str, list[float]] = {OURS: [], PEER: []}
    last_announced: dict[str, list[float]] = {OURS: [], PEER: []}
    for _ in range(rounds):
        for name in (OURS, PEER):
            advert, announced = measure(name)
            last_advert[name].append(advert)
            last_announced[name].append(announced)
    sheet = Sheet(
        f"{INSTANCES} takeovers at once, 0.1 s: the last one over its own formula, ms (master: keepalived, killed)",
        *("backup", "n", "what", "min", "median", "p99", "max", "median : peer"),
    )
    for what, found in (("last first advert", last_advert), ("last announcement", last_announced)):
        for name, values in found.items():
            sheet.add(name, len(values), what, *spread(values), ratio(found) if name == OURS else "")
    sheet.end()


def measure(backup: str) -> tuple[float, float]:
    """The last first advert and the last announcement, each over its router's own down interval, in ms."""
    with tempfile.TemporaryDirectory() as folder, segment_lab(Path(folder)) as lab:
        for host in ("r1", "r2"):
            lab.shell(host, "sysctl -qw net.ipv4.igmp_max_memberships=1024")
        master = lab.keepalived("r1", configuration(200, INSTANCES, INTERVAL_S))
        ports = [Port(lab, host, BIG) for host in ("r1", "r2")]
        lab.wait_for(lambda: len({one.number for one in ports[0].read()}) == INSTANCES)
        start = SegmentLab.vrrptui if backup == OURS else SegmentLab.keepalived
        start(lab, "r2", configuration(100, INSTANCES, INTERVAL_S))
        time.sleep(4)
        ports[1].forget()
        master.kill()
        down_ns = master_down_interval_ns(3, 100, round(INTERVAL_S * 1e9))
        time.sleep(down_ns / 1e9 + 1.5)
        gone = {one.number: one.at_ns for one in ports[0].read() if one.kind == "advert"}
        adverts: dict[int, int] = {}
        announced: dict[int, int] = {}
        for one in ports[1].read():
            (adverts if one.kind == "advert" else announced).setdefault(one.number, one.at_ns)
        for port in ports:
            port.close()
    assert len(adverts) == len(announced) == INSTANCES, (backup, len(adverts), len(announced))
    over = [{n: at_ns - gone[n] - down_ns for n, at_ns in of.items()} for of in (adverts, announced)]
    return max(over[0].values()) / NS_PER_MS, max(over[1].values()) / NS_PER_MS
