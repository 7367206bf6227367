"""Any bytes as a frame of any link type: read, overheard, remembered and shown without an exception."""

from __future__ import annotations

import unicodedata

from tests.fuzz.fuzzing import instrumented, run

with instrumented():
    from vrrptui.cli.printing.advert_text import format_text
    from vrrptui.engine.capture.frame_cache import DecodedFrames, FrameCache
    from vrrptui.engine.capture.link_layer import PARSERS
    from vrrptui.engine.capture.other_protocols import overhear
    from vrrptui.engine.observer.snapshots import advert_line
    from vrrptui.segment.segment import Segment

LINK_TYPES = sorted(PARSERS)
IPV4 = bytes.fromhex("45c000200000000000ff70000a000002e0000012 31336401006474d80a0000fe")
IPV4 = IPV4[:8] + bytes.fromhex("ff7000000a000002e0000012") + IPV4[20:]
MACS = bytes.fromhex("01005e00001200005e000133")
IPV6 = bytes.fromhex(
    "60000000001870fffe800000000000000000000000000002ff020000000000000000000000000012"
    "3133640100640000fe800000000000000000000000000033"
)
PACKETS = (
    (1, MACS + b"\x08\0" + IPV4),
    (1, MACS + b"\x88\xa8\0\x07\x81\0\0\x08\x08\0" + IPV4),
    (1, MACS + b"\x86\xdd" + IPV6),
    (101, IPV4),
    (113, bytes.fromhex("000200010006 00005e000133 0000 0800") + IPV4),
    (1, MACS + bytes.fromhex("0806 0001080006040001 020000000001 0a000001 000000000000 0a0000fe")),
    (1, MACS + bytes.fromhex("0800 46c00028 00000000 01020000 0a000003 e0000016 94040000")
        + bytes.fromhex("22000000 00000001 04000000 e0000012")),
)  # fmt: skip
SEEDS = tuple(bytes((LINK_TYPES.index(link_type),)) + frame for link_type, frame in PACKETS)


def one(data: bytes) -> None:
    if not data:
        return
    link_type, frame = LINK_TYPES[data[0] % len(LINK_TYPES)], data[1:]
    readings = DecodedFrames()
    reading = readings.of(frame, link_type, None, "eth0")
    repeats = FrameCache(DecodedFrames(), link_type, "eth0")
    assert [repeats.find(frame).vrrp, repeats.find(frame).vrrp] == [reading.vrrp, reading.vrrp]
    segment = Segment()
    for said in overhear(frame, link_type, None, "eth0"):
        segment.overhear(0, said)
    if reading.vrrp is None:
        return
    read, advert = reading.vrrp
    line = advert_line(0.0, advert, "eth0", read.vlan, read.source_mac)
    text = format_text(line, verbose=True, password=advert.auth_data)
    assert not any(unicodedata.category(sign) == "Cc" for sign in text.replace("\n", ""))
    if advert.vrid is not None:
        segment.hear(1, reading.hear())
        segment.tick(10**12)


if __name__ == "__main__":
    run("frames", one, SEEDS)
