"""The kernel's links and addresses, by netlink: read once, then followed and changed.

Uses two plain netlink sockets that the loop can wait on; `requests` builds the messages. The kernel answers a request
before `send` returns, so nothing here blocks.
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
GROUPS = 0x1 | 0x10 | 0x100  # links, IPv4 addresses, IPv6 addresses
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP = 270, 1, 2
ROUTE_GROUPS = (7, 8, 11, 19)  # routes and rules, IPv4 and IPv6
ROUTE_LENGTH_AT = 17  # offset of the prefix length in a route message
ROUTE_KINDS = frozenset((RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE))
NOTHING = struct.pack("=IHHII", 16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0)  # acknowledged, and ignored otherwise
NO_INDEX = 0x7FFFFFFF
RECEIVE_BUFFER_BYTES = 8 << 20
TURN_NS, CATCH_UP_NS = 1_000_000, 5_000_000  # reading time: per turn of the loop, and in catch_up
THROWN_AWAY = 64  # datagrams dropped between two looks at the time
NO_HURRY_NS = 10_000_000_000
AGAIN_NS = 1_000_000_000  # delay before a reading that was interrupted is repeated
MOST_AT_ONCE = 512  # messages per call: they and their answers must fit into the socket
ALREADY = {RTM_NEWADDR: errno.EEXIST, RTM_DELADDR: errno.EADDRNOTAVAIL}


Placed = tuple[int, Interface]  # an address, and the index of its link


class Kernel:
    """The links of this network namespace, and the way to change their addresses.

    Reading and changing are one class, with more methods than others, because a change that the kernel has confirmed
    must be visible here before it is reported.
    """

    def __init__(self, changed: Callable[[], None], soon: Callable[[Callable[[], None]], object] | None = None) -> None:
        """`changed` is called after links or addresses changed. Raises PermissionError without netlink.

        `soon` calls a function in the loop's next turn. Without a loop (None), reading takes as long as it needs.
        """
        self.links: dict[int, Link] = {}
        self._changed = changed
        self._untold = False  # something changed, and `changed` has not been called yet
        self._route_lengths: set[int] = set()
        self._unanswered: list[bytes] = []
        self._answered: list[str | None] = []
        self._soon = soon
        self._read_is_due = False
        self._emptied = True  # the socket was empty at the last look
        self._overrun = False  # reports were lost: drop the waiting ones and read everything again
        self._dump: Dump | None = None  # a reading of everything in progress
        self._incomplete, self._again_ns = False, 0  # read again at this time after an interruption
        self._nowhere = bytearray(1)
        self._requests = netlink_socket(0, RECEIVE_BUFFER_BYTES)
        self._dumps = netlink_socket(0, 0)
        self._monitor = netlink_socket(GROUPS, RECEIVE_BUFFER_BYTES)
        self._monitor.setblocking(False)
        self._read_all()

    def fileno(self) -> int:
        """The descriptor to wait on: call `read` when it is readable."""
        return self._monitor.fileno()

    def close(self) -> None:
        self._dump = None
        self._dumps.close()
        self._requests.close()
        self._monitor.close()

    def link(self, name: str) -> Link | None:
        """Return the link of this name, or None."""
        return next((link for link in self.links.values() if link.name == name), None)

    def index(self, name: str) -> int | None:
        """Return the index of the link of this name, or None."""
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
        """Record that the kernel has added this address: for IPv6 without DAD its report may come much later."""
        link = self.links.get(index)
        if link is not None and not self.has(address, index):
            link.put(address.interface, 0)

    def is_duplicate(self, address: VirtualAddress, index: int) -> bool:
        """Whether the address is unusable because duplicate address detection failed (RFC 4862 §5.4)."""
        link = self.links.get(index)
        return link is not None and bool((link.find(address.interface) or 0) & IFA_F_DADFAILED)

    def watch_routes(self, lengths: set[int]) -> None:
        """Report a change when a route with one of these prefix lengths, or any rule, is deleted.

        By default routes are not watched, because a host may have very many that come and go.
        """
        option = NETLINK_ADD_MEMBERSHIP if lengths else NETLINK_DROP_MEMBERSHIP
        if bool(lengths) is not bool(self._route_lengths):
            for group in ROUTE_GROUPS:
                self._monitor.setsockopt(SOL_NETLINK, option, group)
        self._route_lengths = lengths

    # Following.

    def read(self) -> None:
        """Process some of the kernel's reports and call `changed`. What remains is read in the next turn."""
        if self._take_some(TURN_NS) or self._untold:
            self._untold = False
            self._changed()

    def catch_up(self) -> bool:
        """Process the kernel's reports. Return whether all were read, so that `links` is current.

        If there were any, `changed` is called in the next turn of the loop; without a loop, by `read`.
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
        """Process reports for at most `most_ns`. Return whether anything changed."""
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
        """Process one datagram, or drop some after an overrun. Return whether anything changed."""
        try:
            if self._overrun:
                for _ in range(THROWN_AWAY):
                    self._monitor.recv_into(self._nowhere)
                return False
            data, (sender, _) = self._monitor.recvfrom(1 << 16)
        except BlockingIOError:
            if self._overrun:  # everything lost is older than what is read from now on
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
        return sender == 0 and self._take_in(data)  # port 0: the kernel

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
        """Call `read` in the next turn of the loop, because no descriptor will become readable."""
        if self._soon and not self._read_is_due:
            self._read_is_due = True
            self._soon(self._read_now)

    def _read_now(self) -> None:
        self._read_is_due = False
        if (self._dump is not None or self._untold) and self._monitor.fileno() >= 0:
            self.read()

    def _read_again(self, dump: Dump) -> None:
        """Continue reading everything. Reports that arrive meanwhile wait and are processed afterwards."""
        if not dump.read():
            return
        self.links, self._dump, self._untold = dump.links, None, True
        self._incomplete, self._again_ns = dump.interrupted, time.monotonic_ns() + AGAIN_NS

    def _read_all(self) -> None:
        """Read everything at once, at the start, when no deadline exists."""
        dump = Dump(self._dumps)
        while not dump.read():
            pass
        self.links = dump.links

    # Changing.

    def permits_changes(self) -> bool:
        """Whether this process may change addresses (CAP_NET_ADMIN), tested by deleting one from a missing link."""
        nowhere = address_message(VirtualAddress(IPv4Interface("127.0.0.1/32")), NO_INDEX, add=False)
        return self.request([nowhere]) != [os.strerror(errno.EPERM)]

    def warm_up(self) -> None:
        """Send an empty request, so that the next one is quick.

        Requests about links or addresses would wait for the kernel's rtnetlink lock, which other processes may hold for
        tens of milliseconds.
        """
        self.request([NOTHING])

    def request(self, messages: Iterable[bytes]) -> list[str]:
        """Send messages built by `requests`. Return the reasons for those that the kernel refused."""
        self.post(list(messages))
        return [problem for problem in self.answers() if problem is not None]

    def post(self, messages: list[bytes]) -> None:
        """Send messages in as few calls as possible. `answers` returns the result of each."""
        self._take_answers()
        self._answered = []  # answers that were never asked for
        for first in range(0, len(messages), MOST_AT_ONCE):
            self._take_answers()
            self._unanswered = messages[first : first + MOST_AT_ONCE]
            try:
                self._requests.send(b"".join(self._unanswered))
            except OSError as error:  # the kernel received none of these messages
                self._answered += [error.strerror] * len(self._unanswered)
                self._unanswered = []

    def answers(self) -> list[str | None]:
        """Return the result of each message of the last `post`: None, or why the kernel refused it."""
        self._take_answers()
        answered, self._answered = self._answered, []
        return answered

    def _take_answers(self) -> None:
        messages, self._unanswered = self._unanswered, []
        for message in messages:
            code, kind = self._answer(), int.from_bytes(message[4:6], "little")
            self._answered.append(None if code in (0, ALREADY.get(kind)) else os.strerror(code))

    def refusal(self, message: bytes) -> int:
        """Send one message. Return the kernel's error number, 0 for success."""
        self._take_answers()
        self._requests.send(message)
        return self._answer()

    def _answer(self) -> int:
        """Read the error number for the oldest unanswered message, which is available as soon as it was sent."""
        return -int.from_bytes(self._requests.recv(1 << 16)[16:20], "little", signed=True)
