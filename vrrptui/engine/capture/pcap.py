"""Capture files: reading pcap and pcapng, writing pcap.

Written for this project, because a damaged file must neither hang nor crash: complete frames are returned, then a
`CaptureError` says where the file breaks. The content of frames is decoded by `link_layer`.
"""

from __future__ import annotations

import contextlib
import gzip
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from vrrptui.control.plain import plain
from vrrptui.engine.capture.link_layer import PARSERS
from vrrptui.protocol.advert import NS_PER_SECOND
from vrrptui.protocol.link import pcap_record
from vrrptui.protocol.link.link_types import ETHERNET
from vrrptui.protocol.link.pcap_record import SNAPLEN

GZIP_MAGIC = b"\x1f\x8b"
PCAP_MAGICS = {  # first four bytes: byte order, nanoseconds per unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
LINK_TYPE_MASK = 0xFFFF  # the upper bits are the length of the frame check sequence
MAX_FRAME_BYTES = SNAPLEN
CHUNK_BYTES = 1 << 20
MAX_BLOCK_BYTES = 16 * 1024 * 1024  # of a pcapng block
MAX_INTERFACES = 4096  # of a pcapng section
MAX_NAME_CHARACTERS = 64


class CaptureError(Exception):
    """A capture file cannot be opened, or is truncated or damaged. The text is one line without the file's name."""


class CapturedFrame(NamedTuple):
    """A captured frame. `time_ns` is since 1970."""

    time_ns: int
    data: bytes
    interface: str | None = None  # plain text; None if the file has no name
    vlan: int | None = None  # VLAN tag that the kernel removed
    link_type: int = ETHERNET
    original_length: int | None = None  # on the wire, if longer than `data`


def read_capture(path: str) -> Iterator[CapturedFrame]:
    """Yield the frames of a pcap or pcapng file, possibly gzip'd, in order; "-" is standard input.

    Raises CaptureError if the file cannot be opened, or after the complete frames if it is damaged.
    """
    with opened(path) as source:
        yield from frames_of(source)


@contextlib.contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open a capture file for reading, unpacked; "-" is standard input. All errors become CaptureError."""
    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as raw:
            source = Source(raw)
            if source.peek(2) == GZIP_MAGIC:
                source = Source(cast(BinaryIO, gzip.GzipFile(mode="rb", fileobj=cast(BinaryIO, source))))
            yield source
    except (OSError, EOFError, zlib.error) as error:
        raise CaptureError(getattr(error, "strerror", None) or str(error)) from error


class Source:
    """A stream that counts its bytes and can look at the next ones."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self.at = 0

    def peek(self, count: int) -> bytes:
        self._ahead += self._stream.read(count - len(self._ahead)) if len(self._ahead) < count else b""
        return self._ahead[:count]

    def read(self, count: int) -> bytes:
        """Read up to `count` bytes; fewer only at the end."""
        ahead, self._ahead = self._ahead[:count], self._ahead[count:]
        data = ahead + self._stream.read(count - len(ahead))
        self.at += len(data)
        return data

    def some(self) -> bytes:
        """Read what is available, as a pipe must not wait for more; nothing at the end."""
        ahead, self._ahead = self._ahead, b""
        data = ahead or cast(BufferedReader, self._stream).read1(CHUNK_BYTES)
        self.at += len(data)
        return data

    def exactly(self, count: int, what: str) -> bytes:
        """Read `count` bytes. Raises CaptureError if the file ends before."""
        start = self.at
        data = self.read(count)
        if len(data) < count:
            raise CaptureError(f"cut short: {what} at byte {start} has {len(data)} of {count} bytes")
        return data


def frames_of(source: Source) -> Iterator[CapturedFrame]:
    """Yield the frames of an open file. Raises CaptureError after the complete ones if it is damaged."""
    magic = source.peek(4)
    if magic in PCAP_MAGICS:
        yield from _read_pcap(source, *PCAP_MAGICS[magic])
    elif magic == PCAPNG_MAGIC:
        yield from _read_pcapng(source)
    else:
        raise CaptureError("neither a pcap nor a pcapng file")


def _read_pcap(source: Source, order: str, unit_ns: int) -> Iterator[CapturedFrame]:
    link_type = pcap_link_type(source, order)
    record = struct.Struct(order + "IIII")
    unpack, head = record.unpack_from, record.size
    data, at = b"", 0  # the buffer, and the offset of the next record
    while more := source.some():
        data, at = data[at:] + more, 0
        while len(data) - at >= head:
            seconds, fraction, captured, original = unpack(data, at)
            check_record(captured, source.at - len(data) + at)
            start, end = at + head, at + head + captured
            if end > len(data):
                break
            time_ns = seconds * NS_PER_SECOND + fraction * unit_ns
            length = original if original > captured else captured
            yield CapturedFrame(time_ns, data[start:end], None, None, link_type, length)
            at = end
    check_end(data[at:], source.at - len(data) + at, record)


def pcap_link_type(source: Source, order: str) -> int:
    """Read the file header of a pcap. Raises CaptureError for an unknown link type."""
    header = source.exactly(24, "the file header")
    link_type = int(struct.unpack_from(order + "I", header, 20)[0]) & LINK_TYPE_MASK
    _check_link_type(link_type)
    return link_type


def check_record(captured: int, at: int) -> None:
    """Raise CaptureError if the record at offset `at` is longer than any frame."""
    if captured > MAX_FRAME_BYTES:
        raise CaptureError(f"damaged: a record of {captured} bytes at byte {at}")


def check_end(rest: bytes, at: int, record: struct.Struct) -> None:
    """Raise CaptureError if the file ends within the record at offset `at`."""
    if not rest:
        return
    what, have, whole = "a record header", len(rest), record.size
    if have >= record.size:
        what, have, whole, at = "a record", have - record.size, record.unpack_from(rest)[2], at + record.size
    raise CaptureError(f"cut short: {what} at byte {at} has {have} of {whole} bytes")


# pcapng: blocks of type, length, body, length (draft-ietf-opsawg-pcapng)

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6
BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
OPTION_END = 0
OPTION_IF_NAME = 2
OPTION_IF_TSRESOL = 9
OPTION_IF_TSOFFSET = 14


@dataclass(slots=True)
class _Interface:
    link_type: int
    snaplen: int
    name: str | None = None
    units_per_second: int = 1_000_000
    offset_s: int = 0


@dataclass(slots=True)
class _Section:
    order: str
    interfaces: list[_Interface] = field(default_factory=list)
    last_time_ns: int = 0  # a simple packet block has no time: use that of the block before


def _read_pcapng(source: Source) -> Iterator[CapturedFrame]:
    section = _Section("<")
    while source.peek(1):
        start = source.at
        head = source.exactly(8, "a block header")
        if head[:4] == PCAPNG_MAGIC:
            order_magic = source.peek(4)
            if order_magic not in BYTE_ORDERS:
                raise CaptureError(f"damaged: no byte order in the section at byte {start}")
            section = _Section(BYTE_ORDERS[order_magic])
        kind, length = struct.unpack(section.order + "II", head)
        if length < 12 or length % 4 or length > MAX_BLOCK_BYTES:
            raise CaptureError(f"damaged: a block of {length} bytes at byte {start}")
        body = source.exactly(length - 8, "a block")[:-4]
        try:
            frame = _read_block(section, kind, body)
        except struct.error:
            raise CaptureError(f"damaged: a block at byte {start} is too short for its kind") from None
        if frame:
            yield frame


def _read_block(section: _Section, kind: int, body: bytes) -> CapturedFrame | None:
    """Process one block. Return a frame if it has one. Raises struct.error for a truncated block."""
    if kind == INTERFACE_DESCRIPTION:
        if len(section.interfaces) >= MAX_INTERFACES:
            raise CaptureError(f"damaged: more than {MAX_INTERFACES} interfaces in a section")
        section.interfaces.append(_read_interface(section.order, body))
    elif kind == ENHANCED_PACKET:
        number, high, low, captured, original = struct.unpack_from(section.order + "IIIII", body)
        interface = _interface(section, number)
        units = high << 32 | low
        section.last_time_ns = units * NS_PER_SECOND // interface.units_per_second + interface.offset_s * NS_PER_SECOND
        return _frame(section, interface, body[20:], captured, original)
    elif kind == SIMPLE_PACKET:
        (original,) = struct.unpack_from(section.order + "I", body)
        interface = _interface(section, 0)
        return _frame(section, interface, body[4:], min(original, interface.snaplen or original), original)
    return None


def _frame(section: _Section, interface: _Interface, data: bytes, captured: int, original: int) -> CapturedFrame:
    if captured > min(len(data), MAX_FRAME_BYTES):
        raise CaptureError(f"damaged: a packet of {captured} bytes in a block of {len(data)}")
    return CapturedFrame(
        section.last_time_ns,
        data[:captured],
        interface=interface.name,
        link_type=interface.link_type,
        original_length=max(original, captured),
    )


def _interface(section: _Section, number: int) -> _Interface:
    if number >= len(section.interfaces):
        raise CaptureError(f"damaged: a packet of interface {number}, which was not described")
    return section.interfaces[number]


def _read_interface(order: str, body: bytes) -> _Interface:
    link_type, snaplen = struct.unpack_from(order + "HxxI", body)
    _check_link_type(link_type)
    interface = _Interface(link_type, snaplen)
    at = 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        at += 4 + length + (-length % 4)
        if code == OPTION_END:
            break
        if code == OPTION_IF_NAME:
            interface.name = plain(value.decode("utf-8", "replace"))[:MAX_NAME_CHARACTERS]
        elif code == OPTION_IF_TSRESOL and value:
            exponent = value[0] & 0x7F
            interface.units_per_second = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == OPTION_IF_TSOFFSET and length == 8:
            (interface.offset_s,) = struct.unpack(order + "q", value)
    return interface


def _check_link_type(link_type: int) -> None:
    if link_type not in PARSERS:
        raise CaptureError(f"link type {link_type} is not supported")


class CaptureWriter:
    """Writes a pcap file with nanosecond times. Raises OSError as the stream does."""

    def __init__(self, stream: BinaryIO, link_type: int = ETHERNET) -> None:
        self._stream = stream
        self._link_type = link_type
        stream.write(pcap_record.file_header(link_type, pcap_record.NANOSECONDS))

    def write(self, frame: CapturedFrame) -> None:
        """Append a frame. A VLAN tag that the kernel removed is inserted again.

        Raises CaptureError if the frame's link type is not that of the file.
        """
        if frame.link_type != self._link_type:
            raise CaptureError(f"a pcap file holds one link type: {self._link_type}, not {frame.link_type} as well")
        data = pcap_record.tagged(frame.data, frame.vlan, frame.link_type)
        original = (frame.original_length or 0) + len(data) - len(frame.data)
        self._stream.write(pcap_record.record(frame.time_ns, pcap_record.NANOSECONDS, data, original))
