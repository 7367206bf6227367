"""The quick way through a capture file and the way of all frames: the same frames, groups and history."""

from __future__ import annotations

import random
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.capture_bytes import ETHERNET, IPV4, SLL, SLL2, pcap
from vrrptui.engine.capture.fast_pcap import read_quickly
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureError, CaptureWriter, read_capture
from vrrptui.engine.observer.replay import Replay
from vrrptui.protocol.advert import NS_PER_SECOND, Family, Reason
from vrrptui.protocol.checksum import ones_complement
from vrrptui.protocol.codec import encode_v2, encode_v3
from vrrptui.protocol.frame import build_multicast

START_NS = 1_700_000_000 * NS_PER_SECOND
TAGGED = ETHERNET[:12] + b"\x81\0\0\x07" + ETHERNET[12:]
RECORDED = sorted((Path(__file__).parents[3] / "shared" / "pcaps").rglob("*.pcap"))


def numbered(frame: bytes, number: int, damage: int = 0) -> bytes:
    """An IPv4 frame with another identification and the checksum for it, `damage` off."""
    at = 14
    while frame[at - 2 : at] in (b"\x81\0", b"\x88\xa8"):
        at += 4
    if frame[at - 2 : at] != b"\x08\0":
        return frame
    head = bytearray(frame[at : at + 20])
    head[4:6], head[10:12] = (number & 0xFFFF).to_bytes(2, "big"), b"\0\0"
    head[10:12] = ((ones_complement(bytes(head)) + damage) & 0xFFFF).to_bytes(2, "big")
    return frame[:at] + bytes(head) + frame[at + 20 :]


def written(path: Path, frames: list[tuple[int, bytes]], link_type: int = 1) -> Path:
    with path.open("wb") as stream:
        writer = CaptureWriter(stream, link_type)
        for time_ns, data in frames:
            writer.write(CapturedFrame(time_ns, data, link_type=link_type))
    return path


def seen_by(read, path: Path) -> tuple[list[object], str]:
    """What is read, and how it ends."""
    seen: list[object] = []
    try:
        for one in read(path):
            seen.append(one)
    except CaptureError as error:
        return seen, str(error)
    return seen, ""


def slow_frames(path: Path):
    for c in read_capture(str(path)):
        yield c.time_ns, DecodedFrames().of(c.data, c.link_type, c.vlan, c.interface).vrrp


def quick_frames(path: Path):
    for time_ns, reading in read_quickly(str(path)):
        yield time_ns, reading.vrrp


class SlowReplay(Replay):
    """Every frame is read anew and heard, as an object that the model never saw."""

    def read(self, path: str) -> None:
        for c in read_capture(path):
            self.take(max(self.time_ns, c.time_ns), DecodedFrames().of(c.data, c.link_type, c.vlan, c.interface))


def test_frames_that_differ_in_their_ids_alone_are_one_reading(tmp_path):
    frames = [numbered(ETHERNET, number) for number in (0, 1, 0x1234, 0xFFFF, 0xBE65)]
    path = written(tmp_path / "a.pcap", [(START_NS + n, frame) for n, frame in enumerate(frames)])
    readings = {id(reading): reading for _, reading in read_quickly(str(path))}
    assert [reading.vrrp[1].problems for reading in readings.values()] == [()]


@pytest.mark.parametrize("damage", [1, 0x100, 0x8000, 0xFFFE])
@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07", b"\x88\xa8\0\x07\x81\0\0\x08"], ids=["plain", "802.1Q", "QinQ"])
def test_a_wrong_header_checksum_is_found_in_a_run(tmp_path, damage, tags):
    frame = ETHERNET[:12] + tags + ETHERNET[12:]
    wrong = {3, 7, 8}
    frames = [(START_NS + n, numbered(frame, 4000 + n, damage if n in wrong else 0)) for n in range(10)]
    found = quick_frames(written(tmp_path / "a.pcap", frames))
    refused = {n for n, (_, vrrp) in enumerate(found) if vrrp[1].problems == (Reason.BAD_IP_CHECKSUM,)}
    assert refused == wrong


@pytest.mark.slow
@given(
    frames=st.lists(
        st.tuples(
            st.sampled_from(
                [ETHERNET, ETHERNET[:12] + b"\x81\0\0\x07" + ETHERNET[12:], SLL, SLL2, IPV4, b"", b"x" * 30]
            ),
            st.integers(0, 0xFFFF),
            st.sampled_from([0, 0, 0, 1, 77]),
            st.one_of(st.none(), st.integers(0, 70)),
            st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(0, 255))),
        ),
        max_size=30,
    ),
    link_type=st.sampled_from([1, 1, 1, 113, 276, 101]),
    order=st.sampled_from("<>"),
    unit_ns=st.sampled_from([1, 1000]),
    cut=st.integers(0, 40),
)
@settings(max_examples=200, deadline=None)
def test_both_ways_read_the_same_frames_and_end_alike(tmp_path_factory, frames, link_type, order, unit_ns, cut):
    records = []
    for count, (frame, number, damage, end, change) in enumerate(frames):
        data = numbered(frame, number, damage) if frame[12:14] in (b"\x08\0", b"\x81\0") else frame
        if change and change[0] < len(data):
            data = data[: change[0]] + bytes((change[1],)) + data[change[0] + 1 :]
        records.append((START_NS + count * 1000, data if end is None else data[:end]))
    path = tmp_path_factory.mktemp("q") / "a.pcap"
    data = pcap(records, order=order, unit_ns=unit_ns, link_type=link_type)
    path.write_bytes(data[: len(data) - cut] if cut < len(data) - 24 else data)
    assert seen_by(quick_frames, path) == seen_by(slow_frames, path)


