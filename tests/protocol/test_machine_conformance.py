"""The state machine, timers and receive checks: every requirement both ways, named by its id."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from routers import (
    LOWER_PEER,
    MS,
    OWN,
    PEER,
    PEER6,
    SECOND,
    VIP,
    advert,
    effects,
    expected,
    hears,
    lines,
    master,
    read,
    settings,
    started,
)

from vrrptui.config.model import Place, VirtualRouterConfig
from vrrptui.protocol.advert import NS_PER_CENTISECOND, Family, Reason, virtual_mac
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.events import AdvertReceived, FaultsChanged, Shutdown, SourceChanged, Startup, Stopped, Tick
from vrrptui.protocol.priority import Tracked, effective_priority
from vrrptui.protocol.receive import judge
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns
from vrrptui.protocol.virtual_router import Backup, Initialize, Master, VirtualRouter

BECOME_MASTER = ["SendAdvert 100", "AddAddresses", "Announce"]


def state_after_refusal(router: VirtualRouter, refused) -> tuple:
    """State, deadline and learned values around a packet that must be refused."""
    before = (router.state, router.next_deadline_ns(), router.interval_ns, router.priority)
    received = router.statistics.advertisement_rcvd
    counters = sum(asdict(router.statistics).values())
    actions = router.handle(500 * MS, AdvertReceived(refused))
    assert effects(actions) == []
    assert router.statistics.advertisement_rcvd == received
    assert sum(asdict(router.statistics).values()) == counters + 1, "exactly one counter grows"
    return before, (router.state, router.next_deadline_ns(), router.interval_ns, router.priority)


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


# §5.1: TTL and hop limit

TTL_CASES = [
    pytest.param(3, PEER, 255, True, id="9568-5.1.1.3-2 positive: TTL 255 accepted"),
    *(pytest.param(3, PEER, ttl, False, id=f"9568-5.1.1.3-2 negative: TTL {ttl} refused") for ttl in (0, 1, 64, 254)),
    pytest.param(3, PEER6, 255, True, id="9568-5.1.2.3-2 positive: hop limit 255 accepted"),
    *(
        pytest.param(3, PEER6, ttl, False, id=f"9568-5.1.2.3-2 negative: hop limit {ttl} refused")
        for ttl in (0, 1, 64, 254)
    ),
    pytest.param(3, PEER, 255, True, id="9568-7.1-1 positive: TTL 255 passes the first check"),
    pytest.param(2, PEER, 255, True, id="3768-7.1-1 positive: TTL 255 accepted by v2"),
    pytest.param(2, PEER, 254, False, id="3768-7.1-1 negative: TTL 254 refused by v2"),
]


@pytest.mark.parametrize(("version", "source", "ttl", "accepted"), TTL_CASES)
def test_ttl(version, source, ttl, accepted):
    router = started(version, family=Family.of(source))
    heard = advert(200, source=source, version=version, ttl=ttl)
    if accepted:
        router.handle(10 * MS, AdvertReceived(heard))
        assert router.statistics.advertisement_rcvd == 1
        assert router.state.master == source
    else:
        before, after = state_after_refusal(router, heard)
        assert before == after
        assert router.statistics.ip_ttl_errors == 1


def test_ttl_is_checked_before_any_field_is_believed():
    """9568-7.1-1 negative: TTL 64 with a bad version, type and checksum is refused for its TTL"""
    router = started()
    router.handle(0, AdvertReceived(read(b"\x75\x33\xff\x09\x00\x00\x00\x00", ttl=64)))
    assert (router.statistics.ip_ttl_errors, router.statistics.version_errors) == (1, 0)


def test_unicast_adverts_may_have_travelled():
    """With unicast peers the TTL is not checked, as keepalived has it."""
    router = started(expect={"unicast": True})
    hears(router, 10 * MS, 200, ttl=64, destination=OWN)
    assert router.statistics.advertisement_rcvd == 1


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


# §6.4: the machine


def every_event():
    return [
        Startup(),
        Shutdown(),
        Stopped("root"),
        FaultsChanged(("down",)),
        Tick(),
        AdvertReceived(advert(0)),
        AdvertReceived(advert(50)),
        AdvertReceived(advert(100)),
        AdvertReceived(advert(200)),
        AdvertReceived(advert(200, ttl=1)),
    ]


def test_every_event_in_every_state_leads_to_a_state():
    """9568-6.4-1 positive: Initialize, Backup and Master are all there is, whatever happens"""
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
    from ipaddress import ip_address

    source = ip_address(other)
    router = master(family=Family.of(source))
    router.handle(1, SourceChanged(ip_address(own)))
    hears(router, 400 * MS, 100, source=source)
    assert (router.state_name == "backup") is yields


def test_the_virtual_address_is_not_compared():
    """9568-6.4.3-12 negative: a sender between our own and the virtual address wins the tie"""
    router = master()
    assert OWN < PEER < VIP
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


# §7.1: what is refused

GOOD = encode_v3(51, 200, SECOND, (VIP,), PEER, Family.IPV4.group)


def broken(at: int, value: int) -> bytes:
    """GOOD with one byte changed and the checksum made right again."""
    from vrrptui.protocol.checksum import ones_complement, pseudo_header

    message = bytearray(GOOD)
    message[at] = value
    message[6:8] = b"\0\0"
    total = ones_complement(pseudo_header(PEER, Family.IPV4.group, len(message)) + bytes(message))
    message[6:8] = total.to_bytes(2, "big")
    return bytes(message)


REFUSED = [
    pytest.param(lambda: advert(200, ttl=254), "ip_ttl_errors", id="9568-7.1-10 negative: TTL 254"),
    pytest.param(lambda: read(broken(0, 0x41)), "version_errors", id="9568-7.1-10 negative: version 4"),
    pytest.param(lambda: read(broken(0, 0x32)), "invalid_type_pkts_rcvd", id="9568-7.1-10 negative: type 2"),
    pytest.param(lambda: read(GOOD[:-1]), "packet_length_errors", id="9568-7.1-10 negative: cut by a byte"),
    pytest.param(lambda: read(GOOD[:-1] + b"\x01"), "checksum_errors", id="9568-7.1-10 negative: a wrong sum"),
    pytest.param(lambda: read(broken(1, 52)), "vrid_errors", id="9568-7.1-10 negative: another VRID"),
    pytest.param(
        lambda: advert(200, source=PEER6), "vrid_errors", id="9568-7.1-6 negative: the same VRID in the other family"
    ),
    pytest.param(lambda: read(broken(1, 52)), "vrid_errors", id="9568-7.1-6 negative: a VRID that is not configured"),
    pytest.param(
        lambda: advert(200, version=2), "version_errors", id="9568-8.4.2-1 negative: v2 is refused, mixed mode off"
    ),
    pytest.param(lambda: advert(200, source=OWN), "own_source_rcvd", id="own address as the sender"),
]


@pytest.mark.parametrize(("make", "counter"), REFUSED)
@pytest.mark.parametrize("role", [started, master], ids=["backup", "master"])
def test_a_refused_packet_changes_no_state_and_no_timer(role, make, counter):
    router = role()
    before, after = state_after_refusal(router, make())
    assert before == after
    assert getattr(router.statistics, counter) == 1


def test_a_good_advert_reaches_the_machine():
    """9568-7.1-10 positive: all checks pass and the machine sees it"""
    router = started()
    router.handle(0, AdvertReceived(read(GOOD)))
    assert router.state.master == PEER


def test_the_configured_vrid_is_handled():
    """9568-7.1-6 positive: VRID 51 on its interface and in its family"""
    assert judge(read(GOOD), expected()).refused is None


def test_a_zero_interval_never_becomes_a_timer():
    router = started()
    message = bytearray(GOOD)
    message[4:6] = b"\0\0"
    before, after = state_after_refusal(router, read(reseal(message)))
    assert before == after
    assert router.statistics.interval_errors == 1


def reseal(message: bytearray) -> bytes:
    from vrrptui.protocol.checksum import ones_complement, pseudo_header

    message[6:8] = b"\0\0"
    total = ones_complement(pseudo_header(PEER, Family.IPV4.group, len(message)) + bytes(message))
    message[6:8] = total.to_bytes(2, "big")
    return bytes(message)


LOGGED = [
    pytest.param(3, {"ttl": 64}, id="9568-7.1-11 positive: a failed check is logged with reason and source"),
    pytest.param(
        2, {"ttl": 64, "version": 2}, id="3768-7.1-8 positive: a failed check is logged with reason and source"
    ),
]


@pytest.mark.parametrize(("version", "heard"), LOGGED)
def test_a_refusal_is_logged(version, heard):
    (line,) = lines(hears(started(version), 0, 200, **heard))
    assert str(PEER) in line
    assert "ttl-not-255" in line


@pytest.mark.parametrize(
    ("version", "field"),
    [
        pytest.param(3, {"ttl": 64}, id="9568-7.1-11 negative: a flood is one line, its counter exact"),
        pytest.param(2, {"ttl": 64}, id="3768-7.1-8 negative: a flood is one line, its counter exact"),
        pytest.param(2, {"interval_ns": 2 * SECOND}, id="3768-7.1-14 negative: a flood is one line"),
    ],
)
def test_a_flood_does_not_fill_the_log(version, field):
    router = started(version)
    said = [lines(hears(router, at * MS, 200, version=version, **field)) for at in range(1000)]
    assert sum(map(len, said)) == 1
    assert router.statistics.ip_ttl_errors + router.statistics.interval_errors == 1000


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-12 positive: each reason has its counter"),
        pytest.param(2, id="3768-7.1-9 positive: each reason has its counter"),
    ],
)
def test_network_management_can_count(version):
    router = started(version)
    hears(router, 0, 200, version=version, ttl=1)
    assert router.statistics.ip_ttl_errors == 1


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-12 negative: a good advert raises no error counter"),
        pytest.param(2, id="3768-7.1-9 negative: a good advert raises no error counter"),
    ],
)
def test_a_good_advert_is_no_error(version):
    router = started(version)
    assert lines(hears(router, 0, 200, version=version)) == []
    grown = {name: count for name, count in asdict(router.statistics).items() if count}
    assert grown == {"advertisement_rcvd": 1}


def test_an_owner_reports_another_owner():
    """9568-7.1-13 positive: one line, and the advert is processed: the smaller address yields"""
    router = started(priority=255)
    said = lines(hears(router, 0, 255, source=PEER))
    assert any("both configured as address owner" in line for line in said)
    assert router.state_name == "backup"
    assert lines(hears(started(priority=255), 0, 255, source=LOWER_PEER))


def test_nobody_else_reports_an_owner():
    """9568-7.1-13 negative: a router that owns nothing has nothing to say to 255"""
    assert lines(hears(started(), 0, 255)) == []


def test_a_differing_interval_is_said():
    """9568-7.1-14 positive: logged and counted, and the advert still counts"""
    router = started()
    (line,) = lines(hears(router, 0, 200, interval_ns=2 * SECOND))
    assert "mine=1 s rcv'd=2 s" in line
    assert (router.statistics.interval_errors, router.state.master) == (1, PEER)


def test_an_equal_interval_is_not():
    """9568-7.1-14 negative: equal intervals are silent"""
    assert lines(hears(started(), 0, 200)) == []


BOTH = (VIP, OWN)
LISTS = [
    pytest.param(3, id="9568-7.1-15 positive: the same set in another order is silent"),
    pytest.param(2, id="3768-7.1-10 positive: the same set in another order is silent"),
]


@pytest.mark.parametrize("version", LISTS)
def test_lists_are_sets(version):
    router = started(version, expect={"addresses": BOTH})
    assert lines(hears(router, 0, 200, version=version, addresses=BOTH[::-1])) == []


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-15 negative: another set is found and its difference shown"),
        pytest.param(3, id="9568-7.1-16 positive: counted, and the advert is processed"),
        pytest.param(2, id="3768-7.1-10 negative: another set is found"),
        pytest.param(2, id="3768-7.1-11 positive: the difference is shown"),
    ],
)
def test_a_differing_list_is_said(version):
    router = started(version)
    (line,) = lines(hears(router, 0, 200, version=version, addresses=(OWN,)))
    assert f"only there {OWN}; only here {VIP}" in line
    assert (router.statistics.address_list_errors, router.state.master) == (1, PEER)


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-16 negative: equal lists are silent"),
        pytest.param(2, id="3768-7.1-11 negative: equal lists are silent"),
    ],
)
def test_equal_lists_are_silent(version):
    router = started(version)
    assert lines(hears(router, 0, 200, version=version)) == []
    assert router.statistics.address_list_errors == 0


# RFC 3768 §7.1

V2_CHECKS = [
    pytest.param({}, {}, None, id="3768-7.1-5 positive: a router that owns nothing handles it"),
    pytest.param(
        {"owner": True, "owner_ignores": True},
        {},
        Reason.LOCAL_OWNER,
        id="3768-7.1-5 positive: a strict owner discards",
    ),
    pytest.param({"vrid": 52}, {}, Reason.BAD_VRID, id="3768-7.1-5 negative: a VRID that is not configured"),
    pytest.param({"owner": True}, {}, None, id="3768-7.1-5 negative: by default an owner handles it, as keepalived"),
    pytest.param(
        {"auth_type": 1, "auth_password": b"secret"},
        {"auth_type": 1, "auth_data": b"secret"},
        None,
        id="3768-7.1-6 positive: the same type and password",
    ),
    pytest.param({"auth_type": 1}, {}, Reason.AUTH_MISMATCH, id="3768-7.1-6 negative: none where PASS is configured"),
    pytest.param(
        {}, {"auth_type": 1, "auth_data": b"secret"}, Reason.AUTH_MISMATCH, id="3768-7.1-6 negative: PASS where none is"
    ),
    pytest.param({}, {}, None, id="3768-5.3.6-1 positive: type 0 without authentication"),
    pytest.param({}, {"auth_type": 1}, Reason.AUTH_MISMATCH, id="3768-5.3.6-1 negative: type 1"),
    pytest.param({}, {"auth_type": 2}, Reason.AUTH_MISMATCH, id="3768-5.3.6-1 negative: type 2"),
    pytest.param({}, {"auth_type": 3}, Reason.BAD_AUTH_TYPE, id="3768-5.3.6-1 negative: type 3"),
    pytest.param({}, {"auth_type": 128}, Reason.BAD_AUTH_TYPE, id="3768-5.3.6-1 negative: type 128"),
    pytest.param({}, {"auth_data": b"anything"}, None, id="3768-5.3.10-1 positive: data of type 0 is ignored"),
    pytest.param(
        {"auth_type": 1, "auth_password": b"secret"},
        {"auth_type": 1, "auth_data": b"anything"},
        Reason.AUTH_FAILURE,
        id="3768-5.3.10-1 negative: data of type 1 is not",
    ),
    pytest.param(
        {"strict_list": True},
        {"priority": 255, "addresses": (OWN,)},
        None,
        id="3768-7.1-12 positive: from the owner it counts",
    ),
    pytest.param(
        {"strict_list": True}, {"addresses": (OWN,)}, Reason.ADDRESS_LIST, id="3768-7.1-12 negative: else it is dropped"
    ),
    pytest.param({}, {"interval_ns": SECOND}, None, id="3768-7.1-13 positive: an equal interval"),
    pytest.param(
        {}, {"interval_ns": 2 * SECOND}, Reason.INTERVAL_MISMATCH, id="3768-7.1-13 negative: another interval"
    ),
]


@pytest.mark.parametrize(("expect", "heard", "refused"), V2_CHECKS)
def test_v2_receive_checks(expect, heard, refused):
    assert judge(advert(**{"priority": 200, "version": 2} | heard), expected(2, **expect)).refused is refused


def test_a_v2_interval_difference_is_said_with_both_values():
    """3768-7.1-14 positive: the line has both values"""
    (line,) = lines(hears(started(2), 0, 200, version=2, interval_ns=2 * SECOND))
    assert "mine=1 s rcv'd=2 s" in line


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ttl": 254}, id="3768-7.1-7 negative: TTL"),
        pytest.param({"vrid": 52}, id="3768-7.1-7 negative: VRID"),
        pytest.param({"auth_type": 1}, id="3768-7.1-7 negative: authentication type"),
        pytest.param({"interval_ns": 3 * SECOND}, id="3768-7.1-7 negative: interval"),
    ],
)
@pytest.mark.parametrize("role", [started, master], ids=["backup", "master"])
def test_a_refused_v2_advert_changes_nothing(role, change):
    router = role(2)
    before, after = state_after_refusal(router, advert(200, version=2, **change))
    assert before == after


def test_a_good_v2_advert_is_handled():
    """3768-7.1-7 positive: all checks pass and the machine sees it"""
    router = started(2)
    hears(router, 0, 200, version=2)
    assert router.state.master == PEER


def test_a_password_is_never_logged():
    secret = b"s3cr3t-x"
    router = started(2, expect={"auth_type": 1, "auth_password": secret})
    said = lines(hears(router, 0, 200, version=2, auth_type=1, auth_data=b"other"))
    assert said
    assert not any("s3cr3t" in line or "other" in line for line in said)


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
        announced += [(due_ns, a.refresh) for a in router.handle(due_ns, Tick()) if type(a).__name__ == "Announce"]
    assert announced == [(5 * SECOND, False), (65 * SECOND, True), (125 * SECOND, True)]


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
    from vrrptui.protocol.events import PriorityChanged

    router = started()
    due_ns = router.next_deadline_ns()
    router.handle(SECOND, PriorityChanged(50))
    assert router.next_deadline_ns() == due_ns + 50 * SECOND // 256


def test_after_a_stall_one_advert_is_sent_and_the_schedule_is_kept():
    router = master()
    sent = effects(router.handle(4300 * MS, Tick()))
    assert sent.count("SendAdvert 100") == 1
    assert router.next_deadline_ns() == 5 * SECOND


def test_virtual_macs_differ_by_family():
    assert virtual_mac(Family.IPV4, 51) != virtual_mac(Family.IPV6, 51)


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


def test_settings_are_values():
    assert replace(settings(), priority=101) != settings()
