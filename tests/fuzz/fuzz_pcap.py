"""Any bytes as a pcap: whole frames, then one CaptureError at most; and the quick way reads what the slow one reads."""

from __future__ import annotations

import io
import struct

from tests.fuzz.fuzzing import instrumented, run

with instrumented():
    from vrrptui.engine.capture.fast_pcap import read_pcap
    from vrrptui.engine.capture.frame_cache import DecodedFrames
    from vrrptui.engine.capture.pcap import PCAP_MAGICS, CaptureError, Source, frames_of

FRAME = (
    bytes.fromhex("01005e000012 00005e000133 0800 45c00020 00000000 ff700000 0a000002 e0000012")
    + bytes.fromhex("31336401006474d80a0000fe")
)  # fmt: skip


def pcap(order: str, magic: int, link_type: int, *frames: bytes) -> bytes:
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for number, frame in enumerate(frames):
        data += struct.pack(order + "IIII", number, 0, len(frame), len(frame)) + frame
    return data


SEEDS = (
    pcap("<", 0xA1B2C3D4, 1, FRAME, FRAME, FRAME[:30]),
    pcap(">", 0xA1B23C4D, 1, FRAME, b"", FRAME),
    pcap("<", 0xA1B2C3D4, 101, FRAME[14:]),
)


def one(data: bytes) -> None:
    slow, quick = [], []
    endings = ["", ""]
    try:
        for captured in frames_of(Source(io.BytesIO(data))):
            slow.append((captured.time_ns, DecodedFrames().of(captured.data, captured.link_type).vrrp))
    except CaptureError as error:
        endings[0] = str(error)
    if data[:4] not in PCAP_MAGICS:
        return
    try:
        for time_ns, reading in read_pcap(Source(io.BytesIO(data)), *PCAP_MAGICS[data[:4]], DecodedFrames()):
            quick.append((time_ns, reading.vrrp))
    except CaptureError as error:
        endings[1] = str(error)
    assert (quick, endings[1]) == (slow, endings[0])


if __name__ == "__main__":
    run("pcap", one, SEEDS)