@pytest.mark.skipif(not RECORDED, reason="no recorded captures here")
def test_both_ways_read_recorded_captures_alike():
    for path in RECORDED:
        assert seen_by(quick_frames, path) == seen_by(slow_frames, path), path.name


def traffic(seed: int, count: int = 1500) -> list[tuple[int, bytes]]:
    """A segment on which nearly all is steady, and anything may happen."""
    chance = random.Random(seed)
    time_ns, frames = START_NS, []
    speakers = [
        (vrid, host, chance.choice([2, 3, 3, 6])) for vrid in range(1, 6) for host in range(1, chance.randint(2, 4))
    ]
    priority = {speaker: chance.randint(1, 254) for speaker in speakers}
    active = {vrid: next(s for s in speakers if s[0] == vrid) for vrid in range(1, 6)}
    for number in range(count):
        time_ns += chance.choice([190_000_000, 200_000_000, 200_000_000, 210_000_000])
        vrid = number % 5 + 1
        luck = chance.random()
        if luck < 0.02:  # lost
            continue
        if luck < 0.03:
            time_ns += chance.randint(0, 6) * NS_PER_SECOND
        if luck < 0.05:
            active[vrid] = chance.choice([s for s in speakers if s[0] == vrid])
        speaker = active[vrid] if luck > 0.07 else chance.choice([s for s in speakers if s[0] == vrid])
        if luck > 0.99:
            priority[speaker] = chance.randint(1, 255)
        frame = said(speaker, 0 if luck > 0.995 else priority[speaker], 2 if 0.985 < luck < 0.99 else 1)
        damage = 1 if 0.97 < luck < 0.98 else 0
        frames.append((time_ns - (NS_PER_SECOND if 0.98 < luck < 0.982 else 0), numbered(frame, number, damage)))
        if 0.95 < luck < 0.97:
            frames.append((time_ns + 1000, gratuitous_arp(vrid, chance.randint(1, 3))))
    return frames


def said(speaker: tuple[int, int, int], priority: int, seconds: int) -> bytes:
    vrid, host, version = speaker
    mac = bytes((2, 0, 0, 0, 0, host))
    if version == 6:
        source, group = ip_address(f"fe80::{host}"), Family.IPV6.group
        message = encode_v3(vrid, priority, seconds * NS_PER_SECOND, (ip_address(f"fe80::{vrid}:1"),), source, group)
        return build_multicast(message, source, mac, group)
    source, group = ip_address(f"10.0.0.{host}"), Family.IPV4.group
    addresses = (ip_address(f"10.0.1.{vrid}"),)
    if version == 2:
        message = encode_v2(vrid, priority, seconds * NS_PER_SECOND, addresses)
    else:
        message = encode_v3(vrid, priority, seconds * NS_PER_SECOND, addresses, source, group)
    return build_multicast(message, source, mac, group)


def gratuitous_arp(vrid: int, host: int) -> bytes:
    mac, address = bytes((2, 0, 0, 0, 0, host)), bytes((10, 0, 1, vrid))
    head = bytes.fromhex("ffffffffffff") + mac + bytes.fromhex("0806 0001080006040001".replace(" ", ""))
    return head + mac + address + bytes(6) + address


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_both_ways_come_to_the_same_groups_and_the_same_history(tmp_path, seed):
    path = written(tmp_path / "a.pcap", traffic(seed))
    quick, slow = Replay(), SlowReplay()
    quick.read(str(path))
    slow.read(str(path))
    assert quick.history() == slow.history()
    assert quick.snapshots() == slow.snapshots()
    assert len(quick.events) > 20


def test_most_of_a_steady_capture_takes_the_quick_way(tmp_path, monkeypatch):
    frame = said((51, 1, 3), 100, 1)
    frames = [(START_NS + n * NS_PER_SECOND, numbered(frame, n)) for n in range(1000)]
    replay, slow = Replay(), []
    hear = replay.segment.hear
    monkeypatch.setattr(replay.segment, "hear", lambda now_ns, frame: slow.append(now_ns) or hear(now_ns, frame))
    replay.read(str(written(tmp_path / "a.pcap", frames)))
    (group,) = replay.snapshots()
    assert (len(slow), group.routers[0].adverts) == (1, 1000)
