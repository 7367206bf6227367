"""Addresses that somebody takes away from a master: put back, given up when it goes on, and put back again later."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.host import LAN, instance, until
from vrrptui.engine.addresses.restore_limit import CONTESTED_S, RESTORES, RestoreLimit

VIP = "192.0.2.100"


@settings(deadline=None)  # of one example: the host may be busy
@given(gaps=st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_a_contest_is_five_times_within_a_minute(gaps):
    contest, at, times = RestoreLimit(), 0.0, []
    for gap in gaps:
        at += gap
        last = times[-RESTORES:]
        assert contest.is_on(at) is (len(last) == 5 and at - last[0] < 60.0)
        contest.restored(at)
        times.append(at)
    last = times[-RESTORES:]
    for later in range(70):
        assert contest.is_on(at + later) is (len(last) == 5 and at + later - last[0] < 60.0)
    assert not contest.is_on(at + CONTESTED_S)


@pytest.mark.parametrize("every_s", [1.0, 10.0, 14.9])
async def test_after_five_restores_it_is_a_fault_for_the_minute(run, monkeypatch, every_s):
    """The attempts come back: a minute after the first of five the router takes part again, and puts back again."""
    now = [time.monotonic()]
    one = run(instance("VI_1", 51, 255))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _ in range(3):  # as often as it comes to it
        began = now[0] + every_s
        for attempt in range(1, RESTORES + 1):
            now[0] += every_s
            one.host.steal(VIP)
            assert one.host.holds_now(VIP), f"attempt {attempt}"
            assert one.states() == {"VI_1": "master"}
        one.routers.refresh()
        assert one.states() == {"VI_1": "fault"}
        assert one["VI_1"].machine.faults == ("another process keeps removing its addresses",)
        assert not one.host.holds_now(VIP)
        now[0] = began + CONTESTED_S - 0.1
        one.routers.refresh()
        assert one.states() == {"VI_1": "fault"}
        now[0] = began + CONTESTED_S
        one.routers.refresh()
        assert one.states() == {"VI_1": "master"}
        assert one.host.holds_now(VIP)
        now[0] += CONTESTED_S  # the contest is forgotten


async def test_one_that_is_stolen_rarely_is_put_back_for_ever(run, monkeypatch):
    now = [time.monotonic()]
    one = run(instance("VI_1", 51, 255))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _ in range(30):
        now[0] += CONTESTED_S / (RESTORES - 1) + 0.001
        one.host.steal(VIP)
        one.routers.refresh()
        assert one.states() == {"VI_1": "master"}
        assert one.host.holds_now(VIP)


async def test_the_fault_comes_at_once_and_ends_by_the_loops_own_timer(run, monkeypatch):
    """Nothing else happens on this host: no change of a link asks again."""
    monkeypatch.setattr("vrrptui.engine.vrrp.instances.CONTESTED_S", 0.3)
    monkeypatch.setattr("vrrptui.engine.addresses.restore_limit.CONTESTED_S", 0.3)
    one = run(instance("VI_1", 51, 255))
    await asyncio.sleep(0.02)  # what is done after a start
    for _ in range(RESTORES):
        one.host.steal(VIP)
    await asyncio.sleep(0.02)
    assert one.states() == {"VI_1": "fault"}
    await until(lambda: one.states() == {"VI_1": "master"})


async def test_an_address_reported_late_was_not_taken_away(run, caplog):
    """Linux reports an address over IPv6 without DAD when a worker has got round to it, well after it is added."""
    one = run(instance("VI_1", 51, 255))
    one.host.set_up(LAN, False)
    one.host.reports_late = True
    one.host.set_up(LAN, True)
    for _ in range(3):
        await asyncio.sleep(0.01)
        one.routers.refresh()
    assert one.states() == {"VI_1": "master"}
    assert "restoring it" not in caplog.text
