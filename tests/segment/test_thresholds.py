"""Where a diagnosis begins and ends: on every side of each number, and which router's interval it is measured by."""

from __future__ import annotations

from ipaddress import ip_address
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.segment.observed import Observed, advert, ns
from vrrptui.protocol.timers import too_close
from vrrptui.segment.codes import Code
from vrrptui.segment.events import Kind
from vrrptui.segment.group import HeardFrame

R1, R2, R3 = "10.0.0.1", "10.0.0.2", "10.0.0.3"
HOUR = 3600
centiseconds = st.integers(1, 4095)
priorities = st.integers(1, 254)


def preempting(times: list[float]) -> Observed:
    """Each time another router than before becomes master, by a priority higher than all before."""
    seen = Observed()
    seen.say(times[0] - 1.5, R1, 1)
    seen.say(times[0] - 0.5, R1, 1)
    for number, at in enumerate(times):
        who, priority = ((R2, R1)[number % 2], 2 + number)
        second = seen.group.heard_ns / 1e9 + 1
        while second < at:
            seen.say(second, seen.masters[0], seen.group.master.priority)
            second += 1
        seen.say(at, who, priority)
    assert len(seen.of(Kind.FAILOVER)) == len(times)
    return seen


@pytest.mark.parametrize("changes", range(1, 9))
def test_five_changes_of_master_an_hour_are_flapping_four_not(changes):
    seen = preempting([10.0 + 20 * number for number in range(changes)])
    assert (Code.FLAPPING.value in seen.codes) is (changes >= 5)
    if changes >= 5:
        assert seen.group.problems[Code.FLAPPING].text.startswith(f"{changes} changes of master within an hour")


@pytest.mark.parametrize(("last", "found"), [(HOUR - 1.0, True), (HOUR, False), (HOUR + 1.0, False)])
def test_the_fifth_change_counts_within_an_hour_of_the_first(last, found):
    seen = preempting([10.0 + at for at in (0.0, 20.0, 40.0, 60.0, last)])
    assert (Code.FLAPPING.value in seen.codes) is found


def test_flapping_is_over_when_the_fifth_change_is_an_hour_ago():
    seen = preempting([10.0, 30.0, 50.0, 70.0, 90.0, 110.0])
    second = 111.0
    while second < HOUR + 40:
        seen.say(second, seen.masters[0], seen.group.master.priority)
        second += 1
    (over,) = [event for event in seen.of(Kind.CLEARED) if event.code is Code.FLAPPING]
    assert over.time_ns == ns(HOUR + 30.0), "the change at 30 s was the fifth one back"


@settings(deadline=None)  # of one example: the host may be busy
@given(
    master=centiseconds,
    known=centiseconds,
    factor=st.sampled_from((0, 1, 9, 10, 10, 11, 100)),
    more=st.integers(-1, 1),
    version=st.sampled_from((2, 3)),
)
def test_an_interval_is_poison_beside_what_was_known(master, known, factor, more, version):
    """More than ten times its own last interval; of one heard for the first time, ten times the master's.

    Version 2 learns no interval from an advert (RFC 3768 §7.1).
    """
    then = max(1, factor * known + more)
    seen = Observed()
    moment = 0
    sightings = []
    for who, priority, interval in ((R1, 200, master), (R2, 100, known), (R2, 100, then), (R1, 200, master)):
        moment += 1_000_000
        said = advert(who, priority, interval=interval / 100, version=version)
        seen.segment.hear(moment, HeardFrame(advert=said, interface="eth0"))
        found = seen.group.sightings.get(Code.INTERVAL_POISONING)
        sightings.append(found.count if found else 0)
    first, second = (version == 3 and known > 10 * master), (version == 3 and then > 10 * known)
    assert sightings == [0, first, first + second, first + second]


@settings(deadline=None)  # of one example: the host may be busy
@given(first=centiseconds, factor=st.integers(1, 12), more=st.integers(-1, 1))
def test_the_masters_own_interval_is_compared_with_its_last_one(first, factor, more):
    then = max(1, factor * first + more)
    seen = Observed()
    for moment, interval in ((0, first), (1_000_000, then)):
        said = advert(R1, 100, interval=interval / 100, version=3)
        seen.segment.hear(moment, HeardFrame(advert=said, interface="eth0"))
    found = seen.group.sightings.get(Code.INTERVAL_POISONING)
    assert (found is not None) is (then > 10 * first)
    if found:
        assert f"{first / 100:g} s was known" in found.text


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("intervals", [(1, 1), (7, 7), (7, 8), (8, 7), (100, 3), (3, 100), (100, 20), (4095, 100)])
def test_backups_are_too_close_by_their_shorter_interval(intervals, version):
    """RFC 9568 §8.3.2: either may be the master whose interval the two then wait by; the shorter one is the worse."""
    shorter = min(intervals)
    for priority, lower_by in product((17, 100, 241, 253, 254, 255), range(17)):
        one, other = (priority, intervals[0]), (priority - lower_by, intervals[1])
        skew = lower_by / 256 * (1.0 if version == 2 else shorter / 100)
        near = skew < min(0.004, shorter / 100 / 20)
        assert too_close(version, one[0], other[0], ns(shorter / 100)) is near
        for order in ((one, other), (other, one)):
            seen = Observed()
            for moment, (who, (rank, interval)) in enumerate(zip((R1, R2), order, strict=True)):
                said = advert(who, rank, interval=interval / 100, version=version)
                seen.segment.hear(moment * 100_000_000, HeardFrame(advert=said, interface="eth0"))
            waiting = lower_by and priority != 255  # of equal ones and owners other things are said
            assert (Code.SKEW_TOO_CLOSE.value in seen.codes) is bool(near and waiting), (one, other)


@settings(deadline=None)  # of one example: the host may be busy
@given(
    gone=st.tuples(centiseconds, priorities),
    successor=st.tuples(centiseconds, priorities | st.just(255)),
    versions=st.sampled_from(((3, 3), (2, 2), (2, 3), (3, 2))),
    resigned=st.booleans(),
    addresses=st.booleans(),
)
def test_a_takeover_is_predicted_by_the_lost_masters_interval(gone, successor, versions, resigned, addresses):
    """RFC 9568 §6.1: backups wait by the interval that they learned from it; RFC 3768 §6.1: all have the same."""
    interval = gone[0] / 100
    seen = Observed()
    seen.say(0.0, R1, gone[1], interval=interval, version=versions[0])
    seen.say(interval, R1, gone[1], interval=interval, version=versions[0])
    last = interval
    if resigned:
        last = interval * 1.5
        seen.say(last, R1, 0, interval=interval, version=versions[0])
    now = last + 3.5 * interval
    priority = successor[1]
    seen.say(now, R3 if addresses else R2, priority, interval=successor[0] / 100, version=versions[1])
    (failover,) = seen.of(Kind.FAILOVER)
    assert abs(failover.gap_ns - ns(3.5 * interval)) <= 2
    if versions[0] != versions[1] or priority == 255:  # they never waited for each other; an owner waits for nobody
        assert failover.predicted_ns is None
        return
    skew = (256 - priority) / 256 * (1.0 if versions[0] == 2 else interval)
    assert abs(failover.predicted_ns - 1e9 * (skew if resigned else 3 * interval + skew)) <= 2
    assert failover.router == str(ip_address(R3 if addresses else R2))
