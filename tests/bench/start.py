"""How long from the start of a program until its virtual router takes part: its first advert over the down interval.

It is alone, or preempts a running master of a lower priority, a keepalived on another host. vrrptui has its bytecode,
as after an installation by pip.
"""

from __future__ import annotations

import compileall
import tempfile
import time
from pathlib import Path

import vrrptui
from tests.bench.figures import OURS, PEER, Sheet, ratio, spread
from tests.bench.wire import Port
from tests.interop.dialects import V3_FAST
from tests.interop.segment_lab import SegmentLab, segment_lab
from vrrptui.protocol.timers import master_down_interval_ns

PRIORITY, LOWER = 100, 50


def run(rounds: int) -> None:
    """Measure and print."""
    compileall.compile_dir(Path(vrrptui.__file__).parent, quiet=1)
    sheet = Sheet(
        "Start: from exec to the first advert, over the master down interval, ms",
        *("segment", "program", "n", "min", "median", "p99", "max", "median : peer"),
    )
    for segment, master in (("empty", False), ("a master to preempt", True)):
        found: dict[str, list[float]] = {OURS: [], PEER: []}
        for _ in range(rounds):
            for name in (OURS, PEER):
                found[name].append(measure(name, master))
        for name, values in found.items():
            sheet.add(segment, name, len(values), *spread(values), ratio(found) if name == OURS else "")
    sheet.end()


def measure(program: str, master: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, segment_lab(Path(folder)) as lab:
        if master:
            other = Port(lab, "r2")
            lab.keepalived("r2", V3_FAST.configuration(LOWER))
            lab.wait_for(lambda: other.adverts(51))
            other.close()
        port = Port(lab, "r1")
        began_ns = time.time_ns()
        (SegmentLab.vrrptui if program == OURS else SegmentLab.keepalived)(lab, "r1", V3_FAST.configuration(PRIORITY))
        lab.wait_for(lambda: port.adverts(51))
        first_ns = port.adverts(51)[0].at_ns
        port.close()
    return (first_ns - began_ns - master_down_interval_ns(3, PRIORITY, V3_FAST.interval_ns)) / 1e6
