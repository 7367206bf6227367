"""The sockets of virtual routers on one interface: adverts in and out. Whole frames are sent by a shared socket.

Adverts are received by a raw IP socket with a kernel filter for the configured VRIDs and with the kernel's receive
timestamps. A timestamp is converted to an age when the packet is read, so that a stepped wall clock moves no deadline.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from ipaddress import IPv6Address

from vrrptui.engine.capture import bpf
from vrrptui.engine.host.link import LINK_GONE
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP, TOS_INTERNETWORK_CONTROL, TTL, Address, Family, Packet
from vrrptui.protocol.authentication import AH
from vrrptui.protocol.frame import parse_ip

log = logging.getLogger(__name__)

SO_TIMESTAMPNS, SO_SNDBUFFORCE, SO_RCVBUFFORCE = 35, 32, 33
IP_MULTICAST_ALL, IPV6_MULTICAST_ALL = 49, 29
FRAMES_PER_TURN = 256
SEND_BUFFER_BYTES = 16 << 20  # a takeover of many routers sends thousands of frames, and an interface may be slow
MAX_MESSAGE_BYTES = 8192
ANCILLARY_BYTES = 256
OPTIONS_IPV4 = (
    (socket.IP_MULTICAST_TTL, TTL),
    (socket.IP_TTL, TTL),
    (socket.IP_MULTICAST_LOOP, 0),
    (socket.IP_TOS, TOS_INTERNETWORK_CONTROL),
)
OPTIONS_IPV6 = (
    (socket.IPV6_MULTICAST_HOPS, TTL),
    (socket.IPV6_UNICAST_HOPS, TTL),
    (socket.IPV6_MULTICAST_LOOP, 0),
    (socket.IPV6_TCLASS, TOS_INTERNETWORK_CONTROL),
)
Sent = str | None  # why an advert was not sent; None if it was
Sending = Callable[[], Sent]


def send_all(sendings: Iterable[Sending]) -> Sent:
    """Send an advert to each destination. Return the last reason for which one was not sent."""
    why_not: Sent = None
    for send in sendings:
        why_not = send() or why_not
    return why_not


def frame_socket() -> socket.socket:
    """Open a packet socket that receives nothing, for frames on any interface. Raises PermissionError or OSError.

    All sockets share one, because the kernel delays the closing process by 8 ms or more.
    """
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    one.setblocking(False)
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)
    except PermissionError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return one


class VrrpSocket:
    """One interface and multicast address. Raises PermissionError without CAP_NET_RAW, OSError if the link is gone."""

    def __init__(
        self,
        frames: socket.socket,
        name: str,
        index: int,
        family: Family,
        group: Address | None,
        protocol: int = PROTOCOL_VRRP,
        heard_mac: bytes | None = None,
    ) -> None:
        """`group` is None for unicast; `protocol` is PROTOCOL_AH with an authentication header (IPv4 only).

        With a multicast address, packets to other addresses are not received (RFC 9568 §5.1.1.2, §5.1.2.2).
        `heard_mac` limits reception to frames from this MAC address. `frames` sends whole frames and is not closed
        here.
        """
        self.name, self.index, self.family, self.group, self.protocol = name, index, family, group, protocol
        self._emptied_ns = time.monotonic_ns()
        self._heard_mac = heard_mac
        self._ways: dict[tuple[Address, Address, int], socket.socket] = {}  # by source, destination and TTL
        self._socket = self._new_socket()
        self._frames = frames
        try:
            self._prepare()
        except OSError:
            self.close()
            raise

    def _prepare(self) -> None:
        bpf.attach(self._socket, bpf.nothing())
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if self.family is Family.IPV4:
            if self.group is not None:
                membership = self.group.packed + struct.pack("4si", b"\0" * 4, self.index)
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
                self._socket.bind((str(self.group), 0))
            self._socket.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, self.protocol == PROTOCOL_AH)
            return
        if self.group is not None:
            membership = self.group.packed + struct.pack("i", self.index)
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
            self._socket.bind((str(self.group), 0, 0, self.index))
        for option, value in (
            (socket.IPV6_RECVPKTINFO, 1),
            (socket.IPV6_RECVHOPLIMIT, 1),
            (IPV6_MULTICAST_ALL, 0),
        ):
            self._socket.setsockopt(socket.IPPROTO_IPV6, option, value)

    def _new_socket(self) -> socket.socket:
        """Open a raw socket on this interface with the options of RFC 9568 §5.1."""
        six = self.family is Family.IPV6
        inet = socket.AF_INET6 if six else socket.AF_INET
        one = socket.socket(inet, socket.SOCK_RAW | socket.SOCK_CLOEXEC, self.protocol)
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.name.encode() + b"\0")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 6)
        level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        for option, value in OPTIONS_IPV6 if six else OPTIONS_IPV4:
            one.setsockopt(level, option, value)
        return one

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        for one in (self._socket, *self._ways.values()):
            one.close()

    def buffer(self, size_bytes: int) -> None:
        """Set the receive buffer to at least `size_bytes`, if the kernel permits it (kernel_rx_buf_size)."""
        size_bytes = max(size_bytes, self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2)
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size_bytes)

    def listen_for(self, vrids: Iterable[int]) -> None:
        """Receive adverts of these VRIDs only, and only from `heard_mac` if it was given."""
        before = AH.size if self.protocol == PROTOCOL_AH else 0
        program = bpf.own_vrids_ipv4(vrids, before) if self.family is Family.IPV4 else bpf.own_vrids_ipv6(vrids)
        bpf.attach(self._socket, bpf.from_mac(self._heard_mac, program) if self._heard_mac else program)

    def receive(self) -> Iterator[tuple[int, Packet]]:
        """Yield the adverts that have arrived, with their monotonic arrival times, oldest first.

        No arrival time is before the moment when the socket was last found empty.
        """
        for _ in range(FRAMES_PER_TURN):
            try:
                data, ancillary, _flags, sender = self._socket.recvmsg(MAX_MESSAGE_BYTES, ANCILLARY_BYTES)
            except BlockingIOError:
                self._emptied_ns = time.monotonic_ns()
                return
            except OSError as error:
                if error.errno not in LINK_GONE:
                    log.warning("%s: cannot receive: %s", self.name, error.strerror)
                return
            stamp_ns, destination, hop_limit = _facts(ancillary)
            age_ns = time.time_ns() - stamp_ns if stamp_ns else 0
            now_ns = time.monotonic_ns()  # read last: a delayed process sees adverts late, never early
            arrived_ns = now_ns - max(0, min(age_ns, now_ns - self._emptied_ns))
            packet = self._packet(data, sender, destination, hop_limit)
            if packet is not None:
                yield arrived_ns, packet

    def _packet(
        self, data: bytes, sender: tuple[str, int], destination: IPv6Address | None, hop_limit: int
    ) -> Packet | None:
        if self.family is Family.IPV4:
            return parse_ip(data)
        return Packet(
            source=IPv6Address(sender[0].split("%")[0]),
            destination=destination or IPv6Address("::"),
            ttl=hop_limit,
            protocol=PROTOCOL_VRRP,
            payload=data,
            length=len(data),
        )

    def sending(self, message: bytes, source: Address, destination: Address, ttl: int = TTL) -> Sending:
        """Return a function that sends a VRRP message, or a signed packet, from `source` (RFC 9568 §5.1).

        `ttl` is the TTL or hop limit, 0 to 255.
        """
        if self.protocol == PROTOCOL_AH:  # the packet has its IP header already
            to = (str(destination), 0)
            return partial(self._send, lambda packet: self._socket.sendto(packet, to), message, destination)
        try:
            return partial(self._send, self._way(source, destination, ttl).send, message, destination)
        except OSError:  # for example, there is no route yet
            late = partial(self._way, source, destination, ttl)
            return partial(self._send, lambda packet: late().send(packet), message, destination)

    def _way(self, source: Address, destination: Address, ttl: int) -> socket.socket:
        """Return a connected socket for this source and destination, which receives nothing. Raises OSError."""
        way = self._ways.get((source, destination, ttl))
        if way is not None:
            return way
        way = self._new_socket()
        try:
            bpf.attach(way, bpf.nothing())
            level, single = socket.IPPROTO_IP, socket.IP_TTL
            if self.family is Family.IPV6:
                level, single = socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS
            way.setsockopt(level, single, ttl)
            scope = (0, self.index) if self.family is Family.IPV6 else ()
            way.bind((str(source), 0, *scope))
            way.connect((str(destination), 0, *scope))
        except OSError:
            way.close()
            raise
        self._ways[source, destination, ttl] = way
        return way

    def _send(self, send: Callable[[bytes], int], message: bytes, destination: Address) -> Sent:
        try:
            send(message)
        except OSError as error:
            return f"to {destination}: {error.strerror}"
        return None

    def send_frame(self, frame: bytes, destination: Address) -> Sent:
        """Send an Ethernet frame on this interface."""
        return self._send(lambda data: self._frames.sendto(data, (self.name, 0)), frame, destination)

    def announce(self, frames: Iterable[tuple[str, bytes]]) -> None:
        """Send Ethernet frames, each on the interface named with it. Errors are ignored."""
        for one in frames:
            with contextlib.suppress(OSError):
                self.announcing(one)()

    def announcing(self, one: tuple[str, bytes]) -> Callable[[], object]:
        """Return a function that sends an Ethernet frame on the interface named with it and may raise OSError."""
        interface, frame = one
        return partial(self._frames.sendto, frame, (interface, 0))


def _facts(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, IPv6Address | None, int]:
    """Return the receive time (wall clock, ns; 0 if unknown), IPv6 destination and hop limit."""
    stamp_ns, destination, hop_limit = 0, None, 0
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack_from("qq", data)
            stamp_ns = seconds * 1_000_000_000 + nanoseconds
        elif level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
            destination = IPv6Address(data[:16])
        elif level == socket.IPPROTO_IPV6 and kind == socket.IPV6_HOPLIMIT:
            (hop_limit,) = struct.unpack_from("i", data)
    return stamp_ns, destination, hop_limit
