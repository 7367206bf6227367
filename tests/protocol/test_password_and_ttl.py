"""What a router compares before it believes an advert: every byte of a password, and both ends of a range of TTLs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.routers import LOWER_PEER, OWN, PEER, advert, expected
from vrrptui.protocol.advert import Reason
from vrrptui.protocol.receive import judge

BYTES = 8  # of the authentication data, RFC 2338 §5.3.6.2; keepalived's auth_pass has as many

passwords = st.binary(max_size=12)
ttls = st.integers(0, 255)


def verdict(heard: bytes, configured: bytes) -> Reason | None:
    told = advert(200, version=2, auth_type=1, auth_data=heard[:BYTES])
    return judge(told, expected(2, auth_type=1, auth_password=configured)).refused


@settings(deadline=None)  # of one example: the host may be busy
@given(password=passwords, at=st.integers(0, BYTES - 1), bit=st.integers(0, 7))
def test_a_password_that_differs_in_any_bit_is_refused(password, at, bit):
    """RFC 2338 §5.3.6.2: the authentication data must be the configured string, all 8 bytes of it."""
    other = bytearray(password[:BYTES].ljust(BYTES, b"\0"))
    other[at] ^= 1 << bit
    assert verdict(password, password) is None
    assert verdict(bytes(other), password) is Reason.AUTH_FAILURE
    assert verdict(password, bytes(other)) is Reason.AUTH_FAILURE


@settings(deadline=None)  # of one example: the host may be busy
@given(heard=passwords, configured=passwords)
def test_passwords_agree_by_their_first_8_bytes_with_zeros(heard, configured):
    same = heard[:BYTES].ljust(BYTES, b"\0") == configured[:BYTES].ljust(BYTES, b"\0")
    assert verdict(heard, configured) is (None if same else Reason.AUTH_FAILURE)


@settings(deadline=None)  # of one example: the host may be busy
@given(data=st.data(), ttl=ttls)
def test_a_ttl_is_taken_within_its_range_and_no_further(data, ttl):
    """keepalived's unicast_peer: both min_ttl and max_ttl are TTLs that are taken; other peers have no limit."""
    low = data.draw(ttls)
    high = data.draw(st.integers(low, 255))
    wanted = expected(unicast=True, peers=(PEER, LOWER_PEER), peer_ttls=((PEER, low, high),))
    for one in {ttl, low, high, max(0, low - 1), min(255, high + 1)}:
        heard = advert(200, destination=OWN, ttl=one)
        assert judge(heard, wanted).refused is (None if low <= one <= high else Reason.TTL_REFUSED), one
        other = advert(200, LOWER_PEER, destination=OWN, ttl=one)
        assert judge(other, wanted).refused is None, "the limits are those of another peer"


@pytest.mark.parametrize("ttl", range(256))
def test_without_peers_only_255_is_taken(ttl):
    """RFC 9568 §5.1.1.3; with unicast peers and no limits the TTL is not looked at, as in keepalived."""
    heard = advert(200, ttl=ttl)
    assert judge(heard, expected()).refused is (None if ttl == 255 else Reason.TTL_NOT_255)
    assert judge(replace(heard, destination=OWN), expected(unicast=True)).refused is None
