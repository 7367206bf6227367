"""A frame as the kernel hands it to a packet socket, and the numbers that packet sockets share (linux/if_packet.h)."""

from __future__ import annotations

from typing import NamedTuple

SOL_PACKET = 263
PACKET_OUTGOING = 4  # this host sent it


class Captured(NamedTuple):
    """A frame as the kernel handed it over."""

    stamp_ns: int  # wall clock, of its arrival
    data: bytes
    vlan: int | None  # the tag that the kernel took off
    outgoing: bool  # sent by this host
    link: int  # the interface's index; 0: it is gone
    hardware: int  # the kernel's number for the interface's kind
