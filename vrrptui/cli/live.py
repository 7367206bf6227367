"""Frames from the wire for `vrrptui watch`: its own packet socket on each interface, silent like any observer."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Iterator

from vrrptui.cli.complain import complain
from vrrptui.engine.capture import CaptureSocket
from vrrptui.engine.capture_file import CapturedFrame
from vrrptui.engine.link_layer import ETHERNET

FRAMES_PER_TURN = 256
LOOK_S = 1.0  # how often it is looked for interfaces that came or went
GONE = (errno.ENODEV, errno.ENXIO)  # between its name and its socket


class CannotListenError(Exception):
    """An interface cannot be listened on."""


@contextlib.contextmanager
def ears(names: list[str], promiscuous: bool = False) -> Iterator[Iterator[list[CapturedFrame]]]:
    """All VRRP frames on these interfaces (none named: on all but loopback), in bites, for ever.

    What was lost because we were too slow is told at the end. Raises CannotListenError.
    """
    made = _Ears(names, promiscuous)
    try:
        yield made.bites()
    finally:
        if made.drops:
            complain("watch", f"the kernel dropped {made.drops} frames before they were read")
        made.close()


class _Ears:
    """The interfaces listened on; those that come later are listened on as well."""

    def __init__(self, names: list[str], promiscuous: bool = False) -> None:
        self._names, self._promiscuous = names, promiscuous
        self._sockets: dict[int, CaptureSocket] = {}  # by the interface's index
        self._poll = select.poll()
        self._drops = 0  # of interfaces that went
        there = {name: index for index, name in socket.if_nameindex()}
        for name in names:
            if name not in there:
                raise CannotListenError(f"no interface {name}; there are: {', '.join(there) or 'none'}")
        self._look(first=True)
        if not self._sockets:
            raise CannotListenError("no interface to listen on")

    @property
    def drops(self) -> int:
        """How many frames the kernel has dropped because we were too slow."""
        return self._drops + sum(one.count_drops() for one in self._sockets.values())

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()

    def bites(self) -> Iterator[list[CapturedFrame]]:
        """All VRRP frames, for ever: those that wait together, at least one."""
        looked = time.monotonic()
        while True:
            ready = dict(self._poll.poll(LOOK_S * 1000))
            for one in [one for one in self._sockets.values() if one.fileno() in ready]:
                bite = [
                    CapturedFrame(captured.stamp_ns, captured.data, one.interface, captured.vlan, ETHERNET)
                    for captured in one.read(FRAMES_PER_TURN)
                ]
                if bite:
                    yield bite
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                self._look()

    def _wants(self, name: str) -> bool:
        return name in self._names if self._names else name != "lo"

    def _look(self, first: bool = False) -> None:
        """Open what came, close what went."""
        there = {index: name for index, name in socket.if_nameindex() if self._wants(name)}
        for index, one in list(self._sockets.items()):
            if there.get(index) != one.interface:
                self._drops += one.count_drops()
                self._poll.unregister(one.fileno())
                self._sockets.pop(index).close()
                complain("watch", f"{one.interface} is gone")
        for index, name in there.items():
            if index not in self._sockets:
                self._open(index, name)
                if not first and index in self._sockets:
                    complain("watch", f"listening on {name} as well")

    def _open(self, index: int, name: str) -> None:
        try:
            one = CaptureSocket(name, index, self._promiscuous)
        except PermissionError:
            text = "no permission to capture: CAP_NET_RAW needed; use sudo, or read a capture file with -r"
            raise CannotListenError(text) from None
        except OSError as error:
            if error.errno in GONE:
                return
            raise CannotListenError(f"{name}: {error.strerror}") from error
        self._sockets[index] = one
        self._poll.register(one.fileno(), select.POLLIN)
