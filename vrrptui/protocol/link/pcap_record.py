"""Encodes a pcap file: its header, and a record for each frame.

The caller writes the bytes. A VLAN tag that the kernel removed from a frame can be restored.
"""

from __future__ import annotations

import struct

from vrrptui.protocol.link.link_types import ETHERNET, ETHERTYPES_VLAN, VLAN_ID_MASK

MICROSECONDS, NANOSECONDS = 1_000_000, 1_000_000_000  # units per second of a time's fraction
MAGICS = {MICROSECONDS: 0xA1B2C3D4, NANOSECONDS: 0xA1B23C4D}
SNAPLEN = 262_144
TAG_AT = 12  # offset of the tag or ethertype in an Ethernet frame


def file_header(link_type: int, units: int) -> bytes:
    """Return the header of a file whose times have `units` per second: MICROSECONDS or NANOSECONDS."""
    return struct.pack("<IHHiIII", MAGICS[units], 2, 4, 0, 0, SNAPLEN, link_type)


def record(time: int, units: int, frame: bytes, original_length: int = 0) -> bytes:
    """Return the record of a frame. `time` counts `units` since 1970.

    `original_length` is the length of the frame on the link, if longer than `frame`.
    """
    seconds, fraction = divmod(time, units)
    kept = frame[:SNAPLEN]
    return struct.pack("<IIII", seconds & 0xFFFFFFFF, fraction, len(kept), max(original_length, len(frame))) + kept


def tagged(frame: bytes, vlan: int | None, link_type: int = ETHERNET) -> bytes:
    """Return the frame with the 802.1Q tag of a VLAN, 0 to 4095; unchanged if None or not Ethernet."""
    if vlan is None or link_type != ETHERNET or len(frame) < TAG_AT:
        return frame
    return frame[:TAG_AT] + struct.pack("!HH", ETHERTYPES_VLAN[0], vlan & VLAN_ID_MASK) + frame[TAG_AT:]


def outer_vlan(frame: bytes) -> int | None:
    """Return the VLAN ID of the outermost tag in an Ethernet frame, or None."""
    kind, tag = frame[TAG_AT : TAG_AT + 2], frame[TAG_AT + 2 : TAG_AT + 4]
    if int.from_bytes(kind, "big") not in ETHERTYPES_VLAN or len(tag) < 2:
        return None
    return int.from_bytes(tag, "big") & VLAN_ID_MASK
