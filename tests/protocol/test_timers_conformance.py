"""Priorities, timers and the parameters they follow from: every requirement both ways, named by its id."""

from __future__ import annotations

import pytest

from tests.protocol.routers import MS, SECOND, hears, lines, master, started
from vrrptui.config.model.configuration import Place, VirtualRouterConfig
from vrrptui.protocol.advert import NS_PER_CENTISECOND, Family
from vrrptui.protocol.events import Tick
from vrrptui.protocol.priority import Tracked, effective_priority
from vrrptui.protocol.timers import master_down_interval_ns, skew_gap_ns, skew_time_ns


def test_a_late_advert_is_said_once():
    """9568-2.5-1 positive: one line when our own advert is late by more than half its interval"""
    router = master(expect={"interval_ns": NS_PER_CENTISECOND})
    assert any("late" in line for line in lines(router.handle(18 * MS, Tick())))


def test_lateness_is_said_seldom_and_never_without_reason():
    """9568-2.5-1 negative: on time no line; 1000 late adverts in a minute one line"""
    router = master(expect={"interval_ns": NS_PER_CENTISECOND})
    assert lines(router.handle(10 * MS, Tick())) == []
    said = []
    for _ in range(1000):
        due_ns = router.next_deadline_ns()
        said += lines(router.handle(due_ns + 8 * MS, Tick()))
    assert len(said) == 1


# §5.2.4: priorities

PRIORITY_CASES = [
    pytest.param(255, [], 255, id="9568-5.2.4-1 positive: the owner advertises 255"),
    pytest.param(255, [("chk", -50, False)], 255, id="9568-5.2.4-1 negative: weights never lower an owner"),
    pytest.param(1, [], 1, id="9568-5.2.4-2 positive: 1 is the lowest"),
    pytest.param(254, [], 254, id="9568-5.2.4-2 positive: 254 is the highest"),
    pytest.param(10, [("chk", -50, False)], 1, id="9568-5.2.4-2 negative: weights never reach 0"),
    pytest.param(250, [("chk", 50, True)], 254, id="9568-5.2.4-2 negative: weights never reach 255"),
]


@pytest.mark.parametrize(("base", "checks", "effective"), PRIORITY_CASES)
def test_priority_stays_in_its_range(base, checks, effective):
    assert effective_priority(base, [Tracked(*check) for check in checks]) == effective


# §6.1: parameters

SKEWS = [
    pytest.param(3, 100, SECOND, 609_375_000, id="9568-6.1-3 positive: priority 100 at 1 s"),
    pytest.param(3, 255, SECOND, 3_906_250, id="9568-6.1-3 positive: priority 255 at 1 s"),
    pytest.param(3, 1, 200 * MS, 199_218_750, id="9568-6.1-3 positive: priority 1 at 0.2 s"),
    pytest.param(3, 101, 10 * MS, 6_054_688, id="9568-6.1-3 negative: no rounding to centiseconds"),
    pytest.param(2, 100, 10 * SECOND, 609_375_000, id="3768-6.1-1 positive: priority 100, whatever the interval"),
]


@pytest.mark.parametrize(("version", "priority", "interval_ns", "skew_ns"), SKEWS)
def test_skew_time(version, priority, interval_ns, skew_ns):
    assert skew_time_ns(version, priority, interval_ns) == skew_ns


def test_skews_differ_between_versions():
    """9568-6.1-3 negative: at 0.1 s the v3 skew is a tenth of the v2 one"""
    assert skew_time_ns(3, 100, 100 * MS) * 10 == skew_time_ns(2, 100, 100 * MS)


def test_v2_skew_is_not_multiplied_by_the_interval():
    """3768-6.1-1 negative: 10 s and 1 s give one skew"""
    assert skew_time_ns(2, 100, 10 * SECOND) == skew_time_ns(2, 100, SECOND)


