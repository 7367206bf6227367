"""A flood of forged adverts: the observer's memory stays within its bounds, and our own router takes over in time."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import pytest

from tests.interop.dialects import V3_IPV4
from vrrptui.cli.commands.status import Status, ask
from vrrptui.client.blocking import EngineUnreachableError
from vrrptui.control.snapshots import HeardSnapshot
from vrrptui.protocol.timers import master_down_interval_ns
from vrrptui.segment.segment import MAX_GROUPS, MAX_ROUTERS

pytestmark = pytest.mark.usefixtures("needs_keepalived")

RATE = 10_000
LATE_NS = 600_000_000  # three intervals: wide, for a machine that is busy with other things


def memory_kib(pid: int) -> int:
    return next(
        int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line
    )


def routers(status: Status) -> list[HeardSnapshot]:
    return [router for group in status.groups for router in group.routers]


def answered(lab) -> Status | None:
    """What the backup says; None while it has no time for a whole answer, on a machine that is busy."""
    with contextlib.suppress(EngineUnreachableError):
        return ask(lab.socket("r2"))
    return None


def is_full(lab) -> bool:
    status = answered(lab)
    return status is not None and status.engine.problems == ["TABLE_FULL"]


def bounded_answer(lab) -> Status | None:
    """What the backup says, if it fits in its bounds."""
    status = answered(lab)
    return status if status is not None and len(routers(status)) <= MAX_ROUTERS else None


def test_a_flood_costs_the_observer_and_never_the_router(lab):
    master = lab.keepalived("r1", V3_IPV4.configuration(150))
    lab.wait_for_master("r1")
    backup = lab.vrrptui("r2", V3_IPV4.configuration(100))
    lab.wait_for(lambda: "BACKUP STATE" in backup.text())
    lab.ignore_virtual_macs()
    before = memory_kib(backup.pid)
    flood = lab.run("client", [sys.executable, "-m", "tests.interop.flood", str(RATE)])
    lab.wait_for(lambda: "begins" in flood.text())
    lab.wait_for(lambda: is_full(lab), seconds=45)
    lab.wait_for(lambda: lab.of("r1"))
    assert lab.of("r2") == [], "a flood of others made it take over"
    master.kill()
    lab.wait_for(lambda: lab.of("r2"))
    flood.terminate()
    flood.wait()

    last_ns, first_ns = lab.of("r1")[-1].at_ns, lab.of("r2")[0].at_ns
    over_ns = first_ns - last_ns - master_down_interval_ns(3, 100, V3_IPV4.interval_ns)
    assert 0 <= over_ns < LATE_NS
    # An answer is put together over several turns of the engine: it is whole only once the frames that wait are read.
    status = lab.wait_for(lambda: bounded_answer(lab), seconds=30)
    assert len(status.groups) <= MAX_GROUPS
    assert memory_kib(backup.pid) - before < 64 << 10
    assert time.time() - status.events[-1].time < 60
