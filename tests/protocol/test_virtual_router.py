"""What a virtual router does beyond the RFCs: announcements, delays, faults and an operator's word."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.protocol.routers import (
    LOWER_PEER,
    MS,
    OWN,
    PEER,
    SECOND,
    effects,
    every_event,
    hears,
    master,
    started,
)
from vrrptui.protocol.actions import Log
from vrrptui.protocol.events import FaultsChanged, PriorityChanged, Shutdown, Stopped, Tick
from vrrptui.protocol.states import Master


def test_a_master_announces_again_when_it_won_a_conflict():
    """After a split the loser may hold the traffic: a new burst, at most one a second."""
    router = master()
    assert "Announce" in effects(hears(router, 1500 * MS, 50))
    assert "Announce" not in effects(hears(router, 1900 * MS, 50))
    assert "Announce" in effects(hears(router, 2600 * MS, 50))


def test_announcements_repeat_after_their_delay():
    router = master(announce_delay_ns=5 * SECOND, announce_refresh_ns=60 * SECOND)
    announced = []
    while (due_ns := router.next_deadline_ns()) < 130 * SECOND:
        announced += [(due_ns, a.occasion) for a in router.handle(due_ns, Tick()) if type(a).__name__ == "Announce"]
    assert announced == [(5 * SECOND, "takeover"), (65 * SECOND, "refresh"), (125 * SECOND, "refresh")]


def test_a_won_conflict_is_announced_again_after_its_own_delay():
    router = master(announce_delay_ns=9 * SECOND, announce_lower_delay_ns=2 * SECOND, announce_refresh_ns=60 * SECOND)
    hears(router, 1500 * MS, 50)
    announced = []
    while (due_ns := router.next_deadline_ns()) < 70 * SECOND:
        announced += [(due_ns, a.occasion) for a in router.handle(due_ns, Tick()) if type(a).__name__ == "Announce"]
    assert announced == [(3500 * MS, "conflict"), (63500 * MS, "refresh")]


def test_preempt_delay():
    """A lower master is followed until the delay has passed since it was first heard, then overtaken."""
    router = started(priority=200, preempt_delay_ns=5 * SECOND)
    at_ns = 0
    while router.state_name == "backup":
        if at_ns % SECOND == 0:
            hears(router, at_ns, 100)
        at_ns += 250 * MS
        router.handle(at_ns, Tick())
    assert 5 * SECOND < at_ns <= 5 * SECOND + 4 * SECOND


def test_preempt_delay_does_not_keep_an_address_unserved():
    router = started(priority=200, preempt_delay_ns=300 * SECOND)
    router.handle(4 * SECOND, Tick())
    assert router.state_name == "master"


def test_a_new_priority_moves_the_deadline_by_the_skew():
    router = started()
    due_ns = router.next_deadline_ns()
    router.handle(SECOND, PriorityChanged(50))
    assert router.next_deadline_ns() == due_ns + 50 * SECOND // 256


def test_after_a_stall_one_advert_is_sent_on_schedule():
    router = master()
    sent = effects(router.handle(4300 * MS, Tick()))
    assert sent.count("SendAdvert 100") == 1
    assert router.next_deadline_ns() == 5 * SECOND


def test_a_fault_ends_when_its_last_reason_does():
    router = started()
    router.handle(1, FaultsChanged(("eth0 is down", "chk failed")))
    assert (router.state_name, router.reason) == ("fault", "eth0 is down; chk failed")
    router.handle(2, FaultsChanged(("chk failed",)))
    assert (router.state_name, router.reason) == ("fault", "chk failed")
    router.handle(3, FaultsChanged(()))
    assert (router.state_name, router.next_deadline_ns()) == ("backup", 3 + 3_609_375_000)


def test_a_stopped_router_stays_stopped_whatever_comes():
    router = master()
    router.handle(1, Stopped("root@pts/0"))
    for event in every_event():
        if not isinstance(event, Shutdown | Stopped):
            router.handle(2, event)
    assert (router.state_name, router.reason) == ("stopped", "stopped by root@pts/0")


def test_a_master_may_miss_more_or_fewer_adverts():
    """keepalived's down_timer_adverts: as many intervals, and the skew."""
    router = started(down_adverts=5)
    assert router.next_deadline_ns() == 5 * SECOND + 156 * SECOND // 256
    hears(router, SECOND, 200, interval_ns=200 * MS)
    assert router.next_deadline_ns() == SECOND + 5 * 200 * MS + 156 * 200 * MS // 256


