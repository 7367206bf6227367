"""The groups that serve each address, and deferred processing of announcements for addresses in many groups.

An address belongs to one group, or to a few where networks share a link. An address in hundreds of groups is forged,
and an ARP packet for it must not cost hundreds of times as much as any other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from vrrptui.protocol.advert import Address
from vrrptui.segment.group import Group
from vrrptui.segment.overheard import Announced, Place

FEW = 8  # up to this many groups of an address are processed at once
MOST_ROUNDS = 64  # addresses with deferred announcements; those of further addresses are dropped
PAUSE_NS = 10_000_000  # minimum time between the starts of two rounds, per group of the address

Where = tuple[Place, Address]


class Serving:
    """The groups by place and address, as advertised by their masters."""

    def __init__(self) -> None:
        self._groups: dict[Where, dict[Group, None]] = {}
        self._noted: dict[Group, tuple[Address, ...]] = {}

    def note(self, group: Group) -> None:
        """Update the addresses of `group`."""
        before, now = self._noted.get(group, ()), group.addresses
        if before is now or before == now:
            return
        self.forget(group)
        self._noted[group] = now
        for address in now:
            self._groups.setdefault((group.key.place, address), {})[group] = None

    def forget(self, group: Group) -> None:
        """Remove `group`."""
        for address in self._noted.pop(group, ()):
            there = self._groups.get((group.key.place, address), {})
            there.pop(group, None)
            if not there:
                self._groups.pop((group.key.place, address), None)

    def of(self, where: Where) -> Collection[Group]:
        """Return the groups that serve an address at a place, in the order in which they were added."""
        return self._groups.get(where, {}).keys()


@dataclass(slots=True)
class _Round:
    """The last announcement of an address, and the groups for which it is not yet processed."""

    heard: Announced
    at_ns: int
    again_ns: int  # the earliest start of the next round
    left: deque[Group] = field(default_factory=deque)
    again: bool = False  # an announcement was heard since the round began


class Spread:
    """Announcements of addresses in many groups, processed a few groups at a time."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._rounds: dict[Where, _Round] = {}

    def hear(self, where: Where, heard: Announced, now_ns: int) -> None:
        """Queue an announcement; a later one for the same address replaces it."""
        one = self._rounds.get(where)
        if one is not None:
            one.heard, one.at_ns, one.again = heard, now_ns, True
        elif len(self._rounds) < MOST_ROUNDS:
            groups = self._serving.of(where)
            self._rounds[where] = _Round(heard, now_ns, now_ns + PAUSE_NS * len(groups), deque(groups))

    def take(self, now_ns: int, most: int) -> Iterator[tuple[Group, Announced, int]]:
        """Yield at most `most` groups, each with an announcement of its address and when it was heard."""
        for where, one in list(self._rounds.items()):
            while most > 0 and one.left:
                most -= 1
                yield one.left.popleft(), one.heard, one.at_ns
            if one.left or now_ns < one.again_ns:
                continue
            del self._rounds[where]
            if one.again:
                self.hear(where, one.heard, now_ns)

    def earliest_ns(self) -> int | None:
        """Return when `take` next has something to do, or None."""
        times = (one.at_ns if one.left else one.again_ns for one in self._rounds.values())
        return min(times, default=None)
