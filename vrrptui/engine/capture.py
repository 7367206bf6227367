"""The observer's ear: a packet socket on one interface. It hears VRRP and who has its addresses, and sends nothing.

The groups' MAC addresses are asked for with PACKET_ADD_MEMBERSHIP, which makes the interface let them in and sends
no IGMP or MLD report.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time

from vrrptui.engine import filters
from vrrptui.engine.captured import PACKET_OUTGOING, SOL_PACKET, Captured
from vrrptui.engine.ring import TP_STATUS_VLAN_VALID, Ring

ETH_P_ALL = 0x0003
PACKET_ADD_MEMBERSHIP, PACKET_STATISTICS, PACKET_AUXDATA = 1, 6, 8
PACKET_MR_MULTICAST, PACKET_MR_PROMISCUOUS = 0, 1
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
RECEIVE_BUFFER_BYTES = 4 << 20
RING_BYTES = 2 << 20
STATISTICS_BYTES = 12  # frames, drops, and of a ring how often it stood still
SNAPLEN_BYTES = 2048
GROUP_MACS = tuple(
    bytes.fromhex(mac)
    for mac in (
        "01005e000012",  # 224.0.0.18, VRRP
        "333300000012",  # ff02::12, VRRP
        "01005e000016",  # 224.0.0.22, IGMPv3 reports
        "333300000016",  # ff02::16, MLDv2 reports
        "01005e000002",  # 224.0.0.2, HSRP and IGMPv2 leaves
        "01005e000066",  # 224.0.0.102, HSRP version 2
        "333300000066",  # ff02::66, HSRP for IPv6
    )
)


class CaptureSocket:
    """Hears VRRP on one interface. Raises PermissionError without CAP_NET_RAW, OSError without the interface.

    `promiscuous` asks for what is sent to other hosts as well, adverts to unicast peers for one. With
    `ring_bytes` of 0, or where the kernel has no ring, each frame is a system call.
    """

    def __init__(self, interface: str, index: int, promiscuous: bool = False, ring_bytes: int = RING_BYTES) -> None:
        self.interface, self.index = interface, index
        self.drops = 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        try:
            filters.attach(self.socket, filters.observed_frames())
            self.socket.setblocking(False)
            self.ring = self._make_ring(ring_bytes) if ring_bytes else None
            if self.ring is None:
                self._prepare_for_messages()
            for mac in GROUP_MACS:
                self._join(PACKET_MR_MULTICAST, mac)
            if promiscuous:
                self._join(PACKET_MR_PROMISCUOUS, b"")
            self.socket.bind((interface, ETH_P_ALL))
        except OSError:
            self.socket.close()
            raise

    def _make_ring(self, size: int) -> Ring | None:
        with contextlib.suppress(OSError):
            return Ring(self.socket, size)
        return None

    def _prepare_for_messages(self) -> None:
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def _join(self, kind: int, mac: bytes) -> None:
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", self.index, kind, len(mac), mac))

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        if self.ring:
            self.ring.close()
        self.socket.close()

    def read(self, most: int) -> list[Captured]:
        """At most `most` waiting frames, oldest first."""
        if self.ring:
            waiting = self.ring.read(most)
            if not waiting:
                self.take_error()
            return waiting
        frames: list[Captured] = []
        while len(frames) < most:
            try:
                data, ancillary, _flags, sender = self.socket.recvmsg(SNAPLEN_BYTES, 256)
            except BlockingIOError:
                break
            except OSError:  # the interface went down or away; netlink says so too
                break
            stamp_ns, vlan = _facts(ancillary)
            frames.append(Captured(stamp_ns or time.time_ns(), data, vlan, sender[2] == PACKET_OUTGOING))
        return frames

    def take_error(self) -> None:
        """An interface that went down says so, and goes on saying it until it is asked."""
        self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def count_drops(self) -> int:
        """How many frames the kernel has dropped since this socket was opened."""
        _, dropped = struct.unpack(
            "II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)[:8]
        )  # 8 without ring
        self.drops += dropped
        return self.drops


def _facts(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, int | None]:
    stamp_ns, vlan = 0, None
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack_from("qq", data)
            stamp_ns = seconds * 1_000_000_000 + nanoseconds
        elif level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tag = struct.unpack_from("IIIHHH", data)
            if status & TP_STATUS_VLAN_VALID:
                vlan = tag & 0x0FFF
    return stamp_ns, vlan
