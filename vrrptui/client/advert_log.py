"""The most recent adverts, decoded only when they are shown.

Routers repeat their adverts, so equal content is stored once. No Textual here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, overload

import msgspec

from vrrptui.control.messages import AdvertLine, Adverts, HeardAdvert, SaidAdvert
from vrrptui.control.plain import json_text

MAX_ADVERTS = 50_000
MAX_SAID = 8192  # distinct contents that are cached


class Kept(NamedTuple):
    """One advert of the ring."""

    time: float
    said: bytes  # an encoded `SaidAdvert`
    frame: bytes  # from the link header on


class _Block(NamedTuple):
    """The adverts of one message of the engine, stored unchanged."""

    first: int  # number of the first advert
    heard: list[HeardAdvert]
    told: list[bytes]  # the contents they refer to
    host: str

    def said(self, one: HeardAdvert) -> bytes:
        return self.told[one.said] if 0 <= one.said < len(self.told) else b""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An advert with the number it was received under. Numbers grow by one and are never reused."""

    number: int
    kept: Kept
    host: str = ""  # the host of the engine, if there are several

    @property
    def time(self) -> float:
        return self.kept.time

    @property
    def frame(self) -> bytes:
        return self.kept.frame

    @property
    def said(self) -> SaidAdvert:
        return read_said(self.kept.said)

    @property
    def line(self) -> AdvertLine:
        """Its content, with time 0."""
        return read_said(self.kept.said).line

    def as_json(self) -> str:
        """Return it as `watch --json` prints it."""
        return json_text(msgspec.structs.replace(self.line, time=self.time))


@lru_cache(maxsize=MAX_SAID)
def read_said(said: bytes) -> SaidAdvert:
    """Decode an advert. Invalid data from the engine gives an advert marked as unreadable."""
    try:
        return _SAID.decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE


UNREADABLE = SaidAdvert(
    line=AdvertLine(
        time=0.0,
        interface=None,
        vlan=None,
        source=None,
        destination=None,
        source_mac=None,
        ttl=None,
        version=None,
        type=None,
        vrid=None,
        priority=None,
        interval=None,
        auth=None,
        addresses=[],
        checksum=None,
        length=None,
        problems=["unreadable"],
    )
)
_SAID = msgspec.json.Decoder(SaidAdvert)


class AdvertRing(Sequence[Numbered]):
    """The last `MAX_ADVERTS` adverts, oldest first."""

    def __init__(self) -> None:
        self._blocks: deque[_Block] = deque()
        self._length = 0
        self.received = 0  # number of the newest
        self.began = 0.0  # time of the very first
        self.skipped = 0  # not sent by the engine, because there were too many
        self._told: dict[str, list[bytes]] = {}  # the contents that each host's messages refer to
        self._known: dict[bytes, bytes] = {}

    def take(self, message: Adverts, host: str = "") -> None:
        """Add adverts, from the engine of `host` if there are several."""
        self.skipped += message.skipped
        told = self._told.get(host)
        if told is None or not message.continues:
            told = self._told[host] = []
        if len(self._known) > MAX_SAID:
            self._known.clear()
        for raw in message.said:
            said = bytes(raw)
            told.append(self._known.setdefault(said, said))
        if not message.heard:
            return
        if not self.received:
            self.began = message.heard[0].time
        self._blocks.append(_Block(self.received + 1, message.heard, told, host))
        self.received += len(message.heard)
        self._length = min(MAX_ADVERTS, self._length + len(message.heard))
        while len(self._blocks) > 1 and self._blocks[1].first <= self.first:
            self._blocks.popleft()

    @property
    def first(self) -> int:
        """The number of the oldest; one more than the newest if there is none."""
        return self.received - self._length + 1

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Numbered: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Numbered]: ...
    def __getitem__(self, index: int | slice) -> Numbered | Sequence[Numbered]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        number = self.first + place
        block = self._blocks[bisect_right(self._blocks, number, key=_first_of) - 1]
        return _numbered(block, number)

    def since(self, number: int) -> Iterator[Numbered]:
        """Return those with a higher number, oldest first."""
        number = max(number, self.first - 1)
        fresh: list[_Block] = []
        for block in reversed(self._blocks):
            if block.first + len(block.heard) <= number + 1:
                break
            fresh.append(block)
        for block in reversed(fresh):
            for at in range(max(number + 1, block.first), block.first + len(block.heard)):
                yield _numbered(block, at)

    def before(self, number: int, limit: int, wanted: Callable[[SaidAdvert], bool]) -> Iterator[Numbered]:
        """Return those of the `limit` adverts before `number` that match, newest first."""
        known: dict[bytes, bool] = {}
        last = max(self.first, number - limit)
        for block in reversed(self._blocks):
            if block.first >= number:
                continue
            for at in range(min(number, block.first + len(block.heard)) - 1, max(last, block.first) - 1, -1):
                said = block.said(block.heard[at - block.first])
                fits = known.get(said)
                if fits is None:
                    fits = known[said] = wanted(read_said(said))
                if fits:
                    yield _numbered(block, at)
            if block.first <= last:
                return

    def place_of(self, key: Hashable) -> int | None:
        """Return the position of the advert with this number."""
        place = key - self.first if isinstance(key, int) else -1
        return place if 0 <= place < self._length else None

    def copy(self) -> AdvertRing:
        """Return a copy of the ring."""
        other = AdvertRing()
        other._blocks, other._length = self._blocks.copy(), self._length
        other.received, other.skipped, other.began = self.received, self.skipped, self.began
        return other


def _first_of(block: _Block) -> int:
    return block.first


def _numbered(block: _Block, number: int) -> Numbered:
    one = block.heard[number - block.first]
    return Numbered(number, Kept(one.time, block.said(one), one.frame), block.host)


class Matching(Sequence[Numbered]):
    """The adverts of a ring that match a test; each is tested once."""

    def __init__(self, test: Callable[[Numbered], bool]) -> None:
        self._test = test
        self._ring = AdvertRing()
        self._numbers: list[int] = []
        self._tested = 0  # number of the newest that was tested

    def bring_up_to(self, ring: AdvertRing) -> None:
        """Test the adverts that are new. The ring may be an older copy, or another one."""
        if ring.received < self._tested:
            self._numbers, self._tested = [], 0
        self._numbers += [one.number for one in ring.since(self._tested) if self._test(one)]
        self._ring, self._tested = ring, ring.received
        del self._numbers[: bisect_left(self._numbers, ring.first)]

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Numbered: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Numbered]: ...
    def __getitem__(self, index: int | slice) -> Numbered | Sequence[Numbered]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return self._ring[self._numbers[index] - self._ring.first]

    def place_of(self, key: Hashable) -> int | None:
        """Return the position of the advert with this number."""
        if not isinstance(key, int):
            return None
        place = bisect_left(self._numbers, key)
        return place if place < len(self._numbers) and self._numbers[place] == key else None
