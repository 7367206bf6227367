"""An address that hundreds of forged groups serve, and reports that say nothing new: what they cost."""

from __future__ import annotations

import random
from ipaddress import ip_address

import pytest

from tests.segment.observed import Observed, ns
from vrrptui.segment import diagnosis
from vrrptui.segment.codes import Code
from vrrptui.segment.overheard import Announced, Listening

VIP = ip_address("10.0.0.254")
GROUPS = 247
MACS = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))


def forged(seen: Observed, at: float) -> None:
    for vrid in range(1, GROUPS + 1):
        seen.say(at + vrid / 1e6, "10.0.0.1", 100, mac="02:00:00:00:00:09", vrid=vrid)


@pytest.fixture
def diagnosed(monkeypatch) -> list[int]:
    """The VRIDs of the groups that are diagnosed, in order."""
    vrids: list[int] = []
    real = diagnosis.diagnose

    def diagnose(group, now_ns):
        vrids.append(group.key.vrid)
        return real(group, now_ns)

    monkeypatch.setattr(diagnosis, "diagnose", diagnose)
    return vrids


def test_an_arp_for_many_groups_diagnoses_few_a_turn(diagnosed):
    """Each one diagnosed all 247 at once: with 20 a second the adverts of 100 ms came every 1150 ms."""
    seen = Observed()
    forged(seen, 0.0)
    worst = total = 0
    for number in range(200):  # two seconds of 100 ARPs a second, each with another word than the last
        at_ns = ns(0.1) + number * ns(0.01)
        before = len(diagnosed)
        seen.segment.overhear(at_ns, Announced(address=VIP, mac=MACS[number % 2], how="ARP reply", interface="eth0"))
        worst = max(worst, len(diagnosed) - before)
        before = len(diagnosed)
        seen.segment.tick(at_ns, 4)
        worst, total = max(worst, len(diagnosed) - before), total + len(diagnosed) - before
    assert worst <= 8
    assert total < 3 * GROUPS, "a round of all in two and a half seconds"


def test_what_is_heard_for_many_groups_reaches_each_in_the_end():
    seen = Observed()
    for second in range(12):
        forged(seen, float(second))
        if second == 1:
            heard = Announced(address=VIP, mac=MACS[0], how="ARP reply", interface="eth0")
            seen.segment.overhear(ns(1.5), heard)
    groups = seen.segment.groups.values()
    assert {group.answers[VIP].mac for group in groups} == {MACS[0]}
    assert all(Code.STALE_ARP in group.problems for group in groups)


def test_the_index_says_what_a_search_through_all_groups_says():
    """Groups that come, change their addresses, resign, fall silent and are forgotten."""
    rng, seen, at = random.Random(5), Observed(max_groups=12), 0.0
    addresses = [f"10.0.0.{n}" for n in range(200, 206)]
    for _ in range(1500):
        at += rng.choice((0.01, 0.3, 2.0, 20.0))
        listed = tuple(rng.sample(addresses, rng.randrange(4)))
        place, vrid = rng.choice(("eth0", "eth1")), rng.randrange(1, 12)
        source, priority = f"10.0.0.{rng.randrange(1, 4)}", rng.choice((0, 90, 150))
        seen.say(at, source, priority, vrid=vrid, interface=place, addresses=listed)
        for where in ((("eth0", None), ip_address(address)) for address in addresses):
            wanted = {
                g.key for g in seen.segment.groups.values() if g.key.place == where[0] and where[1] in g.addresses
            }
            assert {group.key for group in seen.segment._serving.of(where)} == wanted


def test_a_listener_report_with_no_news_changes_no_group():
    """Each one marked every group of the interface as changed: 200 a second sent a client 48 MB in 7.5 s."""
    seen = Observed()
    forged(seen, 0.0)
    report = Listening(source=ip_address("10.0.0.77"), listens=True, interface="eth0")
    seen.segment.take_changed()
    seen.segment.overhear(ns(0.5), report)
    assert len(seen.segment.take_changed()) == GROUPS
    for number in range(400):
        seen.segment.overhear(ns(1 + number / 200), report)
    assert not seen.segment.take_changed()
    seen.segment.overhear(ns(4), Listening(source=ip_address("10.0.0.77"), listens=False, interface="eth0"))
    assert len(seen.segment.take_changed()) == GROUPS


def test_endless_listeners_change_groups_every_two_seconds():
    seen = Observed()
    seen.say(0.0)
    times = 0
    for number in range(1000):
        source = ip_address(f"10.1.{number // 250}.{number % 250 + 1}")
        seen.segment.overhear(ns(0.5 + number / 100), Listening(source=source, listens=True, interface="eth0"))
        times += bool(seen.segment.take_changed())
    assert times <= 7, "ten seconds; one more for the advert, one for the first report"