def test_a_master_that_is_outbid_may_answer_once():
    """keepalived's higher_prio_send_advert: the other then announces its addresses again."""
    assert effects(hears(master(answer_higher=True), 400 * MS, 200)) == ["SendAdvert 100", "RemoveAddresses"]
    assert effects(hears(master(), 400 * MS, 200)) == ["RemoveAddresses"]


def test_a_sender_that_is_no_peer_is_refused():
    """keepalived's check_unicast_src."""
    expect = {"unicast": True, "peers": (PEER,)}
    router = started(expect=expect)
    due_ns = router.next_deadline_ns()
    hears(router, SECOND, 200, source=LOWER_PEER, destination=OWN)
    assert (router.next_deadline_ns(), router.statistics.unknown_peer_rcvd) == (due_ns, 1)
    hears(router, SECOND, 200, source=PEER, destination=OWN)
    assert router.statistics.advertisement_rcvd == 1


def test_a_list_may_be_compared_once_a_master():
    """keepalived's skip_check_adv_addr."""
    router = started(compare_once=True)
    for at_ns in (0, SECOND, 2 * SECOND):
        hears(router, at_ns, 200, addresses=(OWN,))
    assert router.statistics.address_list_errors == 1
    hears(router, 3 * SECOND, 210, source=LOWER_PEER, addresses=(OWN,))
    assert router.statistics.address_list_errors == 2


def test_a_twin_goes_its_own_way():
    """What a twin is told changes nothing in the router it was made of: so a takeover can be worked out beforehand."""
    router = started(expect={"auth_type": 0})
    hears(router, 0, 200, ttl=64)
    before = (router.state, router.statistics.master_transitions, router.sequence.last, router.announced)
    twin = router.twin()
    due_ns = twin.next_deadline_ns()
    prepared = twin.handle(due_ns, Tick())
    twin.sequence.next()
    assert (router.state, router.statistics.master_transitions, router.sequence.last, router.announced) == before
    assert twin.state_name == "master"
    assert router.handle(due_ns, Tick()) == prepared
    assert router.state == twin.state


INTERVAL_NS = 100_000_000


@pytest.mark.parametrize(
    ("at_ns", "announce_at_ns", "next_ns", "due_ns"),
    [
        (1_000_000_000, None, 1_100_000_000, 1_100_000_000),  # in time
        (1_049_000_000, None, 1_100_000_000, 1_100_000_000),  # late, and on the schedule again
        (1_199_000_000, None, 1_200_000_000, 1_200_000_000),  # one was missed
        (1_200_000_000, None, 1_300_000_000, 1_300_000_000),
        (990_100_000, None, 1_090_000_000, 1_090_000_000),  # a little early, in step from now on
        (989_900_000, None, None, 1_000_000_000),  # too early
        (1_000_000_000, 1_000_000_000, None, 1_000_000_000),  # an announcement is due as well
        (1_000_000_000, 1_050_000_000, 1_050_000_000, 1_100_000_000),  # it is due before the next advert
        (1_000_000_000, 1_200_000_000, 1_100_000_000, 1_100_000_000),
    ],
)
def test_an_advert_in_good_time_is_taken_the_short_way(at_ns, announce_at_ns, next_ns, due_ns):
    state = Master(1_000_000_000, announce_at_ns)
    assert state.take_advert(at_ns, INTERVAL_NS, step_ns=990_000_000) == next_ns
    assert state.advert_due_ns == due_ns


def test_an_advert_is_early_for_nobody_who_is_not_due():
    assert Master(1_000_000_000).take_advert(999_999_999, INTERVAL_NS) is None


@pytest.mark.parametrize("other_ns", [INTERVAL_NS, 103_000_000])
def test_an_advert_leaves_early_once_and_keeps_its_own_interval(other_ns):
    """Two masters whose intervals are alike, or nearly: the second one is drawn to the first a single time."""
    first, second, sent = Master(0), Master(8_000_000), []
    for _ in range(200):
        now_ns = min(first.advert_due_ns, second.advert_due_ns)
        first.take_advert(now_ns, INTERVAL_NS, step_ns=now_ns)
        if second.take_advert(now_ns, other_ns, step_ns=now_ns) is not None:
            sent.append(now_ns)
    gaps = [after - before for before, after in pairwise(sent)]
    assert sent[0] == 0
    assert set(gaps) == {other_ns}


def test_a_very_late_advert_takes_the_long_way_once_a_minute():
    router = master()
    due_ns, interval_ns = router.state.advert_due_ns, router.settings.interval_ns
    late_ns = due_ns + interval_ns // 2 + 1
    assert router.take_advert(late_ns) is None
    assert any(isinstance(action, Log) for action in router.handle(late_ns, Tick()))
    assert router.take_advert(late_ns + interval_ns) == due_ns + 2 * interval_ns
