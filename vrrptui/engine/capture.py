"""The observer's ear: a packet socket on one interface. It hears VRRP and who has its addresses, and sends nothing.

The groups' MAC addresses are asked for with PACKET_ADD_MEMBERSHIP, which makes the interface let them in and sends
no IGMP or MLD report.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

from vrrptui.engine import filters

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_STATISTICS, PACKET_AUXDATA = 1, 6, 8
PACKET_MR_MULTICAST = 0
PACKET_OUTGOING = 4
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
TP_STATUS_VLAN_VALID = 0x10
RECEIVE_BUFFER_BYTES = 4 << 20
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


@dataclass(frozen=True, slots=True)
class Captured:
    """A frame as the kernel handed it over."""

    stamp_ns: int  # wall clock, of its arrival
    data: bytes
    vlan: int | None  # the tag that the kernel took off
    outgoing: bool  # sent by this host


class CaptureSocket:
    """Hears VRRP on one interface. Raises PermissionError without CAP_NET_RAW, OSError without the interface."""

    def __init__(self, interface: str, index: int) -> None:
        self.interface, self.index = interface, index
        self.drops = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        try:
            filters.attach(self._socket, filters.observed_frames())
            self._socket.setblocking(False)
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
            except PermissionError:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            for mac in GROUP_MACS:
                request = struct.pack("iHH8s", index, PACKET_MR_MULTICAST, len(mac), mac)
                self._socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
            self._socket.bind((interface, ETH_P_ALL))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def read(self, most: int) -> list[Captured]:
        """At most `most` waiting frames, oldest first."""
        frames: list[Captured] = []
        while len(frames) < most:
            try:
                data, ancillary, _flags, sender = self._socket.recvmsg(SNAPLEN_BYTES, 256)
            except BlockingIOError:
                break
            except OSError:  # the interface went down or away; netlink says so too
                break
            stamp_ns, vlan = _facts(ancillary)
            frames.append(Captured(stamp_ns or time.time_ns(), data, vlan, sender[2] == PACKET_OUTGOING))
        return frames

    def count_drops(self) -> int:
        """How many frames the kernel has dropped since this socket was opened."""
        _, dropped = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
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
