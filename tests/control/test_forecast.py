"""Forecasts: who, when, and how sure; from made-up snapshots."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vrrptui.control.forecast import Outcome, Question, UnknownRouterError, Verdict, skew_time
from vrrptui.control.forecast_words import effect, risk
from vrrptui.control.snapshots import (
    CheckSnapshot,
    Contribution,
    GroupSnapshot,
    HeardSnapshot,
    MasterSnapshot,
    VirtualRouterSnapshot,
)

R1, R2, R3 = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def heard(source: str, priority: int, role="yielded", **fields) -> HeardSnapshot:
    values = {"interval": 1.0, "adverts": 5, "first_seen": 0, "last_seen": 9, "version": 2} | fields
    return HeardSnapshot(source=source, role=role, priority=priority, **values)


def group(*routers: HeardSnapshot, listeners=(), version=2) -> GroupSnapshot:
    masters = [
        MasterSnapshot(source=r.source, priority=r.priority, since=0, last_seen=9, interval=r.interval, adverts=5)
        for r in routers
        if r.role == "master"
    ]
    return GroupSnapshot(
        key="eth0/51",
        interface="eth0",
        vlan=None,
        family="ipv4",
        vrid=51,
        version=version,
        masters=masters,
        addresses=["10.0.0.254"],
        listeners=list(listeners),
        severity="ok",
        problems=[],
        routers=list(routers),
    )


def ours(state: str, priority: int, **fields) -> VirtualRouterSnapshot:
    values: dict[str, Any] = {
        "base_priority": priority,
        "effective_priority": priority,
        "override": None,
        "version": 2,
        "advertisement_interval": 1.0,
        "master": R2 if state == "master" else R1,
    } | fields
    skew = skew_time(values["effective_priority"], values["advertisement_interval"], values["version"])
    down = values.get("down_timer_adverts", 3) * values["advertisement_interval"] + skew
    return VirtualRouterSnapshot(
        key="eth0/51",
        name="VI_1",
        interface="eth0",
        family="ipv4",
        vrid=51,
        state=state,
        reason="",
        since=0,
        skew_time=skew,
        master_down_interval=down,
        **values,
    )


def check(weight: int, state="up") -> CheckSnapshot:
    return CheckSnapshot(name="chk", kind="script", state=state, weight=weight, rise=1, fall=1, run=(0, 1))


def question(router: VirtualRouterSnapshot | None, *routers: HeardSnapshot, **fields) -> Question:
    return Question("eth0/51", group(*routers, **fields), router)


def then(outcome: Outcome) -> str | None:
    """The address of the master then."""
    return outcome.then.source if outcome.then else None


def risks(outcome: Outcome) -> list[str]:
    """The risks in words."""
    return [risk(one) for one in outcome.risks]


MASTER = heard(R1, 150, "master")


@pytest.mark.parametrize(
    ("router", "others", "fields", "wanted", "after", "sureness"),
    [
        (ours("backup", 100), [MASTER], {}, "VI_1", 3.609375, "certain"),
        (None, [MASTER, heard(R3, 100)], {}, R3, 3.609375, "unknown"),
        (None, [MASTER, heard(R3, 100, listens=True)], {}, R3, 3.609375, "likely"),
        (None, [MASTER, heard(R3, 200, "master")], {}, R3, 0, "certain"),
        (None, [MASTER, heard(R3, 100, version=3, interval=0.1)], {}, R3, 0.3609375, "unknown"),
        (ours("backup", 100), [MASTER], {"listeners": [R3]}, "VI_1", 3.609375, "likely"),
        (None, [MASTER], {"listeners": [R3]}, None, None, "unknown"),
        (None, [MASTER, heard(R3, 100, "resigned")], {}, None, None, "unknown"),
        (None, [MASTER], {}, None, None, "unknown"),
    ],
    ids=[
        "our backup",
        "a silent one",
        "a silent one that listens",
        "a second master",
        "fast version 3",
        "our backup, and a listener of unknown priority",
        "a listener alone",
        "one that resigned",
        "nobody",
    ],
)
def test_without_the_master(router, others, fields, wanted, after, sureness):
    forecast = question(router, *others, **fields).without(R1)
    assert (then(forecast), forecast.sureness) == (wanted, sureness)
    assert forecast.after == (None if after is None else pytest.approx(after))
    assert forecast.alone is (len(others) == 1 and router is None and not fields)


def test_a_router_in_fault_does_not_follow():
    forecast = question(ours("fault", 200), MASTER, heard(R3, 100, listens=True)).without(R1)
    assert then(forecast) == R3


def test_without_a_backup_the_master_stays():
    forecast = question(ours("backup", 100), MASTER).without("VI_1")
    assert (then(forecast), forecast.after, forecast.sureness) == (R1, 0.0, "certain")
    assert risks(forecast) == ["One backup less: VI_1."]


def test_equal_priorities_are_a_tie_that_the_larger_address_wins():
    low, high = heard("10.0.0.9", 100), heard("10.0.0.10", 100)
    forecast = question(None, MASTER, low, high).without(R1)
    assert then(forecast) == "10.0.0.10"
    assert any("10.0.0.9 has the same priority" in risk for risk in risks(forecast))


def test_somebody_never_heard_cannot_be_taken_away():
    with pytest.raises(UnknownRouterError, match=r"10\.9\.9\.9 was never heard in eth0/51; known: 10\.0\.0\.1"):
        question(None, MASTER).without("10.9.9.9")


OURS = ours("master", 200)
LOCAL = heard(R2, 200, "master", local=True)


@pytest.mark.parametrize(
    ("others", "priority", "wanted", "after", "sureness"),
    [
        ([heard(R3, 150, listens=True)], 100, R3, 3.4140625, "likely"),
        ([heard(R3, 150, listens=True)], 150, R2, 0, "likely"),
        ([], 1, R2, 0, "likely"),
    ],
    ids=["below a rival", "equal to a rival", "alone"],
)
def test_lowering_our_master(others, priority, wanted, after, sureness):
    forecast = question(OURS, LOCAL, *others).at_priority(priority)
    assert (then(forecast), forecast.after, forecast.sureness) == (wanted, pytest.approx(after), sureness)
    assert forecast.alone is (not others)


@pytest.mark.parametrize(
    ("priority", "preempt", "wanted"), [(100, True, R1), (150, True, R1), (200, True, "VI_1"), (200, False, R1)]
)
def test_raising_our_backup(priority, preempt, wanted):
    forecast = question(ours("backup", 100, preempt=preempt), MASTER).at_priority(priority)
    assert (then(forecast), forecast.sureness) == (wanted, "certain")
    assert bool(forecast.risks) is (priority == 200 and not preempt)


def test_whether_a_rival_preempts_is_not_known():
    forecast = question(None, MASTER, heard(R3, 120)).at_priority(90)
    assert then(forecast) == R3
    assert any("nopreempt" in risk for risk in risks(forecast))


CHECKED = {"checks": ["chk"], "contributions": [Contribution(name="chk", amount=0, state="up")]}


@pytest.mark.parametrize(
    ("weight", "wanted", "after"),
    [(-60, R3, 3.4140625), (-40, R2, 0), (0, R3, 0.4140625)],
    ids=["enough", "too little", "without weight: resigns"],
)
def test_a_failing_check(weight, wanted, after):
    rival = heard(R3, 150, listens=True)
    forecast = question(ours("master", 200, **CHECKED), LOCAL, rival).with_check_failing(check(weight))
    assert (then(forecast), forecast.after) == (wanted, pytest.approx(after))


def test_a_good_check_that_adds_takes_its_weight_away():
    fields = CHECKED | {"contributions": [Contribution(name="chk", amount=60, state="up")], "base_priority": 140}
    forecast = question(ours("master", 200, **fields), LOCAL, heard(R3, 150)).with_check_failing(check(60))
    assert then(forecast) == R3


def test_a_check_moves_nothing_under_an_operators_priority():
    forecast = question(ours("master", 90, override=90, **CHECKED), LOCAL).with_check_failing(check(-60))
    assert (then(forecast), forecast.after) == (R2, 0.0)
    assert "operator" in risks(forecast)[0]


def test_a_check_that_is_down_already_changes_nothing():
    forecast = question(ours("master", 90, **CHECKED), LOCAL).with_check_failing(check(-60, "down"))
    assert risks(forecast) == ["chk is down already."]


def test_a_check_of_another_router_is_refused():
    with pytest.raises(UnknownRouterError, match="chk is no check of VI_1"):
        question(OURS, LOCAL).with_check_failing(check(-60))


def test_down_timer_adverts_is_how_many_must_be_missing():
    """10 intervals and (256 - 140) / 256 s of skew: measured with keepalived and with vrrptui, 10.45 s."""
    backup = ours("backup", 140, down_timer_adverts=10)
    assert question(backup, MASTER).without(R1).after == pytest.approx(10 + 116 / 256)
    preempting = question(ours("backup", 100, down_timer_adverts=10), heard(R1, 150, "master")).at_priority(200)
    assert preempting.after == pytest.approx(10 + 56 / 256)


def test_another_routers_down_timer_adverts_are_taken_for_ours():
    master = ours("master", 150, down_timer_adverts=10)
    forecast = question(master, heard(R2, 150, "master", local=True), heard(R3, 140)).without("VI_1")
    assert forecast.after == pytest.approx(10 + 116 / 256)
    assert f"That {R3} waits for 10 adverts too (down_timer_adverts) is assumed." in risks(forecast)
    plain = question(ours("master", 150), heard(R2, 150, "master", local=True), heard(R3, 140)).without("VI_1")
    assert not any("assumed" in risk for risk in risks(plain))


@pytest.mark.parametrize(
    ("others", "wanted", "after", "verdict"),
    [
        ([heard(R3, 150, listens=True)], R3, 106 / 256, Verdict.TAKES_OVER),
        ([heard(R3, 150, "master")], R3, 0.0, Verdict.ALREADY_MASTER),
        ([], None, None, Verdict.NOBODY),
    ],
    ids=["a backup waits its skew alone", "a second master is there", "nobody"],
)
def test_our_master_that_stops_resigns_first(others, wanted, after, verdict):
    """RFC 3768 §6.4.2: an advert of priority 0 sets the backups' timers to Skew_Time, (256 - 150) / 256 s."""
    outcome = question(OURS, LOCAL, *others).with_ours_stopped()
    assert (then(outcome), outcome.verdict) == (wanted, verdict)
    assert outcome.after == (None if after is None else pytest.approx(after))


