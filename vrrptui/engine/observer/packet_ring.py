"""The kernel's capture ring (TPACKET_V3): frames in shared memory, without a system call each.

The kernel fills blocks and hands each over when it is full or after a timeout. Without a ring (an old kernel, no memory
to lock), the socket is read frame by frame.
"""

from __future__ import annotations

import mmap
import socket
import struct

from vrrptui.engine.capture.packet import PACKET_OUTGOING, SOL_PACKET, Captured

PACKET_RX_RING, PACKET_VERSION = 5, 10
TPACKET_V3 = 2
BLOCK_BYTES = 128 << 10  # a block is one wake-up, and may have a single frame
FRAME_BYTES = 2048  # required by the kernel, without meaning in version 3
RETIRE_MS = 40  # timeout for a block that is not full; frames have their own times
TO_KERNEL, TO_USER = 0, 1
TP_STATUS_VLAN_VALID = 0x10
VLAN_ID_MASK = 0x0FFF
BLOCK_HEAD = struct.Struct("=8xIII")  # status, frames, offset of the first
STATUS = struct.Struct("=I")
STATUS_PLACE = 8
# Per frame: offset of the next, seconds, nanoseconds, bytes kept, status, offset of the frame, its VLAN tag, and
# from the link address behind the header: index and hardware type of the interface, and direction.
FRAME_HEAD = struct.Struct("=IIII4xIH6xH18xIHB")


class PacketRing:
    """The ring of a packet socket that is not bound yet, with `size` bytes (whole blocks).

    Raises OSError if the kernel refuses it.
    """

    def __init__(self, one: socket.socket, size: int) -> None:
        self._size = size
        one.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        request = struct.pack(
            "IIIIIII", BLOCK_BYTES, size // BLOCK_BYTES, FRAME_BYTES, size // FRAME_BYTES, RETIRE_MS, 0, 0
        )
        one.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
        self.memory = mmap.mmap(one.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self.at = 0  # offset of the next frame in the current block
        self.left = 0  # frames left in it
        self._block = 0  # offset of that block, or of the next one

    def close(self) -> None:
        self.memory.close()

    def read(self, most: int) -> list[Captured]:
        """Return at most `most` waiting frames, oldest first."""
        frames: list[Captured] = []
        memory, unpack = self.memory, FRAME_HEAD.unpack_from
        while len(frames) < most and self.waits():
            at = self.at
            count = min(self.left, most - len(frames))
            for _ in range(count):
                step, seconds, nanoseconds, kept, status, offset, tag, index, hardware, way = unpack(memory, at)
                start = at + offset
                vlan = tag & VLAN_ID_MASK if status & TP_STATUS_VLAN_VALID else None
                stamp_ns, data = seconds * 1_000_000_000 + nanoseconds, memory[start : start + kept]
                frames.append(Captured(stamp_ns, data, vlan, way == PACKET_OUTGOING, index, hardware))
                at += step
            self.go_on(at, self.left - count)
        return frames

    def waits(self) -> bool:
        """Whether there is a frame at `at`."""
        return bool(self.left) or self._next_block()

    def go_on(self, at: int, left: int) -> None:
        """Continue at `at`. A block without frames left is returned to the kernel."""
        self.at, self.left = at, left
        if not left:
            STATUS.pack_into(self.memory, self._block + STATUS_PLACE, TO_KERNEL)
            self._block = (self._block + BLOCK_BYTES) % self._size

    def _next_block(self) -> bool:
        """Start the next block, if the kernel has handed it over."""
        status, frames, first = BLOCK_HEAD.unpack_from(self.memory, self._block)
        if not status & TO_USER:
            return False
        self.at, self.left = self._block + first, frames
        return True
