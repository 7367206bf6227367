"""Who is master, since when and why, told from adverts alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.segment.observed import Observed, advert, ns
from vrrptui.segment.events import Kind
from vrrptui.segment.group import HeardFrame, Role

R1, R2, R3 = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def test_the_first_router_heard_is_master():
    seen = Observed()
    seen.say(5, R1)
    assert (seen.masters, seen.group.since_ns, seen.group.cause) == ([R1], ns(5), "first heard")
    assert seen.story == [(5, "MASTER")]


def test_a_steady_master_is_no_news():
    seen = Observed()
    seen.steadily(0, 60, R1)
    assert seen.story == [(0, "MASTER")]
    assert seen.group.routers[seen.group.master.source].adverts == 61


def test_a_takeover_after_a_resignation_is_measured_from_it():
    seen = Observed()
    seen.steadily(0, 10, R1, 150)
    seen.say(10.4, R1, 0)
    seen.say(11.01, R2, 100)
    (failover,) = seen.of(Kind.FAILOVER)
    assert failover.gap_ns == ns(0.61)
    assert seen.group.cause == "10.0.0.1 resigned"
    assert [r.role for r in seen.group.routers.values()] == [Role.RESIGNED, Role.MASTER]
    assert seen.story == [(0, "MASTER"), (10.4, "RESIGNED"), (11.01, "FAILOVER")]


def test_a_takeover_after_silence_counts_from_the_last_advert():
    seen = Observed()
    seen.steadily(0, 10, R1, 150)
    seen.steadily(13.61, 20.61, R2, 100)
    (failover,) = seen.of(Kind.FAILOVER)
    assert (failover.gap_ns, seen.group.cause) == (ns(3.61), "10.0.0.1 timed out")
    assert [r.role for r in seen.group.routers.values()] == [Role.LOST, Role.MASTER]


def test_a_higher_priority_preempts_without_a_gap():
    seen = Observed()
    seen.steadily(0, 10, R2, 100)
    seen.steadily(10.5, 20.5, R1, 150)
    (failover,) = seen.of(Kind.FAILOVER)
    assert (failover.gap_ns, seen.group.cause, seen.masters) == (0, "preempted 10.0.0.2", [R1])
    assert seen.codes == []


@pytest.mark.parametrize("overlap", [0.0001, 0.5, 1.0])
def test_an_overlap_of_up_to_one_interval_is_normal(overlap):
    seen = Observed()
    seen.steadily(0, 10, R2, 100)
    seen.say(10.5, R1, 150)
    seen.say(10.5 + overlap, R2, 100)
    seen.steadily(11.5, 20.5, R1, 150)
    assert (seen.masters, seen.codes) == ([R1], [])
    assert Kind.SECOND_MASTER.value not in [what for _, what in seen.story]


def test_a_master_that_does_not_yield_is_a_second_master():
    seen = Observed()
    seen.steadily(0, 10, R2, 100)
    seen.say(10.5, R1, 150)
    seen.say(11, R2, 100)
    seen.say(11.5, R1, 150)
    assert seen.codes == []
    seen.say(12, R2, 100)
    assert (seen.masters, seen.codes) == ([R1, R2], ["DUAL_MASTER"])
    assert seen.story[-1] == (12, "SECOND_MASTER")
    assert seen.group.severity(ns(12)) == "critical"


def test_a_lower_router_beside_a_master_is_a_second_master():
    seen = Observed()
    for second in range(10):
        seen.say(second, R1, 150)
        seen.say(second + 0.3, R2, 100)
    assert (seen.masters, seen.codes) == ([R1, R2], ["DUAL_MASTER"])
    assert [what for _, what in seen.story] == ["MASTER", "SECOND_MASTER"]


def test_a_second_master_is_told_however_rarely_it_speaks():
    seen = Observed()
    seen.steadily(0, 4, R1, 150)
    seen.say(4.2, R2, 100)
    seen.steadily(5, 9, R1, 150)
    seen.say(9.2, R2, 100)
    assert seen.codes == ["DUAL_MASTER"]


def test_one_mistaken_advert_makes_no_second_master():
    seen = Observed()
    seen.steadily(0, 4, R1, 150)
    seen.say(4.2, R2, 100)
    seen.steadily(5, 30, R1, 150)
    assert (seen.masters, seen.codes) == ([R1], [])


def test_a_second_master_that_falls_silent_is_over():
    seen = Observed()
    for second in range(5):
        seen.say(second, R1, 150)
        seen.say(second + 0.3, R2, 100)
    seen.steadily(5, 20, R1, 150)
    assert (seen.masters, seen.codes) == ([R1], [])
    assert seen.story[-1] == (8.3, "SECOND_MASTER_OVER")


def test_the_first_of_two_masters_may_go_as_well():
    seen = Observed()
    for second in range(5):
        seen.say(second, R1, 150)
        seen.say(second + 0.3, R2, 100)
    seen.say(5, R1, 0)
    seen.steadily(5.3, 20.3, R2, 100)
    assert (seen.masters, seen.codes) == ([R2], [])
    assert [what for _, what in seen.story][-2:] == ["RESIGNED", "SECOND_MASTER_OVER"]


def test_a_silent_master_is_lost_after_four_intervals():
    seen = Observed()
    seen.steadily(0, 10, R1)
    seen.until(13.999)
    assert seen.codes == []
    seen.until(14)
    assert (seen.masters, seen.codes) == ([], ["NO_MASTER"])
    assert seen.group.severity(ns(14)) == "critical"
    assert seen.story[-1] == (14, "MASTER_LOST")
    assert seen.group.since_ns == ns(10)


def test_a_resignation_that_nobody_answers_is_a_loss():
    seen = Observed()
    seen.steadily(0, 10, R1)
    seen.say(10.5, R1, 0)
    seen.until(12.4)
    assert seen.codes == []
    seen.until(12.5)
    assert seen.codes == ["NO_MASTER"]


def test_a_loss_ends_when_the_same_master_is_back():
    seen = Observed()
    seen.steadily(0, 10, R1)
    (back,) = seen.say(100, R1)
    assert (back.gap_ns, seen.masters, seen.codes) == (ns(90), [R1], [])


def test_a_loss_ends_when_another_takes_over():
    seen = Observed()
    seen.steadily(0, 10, R1, 150)
    seen.say(20, R2, 100)
    (failover,) = seen.of(Kind.FAILOVER)
    assert (failover.gap_ns, seen.codes) == (ns(10), [])


def test_a_late_timer_loses_no_loss():
    seen = Observed()
    seen.steadily(0, 10, R1)
    seen.events += seen.segment.hear(ns(100), HeardFrame(advert=advert(R1), interface="eth0"))
    assert [what for _, what in seen.story] == ["MASTER", "MASTER_LOST", "MASTER"]


def test_refused_adverts_are_no_sign_of_life():
    seen = Observed()
    seen.steadily(0, 10, R1)
    for second in range(11, 20):
        seen.say(second, R1, problems=["bad-checksum"])
        seen.say(second, R2, 200, problems=["ttl-not-255"])
    assert seen.masters == []
    assert "NO_MASTER" in seen.codes
    assert seen.story.count((14, "MASTER_LOST")) == 1


def test_a_changed_priority_is_told_once():
    seen = Observed()
    seen.steadily(0, 3, R1, 150)
    seen.steadily(4, 8, R1, 120)
    assert seen.story == [(0, "MASTER"), (4, "PRIORITY")]


def test_changed_addresses_are_told_and_their_order_is_not():
    seen = Observed()
    seen.say(0, R1, addresses=("10.0.0.254", "10.0.0.253"))
    seen.say(1, R1, addresses=("10.0.0.253", "10.0.0.254"))
    seen.say(2, R1, addresses=("10.0.0.253",))
    assert seen.story == [(0, "MASTER"), (2, "ADDRESSES")]


def test_a_master_that_lowers_itself_comes_second():
    seen = Observed()
    for second in range(3):
        seen.say(second, R1, 150)
        seen.say(second + 0.3, R2, 100)
    seen.say(3, R1, 50)
    assert seen.masters == [R2, R1]
    assert str(seen.group.master.source) == R2


def test_equal_priorities_are_ordered_by_address():
    seen = Observed()
    seen.say(0, R2, 100)
    seen.say(0.1, R1, 100)
    assert seen.masters == [R2]
    seen.say(0.2, R3, 100)
    assert seen.masters == [R3]


@pytest.mark.parametrize(
    "other",
    [
        {"vrid": 52},
        {"vlan": 7},
        {"interface": "eth1"},
        {"source": "fe80::1", "addresses": ("fe80::254",), "version": 3},
    ],
    ids=["VRID", "VLAN", "interface", "family"],
)
def test_groups_are_told_apart_by(other):
    seen = Observed()
    seen.say(0, R1)
    seen.say(0.1, **({"source": R2} | other))
    assert len(seen.segment.groups) == 2
    assert all(len(group.masters) == 1 for group in seen.segment.groups.values())


def test_a_clock_that_steps_back_does_no_harm():
    seen = Observed()
    seen.steadily(100, 110, R1)
    seen.segment.hear(ns(50), HeardFrame(advert=advert(R1), interface="eth0"))
    assert seen.group.master.last_seen_ns == ns(110)
    seen.until(113.9)
    assert seen.masters == [R1]


def test_jitter_is_the_mean_distance_from_the_interval():
    seen = Observed()
    for count in range(400):
        seen.say(count + (0.01 if count % 2 else 0), R1)
    assert abs(seen.group.master.jitter_ns - ns(0.01)) < ns(0.001)


@given(
    st.lists(
        st.tuples(st.floats(0.001, 3), st.sampled_from([R1, R2, R3]), st.sampled_from([0, 1, 100, 150, 255])),
        max_size=40,
    )
)
def test_whatever_is_said_the_model_agrees_with_itself(said):
    seen, now = Observed(), 0.0
    for wait, source, priority in said:
        now += wait
        seen.say(now, source, priority)
        group = seen.group
        assert (group.master is None) == (group.masters == [])
        assert group.master is None or group.master is group.masters[0]
        assert ("DUAL_MASTER" in seen.codes) == (len(group.masters) > 1)
        assert ("NO_MASTER" in seen.codes) == group.vacant
        assert seen.segment.next_deadline_ns() > ns(now)
    seen.until(now + 100)
    assert not said or (seen.masters == [] and seen.codes[0] == "NO_MASTER")
