"""The kernel's links and addresses, by netlink: read once, followed as they change, and moved.

Messages travel over two plain netlink sockets that the loop can wait on; `requests` builds
what is sent. A request is answered before `send` returns, so nothing here ever blocks.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_address

from vrrptui.config.model import VirtualAddress
from vrrptui.engine.link import IFA_F_DADFAILED, Interface, Link
from vrrptui.engine.netlink import decoded, ifaddrmsg, ifinfmsg, messages, nlmsg
from vrrptui.engine.requests import (
    IFF_UP,
    NLM_F_ACK,
    NLM_F_REQUEST,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_DELROUTE,
    RTM_DELRULE,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWROUTE,
    RTM_NEWRULE,
    address_message,
    encoded,
)

log = logging.getLogger(__name__)

NETLINK_ROUTE = 0
RTM_GETLINK = 18
RTM_GETADDR = 22
RTM_GETRULE = 34
NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE = 1, 2, 3
NLM_F_DUMP = 0x300
GROUPS = 0x1 | 0x10 | 0x100  # link, IPv4 addresses, IPv6 addresses
IFF_LOOPBACK, IFF_RUNNING = 0x8, 0x40
SO_RCVBUFFORCE = 33
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP = 270, 1, 2
ROUTE_GROUPS = (7, 8, 11, 19)  # of IPv4 and IPv6: routes and rules
ROUTE_LENGTH_AT = 17  # of the prefix length in a report
ROUTE_KINDS = frozenset((RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE))
NOTHING = struct.pack("=IHHII", 16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0)  # answered, and handled by nobody
NO_INDEX = 0x7FFFFFFF
RECEIVE_BUFFER_BYTES = 8 << 20
MOST_AT_ONCE = 512  # messages in one call: they must fit into the socket, and their answers as well
ALREADY = {RTM_NEWADDR: errno.EEXIST, RTM_DELADDR: errno.EADDRNOTAVAIL}


Placed = tuple[int, Interface]  # an address on the link of this index


class Kernel:
    """The links of this network namespace, and the way to change their addresses."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called after links or addresses have changed. Raises PermissionError without netlink."""
        self.links: dict[int, Link] = {}
        self._changed = changed
        self.untold = False  # something changed, and was not told of yet
        self._route_lengths: set[int] = set()
        self._unanswered: list[bytes] = []
        self._answered: list[str | None] = []
        self._requests = _netlink_socket(0)
        self._monitor = _netlink_socket(GROUPS)
        self._read_all()

    def fileno(self) -> int:
        """What to wait on; call `read` when it is readable."""
        return self._monitor.fileno()

    def close(self) -> None:
        self._requests.close()
        self._monitor.close()

    def link(self, name: str) -> Link | None:
        """The link of this name, if there is one now."""
        return next((link for link in self.links.values() if link.name == name), None)

    def index(self, name: str) -> int | None:
        """The index of the link of this name."""
        link = self.link(name)
        return link.index if link is not None else None

    def holds(self, address: VirtualAddress, device: str) -> bool:
        """Whether the address is on the link of this name."""
        link = self.link(device)
        return link is not None and link.find(address.interface) is not None

    def has(self, address: VirtualAddress, index: int) -> bool:
        """Whether the address is on the link with this index."""
        link = self.links.get(index)
        return link is not None and link.find(address.interface) is not None

    def is_duplicate(self, address: VirtualAddress, index: int) -> bool:
        """Whether the address is there and unusable, because another host has it (RFC 4862 §5.4)."""
        link = self.links.get(index)
        return link is not None and bool((link.find(address.interface) or 0) & IFA_F_DADFAILED)

    def watch_routes(self, lengths: set[int]) -> None:
        """Tell of it as a change when a route with a prefix this long goes, or any rule; by default nothing is told.

        A host may have very many routes that come and go and are none of ours.
        """
        option = NETLINK_ADD_MEMBERSHIP if lengths else NETLINK_DROP_MEMBERSHIP
        if bool(lengths) is not bool(self._route_lengths):
            for group in ROUTE_GROUPS:
                self._monitor.setsockopt(SOL_NETLINK, option, group)
        self._route_lengths = lengths

    # Following.

    def read(self) -> None:
        """Take in what the kernel reports, and tell that something has changed."""
        if self._take_all() or self.untold:
            self.untold = False
            self._changed()

    def catch_up(self) -> None:
        """Take in what the kernel reports now; `untold` says whether `read` has to tell of it."""
        self.untold = self._take_all() or self.untold

    def _take_all(self) -> bool:
        """Read whatever waits; whether there was anything. After an overrun everything is read again."""
        seen = False
        while True:
            try:
                data, (sender, _) = self._monitor.recvfrom(1 << 16)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                log.warning("netlink overrun: reading all links and addresses again")
                self._read_all()
                seen = True
                continue
            if sender != 0:  # not from the kernel
                continue
            for kind, message in messages(data):
                if kind in ROUTE_KINDS:
                    length = message[ROUTE_LENGTH_AT]
                    seen = seen or kind == RTM_DELRULE or (kind == RTM_DELROUTE and length in self._route_lengths)
                    continue
                self._take(kind, message)
                seen = True
        return seen

    def _read_all(self) -> None:
        self.links = {}
        for message in (ifinfmsg(), ifaddrmsg()):
            for answer, data in self._dump(message, RTM_GETLINK if isinstance(message, ifinfmsg) else RTM_GETADDR):
                self._take(answer, data)

    def _dump(self, message: nlmsg, kind: int) -> Iterator[tuple[int, memoryview]]:
        """Everything that the kernel has of a kind."""
        self._take_answers()
        self._requests.send(encoded(message, kind, NLM_F_REQUEST | NLM_F_DUMP))
        done = False
        while not done:
            for answer, data in messages(self._requests.recv(1 << 18)):
                done = done or answer in (NLMSG_DONE, NLMSG_ERROR)
                yield answer, data

    def _take(self, kind: int, data: memoryview) -> None:
        if kind == RTM_NEWLINK:
            self._take_link(decoded(ifinfmsg, data))
        elif kind == RTM_DELLINK:
            message = decoded(ifinfmsg, data)
            if message["family"] == socket.AF_UNSPEC:
                self.links.pop(message["index"], None)
        elif kind in (RTM_NEWADDR, RTM_DELADDR):
            self._take_address(decoded(ifaddrmsg, data), gone=kind == RTM_DELADDR)

    def _take_link(self, message: ifinfmsg) -> None:
        if message["family"] != socket.AF_UNSPEC:  # a bridge port's own report
            return
        index, flags = message["index"], message["flags"]
        before = self.links.get(index)
        self.links[index] = Link(
            index=index,
            name=message.get_attr("IFLA_IFNAME") or (before.name if before else f"if{index}"),
            up=bool(flags & IFF_UP and flags & IFF_RUNNING),
            mac=bytes.fromhex((message.get_attr("IFLA_ADDRESS") or "").replace(":", "")),
            mtu=message.get_attr("IFLA_MTU") or 0,
            loopback=bool(flags & IFF_LOOPBACK),
            enabled=bool(flags & IFF_UP),
            parent=message.get_attr("IFLA_LINK"),
            vrf=_vrf(message),
            addresses=before.addresses if before else {},
        )

    def _take_address(self, message: ifaddrmsg, gone: bool) -> None:
        link = self.links.get(message["index"])
        text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        if link is None or text is None:
            return
        address = ip_address(text)
        make = IPv4Interface if address.version == 4 else IPv6Interface
        interface = make(f"{address}/{message['prefixlen']}")
        flags = message.get_attr("IFA_FLAGS") or message["flags"]
        if gone:
            link.addresses.pop(interface, None)
        else:
            link.addresses[interface] = flags

    # Changing.

    def permits_changes(self) -> bool:
        """Whether we may change addresses (CAP_NET_ADMIN): asked by removing one from a link that cannot be."""
        nowhere = address_message(VirtualAddress(IPv4Interface("127.0.0.1/32")), NO_INDEX, add=False)
        return self.request([nowhere]) != [os.strerror(errno.EPERM)]

    def warm_up(self) -> None:
        """Ask for nothing, so that a request that matters soon is quick.

        Whatever is asked about links or addresses waits for the kernel's lock over those of the whole host, which
        others may hold for tens of milliseconds; a takeover's adverts must not.
        """
        self.request([NOTHING])

    def request(self, messages: Iterable[bytes]) -> list[str]:
        """Send prepared messages (`address_message` and the like); returns what the kernel refused, in words."""
        self.post(list(messages))
        return [problem for problem in self.answers() if problem is not None]

    def post(self, messages: list[bytes]) -> None:
        """Send prepared messages, in one call if they are not very many; `answers` says what became of them."""
        self._take_answers()
        self._answered = []  # nobody asked
        for first in range(0, len(messages), MOST_AT_ONCE):
            self._take_answers()
            self._unanswered = messages[first : first + MOST_AT_ONCE]
            try:
                self._requests.send(b"".join(self._unanswered))
            except OSError as error:  # not a word of it came to the kernel
                self._answered += [error.strerror] * len(self._unanswered)
                self._unanswered = []

    def answers(self) -> list[str | None]:
        """What the kernel said to each message of the last `post`: why not, in words, or None when it was done."""
        self._take_answers()
        answered, self._answered = self._answered, []
        return answered

    def _take_answers(self) -> None:
        messages, self._unanswered = self._unanswered, []
        for message in messages:
            code, kind = self._answer(), int.from_bytes(message[4:6], "little")
            self._answered.append(None if code in (0, ALREADY.get(kind)) else os.strerror(code))

    def refusal(self, message: bytes) -> int:
        """Send one prepared message; returns the kernel's error number, 0 when it was done."""
        self._take_answers()
        self._requests.send(message)
        return self._answer()

    def _answer(self) -> int:
        """The error number for the oldest message that was not answered yet: it lies there when it was sent."""
        return -int.from_bytes(self._requests.recv(1 << 16)[16:20], "little", signed=True)


def _vrf(message: ifinfmsg) -> int | None:
    info = message.get_attr("IFLA_LINKINFO")
    kind = info.get_attr("IFLA_INFO_SLAVE_KIND") if info is not None else None
    return message.get_attr("IFLA_MASTER") if kind == "vrf" else None


def _netlink_socket(groups: int) -> socket.socket:
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE)
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    one.bind((0, groups))
    if groups:
        one.setblocking(False)
    return one
