"""Three stories from the field, with a real keepalived beside: told to the routers, and judged by the capture."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from tests.interop.engine_lab import sender
from tests.interop.makes import V3, vip_of
from tests.interop.run import Run
from tests.interop.segment_lab import SegmentLab
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v2

pytestmark = pytest.mark.usefixtures("needs_keepalived")
VIP = vip_of(V3)


@pytest.fixture
def run(lab) -> Iterator[Run]:
    made = Run(lab, V3, ("vrrptui", "keepalived"))
    yield made
    made.close()


def attack(lab: SegmentLab) -> None:
    """Twenty-four adverts of another version, three in ten of an interval apart: each is refused by everybody."""
    wrong = encode_v2(51, 1, 1_000_000_000, (ip_address(VIP),))
    with sender(lab, "client") as stranger:
        for _ in range(24):
            stranger.sendto(wrong, (str(Family.IPV4.group), 0))
            time.sleep(0.3 * V3.interval_s)


def test_refused_adverts_take_no_address_beside_keepalived(run):
    """A keepalived's own adverts wait anew after each packet that it refuses; ours go on, and the backup hears them."""
    run.pair()
    began_ns = time.time_ns()
    attack(run.lab)
    assert run.spoke("r2", began_ns) == 0
    assert "wrong version" in run.log("r2") or "version" in run.log("r1"), "the attack was heard"
    assert run.judge(best="r1", faults=2) == []


def test_refused_adverts_delay_no_takeover_from_keepalived(lab):
    """Ours is the backup of a keepalived that is killed while the attack goes on: its timer is not moved either."""
    run = Run(lab, V3, ("keepalived", "vrrptui"))
    try:
        run.pair()
        run.kill("r1")
        attack(run.lab)
        run.wait_for_master("r2")
        assert run.judge(best="r2", judged=("r2",)) == []
    finally:
        run.close()


@pytest.mark.parametrize("returns", ["better", "worse"])
def test_the_sigstop_story_of_our_master_and_a_keepalived(run, returns):
    """Paused for two down intervals. A better one rules again at once; a worse one sends no advert at all."""
    run.pair(r1=150 if returns == "better" else 100, r2=100 if returns == "better" else 101, preempt=False)
    run.begin_spell("paused", "r1")
    run.routers["r1"].program.signal(signal.SIGSTOP)
    run.wait_for_master("r2")
    run.wait(6 * V3.interval_s)
    resumed_ns = time.time_ns()
    run.routers["r1"].program.signal(signal.SIGCONT)
    run.end_spell("paused", "r1")
    winner = "r1" if returns == "better" else "r2"
    run.wait_for_master(winner)
    run.lab.wait_for(lambda: [h for h in ("r1", "r2") if run.lab.holds(h, VIP)] == [winner])
    run.wait(4 * V3.interval_s)  # the last adverts of the other one are over
    if returns == "worse":
        assert run.spoke("r1", resumed_ns) == 0
    assert run.judge(best=winner) == []


def test_a_killed_masters_stale_address_beside_keepalived(run):
    """What kill -9 leaves answers for the address beside the new master, until the next start takes it away first."""
    lab = run.lab
    run.pair(preempt=False)
    run.kill("r1")
    run.wait_for_master("r2")
    assert lab.holds("r1", VIP), "nobody was there to take it away"
    assert len(answers(lab)) == 2, "two hosts answer for one address"
    began_ns = time.time_ns()
    run.start("r1", 150, preempt=False)
    assert not lab.holds("r1", VIP)
    assert "left by a killed engine" in run.log("r1")
    assert answers(lab) == {lab.mac("r2").hex(":")}
    run.wait(5 * V3.interval_s)
    assert run.spoke("r1", began_ns) == 0, "it is backup, and silent"
    found = run.judge(best="r2")
    assert {finding.invariant for finding in found} == {"INV8"}, "the judge saw the two answers"
    assert all(finding.at_ns < began_ns for finding in found)


def answers(lab: SegmentLab) -> set[str]:
    printed = lab.shell("client", f"arping -b -c 2 -w 3 -I eth0 {VIP}", check=False)
    return {line.split("[")[1].split("]")[0].lower() for line in printed.splitlines() if "reply from" in line}
