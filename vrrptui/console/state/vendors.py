"""Who made the network cards that a page names: asked for beside the console, once for each card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from vrrptui.client.view import Row

LookUp = Callable[[Iterable[str]], Awaitable[Mapping[str, str]]]
MOST_KEPT = 4096


class Vendors:
    """The vendors of the cards seen so far. `look_up` may take its time."""

    def __init__(self, look_up: LookUp | None) -> None:
        self._look_up = look_up
        self._names: dict[str, str] = {}  # by MAC address; empty where nobody knows, or the answer is not there yet

    def unasked(self, row: Row) -> list[str]:
        """The cards of a group's routers that were not asked for yet; from now on they are."""
        if self._look_up is None or row.group is None:
            return []
        cards = {one.source_mac for one in row.group.routers if one.source_mac and one.mac_kind == "physical"}
        new = sorted(cards - self._names.keys())
        if len(self._names) + len(new) > MOST_KEPT:
            self._names.clear()
        self._names.update(dict.fromkeys(new, ""))
        return new

    async def ask(self, macs: list[str]) -> None:
        """Have them looked up."""
        if self._look_up is not None:
            self._names.update(await self._look_up(macs))

    def named(self, row: Row) -> Row:
        """The group with the vendors that are known."""
        if row.group is None:
            return row
        names = [self._names.get(one.source_mac or "", "") for one in row.group.routers]
        if not any(names):
            return row
        pairs = zip(row.group.routers, names, strict=True)
        routers = [msgspec.structs.replace(one, vendor=name) if name else one for one, name in pairs]
        return replace(row, group=msgspec.structs.replace(row.group, routers=routers))
