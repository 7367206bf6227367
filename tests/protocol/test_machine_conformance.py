"""The state machine (RFC 9568 §6.4, RFC 3768 §6.4): every requirement both ways, named by its id."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.protocol.routers import (
    BECOME_MASTER,
    LOWER_PEER,
    MS,
    OWN,
    PEER,
    PEER6,
    SECOND,
    VIP,
    advert,
    effects,
    every_event,
    hears,
    master,
    settings,
    started,
    state_after_refusal,
)
from vrrptui.protocol.advert import Family
from vrrptui.protocol.events import FaultsChanged, Shutdown, SourceChanged, Startup, Stopped, Tick
from vrrptui.protocol.states import Backup, Initialize, Master
from vrrptui.protocol.timers import master_down_interval_ns
from vrrptui.protocol.virtual_router import VirtualRouter

# RFC 9568 §1, §2.5


def test_two_families_are_two_routers():
    """9568-1-1 positive: IPv4 51 is master while IPv6 51 is backup"""
    four, six = master(), started(family=Family.IPV6)
    hears(six, 10 * MS, 200, source=PEER6)
    assert (four.state_name, six.state_name) == ("master", "backup")


def test_the_other_family_changes_nothing():
    """9568-1-1 negative: an IPv4 resignation leaves the IPv6 timer alone"""
    six = started(family=Family.IPV6)
    before, after = state_after_refusal(six, advert(0, source=PEER))
    assert before == after
    assert six.statistics.vrid_errors == 1


# §6.4


def test_every_event_in_every_state_leads_to_a_state():
    """9568-6.4-1 positive: no state but Initialize, Backup and Master, for any events"""
    for make in (lambda: VirtualRouter(settings()), started, master):
        for event in every_event():
            router = make()
            router.handle(SECOND // 2, event)
            assert isinstance(router.state, Initialize | Backup | Master)


def test_no_event_reaches_another_router():
    """9568-6.4-1 negative: what one router hears moves no other"""
    one, other = started(), started()
    before = (other.state, other.next_deadline_ns())
    for event in every_event():
        one.handle(SECOND, event)
    assert (other.state, other.next_deadline_ns()) == before


def test_an_owner_starts_as_master():
    """9568-6.4.1-1 positive: advert, addresses, announcement, and the advert timer runs"""
    router = VirtualRouter(settings(priority=255))
    assert effects(router.handle(0, Startup())) == ["SendAdvert 255", "AddAddresses", "Announce"]
    assert router.next_deadline_ns() == SECOND


def test_anybody_else_does_not():
    """9568-6.4.1-1 negative: with priority 254 nothing is sent or added"""
    router = VirtualRouter(settings(priority=254))
    assert effects(router.handle(0, Startup())) == []
    assert router.state_name == "backup"


def test_startup_as_backup():
    """9568-6.4.1-4 positive: the timer is 3 own intervals and the skew"""
    router = VirtualRouter(settings())
    router.handle(7, Startup())
    assert (router.state_name, router.next_deadline_ns()) == ("backup", 7 + 3_609_375_000)


def test_startup_as_backup_is_silent():
    """9568-6.4.1-4 negative: nothing sent, no address installed"""
    assert effects(VirtualRouter(settings()).handle(0, Startup())) == []


def test_a_backup_shuts_down():
    """9568-6.4.2-6 positive: no deadline is left"""
    router = started()
    router.handle(SECOND, Shutdown())
    assert (router.state_name, router.next_deadline_ns()) == ("init", None)


def test_a_backup_shuts_down_without_a_word():
    """9568-6.4.2-6 negative: no advert with priority 0"""
    router = started()
    assert effects(router.handle(SECOND, Shutdown())) == []
    assert router.statistics.priority_zero_pkts_sent == 0


def test_the_down_timer_fires():
    """9568-6.4.2-7 positive: advert, addresses, announcement; then adverts at the own interval"""
    router = started()
    hears(router, 0, 200, interval_ns=300 * MS)
    due_ns = router.next_deadline_ns()
    assert effects(router.handle(due_ns, Tick())) == BECOME_MASTER
    assert router.next_deadline_ns() == due_ns + SECOND


def test_the_down_timer_does_not_fire_early():
    """9568-6.4.2-7 negative: nothing one nanosecond before, and nothing at a time that was put off"""
    router = started()
    due_ns = router.next_deadline_ns()
    assert effects(router.handle(due_ns - 1, Tick())) == []
    hears(router, due_ns - 1, 200)
    assert effects(router.handle(due_ns, Tick())) == []
    assert router.state_name == "backup"


def test_a_backup_hears_a_resignation():
    """9568-6.4.2-10 positive: the timer is the skew, 0.609375 s"""
    router = started()
    hears(router, SECOND, 0)
    assert router.next_deadline_ns() == SECOND + 609_375_000


def test_only_zero_is_a_resignation():
    """9568-6.4.2-10 negative: priority 1 does not shorten the timer"""
    router = started()
    due_ns = router.next_deadline_ns()
    hears(router, SECOND, 1)
    assert router.next_deadline_ns() == due_ns


AUTHORITATIVE = [
    pytest.param(3, {"priority": 200}, {}, id="9568-6.4.2-11 positive: a higher priority restarts the timer"),
    pytest.param(3, {"priority": 100}, {}, id="9568-6.4.2-11 positive: an equal priority restarts the timer"),
    pytest.param(
        3, {"priority": 50}, {"preempt": False}, id="9568-6.4.2-11 positive: a lower one with nopreempt restarts it"
    ),
    pytest.param(
        3,
        {"priority": 100, "source": LOWER_PEER},
        {},
        id="9568-6.4.2-11 negative: no address comparison at an equal priority",
    ),
]


@pytest.mark.parametrize(("version", "heard", "changes"), AUTHORITATIVE)
def test_a_backup_follows(version, heard, changes):
    router = started(version, **changes)
    hears(router, SECOND, interval_ns=500 * MS, **heard)
    assert router.next_deadline_ns() == SECOND + 3 * 500 * MS + 156 * 500 * MS // 256


def test_a_backup_ignores_a_lower_master():
    """9568-6.4.2-12 positive: the timer keeps its deadline, and then it takes over"""
    router = started()
    due_ns = router.next_deadline_ns()
    hears(router, SECOND, 50)
    assert router.next_deadline_ns() == due_ns
    assert effects(router.handle(due_ns, Tick())) == BECOME_MASTER


def test_adverts_come_without_drift():
    """9568-6.4.3-9 positive: 1000 adverts, each due one interval after the last was due"""
    router = master()
    sent_ns = []
    for number in range(1000):
        due_ns = router.next_deadline_ns()
        if effects(router.handle(due_ns + number % 7 * 1000, Tick())).count("SendAdvert 100"):
            sent_ns.append(due_ns)
    adverts = [at for at in sent_ns if at % SECOND == 0]
    assert adverts[-1] - adverts[0] == (len(adverts) - 1) * SECOND


def test_a_master_uses_its_own_interval():
    """9568-6.4.3-9 negative: not the one that it learned as a backup"""
    router = started()
    hears(router, 0, 200, interval_ns=300 * MS)
    now_ns = router.next_deadline_ns()
    router.handle(now_ns, Tick())
    assert router.next_deadline_ns() == now_ns + SECOND


def test_a_master_hears_a_resignation():
    """9568-6.4.3-10 positive: advert at once, timer restarted"""
    router = master()
    assert effects(hears(router, 400 * MS, 0)) == ["SendAdvert 100"]
    assert router.next_deadline_ns() == 1400 * MS


def test_a_resignation_does_not_depose():
    """9568-6.4.3-10 negative: stays master, whatever the sender's address"""
    router = master()
    hears(router, 400 * MS, 0, source=PEER)
    assert router.state_name == "master"


