"""Reading all links and addresses from the kernel in parts, spread over several turns of the loop."""

from __future__ import annotations

import socket

from vrrptui.engine.host import mirror
from vrrptui.engine.host.netlink import HEADER, ifaddrmsg, ifinfmsg, messages
from vrrptui.engine.host.requests import NLM_F_REQUEST, encoded

NETLINK_ROUTE = 0
RTM_GETLINK, RTM_GETADDR = 18, 22
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_DUMP, NLM_F_DUMP_INTR = 0x300, 0x10
SO_RCVBUFFORCE = 33
PIECE_BYTES = 1 << 18  # larger than any datagram of the kernel


class Dump:
    """One reading of everything. The kernel continues each time a datagram is read, so it never waits."""

    def __init__(self, over: socket.socket) -> None:
        """`over` is a netlink socket that is not used for anything else meanwhile."""
        self.links: mirror.Links = {}
        self.interrupted = False  # something changed during the reading: an entry may be missing
        self._socket = over
        self._wanted = [(ifaddrmsg, RTM_GETADDR), (ifinfmsg, RTM_GETLINK)]
        self._ask()

    def read(self) -> bool:
        """Read one datagram. Return whether it was the last."""
        for kind, message in messages(self._socket.recv(PIECE_BYTES)):
            self.interrupted |= bool(HEADER.unpack_from(message)[2] & NLM_F_DUMP_INTR)
            if kind not in (NLMSG_DONE, NLMSG_ERROR):
                mirror.take(self.links, kind, message)
            elif self._wanted:
                self._ask()
            else:
                return True
        return False

    def _ask(self) -> None:
        make, kind = self._wanted.pop()
        self._socket.send(encoded(make(), kind, NLM_F_REQUEST | NLM_F_DUMP))


def netlink_socket(groups: int, buffer_bytes: int) -> socket.socket:
    """Open a NETLINK_ROUTE socket for these groups. `buffer_bytes` 0 keeps the kernel's size. Raises OSError."""
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE)
    try:
        if buffer_bytes:
            one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes)
    except PermissionError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    one.bind((0, groups))
    return one
