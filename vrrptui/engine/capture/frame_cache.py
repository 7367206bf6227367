"""A cache of decoded frames: a master repeats its advert, so equal frames are decoded once.

Two fields differ in every IPv4 packet and mean nothing here: the identification and the header checksum. Frames that
differ only in these are equal, if the checksum is correct.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from vrrptui.control.messages import AdvertLine
from vrrptui.engine.capture.link_layer import VLAN_TAGS, read_frame
from vrrptui.protocol.advert import Advert
from vrrptui.protocol.codec import decode
from vrrptui.protocol.frame import IPV4_HEADER_BYTES, Frame, is_intact
from vrrptui.protocol.link.link_types import (
    ETHERNET,
    ETHERNET_HEADER_BYTES,
    LINUX_COOKED,
    LINUX_COOKED_2,
    RAW_IP_NUMBERS,
)
from vrrptui.segment.group import HeardFrame, Router

FORGOTTEN_AT_ONCE = 16
IPV4_TAG = b"\x08\x00"
ETHERTYPE_PLACES = {ETHERNET: 12, LINUX_COOKED: 14, LINUX_COOKED_2: 0}
COOKED_2_HEADER_BYTES = 20
BEFORE_BYTES = ETHERNET_HEADER_BYTES + 4  # of an Ethernet frame, up to the IPv4 identification
BEHIND_BYTES = BEFORE_BYTES + 8  # up to the addresses
FRAME_HEAD = f"{BEFORE_BYTES}sH4sH"  # the bytes before the identification, it, the bytes before the checksum, it
NO_TOTAL = -1


@dataclass(slots=True, eq=False)
class DecodedFrame:
    """The content of a frame and all equal ones; `data` is the first of them.

    Users store what they derive from it in the last fields.
    """

    data: bytes
    link_type: int
    vlan: int | None  # VLAN tag that the kernel removed
    interface: str | None
    local: bool  # sent by this host
    vrrp: tuple[Frame, Advert] | None  # None: not VRRP
    heard: HeardFrame | None = None  # the input of the segment model
    router: Router | None = field(default=None, repr=False)  # its sender, if that is steady
    line: AdvertLine | None = field(default=None, repr=False)  # for `watch`, without the time
    text: str | None = None  # as printed by `watch`, without the time; empty if not printed

    def hear(self, own_source: bool = False) -> HeardFrame:
        """Return the frame for the segment model, always the same object. Only for frames with VRRP."""
        if self.heard is None or self.heard.own_source is not own_source:
            assert self.vrrp is not None
            frame, advert = self.vrrp
            self.heard = HeardFrame(
                advert=advert,
                interface=self.interface,
                vlan=frame.vlan,
                source_mac=frame.source_mac,
                local=self.local,
                own_source=own_source,
            )
        return self.heard


Key = tuple[bytes, bool, int, int | None, str | None, bool]


class DecodedFrames:
    """Decodes frames and caches the results, up to a limit."""

    MAX_REMEMBERED = 8192

    def __init__(self) -> None:
        self._known: dict[Key, DecodedFrame] = {}

    def of(
        self,
        data: bytes,
        link_type: int = ETHERNET,
        vlan: int | None = None,
        interface: str | None = None,
        local: bool = False,
    ) -> DecodedFrame:
        """Return the decoded frame. Equal frames give the same object."""
        at = ipv4_place(data, link_type)
        intact = True
        rest = data
        if at is not None:
            intact = is_intact(data[at : at + (data[at] & 0x0F) * 4])
            rest = data[: at + 4] + data[at + 6 : at + 10] + data[at + 12 :]
        key = (rest, intact, link_type, vlan, interface, local)
        known = self._known.get(key)
        if known is None:
            frame = read_frame(data, link_type, vlan)
            vrrp = (frame, decode(frame.packet)) if frame else None
            known = DecodedFrame(data, link_type, vlan, interface, local, vrrp)
            if len(self._known) >= self.MAX_REMEMBERED:  # every frame differs
                _forget_some(self._known)
            self._known[key] = known
        return known


def _forget_some(known: dict[Any, Any]) -> None:
    """Remove the oldest entries: a few, as freeing thousands at once takes longer than an advert may wait.

    Not only one, because a dictionary searches for its first entry among all deleted ones before it.
    """
    for key in list(islice(known, FORGOTTEN_AT_ONCE)):
        del known[key]


@dataclass(slots=True)
class CacheEntry:
    """A cached frame, with the fields that its key does not cover."""

    before: bytes
    between: bytes
    total: int  # identification + checksum, modulo 65535
    reading: DecodedFrame


class FrameCache:
    """A cache for the frames of one interface and direction, searched by parts of their bytes.

    It has the same limit as DecodedFrames. `order` is the byte order for unpacking `FRAME_HEAD`; sums are the same in
    both.
    """

    def __init__(
        self,
        readings: DecodedFrames,
        link_type: int = ETHERNET,
        interface: str | None = None,
        order: str = "=",
        local: bool = False,
    ) -> None:
        self.by_rest: dict[bytes, CacheEntry] = {}  # IPv4 on Ethernet, by the bytes from the addresses on
        self.by_all: dict[bytes, DecodedFrame] = {}  # frames without an IPv4 header
        self._elsewhere: dict[tuple[int | None, bytes], CacheEntry] = {}  # other IPv4: by VLAN tag and rest
        self._head = struct.Struct(order + FRAME_HEAD)
        self._pair = struct.Struct(order + "H4xH")
        self._readings, self._link_type, self._interface, self._local = readings, link_type, interface, local

    def find(self, data: bytes) -> DecodedFrame:
        """Return the decoded frame."""
        known = self.by_rest.get(data[BEHIND_BYTES:])
        if known is not None and len(data) >= BEHIND_BYTES:
            before, identification, between, checksum = self._head.unpack_from(data)
            right = known.total == (identification + checksum) % 0xFFFF or not checksum
            if right and known.before == before and known.between == between:
                return known.reading
        reading = self.by_all.get(data)
        return self.read(data) if reading is None else reading

    def tagged(self, data: bytes, vlan: int) -> DecodedFrame:
        """Return the decoded frame, whose VLAN tag the kernel removed."""
        return self.read(data, vlan)

    def read(self, data: bytes, vlan: int | None = None) -> DecodedFrame:
        """Return the decoded frame after a cache miss; `vlan` is the tag that the kernel removed."""
        at = ipv4_place(data, self._link_type)
        if at is not None:
            known = self._elsewhere.get((vlan, data[at + 12 :]))
            if known and known.before == data[: at + 4] and known.between == data[at + 6 : at + 10]:
                identification, checksum = self._numbers(data, at)
                if known.total == (identification + checksum) % 0xFFFF or not checksum:
                    return known.reading
        reading = self._readings.of(data, self._link_type, vlan, self._interface, self._local)
        if len(self.by_rest) + len(self.by_all) + len(self._elsewhere) >= self._readings.MAX_REMEMBERED:
            _forget_some(max((self.by_rest, self.by_all, self._elsewhere), key=len))
        if at is not None:
            self._remember(data, vlan, at, reading)
        elif vlan is None:
            self.by_all[data] = reading
        return reading

    def _remember(self, data: bytes, vlan: int | None, at: int, reading: DecodedFrame) -> None:
        """Cache an IPv4 frame with a correct checksum, or with none (offloading)."""
        header = data[at:][: (data[at] & 0x0F) * 4]
        if len(header) < IPV4_HEADER_BYTES or not is_intact(header):
            return
        identification, checksum = self._numbers(data, at)
        total = (identification + checksum) % 0xFFFF if checksum else NO_TOTAL
        known = CacheEntry(data[: at + 4], data[at + 6 : at + 10], total, reading)
        if self._link_type == ETHERNET and at == ETHERNET_HEADER_BYTES and vlan is None:
            self.by_rest[data[BEHIND_BYTES:]] = known
        else:
            self._elsewhere[vlan, data[at + 12 :]] = known

    def _numbers(self, data: bytes, at: int) -> tuple[int, int]:
        """Return identification and checksum of the IPv4 header at `at`."""
        identification, checksum = self._pair.unpack_from(data, at + 4)
        return identification, checksum


def ipv4_place(data: bytes, link_type: int) -> int | None:
    """Return the offset of the IPv4 header in a frame; None if there is no complete one."""
    if link_type in RAW_IP_NUMBERS:
        at = 0
        if not data or data[0] >> 4 != 4:
            return None
    else:
        tag = ETHERTYPE_PLACES.get(link_type)
        if tag is None:
            return None
        at = COOKED_2_HEADER_BYTES if link_type == LINUX_COOKED_2 else tag + 2
        ethertype = data[tag : tag + 2]
        while ethertype in VLAN_TAGS:
            ethertype, at = data[at + 2 : at + 4], at + 4
        if ethertype != IPV4_TAG:
            return None
    return at if len(data) >= at + IPV4_HEADER_BYTES else None
