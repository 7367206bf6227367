"""Capture files read quickly: the frames of a pcap as what they say, most of them told by a look at their bytes.

A repeated IPv4 frame is found by its bytes from the addresses on, and one unpacking gives the rest to compare. Of a
right header checksum only the sum with the identification counts: it is the same for all of them (modulo 65535).
Whatever is not found so takes the way of all frames. The result is that of `read_capture` and `Readings`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vrrptui.engine.capture_file import PCAP_MAGICS, Source, check_end, check_record, frames_of, opened, pcap_link_type
from vrrptui.engine.link_layer import ETHERNET
from vrrptui.engine.readings import Reading, Readings, ipv4_place
from vrrptui.protocol.advert import NS_PER_SECOND
from vrrptui.protocol.frame import ETHERNET_HEADER_BYTES, IPV4_HEADER_BYTES, is_intact

RECORD_BYTES = 16
BEFORE_BYTES = ETHERNET_HEADER_BYTES + 4  # of an Ethernet frame up to the IPv4 identification
BEHIND_BYTES = BEFORE_BYTES + 8  # up to the addresses
NO_TOTAL = -1


@dataclass(slots=True)
class _Known:
    """A frame that was read, as far as its equals are not found by their key already."""

    before: bytes
    between: bytes
    total: int  # identification and checksum, modulo 65535
    reading: Reading


def read_quickly(path: str) -> Iterator[tuple[int, Reading]]:
    """Time (nanoseconds since 1970) and reading of each frame of a capture file, in its order. "-": standard input.

    Raises CaptureError as `read_capture` does.
    """
    with opened(path) as source:
        magic, readings = source.peek(4), Readings()
        if magic in PCAP_MAGICS:
            yield from _read_pcap(source, *PCAP_MAGICS[magic], readings)
            return
        for captured in frames_of(source):
            reading = readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
            yield captured.time_ns, reading


def _read_pcap(source: Source, order: str, unit_ns: int, readings: Readings) -> Iterator[tuple[int, Reading]]:
    link_type = pcap_link_type(source, order)
    repeats = _Repeats(order, link_type, readings)
    found, whole = repeats.by_rest.get, repeats.by_all.get
    record = struct.Struct(order + "IIII")
    head = struct.Struct(f"{order}IIII{BEFORE_BYTES}sH4sH")  # of the record and of the frame
    unpack, behind = head.unpack_from, RECORD_BYTES + BEHIND_BYTES
    data, at = b"", 0  # what was read, and the place of the next record in it
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
                reading = whole(frame) or repeats.read(frame, source.at - len(data) + at)
            yield seconds * NS_PER_SECOND + fraction * unit_ns, reading
            at = end
    while at + RECORD_BYTES <= len(data):  # what is shorter than the two heads
        seconds, fraction, captured, _ = record.unpack_from(data, at)
        check_record(captured, source.at - len(data) + at)
        end = at + RECORD_BYTES + captured
        if end > len(data):
            break
        yield seconds * NS_PER_SECOND + fraction * unit_ns, readings.of(data[at + RECORD_BYTES : end], link_type)
        at = end
    check_end(data[at:], source.at - len(data) + at, record)


class _Repeats:
    """The frames of a pcap that may be told by their bytes when they come again; as many as are remembered."""

    def __init__(self, order: str, link_type: int, readings: Readings) -> None:
        self.by_rest: dict[bytes, _Known] = {}  # IPv4 on Ethernet, by all from the addresses on
        self.by_all: dict[bytes, Reading] = {}  # frames without an identification
        self._head = struct.Struct(f"{order}{BEFORE_BYTES}sH4sH")
        self._link_type = link_type
        self._readings = readings

    def read(self, frame: bytes, place: int) -> Reading:
        """The slow way, for a frame whose record lies at byte `place` of the file."""
        check_record(len(frame), place)
        reading = self._readings.of(frame, self._link_type)
        if len(self.by_rest) + len(self.by_all) >= self._readings.MAX_REMEMBERED:
            self.by_rest.clear()
            self.by_all.clear()
        at = ipv4_place(frame, self._link_type)
        if at is None:
            self.by_all[frame] = reading
        elif self._link_type == ETHERNET and at == ETHERNET_HEADER_BYTES:
            self._remember(frame, reading)
        return reading

    def _remember(self, frame: bytes, reading: Reading) -> None:
        """Keep an IPv4 frame whose checksum is right, or left to the network card."""
        header = frame[ETHERNET_HEADER_BYTES:][: (frame[ETHERNET_HEADER_BYTES] & 0x0F) * 4]
        before, identification, between, checksum = self._head.unpack_from(frame)
        if len(header) >= IPV4_HEADER_BYTES and is_intact(header):
            known = _Known(before, between, (identification + checksum) % 0xFFFF if checksum else NO_TOTAL, reading)
            self.by_rest[frame[BEHIND_BYTES:]] = known
