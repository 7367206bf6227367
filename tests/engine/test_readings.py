"""What is remembered of frames, and what becomes of it when somebody varies every frame."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from tests.console.test_anatomy import MAC4, SECOND_NS
from vrrptui.engine.capture.frame_cache import FORGOTTEN_AT_ONCE, DecodedFrames, FrameCache
from vrrptui.protocol.advert import Checksum, Family
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

MOST = 100
GROUP = Family.IPV4.group


def frame(number: int) -> bytes:
    source, vip = IPv4Address("192.0.2.1") + number, IPv4Address("192.0.2.200")
    message = encode_v3(7, 100, SECOND_NS, (vip,), source, GROUP, Checksum.PSEUDO_HEADER)
    return build_multicast(message, source, MAC4, GROUP)


@pytest.mark.parametrize("by", ["readings", "repeats"])
def test_a_few_are_forgotten_when_there_is_no_room(monkeypatch, by):
    """All 8192 were forgotten at once, which freed 150 ms worth of objects between two adverts."""
    monkeypatch.setattr(DecodedFrames, "MAX_REMEMBERED", MOST)
    readings = DecodedFrames()
    repeats = FrameCache(readings, interface="eth0")
    read = readings.of if by == "readings" else repeats.find
    first = [read(frame(number)) for number in range(MOST)]
    for number in range(MOST, MOST + 50):
        read(frame(number))
        kept = len(readings._known) if by == "readings" else len(repeats.by_rest)
        assert MOST - FORGOTTEN_AT_ONCE < kept <= MOST
    assert all(read(frame(number)) is first[number] for number in range(50 + FORGOTTEN_AT_ONCE, MOST))
    assert read(frame(0)) is not first[0]
