"""A fast reader of the capture ring: most frames are recognized as repetitions in place.

The result equals that of `PacketRing.read` and `FrameCache.find`; `fast_pcap` does the same for files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

from vrrptui.engine.capture.frame_cache import BEHIND_BYTES, FRAME_HEAD, DecodedFrame
from vrrptui.engine.capture.interfaces import HeardInterfaces
from vrrptui.engine.capture.packet import PACKET_OUTGOING
from vrrptui.engine.observer.packet_ring import FRAME_HEAD as RING_HEAD
from vrrptui.engine.observer.packet_ring import TP_STATUS_VLAN_VALID, VLAN_ID_MASK, PacketRing


def read_ring(ring: PacketRing, most: int, places: HeardInterfaces) -> Iterator[tuple[int, DecodedFrame | None]]:
    """Yield timestamp (wall clock, nanoseconds) and decoded frame of at most `most` waiting frames, oldest first.

    The frame is None for an interface that is not listened on.
    """
    memory, second, second_ns, here = ring.memory, 0, 0, places.known.get
    while most and ring.waits():
        at, left = ring.at, ring.left
        usual = RING_HEAD.unpack_from(memory, at)[5]  # the same for all frames of Ethernet interfaces
        head = _head(usual)
        unpack, last = head.unpack_from, len(memory) - head.size
        stop = max(0, left - most)
        most -= left - stop
        try:
            while left > stop:
                if at > last:  # a short frame at the very end
                    (
                        step, seconds, nanoseconds, kept, status, offset, tag, index, hardware, way,
                    ) = RING_HEAD.unpack_from(memory, at)  # fmt: skip
                    place, known = here(index) or places.of(index, hardware), None
                else:
                    (
                        step, seconds, nanoseconds, kept, status, offset, tag, index, hardware, way,
                        before, identification, between, checksum,
                    ) = unpack(memory, at)  # fmt: skip
                    start = at + offset
                    place = here(index) or places.of(index, hardware)
                    known = place and place[way == PACKET_OUTGOING].by_rest.get(
                        memory[start + BEHIND_BYTES : start + kept]
                    )
                reading: DecodedFrame | None
                if (
                    known is not None
                    and known.before == before
                    and known.between == between
                    and (known.total == (identification + checksum) % 0xFFFF or not checksum)
                    and offset == usual
                    and not status & TP_STATUS_VLAN_VALID
                ):
                    reading = known.reading
                elif place is None:
                    reading = None
                else:
                    data = memory[at + offset : at + offset + kept]
                    if status & TP_STATUS_VLAN_VALID:
                        reading = place[way == PACKET_OUTGOING].tagged(data, tag & VLAN_ID_MASK)
                    else:
                        reading = place[way == PACKET_OUTGOING].find(data)
                at += step
                left -= 1
                if seconds != second:
                    second, second_ns = seconds, seconds * 1_000_000_000
                yield second_ns + nanoseconds, reading
        finally:
            ring.go_on(at, left)


@cache
def _head(offset: int) -> struct.Struct:
    """Return the struct of the ring's header and of a frame at offset `offset`."""
    return struct.Struct(f"{RING_HEAD.format}{offset - RING_HEAD.size}x{FRAME_HEAD}")