YIELDS = [
    pytest.param(3, {"priority": 101}, {}, id="9568-6.4.3-11 positive: to a higher priority"),
    pytest.param(3, {"priority": 100, "source": PEER}, {}, id="9568-6.4.3-11 positive: to a larger address at a tie"),
    pytest.param(3, {"priority": 101}, {"preempt": False}, id="9568-6.4.3-11 positive: with nopreempt too"),
    pytest.param(2, {"priority": 101}, {}, id="3768-6.4.3-3 positive: to a higher priority"),
    pytest.param(2, {"priority": 100, "source": PEER}, {}, id="3768-6.4.3-3 positive: to a larger address at a tie"),
]


@pytest.mark.parametrize(("version", "heard", "changes"), YIELDS)
def test_a_master_yields(version, heard, changes):
    router = master(version, **changes)
    interval_ns = 2 * SECOND if version == 3 else SECOND
    actions = hears(router, 400 * MS, version=version, interval_ns=interval_ns, **heard)
    assert effects(actions) == ["RemoveAddresses"]
    down_ns = master_down_interval_ns(version, 100, interval_ns)
    assert (router.state_name, router.next_deadline_ns()) == ("backup", 400 * MS + down_ns)


STAYS = [
    pytest.param(3, {"priority": 100, "source": LOWER_PEER}, id="9568-6.4.3-11 negative: not to a smaller address"),
    pytest.param(3, {"priority": 100, "source": OWN}, id="9568-6.4.3-11 negative: not to its own address"),
    pytest.param(3, {"priority": 99, "source": PEER}, id="9568-6.4.3-11 negative: not to a lower priority"),
    pytest.param(2, {"priority": 100, "source": LOWER_PEER}, id="3768-6.4.3-3 negative: not to a smaller address"),
]


@pytest.mark.parametrize(("version", "heard"), STAYS)
def test_a_master_stays(version, heard):
    router = master(version)
    hears(router, 400 * MS, version=version, **heard)
    assert router.state_name == "master"


