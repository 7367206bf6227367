"""The last adverts, kept as they came: what one says is read when it is looked at, and told apart by its bytes.

Routers say the same again and again, so what they say is kept once. No Textual here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, overload

import msgspec

from vrrptui.control.messages import AdvertLine, Adverts, SaidAdvert

MAX_ADVERTS = 50_000
MAX_SAID = 8192  # different ones that are remembered


class Kept(NamedTuple):
    """One advert in the ring."""

    time: float
    said: bytes  # a `SaidAdvert`, encoded
    frame: bytes  # from the link header on


@dataclass(frozen=True, slots=True)
class Numbered:
    """An advert with the number it was received under; numbers grow by one and never come back."""

    number: int
    kept: Kept

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
        """What it says; its time is 0."""
        return read_said(self.kept.said).line

    def as_json(self) -> str:
        """As `watch --json` prints it."""
        return msgspec.json.encode(msgspec.structs.replace(self.line, time=self.time)).decode()


@lru_cache(maxsize=MAX_SAID)
def read_said(said: bytes) -> SaidAdvert:
    """What an advert says; what the engine sent and is none is shown as one that cannot be read."""
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
        self._kept: deque[Kept] = deque(maxlen=MAX_ADVERTS)
        self.received = 0  # the number of the newest
        self.began = 0.0  # the time of the very first
        self.skipped = 0  # not sent by the engine, for they came too fast
        self._told: list[bytes] = []  # what the engine's messages refer to
        self._known: dict[bytes, bytes] = {}

    def take(self, message: Adverts) -> None:
        """Keep what was heard; what refers to nothing is dropped."""
        self.skipped += message.skipped
        if not message.continues:
            self._told = []
        if len(self._known) > MAX_SAID:
            self._known.clear()
        told, known = self._told, self._known
        for raw in message.said:
            said = bytes(raw)
            told.append(known.setdefault(said, said))
        count = len(told)
        fresh = [Kept(one.time, told[one.said], one.frame) for one in message.heard if 0 <= one.said < count]
        if fresh and not self.received:
            self.began = fresh[0].time
        self._kept.extend(fresh)
        self.received += len(fresh)

    @property
    def first(self) -> int:
        """The number of the oldest; one more than the newest when there is none."""
        return self.received - len(self._kept) + 1

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Numbered: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Numbered]: ...
    def __getitem__(self, index: int | slice) -> Numbered | Sequence[Numbered]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self._kept) if index < 0 else index
        return Numbered(self.first + place, self._kept[index])

    def since(self, number: int) -> Iterator[Numbered]:
        """Those with a higher number, oldest first."""
        behind = max(0, number - self.first + 1)
        newest = list(islice(reversed(self._kept), max(0, len(self._kept) - behind)))
        return (Numbered(self.received - place, newest[place]) for place in range(len(newest) - 1, -1, -1))

    def before(self, number: int) -> Iterator[Numbered]:
        """Those with a lower number, newest first."""
        for place in range(min(len(self._kept), number - self.first) - 1, -1, -1):
            yield self[place]

    def place_of(self, key: Hashable) -> int | None:
        """Where the advert with that number is."""
        place = key - self.first if isinstance(key, int) else -1
        return place if 0 <= place < len(self._kept) else None

    def copy(self) -> AdvertRing:
        """The ring as it is now."""
        other = AdvertRing()
        other._kept = self._kept.copy()
        other.received, other.skipped, other.began = self.received, self.skipped, self.began
        return other


class Matching(Sequence[Numbered]):
    """The adverts of a ring that a test lets pass; each is tested once."""

    def __init__(self, test: Callable[[Numbered], bool]) -> None:
        self._test = test
        self._ring = AdvertRing()
        self._numbers: list[int] = []
        self._tested = 0  # the number of the newest that was

    def bring_up_to(self, ring: AdvertRing) -> None:
        """Test what came since the last time; the ring may be an older copy, or another one."""
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
        """Where the advert with that number is."""
        if not isinstance(key, int):
            return None
        place = bisect_left(self._numbers, key)
        return place if place < len(self._numbers) and self._numbers[place] == key else None
