"""The addresses of a virtual router on this host: a master has all of them, other states have none.

An address in the configuration belongs to the virtual router, even if another program added it, as with keepalived. The
exception is an address owner: addresses that the host had before the engine stay at the end.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.addresses.restore_limit import RestoreLimit
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.requests import address_message, link_state_message
from vrrptui.protocol.advert import Address

LINK_GONE = os.strerror(errno.ENODEV)  # the kernel reports a missing link in a moment

Say = Callable[[str, int], None]  # logs a line at a level
PlacedAddress = tuple[VirtualAddress, int]  # an address and the index of its link


class VirtualAddresses:
    """The addresses of one virtual router, with what the kernel refused and what others removed."""

    def __init__(self, kernel: Kernel, say: Say) -> None:
        self._kernel = kernel
        self._say = say
        self._places: Sequence[PlacedAddress] = ()
        self._devices: Sequence[int] = ()
        self.additions: list[bytes] = []  # requests that add the addresses, in the order of `places`
        self._removals: list[bytes] = []
        self._refused: dict[VirtualAddress, str] = {}  # refused by the kernel, with the reason
        self._lost = RestoreLimit()
        self._strays = RestoreLimit()
        self.own: frozenset[Address] = frozenset()  # of an address owner: the host had them before the engine

    def keep(self, addresses: Collection[Address]) -> None:
        """Never remove these: the host had them before the engine."""
        self.own = self.own | frozenset(addresses)

    @property
    def places(self) -> Sequence[PlacedAddress]:
        """The addresses whose link exists, in the order of the configuration."""
        return self._places

    def place(self, places: Sequence[PlacedAddress], devices: Sequence[int] = ()) -> None:
        """Set the addresses and their links. `devices` are the indexes of the router's own links."""
        self._devices = devices
        self._places = places
        self.additions = [address_message(address, index, add=True) for address, index in places]
        self._removals = [address_message(address, index, add=False) for address, index in places]
        known = {address for address, _ in places}
        self._refused = {address: why for address, why in self._refused.items() if address in known}

    def added(self, answers: Sequence[str | None]) -> None:
        """Process the kernel's answers to `additions`, in the order of `places`: None for success, else the reason."""
        self._answered(self._places, answers)

    def _answered(self, places: Sequence[PlacedAddress], answers: Sequence[str | None]) -> None:
        for (address, index), why in zip(places, answers, strict=True):
            self._note(address, why)
            if why is None:
                self._kernel.taken(address, index)

    def removals(self, ending: bool, source: Address | None) -> list[bytes]:
        """Return requests that remove the addresses. `ending`: the engine or the router ends.

        An address owner keeps the address it sends from, and at the end everything the host had before.
        """
        self._refused.clear()
        return [
            request
            for (address, _), request in zip(self._places, self._removals, strict=True)
            if not self._stays(address, ending, source)
        ]

    def _stays(self, address: VirtualAddress, ending: bool, source: Address | None) -> bool:
        return address.address in self.own and (ending or address.address == source)

    def restore(self) -> bool:
        """As master, set the devices up and add missing addresses. Return whether anything was changed."""
        missing = [one for one in self._places if one[0].tracked and not self._kernel.has(*one)]
        if down := [link for index in self._devices if (link := self._kernel.links.get(index)) and not link.enabled]:
            names = ", ".join(link.name for link in down)
            self._lost.restored(time.monotonic())
            self._say(f"{names} was set down by another process: setting it up", logging.WARNING)
            self._kernel.request(link_state_message(link.index, up=True) for link in down)
            return self.add(self._places)
        if not missing:
            return False
        taken = [(address, index) for address, index in missing if address not in self._refused]
        if taken:
            self._lost.restored(time.monotonic())
            gone = ", ".join(sorted(str(address.address) for address, _ in taken))
            self._say(f"{gone} was removed by another process: restoring it", logging.WARNING)
        return self.add(missing)

    def add(self, places: Sequence[PlacedAddress]) -> bool:
        """Add these addresses. Return whether the kernel accepted at least one."""
        self._kernel.post([address_message(address, index, add=True) for address, index in places])
        answers = self._kernel.answers()
        self._answered(places, answers)
        return None in answers

    def take(self, places: Iterable[PlacedAddress]) -> None:
        """Remove these addresses, which are no longer configured. An address owner keeps what the host had before."""
        gone = [(address, index) for address, index in places if address.address not in self.own]
        self._kernel.request(address_message(address, index, add=False) for address, index in gone)
        for address, _ in gone:
            self._say(f"removing {address}", logging.INFO)

    def clear(self, served: Callable[[], Collection[Placed]]) -> None:
        """In any state but master, remove addresses that are here, except those another router holds (`served`)."""
        strays = [
            (address, index)
            for address, index in self._places
            if address.address not in self.own and self._kernel.has(address, index)
        ]
        if strays:
            held = served()
            strays = [(address, index) for address, index in strays if (index, address.interface) not in held]
        if not strays or self._strays.is_on(time.monotonic()):
            return
        self._strays.restored(time.monotonic())
        self._kernel.request(
            address_message(replace(address, interface=found), index, add=False)
            for address, index in strays
            if (found := self._kernel.links[index].held_as(address.interface)) is not None
        )
        there = ", ".join(str(address) for address, _ in strays)
        self._say(f"{there} was on this host although this router is not master: removed", logging.WARNING)

    @property
    def contested(self) -> bool:
        """Whether the restore limit has been reached."""
        return self._lost.is_on(time.monotonic())

    def missing(self) -> list[str]:
        """As master: the missing addresses, each with the reason if it is known."""
        found = []
        for address, index in self._places:
            there = self._kernel.has(address, index)
            duplicate = there and self._kernel.is_duplicate(address, index)
            if not address.tracked or (there and not duplicate):
                continue
            why = "duplicate address detection failed: another host has it" if duplicate else self._refused.get(address)
            name = self._kernel.links[index].name if index in self._kernel.links else "its interface"
            found.append(f"{address} is not on {name}" + (f": {why}" if why else ""))
        return found

    def held(self) -> list[str]:
        """In any state but master: the addresses that are here nevertheless."""
        return [str(a) for a, index in self._places if a.address not in self.own and self._kernel.has(a, index)]

    def _note(self, address: VirtualAddress, why: str | None) -> None:
        if why is None:
            self._refused.pop(address, None)
            return
        if self._refused.get(address) != why and why != LINK_GONE:
            self._say(f"cannot add virtual address {address}: {why}", logging.ERROR)
        self._refused[address] = why
