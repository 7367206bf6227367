"""The filter language of `watch`: what each word means, how they bind, and what is said of a mistake."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.cli.commands.watch_filter import FilterError, parse_filter
from vrrptui.control.messages import AdvertLine


def line(vrid=51, interface="eth0", source="10.0.0.2", problems=()):
    return AdvertLine(
        time=0.0,
        interface=interface,
        vlan=None,
        source=source,
        destination="224.0.0.18",
        source_mac=None,
        ttl=255,
        version=3,
        type=1,
        vrid=vrid,
        priority=100,
        interval=1.0,
        auth="none",
        addresses=[],
        checksum="message",
        length=12,
        problems=list(problems),
    )


BAD = {"problems": ["truncated"]}


@pytest.mark.parametrize(
    ("words", "advert", "passes"),
    [
        ("", {}, True),
        ("vrid 51", {}, True),
        ("vrid 51", {"vrid": 52}, False),
        ("vrid 0", {"vrid": 0}, True),
        ("vrid 51", {"vrid": None}, False),
        ("if eth0", {}, True),
        ("if eth0", {"interface": "eth1"}, False),
        ("if eth0", {"interface": None}, False),
        ("src 10.0.0.2", {}, True),
        ("src 10.0.0.2", {"source": "10.0.0.20"}, False),
        ("src FE80:0:0::2", {"source": "fe80::2"}, True),
        ("bad", {}, False),
        ("bad", BAD, True),
        ("not bad", BAD, False),
        ("not not bad", BAD, True),
        ("vrid 51 and if eth1", {}, False),
        ("vrid 51 or if eth1", {}, True),
        ("vrid 52 and bad or vrid 51", {}, True),
        ("vrid 52 and (bad or vrid 51)", {}, False),
        ("not vrid 52 and if eth0", {}, True),
        ("not (vrid 51 and if eth0)", {}, False),
        ("( ( vrid 51 ) )", {}, True),
    ],
)
def test_a_filter_means(words, advert, passes):
    assert parse_filter(words.split(" "))(line(**advert), False) is passes


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("vrid", "a value after 'vrid' is missing"),
        ("vrid x", "'x' is not a virtual router ID, 0 to 255"),
        ("vrid 256", "'256' is not a virtual router ID, 0 to 255"),
        ("vrid -1", "'-1' is not a virtual router ID, 0 to 255"),
        ("src nowhere", "'nowhere' is not an address"),
        ("frob", "unknown keyword 'frob'; expected vrid, if, src, bad, change or not"),
        ("bad bad", "'and' or 'or' expected before 'bad'"),
        ("bad and", "a condition is missing"),
        ("not", "a condition is missing"),
        ("(bad", "')' is missing"),
        ("bad)", "'and' or 'or' expected before ')'"),
        ("( " * 300, "more than 256 words"),
    ],
)
def test_a_mistake_is_named(words, why):
    with pytest.raises(FilterError) as caught:
        parse_filter([words])
    assert str(caught.value) == why


@given(
    st.lists(st.sampled_from(["vrid", "51", "if", "src", "10.0.0.2", "bad", "not", "and", "or", "(", ")"]), max_size=80)
)
def test_any_words_are_a_filter_or_a_mistake(words):
    with contextlib.suppress(FilterError):
        assert parse_filter(words)(line(), True) in (True, False)


@pytest.mark.parametrize(
    ("words", "passes"),
    [("change", True), ("not change", False), ("change and vrid 51", True), ("change and vrid 52", False)],
)
def test_change_asks_whether_the_speaker_said_something_else(words, passes):
    assert parse_filter([words])(line(), True) is passes
    assert parse_filter(["change"])(line(), False) is False