SKEW_GAPS = [
    pytest.param(3, 100, 150, SECOND, 195_312_500, id="9568-8.3.2-4 negative: 50 steps at 1 s leave 195 ms"),
    pytest.param(3, 150, 149, 100 * MS, 390_625, id="9568-8.3.2-4 positive: one step at 0.1 s leaves 0.39 ms"),
    pytest.param(3, 150, 150, SECOND, 0, id="equal priorities leave nothing"),
    pytest.param(2, 101, 100, 10 * SECOND, 3_906_250, id="one step of version 2 is 3.9 ms, whatever the interval"),
]


@pytest.mark.parametrize(("version", "one", "other", "interval_ns", "gap_ns"), SKEW_GAPS)
def test_skew_gap(version, one, other, interval_ns, gap_ns):
    assert skew_gap_ns(version, one, other, interval_ns) == gap_ns
    assert skew_gap_ns(version, other, one, interval_ns) == gap_ns


def test_down_interval():
    """9568-6.1-4 positive: 3 intervals and the skew, 3.609375 s at priority 100"""
    assert master_down_interval_ns(3, 100, SECOND) == 3_609_375_000


def test_down_interval_follows_the_learned_interval():
    """9568-6.1-4 negative: with 0.2 s learned it is not computed from the own 1 s"""
    router = started()
    hears(router, 0, 200, interval_ns=200 * MS)
    assert router.next_deadline_ns() == 3 * 200 * MS + 156 * 200 * MS // 256


def test_the_interval_is_learned():
    """9568-6.1-2 positive: it starts as the own one, then follows the master"""
    router = started()
    assert router.interval_ns == SECOND
    hears(router, 0, 200, interval_ns=300 * MS)
    assert router.interval_ns == 300 * MS


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        pytest.param({}, {"priority": 200, "ttl": 64}, id="9568-6.1-2 negative: a refused advert teaches nothing"),
        pytest.param({}, {"priority": 50}, id="9568-6.4.2-12 negative: a lower master's interval is not learned"),
        pytest.param({}, {"priority": 0}, id="9568-6.4.2-10 negative: a resignation's interval is not learned"),
    ],
)
def test_nothing_is_learned_from(changes, heard):
    router = started(**changes)
    hears(router, 0, interval_ns=300 * MS, **heard)
    assert router.interval_ns == SECOND


PREEMPTION = [
    pytest.param(3, 150, {}, True, id="9568-6.1-5 positive: a higher priority takes over by default"),
    pytest.param(3, 150, {"preempt": False}, False, id="9568-6.1-5 negative: nopreempt stays backup"),
    pytest.param(2, 150, {}, True, id="3768-6.1-3 positive: a higher priority takes over by default"),
    pytest.param(2, 150, {"preempt": False}, False, id="3768-6.1-3 negative: nopreempt stays backup"),
]


@pytest.mark.parametrize(("version", "priority", "changes", "takes_over"), PREEMPTION)
def test_preemption(version, priority, changes, takes_over):
    router = started(version, priority, **changes)
    for at_ns in range(0, 10 * SECOND, SECOND):
        if router.state_name == "backup":
            hears(router, at_ns, 100, version=version)
            router.handle(at_ns + SECOND - 1, Tick())
    assert (router.state_name == "master") is takes_over


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-6.1-5 negative: an owner with nopreempt still takes over"),
        pytest.param(2, id="3768-6.1-3 negative: an owner with nopreempt still takes over"),
    ],
)
def test_an_owner_always_preempts(version):
    router = started(version, 255, preempt=False)
    hears(router, 0, 100, version=version)
    assert router.state_name == "master"


def configured(**changes) -> VirtualRouterConfig:
    fields = {"name": "VI_1", "interface": "eth0", "vrid": 51, "family": Family.IPV4, "version": 3, "addresses": ()}
    return VirtualRouterConfig(**fields | {"place": Place("f", 1)} | changes)


def test_accept_mode():
    """9568-6.1-6 positive: without accept mode nothing is accepted by a router that does not own the address"""
    assert not configured(accept=False).accepts


def test_accept_mode_of_an_owner():
    """9568-6.1-6 negative: the setting is ignored for an owner; keepalived's default accepts"""
    assert configured(accept=False, priority=255).accepts
    assert configured().accepts
