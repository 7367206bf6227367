"""The kernel's process connector: reports processes that start or execute another program.

It works only in the initial network and process namespaces, and needs CAP_NET_ADMIN. Elsewhere, callers must poll.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import struct
from collections.abc import Callable

from vrrptui.engine.capture.bpf import attach, words_of_this_host

log = logging.getLogger(__name__)

NETLINK_CONNECTOR = 11
CN_IDX_PROC = CN_VAL_PROC = 1
PROC_CN_MCAST_LISTEN = 1
NLMSG_DONE = 3
FORK, EXEC, COMM = 0x1, 0x2, 0x200
NETLINK_HEADER = struct.Struct("=IHHII")
CONNECTOR_HEADER = struct.Struct("=IIIIHH")
EVENT = struct.Struct("=IIQ")  # what, CPU, time
FORKED = struct.Struct("=IIII")  # thread and process of the parent, of the child
BEGAN = struct.Struct("=II")  # thread, process
HEADERS = NETLINK_HEADER.size + CONNECTOR_HEADER.size
PAUSE_S = 0.01  # events within this time are handled together
MESSAGES_PER_READ = 1000
RECEIVE_BUFFER = 1 << 20

Began = Callable[[set[int] | None], None]


class ProcessEvents:
    """Calls every listener with process numbers to check; with None to check all, after lost events."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Began] = []
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False

    def listen(self, began: Began) -> None:
        """Add a listener. Return whether the connector is available."""
        self._listeners.append(began)
        if self._socket is None and not self._refused:
            try:
                self._open()
            except OSError as error:
                self._refused = True
                why = error.strerror or error
                log.info("kernel process connector unavailable (%s): scanning /proc every second instead", why)

    def forget(self, began: Began) -> None:
        """Remove a listener."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(began)
        if not self._listeners and self._socket is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _open(self) -> None:
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, NETLINK_CONNECTOR)
        try:
            attach(one, words_of_this_host(HEADERS, (FORK, EXEC, COMM)))  # a busy host has many others
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            one.bind((0, CN_IDX_PROC))
            operation = struct.pack("=I", PROC_CN_MCAST_LISTEN)
            message = CONNECTOR_HEADER.pack(CN_IDX_PROC, CN_VAL_PROC, 0, 0, len(operation), 0) + operation
            one.send(NETLINK_HEADER.pack(NETLINK_HEADER.size + len(message), NLMSG_DONE, 0, 0, os.getpid()) + message)
        except OSError:
            one.close()
            raise
        self._socket = one
        self._loop.add_reader(one, self._read)

    def _read(self) -> None:
        """Read the waiting events, then pause, however many processes start on this host."""
        assert self._socket is not None
        found: set[int] | None = set()
        try:
            for _ in range(MESSAGES_PER_READ):
                data, sender = self._socket.recvfrom(4096)
                if sender[0] == 0 and found is not None and (number := process_of(data)):  # from the kernel
                    found.add(number)
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            found = None
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(PAUSE_S, self._loop.add_reader, self._socket, self._read)
        if found is None or found:
            for began in list(self._listeners):
                began(found)


def process_of(message: bytes) -> int | None:
    """Return the process that starts, or executes another program, in a connector message; None for other events."""
    if len(message) < HEADERS + EVENT.size + FORKED.size:
        return None
    what, _, _ = EVENT.unpack_from(message, HEADERS)
    if what == FORK:
        _, _, thread, process = FORKED.unpack_from(message, HEADERS + EVENT.size)
        return int(process) if thread == process else None  # a new thread is not a new process
    if what in (EXEC, COMM):
        return int(BEGAN.unpack_from(message, HEADERS + EVENT.size)[1])
    return None
