"""From any bytes on the wire to what is shown: no exception, no control character, and the model stays itself.

Frames are built from good ones by changing fields to their edges and by random damage; the seed is fixed.
"""

from __future__ import annotations

import random
import unicodedata

import msgspec
import pytest

from vrrptui.cli.printing.advert_text import format_text, hexdump
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.capture.link_layer import PARSERS
from vrrptui.engine.capture.pcap import CapturedFrame
from vrrptui.engine.observer.snapshots import advert_line, group_snapshot, history_event
from vrrptui.segment.group import HeardFrame
from vrrptui.segment.segment import Segment

EDGES = (0, 1, 2, 3, 7, 15, 16, 31, 32, 33, 48, 49, 51, 63, 64, 112, 127, 128, 254, 255)
ETHERNET4 = bytes.fromhex("01005e00001200005e000133080045c0002000000000ff7000000a000002e0000012")
ETHERNET6 = bytes.fromhex(
    "33330000001200005e00023386dd" "60000000001870ff"
    "fe800000000000000000000000000002" "ff020000000000000000000000000012"
)  # fmt: skip
V3 = bytes.fromhex("31336401006474d80a0000fe")
V2 = bytes.fromhex("2133640100017f250a0000fe") + bytes(8)
V6 = bytes.fromhex("3133640100640000fe800000000000000000000000000033")
AH = bytes((112, 4)) + bytes(22)
FRAMES = {
    "v3": ETHERNET4 + V3,
    "v2": ETHERNET4[:16] + b"\0\x28" + ETHERNET4[18:] + V2,
    "v6": ETHERNET6 + V6,
    "tagged": ETHERNET4[:12] + b"\x81\0\0\x0a" + ETHERNET4[12:] + V3,
    "ah": ETHERNET4[:16] + b"\0\x40" + ETHERNET4[18:23] + b"\x33" + ETHERNET4[24:] + AH + V2,
}


def every_edge():
    """Each byte of each frame at each edge, and each frame cut at each byte."""
    for frame in FRAMES.values():
        for at in range(len(frame)):
            yield frame[:at]
            for value in EDGES:
                yield frame[:at] + bytes((value,)) + frame[at + 1 :]


def random_damage(count: int):
    chance = random.Random(9568)
    originals = list(FRAMES.values())
    for _ in range(count):
        frame = bytearray(chance.choice(originals))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(frame) + 1)
            match chance.randrange(4):
                case 0:
                    del frame[at:]
                case 1:
                    frame[at:at] = chance.randbytes(chance.randint(1, 40))
                case 2:
                    del frame[at : at + chance.randint(1, 8)]
                case _:
                    frame[at : at + 1] = chance.randbytes(1)
        yield bytes(frame)


def shown(captured: CapturedFrame, segment: Segment) -> str:
    """Everything that a frame makes visible, on any path."""
    read = DecodedFrames().of(captured.data, captured.link_type).vrrp
    texts = [hexdump(captured.data)]
    if read is None:
        return texts[0]
    frame, advert = read
    line = advert_line(captured.time_ns / 1e9, advert, captured.interface, frame.vlan, frame.source_mac)
    texts += [format_text(line, verbose=True, password=advert.auth_data), format_text(line)]
    texts.append(msgspec.json.encode(line).decode())
    heard = HeardFrame(advert=advert, interface="eth0", vlan=frame.vlan, source_mac=frame.source_mac)
    events = segment.tick(captured.time_ns) + segment.hear(captured.time_ns, heard)
    texts += [history_event(event, 1).text for event in events]
    return "\n".join(texts)


@pytest.mark.parametrize("link_type", [1, 113])
@pytest.mark.parametrize("source", [every_edge, lambda: random_damage(4000)], ids=["edges", "random"])
def test_any_frame_is_shown_without_a_control_character(source, link_type):
    segment = Segment(max_groups=64, max_routers=128)
    for number, data in enumerate(source()):
        if link_type == 113 and len(data) >= 14:  # the same packets behind another link header
            data = b"\0\1\0\1\0\6" + data[6:12] + b"\0\0" + data[12:]
        text = shown(CapturedFrame(number * 10**7, data, "eth0", link_type=link_type), segment)
        assert all(unicodedata.category(c) != "Cc" or c == "\n" for c in text), data.hex()
    assert len(segment.groups) <= 64
    for group in segment.groups.values():
        assert group_snapshot(group, number * 10**7).key


@pytest.mark.parametrize("link_type", PARSERS)
def test_noise_of_any_link_type_is_survived(link_type):
    chance = random.Random(112)
    segment = Segment()
    for number in range(1000):
        shown(CapturedFrame(number, chance.randbytes(chance.randint(0, 90)), link_type=link_type), segment)


@pytest.mark.parametrize("name", FRAMES)
def test_the_undamaged_frames_are_read(name):
    frame, advert = DecodedFrames().of(FRAMES[name]).vrrp
    assert (advert.vrid, frame.vlan) == (51, 10 if name == "tagged" else None)
