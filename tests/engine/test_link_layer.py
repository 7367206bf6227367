"""From frames to adverts: every link type alike, any bytes survived, and what is remembered is no less true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.capture_bytes import ETHERNET, FRAME_RELAY, FRAME_RELAY_NLPID, IPV4, SLL, SLL2
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.capture.link_layer import PARSERS


@pytest.mark.parametrize(
    ("link_type", "data", "has_mac"),
    [
        pytest.param(1, ETHERNET, True, id="Ethernet"),
        pytest.param(101, IPV4, False, id="raw IP"),
        pytest.param(228, IPV4, False, id="raw IPv4"),
        pytest.param(113, SLL, True, id="Linux cooked"),
        pytest.param(276, SLL2, True, id="Linux cooked 2"),
        pytest.param(107, FRAME_RELAY, False, id="Frame Relay with an ethertype"),
        pytest.param(107, FRAME_RELAY_NLPID, False, id="Frame Relay with an NLPID"),
    ],
)
def test_every_link_type_gives_the_same_advert(link_type, data, has_mac):
    frame, advert = DecodedFrames().of(data, link_type).vrrp
    assert frame.source_mac == (bytes.fromhex("00005e000133") if has_mac else None)
    assert (advert.problems, advert.vrid, advert.priority, str(advert.addresses[0])) == ((), 51, 100, "10.0.0.254")


@pytest.mark.parametrize("link_type", PARSERS)
@given(data=st.binary(max_size=80))
def test_any_bytes_of_any_link_type_are_survived(link_type, data):
    read = DecodedFrames().of(data, link_type).vrrp
    assert read is None or read[0].packet.source == read[1].source


def test_an_unknown_link_type_holds_nothing():
    assert DecodedFrames().of(ETHERNET, 147).vrrp is None


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07", b"\x88\xa8\0\x07\x81\0\0\x08"], ids=["plain", "802.1Q", "QinQ"])
def test_a_known_frame_is_the_same_whatever_its_identification(tags):
    reader = DecodedFrames()
    again = ETHERNET[:18] + b"\x12\x34" + ETHERNET[20:24] + b"\xbe\x65" + ETHERNET[26:]
    first, second = (frame[:12] + tags + frame[12:] for frame in (ETHERNET, again))
    assert reader.of(first) is reader.of(second)


def test_a_frame_cut_in_its_headers_is_not_taken_for_a_whole_one():
    for order in (range(len(ETHERNET) + 1), range(len(ETHERNET), -1, -1)):
        reader = DecodedFrames()
        for end in order:
            assert reader.of(ETHERNET[:end]).vrrp == DecodedFrames().of(ETHERNET[:end]).vrrp, end


@pytest.mark.parametrize("at", [*range(6, 12), *range(14, 18), *range(20, 24), *range(26, len(ETHERNET))])
def test_any_other_byte_makes_another_reading(at):
    reader = DecodedFrames()
    changed = ETHERNET[:at] + bytes((ETHERNET[at] ^ 0x04,)) + ETHERNET[at + 1 :]
    reader.of(ETHERNET)
    assert reader.of(changed).vrrp == DecodedFrames().of(changed).vrrp


def test_equal_bytes_on_another_vlan_or_link_are_another_frame():
    reader = DecodedFrames()
    assert [reader.of(ETHERNET, 1, vlan).vrrp[0].vlan for vlan in (None, 7, 8)] == [None, 7, 8]
    assert reader.of(ETHERNET, 101).vrrp is None


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(DecodedFrames, "MAX_REMEMBERED", 10)
    reader = DecodedFrames()
    for number in range(100):
        assert reader.of(ETHERNET + bytes((number,))).vrrp[1].vrid == 51
    assert len(reader._known) <= 10
