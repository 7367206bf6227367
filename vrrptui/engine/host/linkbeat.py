"""Polling a driver for its link state, for interfaces whose driver does not report it (linkbeat_*)."""

from __future__ import annotations

import array
import fcntl
import socket
import struct

SIOCGIFFLAGS, SIOCETHTOOL, SIOCGMIIPHY, SIOCGMIIREG = 0x8913, 0x8946, 0x8947, 0x8948
ETHTOOL_GLINK = 0x0A
IFF_RUNNING = 0x40
BMSR, BMSR_LINK = 1, 0x04  # basic mode status register of IEEE 802.3 §22.2.4.2, and its link status bit
WAYS = ("MII", "ETHTOOL", "IOCTL")  # in the order they are tried if none is configured
NAME_BYTES, DATA_BYTES = 16, 24  # of struct ifreq


def beats(name: str, way: str | None) -> bool:
    """Whether the interface has a link, polled by `way`, one of `WAYS`. True if it cannot be polled."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        for one in WAYS if way is None else (way,):
            try:
                return _ASK[one](asking, name.encode())
            except OSError:
                continue
    return True


def _mii(asking: socket.socket, name: bytes) -> bool:
    phy = _request(asking, SIOCGMIIPHY, name, bytes(DATA_BYTES))
    number = struct.unpack_from("H", phy)[0]
    answer = _request(asking, SIOCGMIIREG, name, struct.pack("HHHH", number, BMSR, 0, 0).ljust(DATA_BYTES, b"\0"))
    return bool(struct.unpack_from("HHHH", answer)[3] & BMSR_LINK)


def _ethtool(asking: socket.socket, name: bytes) -> bool:
    question = array.array("I", (ETHTOOL_GLINK, 0))
    _request(asking, SIOCETHTOOL, name, struct.pack("P", question.buffer_info()[0]).ljust(DATA_BYTES, b"\0"))
    return question[1] != 0


def _flags(asking: socket.socket, name: bytes) -> bool:
    return bool(struct.unpack_from("H", _request(asking, SIOCGIFFLAGS, name, bytes(DATA_BYTES)))[0] & IFF_RUNNING)


_ASK = {"MII": _mii, "ETHTOOL": _ethtool, "IOCTL": _flags}


def _request(asking: socket.socket, number: int, name: bytes, data: bytes) -> bytes:
    answer: bytes = fcntl.ioctl(asking.fileno(), number, name.ljust(NAME_BYTES, b"\0") + data)
    return answer[NAME_BYTES:]
