"""The kernel's links and addresses, by netlink: read once, followed as they change, and moved.

Messages travel over two plain netlink sockets that the loop can wait on; `requests` builds
what is sent. A request is answered before `send` returns, so nothing here ever blocks.
"""

from __future__ import annotations

import errno
import logging
import os
import struct
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Interface

from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.host import mirror
from vrrptui.engine.host.dump import Dump, netlink_socket
from vrrptui.engine.host.link import IFA_F_DADFAILED, Interface, Link
from vrrptui.engine.host.netlink import messages
from vrrptui.engine.host.requests import (
    NLM_F_ACK,
    NLM_F_REQUEST,
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_DELRULE,
    RTM_NEWADDR,
    RTM_NEWROUTE,
    RTM_NEWRULE,
    address_message,
)

log = logging.getLogger(__name__)

NLMSG_NOOP = 1
GROUPS = 0x1 | 0x10 | 0x100  # link, IPv4 addresses, IPv6 addresses
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP = 270, 1, 2
ROUTE_GROUPS = (7, 8, 11, 19)  # of IPv4 and IPv6: routes and rules
ROUTE_LENGTH_AT = 17  # of the prefix length in a report
ROUTE_KINDS = frozenset((RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE))
NOTHING = struct.pack("=IHHII", 16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0)  # answered, and handled by nobody
NO_INDEX = 0x7FFFFFFF
RECEIVE_BUFFER_BYTES = 8 << 20
TURN_NS, CATCH_UP_NS = 1_000_000, 5_000_000  # of reading at the most: in a turn of the loop, and where it matters
THROWN_AWAY = 64  # datagrams, before the time is looked at
NO_HURRY_NS = 10_000_000_000
AGAIN_NS = 1_000_000_000  # after so long is read again what changed while it was read
MOST_AT_ONCE = 512  # messages in one call: they must fit into the socket, and their answers as well
ALREADY = {RTM_NEWADDR: errno.EEXIST, RTM_DELADDR: errno.EADDRNOTAVAIL}


Placed = tuple[int, Interface]  # an address on the link of this index


class Kernel:
    """The links of this network namespace, and the way to change their addresses.

    Reading and changing are one class, with more methods than others, because a change that the kernel confirms has to
    be seen here at once, before it is reported.
    """

    def __init__(self, changed: Callable[[], None], soon: Callable[[Callable[[], None]], object] | None = None) -> None:
        """`changed` is called after links or addresses have changed. Raises PermissionError without netlink.

        `soon` calls in the loop's next turn; None: there is no loop, and nothing that must not wait.
        """
        self.links: dict[int, Link] = {}
        self._changed = changed
        self._untold = False  # something changed, and `changed` was not called yet
        self._route_lengths: set[int] = set()
        self._unanswered: list[bytes] = []
        self._answered: list[str | None] = []
        self._soon = soon
        self._read_is_due = False
        self._emptied = True  # nothing waited when it was last looked
        self._overrun = False  # messages were lost: what waits is thrown away, and everything is read again
        self._dump: Dump | None = None  # everything is being read again
        self._incomplete, self._again_ns = False, 0  # changed while it was read: to be read again at this time
        self._nowhere = bytearray(1)
        self._requests = netlink_socket(0, RECEIVE_BUFFER_BYTES)
        self._dumps = netlink_socket(0, 0)
        self._monitor = netlink_socket(GROUPS, RECEIVE_BUFFER_BYTES)
        self._monitor.setblocking(False)
        self._read_all()

    def fileno(self) -> int:
        """What to wait on; call `read` when it is readable."""
        return self._monitor.fileno()

    def close(self) -> None:
        self._dump = None
        self._dumps.close()
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

    def taken(self, address: VirtualAddress, index: int) -> None:
        """The kernel said that it has added this address: over IPv6 without DAD its report may come much later."""
        link = self.links.get(index)
        if link is not None and not self.has(address, index):
            link.put(address.interface, 0)

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
        """Take in some of what the kernel reports, tell that something has changed, and go on in the next turn."""
        if self._take_some(TURN_NS) or self._untold:
            self._untold = False
            self._changed()

    def catch_up(self) -> bool:
        """Take in what the kernel reports now; whether that is all, so that what is known here is how things are.

        `changed` is called in the next turn of the loop if there was anything; without a loop, by `read`.
        """
        if self._incomplete and time.monotonic_ns() > self._again_ns:
            self._overrun = True
        if self._take_some(CATCH_UP_NS):
            self._untold = True
            self._read_soon()
        return self._is_current

    @property
    def _is_current(self) -> bool:
        return self._emptied and not self._overrun and self._dump is None

    def _take_some(self, most_ns: int) -> bool:
        """Work off what waits, for so long at most; whether something is to be told."""
        until_ns = time.monotonic_ns() + (most_ns if self._soon else NO_HURRY_NS)
        was_current, seen = self._is_current, False
        self._emptied = False
        while not self._emptied and time.monotonic_ns() < until_ns:
            if self._dump is not None:
                self._read_again(self._dump)
            else:
                seen = self._take_one() or seen
        if self._dump is not None:
            self._read_soon()
        return seen or (self._is_current and not was_current)

    def _take_one(self) -> bool:
        """One datagram, or a round of throwing away after an overrun; whether something is to be told."""
        try:
            if self._overrun:
                for _ in range(THROWN_AWAY):
                    self._monitor.recv_into(self._nowhere)
                return False
            data, (sender, _) = self._monitor.recvfrom(1 << 16)
        except BlockingIOError:
            if self._overrun:  # what was lost lies behind us: how it is now can be read
                self._overrun, self._dump = False, Dump(self._dumps)
            else:
                self._emptied = True
            return False
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            if not self._overrun:
                log.warning("netlink overrun: reading all links and addresses again")
            self._overrun = True
            return False
        return sender == 0 and self._take_in(data)  # 0: from the kernel

    def _take_in(self, data: bytes) -> bool:
        seen = False
        for kind, message in messages(data):
            if kind in ROUTE_KINDS:
                length = message[ROUTE_LENGTH_AT]
                seen = seen or kind == RTM_DELRULE or (kind == RTM_DELROUTE and length in self._route_lengths)
                continue
            mirror.take(self.links, kind, message)
            seen = True
        return seen

    def _read_soon(self) -> None:
        """Call `read` in the next turn of the loop, as nothing else would."""
        if self._soon and not self._read_is_due:
            self._read_is_due = True
            self._soon(self._read_now)

    def _read_now(self) -> None:
        self._read_is_due = False
        if (self._dump is not None or self._untold) and self._monitor.fileno() >= 0:
            self.read()

    def _read_again(self, dump: Dump) -> None:
        """A piece of reading everything again; what is reported meanwhile waits, and is taken in afterwards."""
        if not dump.read():
            return
        self.links, self._dump, self._untold = dump.links, None, True
        self._incomplete, self._again_ns = dump.interrupted, time.monotonic_ns() + AGAIN_NS

    def _read_all(self) -> None:
        """At the start, when nothing is due yet."""
        dump = Dump(self._dumps)
        while not dump.read():
            pass
        self.links = dump.links

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
