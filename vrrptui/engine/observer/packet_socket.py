"""The observer's packet socket, one for all interfaces. It receives VRRP and related protocols, and sends nothing.

Multicast MAC addresses are requested with PACKET_ADD_MEMBERSHIP, which sends no IGMP or MLD report. Closing a packet
socket takes the kernel up to 16 ms, and making a ring as long, so the socket stays open when interfaces come and go:
its filter is replaced, and memberships are added or dropped.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vrrptui.engine.capture import bpf
from vrrptui.engine.capture.packet import PACKET_OUTGOING, SOL_PACKET, Captured
from vrrptui.engine.host.link import VlanTag
from vrrptui.engine.observer.packet_ring import TP_STATUS_VLAN_VALID, PacketRing
from vrrptui.engine.observer.socket_filter import from_interfaces, observed_frames

ETH_P_ALL = 0x0003
PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP, PACKET_STATISTICS, PACKET_AUXDATA = 1, 2, 6, 8
PACKET_MR_MULTICAST, PACKET_MR_PROMISCUOUS = 0, 1
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
RECEIVE_BUFFER_BYTES = 4 << 20
RING_BYTES = 4 << 20
STATISTICS_BYTES = 12  # frames, drops, and with a ring the number of freezes
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


class PacketSocket:
    """Receives on the interfaces given to `listen`. Raises OSError, and PermissionError without CAP_NET_RAW.

    `promiscuous` also receives frames to other hosts, such as adverts to unicast peers. With `ring_bytes` 0, or if the
    kernel has no ring, each frame costs a system call.
    """

    def __init__(self, promiscuous: bool = False, ring_bytes: int = RING_BYTES) -> None:
        self.drops = 0
        self.unfiltered = False  # the kernel's filter is too small for this many interfaces
        self._memberships = [(PACKET_MR_MULTICAST, mac) for mac in GROUP_MACS]
        if promiscuous:
            self._memberships.append((PACKET_MR_PROMISCUOUS, b""))
        self.names: dict[int, str] = {}  # of the interfaces it listens on, by index
        self._indexes: dict[str, int] = {}
        self._chosen: tuple[set[int], set[int], dict[int, set[VlanTag]]] | None = None
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        try:
            bpf.attach(self.socket, bpf.nothing())
            self.socket.setblocking(False)
            self.ring = self._make_ring(ring_bytes) if ring_bytes else None
            if self.ring is None:
                self._prepare_for_messages()
            _bind_everywhere(self.socket)
        except OSError:
            self.socket.close()
            raise

    def listen(
        self,
        wanted: Mapping[int, str],
        others: Iterable[int] = (),
        below: Mapping[int, Iterable[VlanTag]] = MappingProxyType({}),
    ) -> dict[int, OSError]:
        """Listen on these interfaces (names by index). Return those where it failed, with the errors.

        `others` are the indexes of other existing interfaces. Frames of interfaces in neither set, and older frames,
        may still arrive. `below` has the VLANs to ignore on an interface, by its index.
        """
        for index in [index for index, name in self.names.items() if wanted.get(index) != name]:
            del self.names[index]
            self._change(PACKET_DROP_MEMBERSHIP, index)
        deaf: dict[int, OSError] = {}
        for index, name in wanted.items():
            if index not in self.names:
                if why := self._change(PACKET_ADD_MEMBERSHIP, index):
                    deaf[index] = why
                else:
                    self.names[index] = name
        self._indexes = {name: index for index, name in self.names.items()}
        chosen = set(self.names), {*others, *deaf}, {index: set(tags) for index, tags in below.items()}
        if chosen != self._chosen:
            self._filter(from_interfaces(*chosen))
            self._chosen = chosen
        return deaf

    def _change(self, option: int, index: int) -> OSError | None:
        """Add or drop all memberships of an interface. Return the error, if any. Without a MAC, none are needed."""
        for kind, mac in self._memberships:
            try:
                self.socket.setsockopt(SOL_PACKET, option, struct.pack("iHH8s", index, kind, len(mac), mac))
            except OSError as error:
                if option == PACKET_ADD_MEMBERSHIP and error.errno != errno.EINVAL:
                    return error
        return None

    def _filter(self, chosen: list[bpf.Instruction | str]) -> None:
        """Attach the filter for the `chosen` interfaces, or for all if it is too long: the reader selects then."""
        try:
            bpf.attach(self.socket, observed_frames(chosen))
            self.unfiltered = False
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOMEM):
                raise
            bpf.attach(self.socket, observed_frames())
            self.unfiltered = True

    def _make_ring(self, size: int) -> PacketRing | None:
        with contextlib.suppress(OSError):
            return PacketRing(self.socket, size)
        return None

    def _prepare_for_messages(self) -> None:
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        if self.ring:
            self.ring.close()
        self.socket.close()

    def read(self, most: int) -> list[Captured]:
        """Return at most `most` waiting frames, oldest first."""
        if self.ring:
            return self.ring.read(most)
        frames: list[Captured] = []
        while len(frames) < most:
            try:
                data, ancillary, _flags, sender = self.socket.recvmsg(SNAPLEN_BYTES, 256)
            except BlockingIOError:
                break
            stamp_ns, vlan = _facts(ancillary)
            name, _, way, hardware = sender[:4]
            index = self._indexes.get(name, 0)
            frames.append(Captured(stamp_ns or time.time_ns(), data, vlan, way == PACKET_OUTGOING, index, hardware))
        return frames

    def count_drops(self) -> int:
        """Return how many frames the kernel has dropped since the socket was opened."""
        _, dropped = struct.unpack(
            "II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)[:8]
        )  # 8 without a ring
        self.drops += dropped
        return self.drops


def _bind_everywhere(one: socket.socket) -> None:
    """Bind to all interfaces, which Python's `bind` cannot express. Raises OSError."""
    address = struct.pack("=HHi12x", socket.AF_PACKET, socket.htons(ETH_P_ALL), 0)  # struct sockaddr_ll, index 0
    if ctypes.CDLL(None, use_errno=True).bind(one.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


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
