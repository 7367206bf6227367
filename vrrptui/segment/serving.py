"""Which groups serve an address, and what is heard about one that very many serve: that is taken in a few at a time.

An address belongs to one group, or to a few on networks that share a wire. One that hundreds serve is forged, and each
ARP for it must not cost hundreds of times as much as one for another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from vrrptui.protocol.advert import Address
from vrrptui.segment.group import Group
from vrrptui.segment.overheard import Announced, Place

FEW = 8  # groups of an address that are looked at at once
MOST_ROUNDS = 64  # addresses of many groups that are taken in at a time; what is heard of others is passed over
PAUSE_NS = 10_000_000  # for each group of an address, between the beginnings of two rounds

Where = tuple[Place, Address]


class Serving:
    """The groups by place and address, as their masters advertise them."""

    def __init__(self) -> None:
        self._groups: dict[Where, dict[Group, None]] = {}
        self._noted: dict[Group, tuple[Address, ...]] = {}

    def note(self, group: Group) -> None:
        """The addresses of the group may have changed."""
        before, now = self._noted.get(group, ()), group.addresses
        if before is now or before == now:
            return
        self.forget(group)
        self._noted[group] = now
        for address in now:
            self._groups.setdefault((group.key.place, address), {})[group] = None

    def forget(self, group: Group) -> None:
        """The group is gone."""
        for address in self._noted.pop(group, ()):
            there = self._groups.get((group.key.place, address), {})
            there.pop(group, None)
            if not there:
                self._groups.pop((group.key.place, address), None)

    def of(self, where: Where) -> Collection[Group]:
        """The groups that serve an address there, in the order in which they began to."""
        return self._groups.get(where, {}).keys()


@dataclass(slots=True)
class _Round:
    """What was heard last of an address, and the groups that are yet to be told of it."""

    heard: Announced
    at_ns: int
    again_ns: int  # when the next round may begin
    left: deque[Group] = field(default_factory=deque)
    again: bool = False  # something was heard since the round began


class Spread:
    """What is heard of addresses that many groups serve, taken in over many turns."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._rounds: dict[Where, _Round] = {}

    def hear(self, where: Where, heard: Announced, now_ns: int) -> None:
        """Take it in soon; of what is heard of one address meanwhile the last counts."""
        one = self._rounds.get(where)
        if one is not None:
            one.heard, one.at_ns, one.again = heard, now_ns, True
        elif len(self._rounds) < MOST_ROUNDS:
            groups = self._serving.of(where)
            self._rounds[where] = _Round(heard, now_ns, now_ns + PAUSE_NS * len(groups), deque(groups))

    def take(self, now_ns: int, most: int) -> Iterator[tuple[Group, Announced, int]]:
        """At most so many groups, each with what was heard of its address, and when."""
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
        """When `take` has something to do; None: it has nothing."""
        times = (one.at_ns if one.left else one.again_ns for one in self._rounds.values())
        return min(times, default=None)
