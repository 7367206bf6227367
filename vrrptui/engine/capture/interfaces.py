"""Where frames are heard: the interfaces listened on, each with what its frames say."""

from __future__ import annotations

from collections.abc import Mapping

from vrrptui.engine.capture.frame_cache import DecodedFrames, FrameCache
from vrrptui.engine.capture.link_layer import LINK_TYPES

Place = tuple[FrameCache, FrameCache]  # of what comes in there, and of what goes out


class HeardInterfaces:
    """Interfaces by their index. Frames of others are passed over, and counted."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.known: dict[int, Place] = {}  # those that a frame was heard on
        self.passed_over = 0
        self._names = names
        self._readings = DecodedFrames()

    def of(self, index: int, hardware: int) -> Place | None:
        """The place of a frame by its interface's index and kind. None: pass it over."""
        place = self.known.get(index)
        if place is None:
            name, link_type = self._names.get(index), LINK_TYPES.get(hardware)
            if name is None or link_type is None:
                self.passed_over += 1
                return None
            come = FrameCache(self._readings, link_type, name)
            place = self.known[index] = come, FrameCache(self._readings, link_type, name, local=True)
        return place
