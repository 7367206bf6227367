"""What the third router says is what it is ordered to say, and nothing else is odd about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.interop.captured import Advert, Captured, take_packet
from tests.twins.peer import MODES, advert
from tests.twins.tree import Held, Router

FOUR = Router("VI_1", "eth0", 51, 3, 4, 100, 0.2, (Held("192.0.2.100", "eth0"),))
SIX = replace(FOUR, family=6, addresses=(Held("fe80::51", "eth0"), Held("2001:db8::51", "eth0")))
TWO = replace(FOUR, version=2, interval_s=1.0)
PASS, AH = (replace(TWO, auth_type=kind, password="s3cret") for kind in ("PASS", "AH"))
UNICAST = replace(FOUR, peers=("192.0.2.12",))


def said(mode: str, router: Router) -> Advert:
    frame, found = advert(mode, router), Captured()
    take_packet(found, 0, frame[6:12], frame[14:])
    (one,) = found.adverts
    return one


@pytest.mark.parametrize("router", [FOUR, SIX, TWO, PASS, AH, UNICAST])
def test_a_usual_advert_has_no_flaw(router):
    one = said("higher", router)
    assert (one.flaws, one.version, one.vrid, one.priority) == ((), router.version, 51, 254)
    assert [str(address) for address in one.addresses] == [held.address for held in router.addresses]
    assert one.interval_ns == round(router.interval_s * 1e9)


def test_an_advert_is_signed_with_the_password():
    assert said("higher", AH).signed_with(b"s3cret")
    assert not said("password", AH).signed_with(b"s3cret")


@pytest.mark.parametrize(("mode", "priority"), [("higher", 254), ("lower", 1), ("equal", 100), ("resign", 0)])
def test_a_mode_has_its_priority(mode, priority):
    assert said(mode, FOUR).priority == priority


@pytest.mark.parametrize("mode", sorted({"version", "password", "count", "ttl", "interval"} & {*MODES}))
def test_an_odd_mode_is_odd_in_one_thing(mode):
    usual, odd = said("higher", PASS), said(mode, PASS)
    fields = ("version", "ttl", "auth_data", "addresses", "interval_ns")
    differ = {field for field in fields if getattr(usual, field) != getattr(odd, field)}
    expected = {"version": {"version", "auth_data"}, "password": {"auth_data"}, "count": {"addresses"}, "ttl": {"ttl"}}
    assert differ == expected.get(mode, {"interval_ns"})


@pytest.mark.parametrize("router", [FOUR, SIX])
def test_of_equal_ones_the_address_decides(router):
    own = {4: "192.0.2.11", 6: "fe80::ff:fe00:1"}[router.family]
    high, low = said("equal", router).source, said("equal-low", router).source
    assert int(low) < int(type(low)(own)) < int(high)
