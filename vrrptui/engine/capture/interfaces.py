"""The interfaces that a packet socket listens on, each with caches for its frames."""

from __future__ import annotations

from collections.abc import Mapping

from vrrptui.engine.capture.frame_cache import DecodedFrames, FrameCache
from vrrptui.engine.capture.link_layer import LINK_TYPES

Place = tuple[FrameCache, FrameCache]  # for received and for sent frames


class HeardInterfaces:
    """Interfaces by index. Frames of other interfaces are counted."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.known: dict[int, Place] = {}  # interfaces that had a frame
        self.passed_over = 0
        self._names = names
        self._readings = DecodedFrames()

    def of(self, index: int, hardware: int) -> Place | None:
        """Return the caches for an interface of this index and hardware type; None if its frames are ignored."""
        place = self.known.get(index)
        if place is None:
            name, link_type = self._names.get(index), LINK_TYPES.get(hardware)
            if name is None or link_type is None:
                self.passed_over += 1
                return None
            come = FrameCache(self._readings, link_type, name)
            place = self.known[index] = come, FrameCache(self._readings, link_type, name, local=True)
        return place
