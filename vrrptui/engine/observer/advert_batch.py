"""The adverts between two publications, for clients that show each one. Equal content is stored once."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vrrptui.control.codec import MAX_LINE_BYTES
from vrrptui.control.messages import AdvertLine, Adverts, HeardAdvert, SaidAdvert
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.observer.hidden_passwords import without_password
from vrrptui.engine.observer.snapshots import advert_line

ADVERTS_HELD = 5000  # per publication; others are counted as skipped
FRAME_BYTES = 16 << 10  # bytes of a frame that are kept, so that a message fits into a line
ROW_BYTES = 40  # bytes of an advert's JSON beside its frame
MESSAGE_BYTES = 100  # bytes of a message's JSON beside its adverts


class AdvertBatch:
    """A batch of adverts in the order they were received."""

    def __init__(self) -> None:
        self._places: dict[tuple[DecodedFrame, str], int] = {}
        self._said: list[msgspec.Raw] = []
        self._heard: list[HeardAdvert] = []
        self._skipped = 0

    def hold(self, time_s: float, frame: bytes, reading: DecodedFrame, verdict: str = "") -> None:
        """Add an advert, or count it if the batch is full. `reading` must contain VRRP.

        Passwords are removed: a client that may observe need not have the right to capture.
        """
        if len(self._heard) >= ADVERTS_HELD:
            self._skipped += 1
            return
        place = self._places.get((reading, verdict))
        if place is None:
            place = self._places[reading, verdict] = len(self._said)
            said = SaidAdvert(line=line_of(reading), verdict=verdict, link_type=reading.link_type)
            self._said.append(msgspec.Raw(msgspec.json.encode(said)))
        self._heard.append(HeardAdvert(time_s, place, without_password(frame, reading)[:FRAME_BYTES]))

    def take(self) -> Iterator[Adverts]:
        """Return the batch as messages of a line each, and start a new one; the first counts those skipped."""
        said, heard, skipped = self._said, self._heard, self._skipped
        self.forget()
        told = 0  # of the texts
        begins, size = 0, MESSAGE_BYTES
        words: list[msgspec.Raw] = []
        for number, one in enumerate(heard):
            fresh = said[told : one.said + 1]
            more = ROW_BYTES + (len(one.frame) + 2) // 3 * 4 + sum(len(bytes(word)) + 1 for word in fresh)
            if size + more > MAX_LINE_BYTES and number > begins:
                yield Adverts(said=words, heard=heard[begins:number], skipped=skipped, continues=begins > 0)
                begins, size, words, skipped = number, MESSAGE_BYTES, [], 0
            words += fresh
            told += len(fresh)
            size += more
        if heard or skipped:
            yield Adverts(said=words, heard=heard[begins:], skipped=skipped, continues=begins > 0)

    def forget(self) -> None:
        """Drop the batch."""
        self._places, self._said, self._heard, self._skipped = {}, [], [], 0


def line_of(reading: DecodedFrame) -> AdvertLine:
    """Return the content of a frame with VRRP as shown by `watch`, with time 0."""
    if reading.line is None:
        assert reading.vrrp is not None
        frame, advert = reading.vrrp
        reading.line = advert_line(0.0, advert, reading.interface, frame.vlan, frame.source_mac)
    return reading.line
