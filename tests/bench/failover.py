"""How late a backup takes over: its first advert over the master down interval (kill) or the skew time (SIGTERM).

The master is a keepalived; the backup is vrrptui and keepalived in turn, on the same wire, so that both see the same
machine. Times are the kernel's, taken as frames enter the switch.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.interop.dialects import V2_PASS, V3_FAST, Dialect
from tests.interop.segment_lab import Program, SegmentLab, segment_lab
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns

ROUNDS = {V2_PASS.name: 10, V3_FAST.name: 20}
NS_PER_MS = 1_000_000
BACKUPS = {"vrrptui": SegmentLab.vrrptui, "keepalived": SegmentLab.keepalived}
Due = Callable[[int, int, int], int]
WAYS: dict[str, tuple[Callable[[Program], None], Due]] = {
    "kill": (Program.kill, master_down_interval_ns),
    "SIGTERM": (Program.terminate, skew_time_ns),
}


def run() -> None:
    """Measure and print."""
    table = Table(title="Takeover: first advert over the formula, ms (master: keepalived)")
    for heading in ("dialect", "master ends by", "backup", "n", "min", "median", "max", "ratio of medians"):
        table.add_column(heading)
    for dialect in (V2_PASS, V3_FAST):
        for way in WAYS:
            over: dict[str, list[float]] = {name: [] for name in BACKUPS}
            for _ in range(ROUNDS[dialect.name]):
                for backup in BACKUPS:
                    over[backup].append(_measure(dialect, way, backup))
            peer = statistics.median(over["keepalived"])
            for backup, found in over.items():
                median = statistics.median(found)
                numbers = (f"{value:.3f}" for value in (min(found), median, max(found)))
                table.add_row(dialect.name, way, backup, str(len(found)), *numbers, f"{median / peer:.2f}")
    Console(width=120).print(table)


def _measure(dialect: Dialect, way: str, backup: str) -> float:
    end, due = WAYS[way]
    with tempfile.TemporaryDirectory() as folder, segment_lab(Path(folder)) as lab:
        master = lab.keepalived("r1", dialect.configuration(150))
        lab.wait_for_master("r1")
        other = BACKUPS[backup](lab, "r2", dialect.configuration(100))
        lab.wait_for(lambda: "BACKUP STATE" in other.text())
        time.sleep(2 * dialect.interval_s)
        end(master)
        time.sleep(due(dialect.version, 100, dialect.interval_ns) / 1e9 + 0.05)
        lab.wait_for(lambda: lab.of("r2"))
        last_ns, first_ns = lab.of("r1")[-1].at_ns, lab.of("r2")[0].at_ns
    return (first_ns - last_ns - due(dialect.version, 100, dialect.interval_ns)) / NS_PER_MS
