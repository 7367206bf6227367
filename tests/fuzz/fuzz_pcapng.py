"""Any bytes as a pcapng: whole frames with plain names, then one CaptureError at most."""

from __future__ import annotations

import io
import struct

from tests.fuzz.fuzzing import instrumented, run

with instrumented():
    from vrrptui.engine.capture.pcap import MAX_FRAME_BYTES, CaptureError, Source, frames_of


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(order: str) -> bytes:
    options = struct.pack(order + "HH4s", 2, 4, b"eth0") + struct.pack(order + "HHB3x", 9, 1, 9)
    options += struct.pack(order + "HHq", 14, 8, -3600) + struct.pack(order + "HH", 0, 0)
    packet = struct.pack(order + "IIIII", 0, 1, 2, 8, 8) + b"\1\2\3\4\5\6\7\x08"
    return (
        block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(order, 1, struct.pack(order + "HHI", 1, 0, 65535) + options)
        + block(order, 6, packet)
        + block(order, 3, struct.pack(order + "I", 4) + b"abcd")
    )


SEEDS = (pcapng("<"), pcapng(">"), pcapng("<") + pcapng(">"))


def one(data: bytes) -> None:
    ending = ""
    try:
        for captured in frames_of(Source(io.BytesIO(data))):
            assert len(captured.data) <= MAX_FRAME_BYTES
            assert captured.interface is None or captured.interface.isprintable()
    except CaptureError as error:
        ending = str(error)
    assert ending.isprintable() or not ending


if __name__ == "__main__":
    run("pcapng", one, SEEDS)
