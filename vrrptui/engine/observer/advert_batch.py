"""The adverts between two publications, for whoever looks at them one by one: what is said often is kept once."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vrrptui.control.codec import MAX_LINE_BYTES
from vrrptui.control.messages import AdvertLine, Adverts, HeardAdvert, SaidAdvert
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.observer.hidden_passwords import without_password
from vrrptui.engine.observer.snapshots import advert_line

ADVERTS_HELD = 5000  # between two publications; more are counted as skipped
FRAME_BYTES = 16 << 10  # of a frame are kept: a line must hold one, and what it says
ROW_BYTES = 40  # of one advert's JSON beside its frame
MESSAGE_BYTES = 100  # of a message's JSON beside what it holds


class AdvertBatch:
    """Adverts in the order they were heard."""

    def __init__(self) -> None:
        self._places: dict[tuple[DecodedFrame, str], int] = {}
        self._said: list[msgspec.Raw] = []
        self._heard: list[HeardAdvert] = []
        self._skipped = 0

    def hold(self, time_s: float, frame: bytes, reading: DecodedFrame, verdict: str = "") -> None:
        """Keep one, or count it when there are too many. `reading` is what the frame says: there is VRRP in it.

        A password in it is left out: who may look at the segment's state need not have the right to capture.
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
        """What was held, in as many messages as their lines' limit asks for; the first one says what was skipped."""
        said, heard, skipped = self._said, self._heard, self._skipped
        self.forget()
        told = 0  # of `said`
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
        """Nobody is there to be told of them."""
        self._places, self._said, self._heard, self._skipped = {}, [], [], 0


def line_of(reading: DecodedFrame) -> AdvertLine:
    """What a frame with VRRP in it says, as `watch` shows it; its time is 0."""
    if reading.line is None:
        assert reading.vrrp is not None
        frame, advert = reading.vrrp
        reading.line = advert_line(0.0, advert, reading.interface, frame.vlan, frame.source_mac)
    return reading.line
