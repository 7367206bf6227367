"""Vendors of the network cards on a page, looked up in the background, once per card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from vrrptui.client.view import Row

LookUp = Callable[[Iterable[str]], Awaitable[Mapping[str, str]]]
MOST_KEPT = 4096


class Vendors:
    """The vendors of the cards seen so far. `look_up` may be slow."""

    def __init__(self, look_up: LookUp | None) -> None:
        self._look_up = look_up
        self._names: dict[str, str] = {}  # by MAC address; empty if unknown or pending

    def unasked(self, row: Row) -> list[str]:
        """Return the cards of a group that were not looked up yet, and mark them."""
        if self._look_up is None or row.group is None:
            return []
        cards = {one.source_mac for one in row.group.routers if one.source_mac and one.mac_kind == "physical"}
        new = sorted(cards - self._names.keys())
        if len(self._names) + len(new) > MOST_KEPT:
            self._names.clear()
        self._names.update(dict.fromkeys(new, ""))
        return new

    async def ask(self, macs: list[str]) -> None:
        """Look these up."""
        if self._look_up is not None:
            self._names.update(await self._look_up(macs))

    def named(self, row: Row) -> Row:
        """Return the group with the known vendors."""
        if row.group is None:
            return row
        names = [self._names.get(one.source_mac or "", "") for one in row.group.routers]
        if not any(names):
            return row
        pairs = zip(row.group.routers, names, strict=True)
        routers = [msgspec.structs.replace(one, vendor=name) if name else one for one, name in pairs]
        return replace(row, group=msgspec.structs.replace(row.group, routers=routers))
