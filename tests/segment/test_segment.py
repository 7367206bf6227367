"""The model's bounds and its contract with the loop that drives it."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.segment.observed import Observed, advert, ns
from vrrptui.protocol.advert import Family
from vrrptui.segment.deadlines import Deadlines
from vrrptui.segment.group import NEVER_NS, Group, GroupKey, HeardFrame


def test_groups_are_bounded_and_the_one_silent_for_longest_goes():
    seen = Observed(max_groups=3)
    for vrid in (1, 2, 3):
        seen.say(0, vrid=vrid)
    seen.say(1, vrid=1)
    seen.say(2, vrid=4)
    assert {key.vrid for key in seen.segment.groups} == {1, 3, 4}
    assert seen.segment.evicted_groups == 1


def test_routers_are_bounded_over_all_groups():
    seen = Observed(max_routers=10)
    for number in range(1000):
        seen.say(number / 1000, f"10.1.{number // 250}.{number % 250}", 100, vrid=number % 5 + 1)
    assert sum(len(group.routers) for group in seen.segment.groups.values()) == 10
    assert seen.segment.evicted_routers == 990


def test_a_living_master_is_not_evicted_by_a_flood_of_strangers():
    seen = Observed(max_routers=100, max_groups=20)
    for number in range(2000):
        if number % 10 == 0:
            seen.say(number / 100, "10.0.0.1", 255)
        seen.say(number / 100, str(ip_address(0x0B000000 + number)), 1, vrid=number % 200 + 52)
    home = next(group for key, group in seen.segment.groups.items() if key.vrid == 51)
    assert [str(router.source) for router in home.masters] == ["10.0.0.1"]
    assert len(seen.segment.groups) == 20


@pytest.mark.slow
def test_a_group_is_bounded_and_keeps_its_masters():
    seen = Observed()
    seen.say(0, "10.0.0.1", 200)
    for number in range(1000):
        seen.say(0.1 + number / 2000, str(ip_address(0x0B000000 + number)), 1)
    assert len(seen.group.routers) == 64
    assert seen.masters == ["10.0.0.1"]
    assert seen.segment.evicted_routers == 937


def test_an_evicted_master_leaves_no_trace_of_mastership():
    seen = Observed(max_routers=1)
    seen.say(0, "10.0.0.1", vrid=1)
    seen.say(0.1, "10.0.0.2", vrid=2)
    seen.until(100)
    assert [key.vrid for key in seen.segment.groups] == [2]


def test_a_quiet_segment_has_no_deadline():
    assert Observed().segment.next_deadline_ns() is None


def test_the_deadline_is_when_the_master_is_lost():
    seen = Observed()
    seen.say(0, interval=3.0)
    assert seen.segment.next_deadline_ns() == ns(12)


def test_a_tick_too_early_changes_nothing():
    seen = Observed()
    seen.say(0)
    assert seen.segment.tick(ns(3.999)) == []
    assert seen.masters == ["10.0.0.1"]


def test_changed_groups_are_named_once():
    seen = Observed()
    seen.say(0, vrid=1)
    seen.say(0, vrid=2)
    assert {key.vrid for key in seen.segment.take_changed()} == {1, 2}
    assert seen.segment.take_changed() == set()
    seen.say(1, vrid=2)
    assert {key.vrid for key in seen.segment.take_changed()} == {2}


def test_an_emptied_group_that_had_a_failover_goes_for_good():
    seen = Observed(max_routers=2)
    seen.steadily(0, 3, "10.0.0.1", 100)
    seen.steadily(3.5, 5.5, "10.0.0.2", 150)
    seen.say(6, "10.0.0.3", vrid=1)
    seen.say(6.1, "10.0.0.4", vrid=2)
    seen.until(5000)
    assert {key.vrid for key in seen.segment.groups} == {1, 2}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), max_size=200))
def test_the_earliest_deadline_is_always_found(settings):
    deadlines, groups = Deadlines(), [Group(GroupKey(None, None, Family.IPV4, n + 1)) for n in range(10)]
    for number, wake_ns in settings:
        deadlines.set(groups[number], wake_ns if wake_ns < 30 else NEVER_NS)
        waiting = [group.wake_ns for group in groups if group.wake_ns != NEVER_NS]
        assert deadlines.earliest_ns() == (min(waiting) if waiting else None)
        assert len(deadlines._heap) <= 4 * (len(waiting) + 4) + 1
    due = {group.key.vrid for group in groups if group.wake_ns <= 15}
    assert {group.key.vrid for group in deadlines.take_due(15)} == due
    assert deadlines.take_due(15) == []


def test_a_frame_given_again_counts_as_an_equal_one():
    def heard(alike: bool) -> Observed:
        seen = Observed()
        frame = HeardFrame(advert=advert("10.0.0.1", 150), interface="eth0")
        for second in range(8):
            other = HeardFrame(advert=advert("10.0.0.1", 150), interface="eth0")
            seen.events += seen.segment.hear(ns(second), frame if alike else other)
            if second == 4:
                seen.say(4.5, "10.0.0.2", 200)
        return seen

    one, other = heard(True), heard(False)
    assert one.story == other.story
    assert one.codes == other.codes
    assert (
        [r.adverts for r in one.group.routers.values()] == [r.adverts for r in other.group.routers.values()] == [8, 1]
    )


def test_a_frame_of_a_forgotten_group_makes_it_anew():
    seen = Observed(max_groups=1)
    frame = HeardFrame(advert=advert("10.0.0.1", vrid=1), interface="eth0")
    seen.segment.hear(0, frame)
    seen.segment.hear(1, frame)
    seen.say(0.5, "10.0.0.2", vrid=2)
    seen.segment.hear(ns(1), frame)
    assert [key.vrid for key in seen.segment.groups] == [1]