ADDRESS_ORDER = [
    pytest.param("10.0.0.9", "10.0.0.10", True, id="9568-6.4.3-12 positive: 10.0.0.9 is below 10.0.0.10"),
    pytest.param("127.0.0.1", "128.0.0.1", True, id="9568-6.4.3-12 positive: 127.0.0.1 is below 128.0.0.1"),
    pytest.param("fe80::1", "fe80:0:0:0:8000::", True, id="9568-6.4.3-12 positive: an IPv6 high bit counts"),
    pytest.param("10.0.0.10", "10.0.0.9", False, id="9568-6.4.3-12 negative: not compared as text"),
]


@pytest.mark.parametrize(("own", "other", "yields"), ADDRESS_ORDER)
def test_addresses_are_numbers(own, other, yields):
    source = ip_address(other)
    router = master(family=Family.of(source))
    router.handle(1, SourceChanged(ip_address(own)))
    hears(router, 400 * MS, 100, source=source)
    assert (router.state_name == "backup") is yields


def test_the_virtual_address_is_not_compared():
    """9568-6.4.3-12 negative: a sender between our own and the virtual address wins the tie"""
    router = master()
    assert int(OWN) < int(PEER) < int(VIP)
    hears(router, 400 * MS, 100, source=PEER)
    assert router.state_name == "backup"


def test_a_master_answers_a_loser():
    """9568-6.4.3-13 positive: a lower priority is answered with one advert at once"""
    router = master()
    assert effects(hears(router, 400 * MS, 50))[0] == "SendAdvert 100"


def test_answers_are_bounded_and_move_no_timer():
    """9568-6.4.3-13 negative: the timer keeps its deadline; a flood is not answered one to one"""
    router = master()
    due_ns = router.next_deadline_ns()
    answers = [effects(hears(router, 400 * MS + at * 1000, 50)).count("SendAdvert 100") for at in range(1000)]
    assert router.next_deadline_ns() == due_ns
    assert sum(answers) == 1


def test_a_v2_master_discards_in_silence():
    """3768-6.4.3-4 positive: with lower_prio_no_advert a lower priority changes nothing and is not answered"""
    router = master(2, answer_lower=False)
    due_ns = router.next_deadline_ns()
    assert effects(hears(router, 400 * MS, 50, version=2)) == []
    assert router.next_deadline_ns() == due_ns


def test_a_v2_master_answers_as_keepalived_does():
    """3768-6.4.3-4 negative: by default it answers with one advert"""
    assert effects(hears(master(2), 400 * MS, 50, version=2)) == ["SendAdvert 100"]


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(Shutdown(), id="9568-5.2.4-3 positive: a shut-down master sends one 0"),
        pytest.param(Stopped("root"), id="9568-6.4.3-8 positive: a stopped master sends one 0"),
        pytest.param(
            FaultsChanged(("interface eth1 is down",)), id="9568-6.4.3-8 positive: a master in fault sends one 0"
        ),
    ],
)
def test_a_master_that_gives_up_says_so(ending):
    router = master()
    assert effects(router.handle(SECOND, ending)) == ["SendAdvert 0", "RemoveAddresses"]
    assert isinstance(router.state, Initialize)
    assert router.next_deadline_ns() is None
    assert router.statistics.priority_zero_pkts_sent == 1


def test_a_killed_master_says_nothing():
    """9568-6.4.3-8 negative: a master that is killed sends no 0, and its peer waits the whole down interval"""
    peer = started(at_ns=0)
    hears(peer, 0, 200)
    whole_ns = 3 * SECOND + 156 * SECOND // 256
    assert effects(peer.handle(whole_ns - 1, Tick())) == []
    assert effects(peer.handle(whole_ns, Tick())) == BECOME_MASTER


def test_a_backup_gives_up_in_silence():
    """9568-5.2.4-3 negative: a backup that leaves sends nothing"""
    assert effects(started().handle(SECOND, Shutdown())) == []


# RFC 3768 where it differs


def test_v2_down_interval():
    """3768-6.1-2 positive: 3 own intervals and the skew"""
    router = started(2)
    assert router.next_deadline_ns() == 3 * SECOND + 609_375_000


def test_v2_learns_nothing():
    """3768-6.1-2 negative: an advert with another interval is refused, and the timer stays"""
    router = started(2)
    before, after = state_after_refusal(router, advert(200, version=2, interval_ns=2 * SECOND))
    assert before == after


def test_v2_backup_restarts_its_timer():
    """3768-6.4.2-1 positive: a higher master restarts the timer with the own down interval"""
    router = started(2)
    hears(router, SECOND, 200, version=2)
    assert router.next_deadline_ns() == SECOND + 3_609_375_000


def test_v2_backup_keeps_its_interval():
    """3768-6.4.2-1 negative: no interval is learned"""
    router = started(2)
    hears(router, SECOND, 200, version=2)
    assert router.interval_ns == SECOND
