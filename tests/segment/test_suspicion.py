"""What single adverts and their times give away: lateness, strangers, false owners, poisoned intervals, rhythm."""

from __future__ import annotations

import pytest

from tests.segment.observed import Observed, ns
from vrrptui.protocol.advert import Auth, Checksum
from vrrptui.segment.codes import Code
from vrrptui.segment.diagnosis import period
from vrrptui.segment.events import Kind
from vrrptui.segment.group import HeardFrame

R1, R2, R3 = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def settled(**fields) -> Observed:
    """R1 (150) has been master for some seconds."""
    seen = Observed()
    seen.steadily(0, 5, R1, 150, **fields)
    return seen


@pytest.mark.parametrize(("gap", "found"), [(1.9, False), (2.4, False), (2.5, True), (3.4, True)])
def test_an_advert_at_the_last_moment_is_a_near_failover(gap, found):
    seen = settled()
    seen.say(5 + gap, R1, 150)
    assert ("NEAR_FAILOVER" in seen.codes) is found
    assert seen.group.routers[seen.group.master.source].near_failovers == found


def test_a_near_failover_is_over_after_ten_quiet_minutes():
    seen = settled()
    seen.say(8, R1, 150)
    seen.steadily(9, 607, R1, 150)
    assert seen.codes == ["NEAR_FAILOVER"]
    seen.steadily(608, 609, R1, 150)
    assert seen.codes == []
    assert [event.code for event in seen.of(Kind.CLEARED)] == [Code.NEAR_FAILOVER]


def test_masters_that_slow_each_other_are_no_near_failover():
    seen = Observed()
    for second in range(0, 20, 3):
        seen.say(second, R1, 150)
        seen.say(second + 1.5, R2, 100)
    assert "NEAR_FAILOVER" not in seen.codes


def test_faster_strangers_before_a_late_master_are_named():
    seen = settled()
    for tenth in range(3, 24, 3):
        seen.say(5 + tenth / 10, R3, 1, version=3)
    seen.say(7.5, R1, 150)
    assert "FOREIGN_VRRP_SUPPRESSION" in seen.codes


def test_a_stranger_beside_a_punctual_master_suppresses_nothing():
    seen = settled()
    for tick in range(60, 120):
        seen.say(tick / 10, *((R1, 150) if tick % 10 == 0 else (R3, 1)))
    assert "FOREIGN_VRRP_SUPPRESSION" not in seen.codes


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"priority": 255}, True),
        ({"priority": 255, "addresses": (R3, "10.0.0.254")}, False),
        ({"priority": 254}, False),
    ],
    ids=["an owner without the address", "an owner", "a router that outranks"],
)
def test_a_false_owner_in_a_settled_group_is_a_rogue(fields, found):
    seen = settled()
    seen.say(5.5, R3, **fields)
    assert ("ROGUE_SPEAKER" in seen.codes) is found


def test_a_priority_of_255_from_the_start_is_no_rogue():
    seen = Observed()
    seen.steadily(0, 5, R1, 255)
    assert seen.codes == []


def test_a_resignation_without_silence_is_suspicious():
    seen = settled()
    seen.say(5.5, R1, 0)
    seen.say(6, R1, 150)
    assert seen.codes == ["ROGUE_SPEAKER"]


def test_a_router_that_restarts_after_resigning_is_not():
    seen = settled()
    seen.say(5.5, R1, 0)
    seen.say(9.2, R1, 150)
    assert seen.codes == []


@pytest.mark.parametrize(("interval", "found"), [(1.0, False), (10.0, False), (40.95, True)])
def test_an_interval_more_than_ten_times_the_known_one_is_poison(interval, found):
    seen = settled(version=3)
    seen.say(5.5, R2, 200, version=3, interval=interval)
    assert ("INTERVAL_POISONING" in seen.codes) is found


def test_our_address_from_outside_is_told_and_no_router():
    seen = Observed()
    seen.say(0, R1, 150)
    frame = HeardFrame(advert=seen.group.master.advert, interface="eth0", own_source=True)
    seen.segment.hear(ns(0.5), frame)
    assert (seen.codes, seen.group.master.adverts) == (["OWN_SOURCE"], 1)
    seen.steadily(1, 12, R1, 150)
    assert seen.codes == []


def test_six_changes_in_an_hour_are_flapping_with_their_period():
    seen = Observed()
    for minute in range(6):
        start = minute * 302
        seen.steadily(start, start + 150, *((R1, 150) if minute % 2 == 0 else (R2, 100)))
        seen.say(start + 151, *((R1, 0) if minute % 2 == 0 else (R2, 0)))
    seen.steadily(6 * 302, 6 * 302 + 2, R1, 150)
    finding = seen.group.problems[Code.FLAPPING]
    assert "period of 302 s" in finding.text
    assert len(finding.evidence) == 5


@pytest.mark.parametrize(
    ("times", "expected"),
    [([0, 300, 600, 900], 300), ([0, 10, 300, 310, 600, 610], 300), ([0, 10, 300, 400, 1000], None), ([0, 300], None)],
    ids=["steady", "away and back", "irregular", "too few"],
)
def test_a_period_is_between_changes_or_every_other_one(times, expected):
    assert period(times) == expected


@pytest.mark.parametrize(
    ("answer_after", "hint"),
    [
        (0.001, "10.0.0.2 does not hear"),
        (0.016, "they do not hear, or do not accept, each other's adverts"),
        (0.5, "neither answers the other"),
    ],
    ids=["at once", "nearly at once", "in its own time"],
)
def test_who_answers_at_once_tells_the_direction_of_the_loss(answer_after, hint):
    seen = Observed()
    for second in range(8):
        seen.say(second + 0.4, R2, 100)
        seen.say(second + 0.4 + answer_after, R1, 150)
    finding = seen.group.problems[Code.DUAL_MASTER]
    assert hint in finding.text
    assert {one.source for one in finding.evidence} == {R1, R2}


def test_the_overlap_of_two_masters_is_measured():
    seen = Observed()
    for second in range(8):
        seen.say(second, R1, 150)
        seen.say(second + 0.5, R2, 100)
    assert "at once for 7.0 s" in seen.group.problems[Code.DUAL_MASTER].text
    seen.say(8, R2, 0)
    (over,) = seen.of(Kind.SECOND_MASTER_OVER)
    assert "both were for 7.5 s" in over.text


def test_both_forms_of_the_checksum_in_one_group_are_told():
    seen = settled(version=3, checksum=Checksum.PSEUDO_HEADER)
    seen.say(5.2, R1, 0, version=3, checksum=Checksum.PSEUDO_HEADER)
    seen.steadily(5.9, 9, R2, 100, version=3, checksum=Checksum.MESSAGE)
    assert seen.codes == ["CHECKSUM_FORM_MIX"]


def test_a_readable_password_is_worth_knowing_and_no_warning():
    seen = settled(auth=Auth.SIMPLE, password=b"secret")
    assert (seen.codes, seen.group.severity(ns(5))) == (["AUTH_CLEARTEXT"], "ok")
    assert seen.of(Kind.PROBLEM) == []


def test_a_takeover_says_how_long_it_was_to_take():
    seen = settled()
    seen.steadily(8.62, 10, R2, 100)
    seen.say(10.62, R2, 0)
    seen.say(11.1, R3, 156)
    predicted = [round(event.predicted_ns / 1e9, 6) for event in seen.of(Kind.FAILOVER)]
    assert predicted == [3.609375, 0.390625]
