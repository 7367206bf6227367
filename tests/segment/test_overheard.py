"""Who answers for an address, and who listens."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.segment.observed import Observed, ns
from vrrptui.segment.codes import Code
from vrrptui.segment.overheard import MAX_LISTENERS, MAX_OTHERS, Announced, Listeners, Listening, OtherProtocol

R1, R2, VIP = "10.0.0.1", "10.0.0.2", "10.0.0.254"
MAC1, MAC2, VMAC = "02:00:00:00:00:01", "02:00:00:00:00:02", "00:00:5e:00:01:33"


def announce(seen: Observed, at: float, mac: str, address=VIP, how="gratuitous ARP", interface="eth0") -> None:
    seen.until(at)
    heard = Announced(
        address=ip_address(address), mac=bytes.fromhex(mac.replace(":", "")), how=how, interface=interface
    )
    seen.events += seen.segment.overhear(ns(at), heard)


def taken_over(*, announced: bool) -> Observed:
    """R1 served and announced; R2 took over at 5 s, and announced as well or not."""
    seen = Observed()
    seen.say(0, R1, 150, mac=MAC1)
    announce(seen, 0.001, MAC1)
    seen.steadily(1, 4, R1, 150, mac=MAC1)
    seen.say(4.4, R1, 0, mac=MAC1)
    seen.say(5, R2, 100, mac=MAC2)
    if announced:
        announce(seen, 5.001, MAC2)
    seen.steadily(6, 12, R2, 100, mac=MAC2)
    return seen


def test_a_master_that_never_announced_leaves_a_stale_address():
    seen = taken_over(announced=False)
    finding = seen.group.problems[Code.STALE_ARP]
    assert f"{MAC1} (10.0.0.1), by gratuitous ARP" in finding.text
    assert [(one.source, one.time_ns) for one in finding.evidence] == [(MAC1, ns(0.001))]
    assert finding.since_ns == ns(8)


def test_a_stale_address_is_over_when_the_master_announces():
    seen = taken_over(announced=False)
    announce(seen, 12.5, MAC2)
    assert seen.codes == []


def test_a_master_that_announced_is_well():
    assert taken_over(announced=True).codes == []


@pytest.mark.parametrize(("mac", "found"), [(VMAC, False), (MAC2, False), (MAC1, True)])
def test_the_virtual_mac_and_the_masters_own_are_right(mac, found):
    seen = taken_over(announced=True)
    announce(seen, 12.5, mac, how="ARP reply")
    assert seen.codes == []
    seen.until(15.5)
    assert (seen.codes == ["STALE_ARP"]) is found


@pytest.mark.parametrize("changed", [{"address": "10.0.0.9"}, {"interface": "eth1"}])
def test_other_addresses_and_interfaces_do_not_concern_a_group(changed):
    seen = taken_over(announced=True)
    announce(seen, 12.5, MAC1, **changed)
    seen.until(15.5)
    assert seen.codes == []


def listening(source: str, listens=True, interface="eth0") -> Listening:
    return Listening(source=ip_address(source), listens=listens, interface=interface)


def test_listeners_are_known_until_they_leave():
    heard = Listeners()
    for one in (listening(R2), listening(R1), listening("fe80::1"), listening("10.0.1.1", interface="eth1")):
        heard.note(one, 0)
    place, family = ("eth0", None), Observed().say(0)[0].group.family
    assert heard.of(place, family, ns(1)) == [ip_address(R1), ip_address(R2)]
    heard.note(listening(R1, listens=False), ns(2))
    assert heard.of(place, family, ns(3)) == [ip_address(R2)]
    assert heard.of(place, family, ns(3600)) == []


def test_listeners_and_strange_protocols_are_bounded():
    seen = Observed()
    for number in range(MAX_LISTENERS + 50):
        seen.segment.overhear(number, listening(str(ip_address(number + 1))))
        seen.segment.overhear(number, OtherProtocol(name="HSRP", source=ip_address(number + 1)))
    assert len(seen.segment.listeners.known) == MAX_LISTENERS
    assert len(seen.segment.others) == MAX_OTHERS
