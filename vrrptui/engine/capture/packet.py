"""A frame from a packet socket, and constants of packet sockets (linux/if_packet.h)."""

from __future__ import annotations

from typing import NamedTuple

SOL_PACKET = 263
PACKET_OUTGOING = 4  # sent by this host


class Captured(NamedTuple):
    """A frame from the kernel."""

    stamp_ns: int  # arrival, wall clock
    data: bytes
    vlan: int | None  # VLAN tag that the kernel removed
    outgoing: bool  # sent by this host
    link: int  # index of the interface; 0: deleted
    hardware: int  # hardware type of the interface
