"""Frames that were read, as the segment model takes them: equal ones as one object, which saves the model most work."""

from __future__ import annotations

from vrrptui.protocol.advert import Advert
from vrrptui.protocol.frame import Frame
from vrrptui.segment.group import HeardFrame

Read = tuple[Frame, Advert]


class HeardFrames:
    """Remembers, up to a bound, which object an `AdvertReader`'s reading became."""

    MAX_KEPT = 8192

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str | None, bool, bool], tuple[Read, HeardFrame]] = {}

    def of(self, read: Read, interface: str | None, local: bool = False, own_source: bool = False) -> HeardFrame:
        """The model's frame. The entry keeps `read` alive, so that its id is nobody else's."""
        key = (id(read), interface, local, own_source)
        known = self._kept.get(key)
        if known:
            return known[1]
        frame, advert = read
        heard = HeardFrame(
            advert=advert,
            interface=interface,
            vlan=frame.vlan,
            source_mac=frame.source_mac,
            local=local,
            own_source=own_source,
        )
        if len(self._kept) >= self.MAX_KEPT:
            self._kept.clear()
        self._kept[key] = read, heard
        return heard
