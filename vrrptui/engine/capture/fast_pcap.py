"""A fast reader of pcap files: most frames are recognized as repetitions without decoding.

A repeated IPv4 frame is looked up by its bytes from the addresses on; one unpacking yields the fields to compare. Of a
correct header checksum only the sum with the identification counts, which is the same for all repetitions (modulo
65535). All other frames are decoded. The result equals that of `read_capture` and `DecodedFrames`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from vrrptui.engine.capture.frame_cache import BEHIND_BYTES, FRAME_HEAD, DecodedFrame, DecodedFrames, FrameCache
from vrrptui.engine.capture.pcap import PCAP_MAGICS, Source, check_end, check_record, frames_of, opened, pcap_link_type
from vrrptui.protocol.advert import NS_PER_SECOND

RECORD_BYTES = 16


def read_quickly(path: str) -> Iterator[tuple[int, DecodedFrame]]:
    """Yield time (nanoseconds since 1970) and decoded frame for each frame of a file, in order. "-": standard input.

    Raises CaptureError as `read_capture` does.
    """
    with opened(path) as source:
        magic, readings = source.peek(4), DecodedFrames()
        if magic in PCAP_MAGICS:
            yield from read_pcap(source, *PCAP_MAGICS[magic], readings)
            return
        for captured in frames_of(source):
            reading = readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
            yield captured.time_ns, reading


def read_pcap(source: Source, order: str, unit_ns: int, readings: DecodedFrames) -> Iterator[tuple[int, DecodedFrame]]:
    """Yield the same for an open pcap with this byte order and unit of time."""
    link_type = pcap_link_type(source, order)
    repeats = FrameCache(readings, link_type, order=order)
    found, whole = repeats.by_rest.get, repeats.by_all.get
    record = struct.Struct(order + "IIII")
    head = struct.Struct(f"{order}IIII{FRAME_HEAD}")  # of record and frame
    unpack, behind = head.unpack_from, RECORD_BYTES + BEHIND_BYTES
    data, at = b"", 0  # the buffer, and the offset of the next record
    while more := source.some():
        data, at = data[at:] + more, 0
        last = len(data) - head.size
        while at <= last:
            seconds, fraction, captured, _, before, identification, between, checksum = unpack(data, at)
            end = at + RECORD_BYTES + captured
            if end > len(data):
                check_record(captured, source.at - len(data) + at)
                break
            known = found(data[at + behind : end])
            if (
                known is not None
                and known.before == before
                and known.between == between
                and (known.total == (identification + checksum) % 0xFFFF or not checksum)
            ):
                reading = known.reading
            else:
                frame = data[at + RECORD_BYTES : end]
                same = whole(frame)
                if same is None:
                    check_record(captured, source.at - len(data) + at)
                reading = same or repeats.read(frame)
            yield seconds * NS_PER_SECOND + fraction * unit_ns, reading
            at = end
    while at + RECORD_BYTES <= len(data):  # records shorter than the two headers
        seconds, fraction, captured, _ = record.unpack_from(data, at)
        check_record(captured, source.at - len(data) + at)
        end = at + RECORD_BYTES + captured
        if end > len(data):
            break
        yield seconds * NS_PER_SECOND + fraction * unit_ns, readings.of(data[at + RECORD_BYTES : end], link_type)
        at = end
    check_end(data[at:], source.at - len(data) + at, record)
