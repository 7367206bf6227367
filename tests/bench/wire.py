"""What comes in at one port of the switch, with the kernel's time, read when the measurement is over."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.interop.segment_lab import SegmentLab
from vrrptui.lab.namespaces import inside

ETH_P_ALL = 0x0003
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
SNAP_BYTES = 96
IPV4, IPV6, ARP = b"\x08\x00", b"\x86\xdd", b"\x08\x06"
VRRP, ICMPV6, NEIGHBOUR_ADVERTISEMENT = 112, 58, 136

Kind = Literal["advert", "announcement"]


@dataclass(frozen=True, slots=True)
class Sent:
    """An advert (of this VRID and priority) or an announcement (of this last byte of an address)."""

    at_ns: int
    kind: Kind
    number: int
    priority: int = 0


class Port:
    """What one host says, whatever MAC address it says it with."""

    def __init__(self, lab: SegmentLab, host: str, buffer_bytes: int = 16 << 20) -> None:
        with inside(lab._switch):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self._socket.bind((lab.network.hosts[host].port, ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes)
        except PermissionError:  # in a user namespace
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)  # what goes to the host
        self._socket.setblocking(False)
        self.sent: list[Sent] = []

    def read(self) -> list[Sent]:
        """Everything so far."""
        while True:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(SNAP_BYTES, 64)
            except BlockingIOError:
                return self.sent
            except OSError as error:
                if error.errno != errno.ENETDOWN:  # told once when the cable is pulled
                    raise
                continue
            seconds, nanoseconds = struct.unpack_from("qq", ancillary[0][2])
            self.sent += _parsed(frame, seconds * 1_000_000_000 + nanoseconds)

    def forget(self) -> None:
        """Drop everything so far."""
        self.read()
        self.sent.clear()

    def adverts(self, vrid: int) -> list[Sent]:
        return [one for one in self.read() if one.kind == "advert" and one.number == vrid]

    def lost(self) -> int:
        """How many frames the capture lost since this was last asked."""
        return struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]

    def close(self) -> None:
        self._socket.close()


def _parsed(frame: bytes, at_ns: int) -> Iterator[Sent]:
    kind = frame[12:14]
    if kind == IPV4 and frame[23] == VRRP:
        start = 14 + (frame[14] & 15) * 4
        yield Sent(at_ns, "advert", frame[start + 1], frame[start + 2])
    elif kind == IPV6 and frame[20] == VRRP:
        yield Sent(at_ns, "advert", frame[55], frame[56])
    elif kind == ARP and frame[28:32] == frame[38:42]:
        yield Sent(at_ns, "announcement", frame[31])
    elif kind == IPV6 and frame[20] == ICMPV6 and frame[54] == NEIGHBOUR_ADVERTISEMENT:
        yield Sent(at_ns, "announcement", frame[77])
