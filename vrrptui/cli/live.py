"""Frames from the wire for `vrrptui watch`: its own packet socket on each interface, silent like any observer."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

from vrrptui.engine.capture import CaptureSocket
from vrrptui.engine.capture_file import CapturedFrame

FRAMES_PER_TURN = 256


class CannotListenError(Exception):
    """An interface cannot be listened on."""


def frames(interfaces: list[str]) -> Iterator[CapturedFrame]:
    """Every VRRP frame on these interfaces (none named: on all but loopback), for ever. Raises CannotListenError."""
    sockets = {one.fileno(): one for one in _open(interfaces)}
    poll = select.poll()
    for descriptor in sockets:
        poll.register(descriptor, select.POLLIN)
    try:
        while True:
            for descriptor, _ in poll.poll():
                one = sockets[descriptor]
                for captured in one.read(FRAMES_PER_TURN):
                    yield CapturedFrame(
                        time_ns=captured.stamp_ns, data=captured.data, interface=one.interface, vlan=captured.vlan
                    )
    finally:
        for one in sockets.values():
            one.close()


def _open(interfaces: list[str]) -> list[CaptureSocket]:
    there = {name: index for index, name in socket.if_nameindex()}
    opened = []
    for name in interfaces or [name for name in there if name != "lo"]:
        if name not in there:
            raise CannotListenError(f"no interface {name}; there are: {', '.join(there) or 'none'}")
        try:
            opened.append(CaptureSocket(name, there[name]))
        except PermissionError:
            text = "no permission to capture: CAP_NET_RAW needed; use sudo, or read a capture file with -r"
            raise CannotListenError(text) from None
        except OSError as error:
            raise CannotListenError(f"{name}: {error.strerror}") from error
    if not opened:
        raise CannotListenError("no interface to listen on")
    return opened
