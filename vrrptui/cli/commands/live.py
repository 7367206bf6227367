"""Live frames for `vrrptui watch`, from a packet socket that sends nothing."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Iterator

from vrrptui.cli.printing.complain import complain
from vrrptui.engine.capture.link_layer import LINK_TYPES
from vrrptui.engine.capture.pcap import CapturedFrame
from vrrptui.engine.observer.packet_socket import PacketSocket

FRAMES_PER_TURN = 256
LOOK_S = 1.0  # seconds between two looks for new and deleted interfaces
GONE = (errno.ENODEV, errno.ENXIO)  # deleted since its name was read


class ListenError(Exception):
    """An interface cannot be listened on."""


@contextlib.contextmanager
def ears(names: list[str], promiscuous: bool = False) -> Iterator[Iterator[list[CapturedFrame]]]:
    """Yield batches of VRRP frames on these interfaces, or on all except loopback if none is named.

    At the end, dropped frames are reported. Raises ListenError.
    """
    made = _Ears(names, promiscuous)
    try:
        yield made.bites()
    finally:
        if made.drops:
            complain("watch", f"the kernel dropped {made.drops} frames before they were read")
        made.close()


class _Ears:
    """Listens on interfaces, including those that appear later."""

    def __init__(self, names: list[str], promiscuous: bool = False) -> None:
        self._names = names
        self._heard: dict[int, str] = {}  # by index
        there = {name: index for index, name in socket.if_nameindex()}
        for name in names:
            if name not in there:
                raise ListenError(f"no interface {name}; there are: {', '.join(there) or 'none'}")
        try:
            self._capture = PacketSocket(promiscuous)
        except PermissionError:
            text = "no permission to capture: CAP_NET_RAW needed; use sudo, or read a capture file with -r"
            raise ListenError(text) from None
        except OSError as error:
            raise ListenError(f"cannot capture: {error.strerror}") from error
        try:
            self._look()
            if not self._heard:
                raise ListenError("no interface to listen on")
        except ListenError:
            self.close()
            raise

    @property
    def drops(self) -> int:
        """How many frames the kernel has dropped."""
        return self._capture.count_drops()

    def close(self) -> None:
        self._capture.close()

    def bites(self) -> Iterator[list[CapturedFrame]]:
        """Yield the waiting frames, at least one at a time, without end."""
        looked = time.monotonic()
        while True:
            select.select([self._capture], [], [], LOOK_S)
            bite = [
                CapturedFrame(one.stamp_ns, one.data, self._heard[one.link], one.vlan, LINK_TYPES[one.hardware])
                for one in self._capture.read(FRAMES_PER_TURN)
                if one.link in self._heard and one.hardware in LINK_TYPES
            ]
            if bite:
                yield bite
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                for change in self._look():
                    complain("watch", change)

    def _wants(self, name: str) -> bool:
        return name in self._names if self._names else name != "lo"

    def _look(self) -> list[str]:
        """Listen on new interfaces and forget deleted ones. Return the changes as text."""
        there = dict(socket.if_nameindex())
        wanted = {index: name for index, name in there.items() if self._wants(name)}
        deaf = self._capture.listen(wanted, there.keys() - wanted)
        for index, error in deaf.items():
            if error.errno not in GONE:
                raise ListenError(f"{wanted[index]}: {error.strerror}")
            del wanted[index]
        before, self._heard = self._heard, wanted
        gone = [f"no longer listening on {name}" for index, name in before.items() if wanted.get(index) != name]
        return gone + [f"now listening on {name}" for index, name in wanted.items() if before.get(index) != name]
