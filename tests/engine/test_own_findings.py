"""What is told of a virtual router of this host: what is wrong with it, and its snapshot."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.host import LAN, instance, until
from vrrptui.engine.status.instance_findings import own_findings
from vrrptui.engine.status.instance_snapshot import router_snapshot
from vrrptui.protocol.events import Stopped
from vrrptui.segment.codes import Code

NAME = "VI_1"


async def test_a_healthy_router_has_no_findings(run):
    for priority in (255, 100):
        assert own_findings(run(instance(priority=priority))[NAME], None, carrier=True) == {}


async def test_a_backup_that_holds_an_address(run):
    one = run(instance(priority=100))
    one.host.named(LAN).put(one[NAME].presence.addresses.places[0][0].interface, 0)
    assert own_findings(one[NAME], None, carrier=True) == {
        Code.VIP_HELD_BY_BACKUP: "VI_1 is not master, and this host holds 192.0.2.100/24."
    }


async def test_a_master_without_its_address(run):
    one = run(instance())
    one.host.named(LAN).drop(one[NAME].presence.addresses.places[0][0].interface)
    assert own_findings(one[NAME], None, carrier=True) == {
        Code.VIP_MISSING: "VI_1 is master, and 192.0.2.100/24 is not on lan0."
    }


async def test_a_master_whose_adverts_do_not_leave(run):
    one = run(instance())
    one[NAME].transmitter.sent("No buffer space available")
    one[NAME].transmitter.sent("No buffer space available")
    found = own_findings(one[NAME], None, carrier=True)
    assert found == {
        Code.ADVERTS_NOT_SENT: "VI_1 is master, and its adverts do not leave this host: "
        "No buffer space available (2 so far)."
    }
    without_carrier = own_findings(one[NAME], None, carrier=False)
    assert "lan0 is down or has no carrier" in without_carrier[Code.ADVERTS_NOT_SENT]


@pytest.mark.parametrize("line", ["no_accept", ""])
async def test_a_lost_filter_concerns_routers_with_no_accept(run, line):
    one = run(instance(NAME, 51, 100, line))
    found = own_findings(one[NAME], "nft is not installed", carrier=True)
    assert list(found) == ([Code.ACCEPT_FILTER_LOST] if line else [])


async def test_a_masters_snapshot(run):
    one = run(instance(NAME, 51, 255, "track_interface {\nlan1\n}"))
    snapshot = router_snapshot(one[NAME], 0.0, {Code.VIP_MISSING: (7.0, "gone")})
    assert (snapshot.key, snapshot.state, snapshot.owner) == ("lan0/51", "master", True)
    assert (snapshot.master, snapshot.master_priority, snapshot.last_heard) == ("192.0.2.1", 255, None)
    assert (snapshot.base_priority, snapshot.effective_priority, snapshot.override) == (255, 255, None)
    assert [(c.name, c.state, c.fault) for c in snapshot.contributions] == [("interface lan1", "up", False)]
    assert (snapshot.virtual_addresses, snapshot.advertisement_interval) == (["192.0.2.100/24"], 1.0)
    assert [(f.code, f.severity, f.since, f.text) for f in snapshot.findings] == [
        ("VIP_MISSING", "critical", 7.0, "gone")
    ]


async def test_a_backups_snapshot(run):
    """RFC 9568 §6.1: Skew_Time is (256 - priority) / 256 of the interval, the down interval three more."""
    one = run(instance(priority=64))
    one.hear(NAME, 200)
    snapshot = router_snapshot(one[NAME], 1000.0, {})
    assert (snapshot.state, snapshot.master, snapshot.master_priority) == ("backup", "192.0.2.9", 200)
    assert snapshot.last_heard == pytest.approx(asyncio.get_running_loop().time() + 1000, abs=5)
    assert (snapshot.skew_time, snapshot.master_down_interval) == (0.75, 3.75)
    one.routers.command(one[NAME], Stopped("root"))
    stopped = router_snapshot(one[NAME], 0.0, {})
    assert (stopped.state, stopped.master) == ("stopped", None)
    assert "root" in stopped.reason


async def test_a_snapshot_counts_adverts_that_left(run):
    one = run(instance())
    assert router_snapshot(one[NAME], 0.0, {}).statistics["advertisement_sent"] == 1
    one[NAME].transmitter.sent("Network is down")
    assert router_snapshot(one[NAME], 0.0, {}).statistics["advertisement_sent"] == 0


async def test_a_contribution_without_a_result_is_unknown(run, tmp_path):
    script = f"vrrp_script chk {{\nscript \"/bin/sh -c 'sleep 5; test -e {tmp_path}'\"\nweight -20\n}}"
    one = run(script, instance(NAME, 51, 100, "track_script {\nchk\n}"))
    await until(lambda: one[NAME].tracked)
    snapshot = router_snapshot(one[NAME], 0.0, {})
    assert [(c.name, c.state, c.amount) for c in snapshot.contributions] == [("chk", "unknown", 0)]
    assert snapshot.checks == ["chk"]
