"""Adverts held between two publications: in order, each thing said told once, no line too long."""

from ipaddress import IPv4Address

import msgspec
import pytest

from tests.console.test_anatomy import FRAMES, MAC4, SECOND_NS
from vrrptui.client.advert_log import AdvertRing
from vrrptui.control.codec import MAX_LINE_BYTES, encode, engine_reader
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.observer.advert_batch import ADVERTS_HELD, AdvertBatch
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

GROUP = Family.IPV4.group


def frames_of(count):
    """That many routers' adverts."""
    for number in range(count):
        source = IPv4Address(f"10.0.{number // 250}.{number % 250 + 1}")
        message = encode_v3(number % 255 + 1, 100, SECOND_NS, (IPv4Address("10.1.0.1"),), source, GROUP)
        yield build_multicast(message, source, MAC4, GROUP)


@pytest.mark.parametrize(("routers", "rounds"), [(1, 2000), (255, 8), (2000, 1), (3, 1)])
def test_what_a_console_keeps_is_what_was_held(routers, rounds):
    readings, held = DecodedFrames(), AdvertBatch()
    frames = list(frames_of(routers)) * rounds
    for number, frame in enumerate(frames):
        held.hold(float(number), frame, readings.of(frame, interface="eth0"), f"verdict {number % routers}")
    lines = [encode(message) for message in held.take()]
    assert max(map(len, lines)) <= MAX_LINE_BYTES
    reader, ring = engine_reader(), AdvertRing()
    for message in reader.feed(b"".join(lines)):
        ring.take(message)
    assert [(one.time, one.frame) for one in ring] == list(map(tuple, enumerate(frames)))
    assert [one.said.verdict for one in ring] == [f"verdict {n % routers}" for n in range(len(frames))]
    assert all(one.line.source_mac == MAC4.hex(":") for one in ring)
    told = sum(len(msgspec.json.decode(line)["said"]) for line in lines)
    assert told == routers
    assert list(held.take()) == []


def test_more_than_the_limit_is_counted():
    readings, held = DecodedFrames(), AdvertBatch()
    for _ in range(ADVERTS_HELD + 7):
        held.hold(1.0, FRAMES["v3"], readings.of(FRAMES["v3"]))
    messages = list(held.take())
    assert sum(len(message.heard) for message in messages) == ADVERTS_HELD
    assert [message.skipped for message in messages] == [7] + [0] * (len(messages) - 1)
    assert [message.continues for message in messages] == [False] + [True] * (len(messages) - 1)


def test_what_refers_to_nothing_cannot_be_read():
    ring = AdvertRing()
    held = AdvertBatch()
    held.hold(1.0, FRAMES["v3"], DecodedFrames().of(FRAMES["v3"]))
    (message,) = held.take()
    ring.take(msgspec.structs.replace(message, said=[]))
    assert ring[0].line.problems == ["unreadable"]