def test_our_backup_that_stops_moves_nothing():
    outcome = question(ours("backup", 100), MASTER).with_ours_stopped()
    assert (then(outcome), outcome.verdict) == (R1, Verdict.STAYS)
    assert risks(outcome) == ["One backup less: VI_1."]


@pytest.mark.parametrize(
    ("priority", "preempt", "wanted", "after"),
    [(200, True, "VI_1", 3 + 56 / 256), (200, False, R1, 0.0), (150, True, R1, 0.0), (255, True, "VI_1", 0.0)],
    ids=["higher", "higher without preemption", "the same", "owner"],
)
def test_our_stopped_router_that_starts(priority, preempt, wanted, after):
    router = ours("stopped", min(254, priority), preempt=preempt)
    outcome = question(router, MASTER).with_ours_started(priority)
    assert (outcome.then.called if outcome.then else None, outcome.after) == (wanted, pytest.approx(after))


@pytest.mark.parametrize("interval", [0.0, -1e300, 1e300])
@pytest.mark.parametrize("adverts", [0, -1, 2**60])
def test_numbers_of_a_false_engine_raise_nothing(interval, adverts):
    """What listens on the socket may say anything; the screens show what comes of it."""
    router = ours("backup", 100)
    router = msgspec.structs.replace(router, down_timer_adverts=adverts, master_down_interval=interval)
    master = heard(R1, 150, "master", interval=interval, version=3)
    for outcome in (
        question(router, master, heard(R3, 120, interval=interval), version=3).without(R1),
        question(router, master, version=3).at_priority(200),
        question(msgspec.structs.replace(router, state="stopped"), master, version=3).with_ours_started(200),
    ):
        assert effect(outcome)
        assert all(risks(outcome))
