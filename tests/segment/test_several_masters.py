"""Groups with more than one master: who may announce for them, and for how long they were masters together."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.segment.observed import Observed, ns
from vrrptui.segment.codes import Code
from vrrptui.segment.events import Kind
from vrrptui.segment.overheard import Announced

VIP = "10.0.0.254"
VMAC, OTHER_VMAC = "00:00:5e:00:01:33", "00:00:5e:00:01:34"  # of VRID 51, of VRID 52
SINCE, GRACE = 20.0, 3.0  # when the announcement is heard; three intervals of 1 s (and 2 s at least)


def source(number: int) -> str:
    return f"10.0.0.{number}"


def mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def masters_together(count: int, end: float, macs=mac) -> Observed:
    """So many masters that do not hear each other, the first one the best; and 10.0.0.9, which yielded long ago."""
    seen = Observed()
    seen.say(0.9, source(1), 200, mac=macs(1))
    seen.say(1.0, source(9), 50, mac=macs(9))
    second = 1
    while second + 0.9 <= end:
        for number in range(1, count + 1):
            seen.say(second + 0.9 + number / 100, source(number), 200 - number, mac=macs(number))
        second += 1
    assert len(seen.masters) == count
    return seen


def announce(seen: Observed, at: float, who: str) -> None:
    seen.until(at)
    mac_bytes = bytes.fromhex(who.replace(":", ""))
    heard = Announced(interface="eth0", vlan=None, address=ip_address(VIP), mac=mac_bytes, how="gratuitous ARP")
    seen.events += seen.segment.overhear(ns(at), heard)


def after_grace(seen: Observed, count: int) -> list[str]:
    """The codes when the masters had the time to announce; they go on meanwhile."""
    second = int(SINCE)
    while second <= SINCE + GRACE + 2:
        for number in range(1, count + 1):
            seen.say(second + 0.9 + number / 100, source(number), 200 - number, mac=mac(number))
        second += 1
    return seen.codes


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_several_masters_may_announce_from_own_or_virtual_mac(count):
    for who in (*(mac(number) for number in range(1, count + 1)), VMAC):
        seen = masters_together(count, SINCE)
        announce(seen, SINCE, who)
        assert Code.STALE_ARP.value not in after_grace(seen, count), who


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("who", [mac(9), "02:00:00:00:00:77", OTHER_VMAC], ids=["yielded", "stranger", "other VRID"])
def test_nobody_else_may(count, who):
    seen = masters_together(count, SINCE)
    announce(seen, SINCE, who)
    assert Code.STALE_ARP.value in after_grace(seen, count)


@pytest.mark.parametrize("unknown", [1, 2, 3])
def test_where_the_mac_of_a_master_is_unknown_nobody_is_accused(unknown):
    """A capture of bare IP packets has no MAC addresses: the announcement may be the unknown one's."""
    seen = masters_together(3, SINCE, lambda number: None if number == unknown else mac(number))
    announce(seen, SINCE, mac(9))
    for second in range(20, 26):
        for number in range(1, 4):
            at_mac = None if number == unknown else mac(number)
            seen.say(second + 0.9 + number / 100, source(number), 200 - number, mac=at_mac)
    assert Code.STALE_ARP.value not in seen.codes


@pytest.mark.parametrize("who", [mac(1), mac(2), VMAC])
def test_the_first_announcement_may_be_any_masters(who):
    """The second master came back beside the one that had taken over from it."""
    seen = Observed()
    seen.steadily(0, 5, source(2), 150, mac=mac(2))
    seen.say(5.5, source(2), 0, mac=mac(2))
    seen.say(6.0, source(1), 200, mac=mac(1))
    for second in range(7, 12):
        seen.say(second, source(1), 200, mac=mac(1))
        seen.say(second + 0.3, source(2), 150, mac=mac(2))
    assert len(seen.masters) == 2
    announce(seen, 11.5, who)
    (told,) = seen.of(Kind.ANNOUNCED)
    assert told.announced_ns == ns(11.5) - ns(6.0)
    announce(seen, 11.6, mac(1))
    assert len(seen.of(Kind.ANNOUNCED)) == 1, "the first one counts"


@pytest.mark.slow
@settings(deadline=None)  # of one example: the host may be busy
@given(
    began=st.integers(1, 60).map(lambda seconds: seconds + 0.3),
    together=st.integers(3, 40),
    first_is_higher=st.booleans(),
    first_goes=st.booleans(),
    resigns=st.booleans(),
)
def test_an_overlap_counts_from_the_later_master(began, together, first_is_higher, first_goes, resigns):
    """Both were masters from the first advert of the later one until the last advert of the one that went."""
    first, later = ((source(1), 150), (source(2), 100)) if first_is_higher else ((source(1), 100), (source(2), 150))
    until = int(began) + together
    said = [(float(second), first) for second in range(until + 1)]
    said += [(began + second, later) for second in range(together + 1)]
    gone, stays = (first, later) if first_goes else (later, first)
    last = max(at for at, who in said if who is gone)
    if resigns:
        last = until + 0.4
        said.append((last, (gone[0], 0)))
    said += [(until + 0.5 + second, stays) for second in range(1, 7)]
    seen = Observed()
    for at, who in sorted(said):
        seen.say(at, *who)
    (over,) = seen.of(Kind.SECOND_MASTER_OVER)
    assert over.text.endswith(f"both were for {last - began:.1f} s")
    assert (over.router, seen.masters) == (stays[0], [stays[0]])


@pytest.mark.slow
@settings(deadline=None)  # of one example: the host may be busy
@given(begins=st.lists(st.integers(0, 30), min_size=2, max_size=4), more=st.integers(3, 20), rising=st.booleans())
def test_several_masters_are_since_the_second_one_came(begins, more, rising):
    """The first master was alone until the second one spoke; a third one changes nothing about that."""
    begins = [begin + number / 10 for number, begin in enumerate(sorted(begins), 1)]
    until = int(begins[-1]) + more
    said = [
        (begin + second, (source(number), 200 if number == 1 else 100 + number if rising else 150 - number))
        for number, begin in enumerate(begins, 1)
        for second in range(until - int(begin))
    ]
    seen = Observed()
    for at, who in sorted(said):
        seen.say(at, *who)
    seen.segment.tick(ns(until))
    text = seen.group.problems[Code.DUAL_MASTER].text
    found_ns = seen.group.diagnosed_ns
    assert f"at once for {(found_ns - ns(begins[1])) / 1e9:.1f} s" in text
