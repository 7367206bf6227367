"""Frames for those who may only look: without the password, and otherwise what they were."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

import pytest

from tests.console.test_anatomy import FRAMES, MAC4, SECOND_NS
from vrrptui.control.codec import encode
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.observer.advert_batch import AdvertBatch
from vrrptui.engine.observer.hidden_passwords import without_password
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v2
from vrrptui.protocol.frame import build_multicast

GROUP = Family.IPV4.group
SOURCE = IPv4Address("192.0.2.11")
SECRET = b"made-up1"
HEAD_BYTES = 34  # Ethernet and IPv4


def frame_of(password: bytes, addresses: int = 1) -> bytes:
    vips = tuple(IPv4Address(f"192.0.2.{100 + number}") for number in range(addresses))
    message = encode_v2(51, 150, SECOND_NS, vips, auth_type=1, auth_data=password)
    return build_multicast(message, SOURCE, MAC4, GROUP)


def blanked(frame: bytes) -> bytes:
    return without_password(frame, DecodedFrames().of(frame, interface="eth0"))


@pytest.mark.parametrize("password", [SECRET, b"a", b"\xff" * 8, b"\0\0\0\0\0\0\0\1", b"\xff\xff", b"ab\0\0ab"])
@pytest.mark.parametrize("addresses", [0, 1, 20])
def test_it_is_the_frame_of_a_router_without_a_password(password, addresses):
    """Byte for byte, so that nothing of it is left, not even in the checksum (RFC 3768 §5.3.8)."""
    assert blanked(frame_of(password, addresses)) == frame_of(b"", addresses)


def test_a_wrong_checksum_stays_wrong():
    frame = bytearray(frame_of(SECRET))
    frame[HEAD_BYTES + 6] ^= 0x55
    said = DecodedFrames().of(blanked(bytes(frame)), interface="eth0").vrrp
    assert said is not None
    assert [problem.value for problem in said[1].problems] == ["bad-checksum"]
    assert SECRET not in blanked(bytes(frame))


def test_no_frame_keeps_one_however_it_is_damaged():
    """Cut, with another count of addresses, with another authentication type."""
    random.seed(112)
    whole = frame_of(SECRET, 3)
    for _ in range(3000):
        frame = bytearray(whole)
        frame[HEAD_BYTES + 3] = random.choice([0, 1, 2, 3, 4, 5, 200, 255])
        frame[HEAD_BYTES + 4] = random.choice([0, 1, 2, 254])
        cut = bytes(frame[: len(frame) - random.choice([0, 0, 0, *range(1, 8)])])
        left = cut[HEAD_BYTES + 20 :]  # of the password
        said = blanked(cut)
        assert len(said) == len(cut)
        assert not left or left not in said[HEAD_BYTES:] or len(left) < 3, cut.hex()


@pytest.mark.parametrize(
    "name", [name for name in FRAMES if "pass" not in name.lower() and "simple" not in name.lower()]
)
def test_a_frame_without_one_is_as_it_was(name):
    frame = FRAMES[name]
    reading = DecodedFrames().of(frame)
    if reading.vrrp is not None and reading.vrrp[1].auth_data.strip(b"\0") == b"":
        assert without_password(frame, reading) == frame


def test_what_a_client_is_sent_has_none():
    readings, held = DecodedFrames(), AdvertBatch()
    for number in range(3):
        frame = frame_of(SECRET, number + 1)
        held.hold(float(number), frame, readings.of(frame, interface="eth0"), "verdict")
    messages = list(held.take())
    assert sum(len(message.heard) for message in messages) == 3
    assert all(SECRET not in one.frame for message in messages for one in message.heard)
    assert all(b"made-up" not in encode(message) for message in messages)
