"""The static objects of the configuration (static_ipaddress, static_routes, static_rules) and their track_groups."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from vrrptui.config.model.configuration import Configuration, Route, Rule, StaticConfig, VirtualAddress
from vrrptui.engine.addresses.routes import InstalledRoutes
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.requests import address_message
from vrrptui.protocol.advert import Address

log = logging.getLogger(__name__)


class StaticObjects:
    """Installs the static objects of the current configuration, whichever router is master."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._config = StaticConfig()
        self._default = ""
        self._routing = InstalledRoutes(kernel, (), (), _say)
        self._foreign: set[VirtualAddress] = set()  # existed before the engine, which therefore never removes them
        self._refused: dict[VirtualAddress, str] = {}

    def apply(self, configuration: Configuration) -> None:
        """Install the static objects of `configuration`. Unchanged objects are not touched."""
        before, now, default = self._config, configuration.static, configuration.globals.default_interface
        gone = [a for a in before.addresses if a not in now.addresses or default != self._default]
        for address in gone:
            self._take(address)
        self._foreign = {a for a in now.addresses if self._is_there(a, default)} - (set(before.addresses) - set(gone))
        self._config, self._default = now, default
        routing = InstalledRoutes(self._kernel, now.routes, now.rules, _say)
        self._put_addresses()
        self._routing.exchange(routing)
        self._routing = routing

    def refresh(self) -> None:
        """Restore objects that were removed, after a change of links or routes."""
        self._put_addresses()
        self._routing.restore()

    def remove(self) -> None:
        """Remove all static objects, at the end of the engine."""
        self._routing.remove()
        for address in self._config.addresses:
            self._take(address)
        self._config = StaticConfig()

    def faults(self, router: str) -> Iterator[str]:
        """Yield why a virtual router is in fault: static objects of its track_group that could not be installed."""
        groups = {name for name, members in self._config.groups if router in members}
        if not groups:
            return
        for address, why in self._refused.items():
            if address.track_group in groups:
                yield f"static address {address}: {why}"
        yield from self._routing.missing(lambda one: one.track_group in groups)

    def prefix_lengths(self) -> set[int]:
        """The prefix lengths of the routes, for `Kernel.watch_routes`."""
        return prefix_lengths(self._config.routes, self._config.rules)

    def _put_addresses(self) -> None:
        for address in self._config.addresses:
            device = address.device or self._default
            link = self._kernel.link(device)
            if link is None:
                self._refuse(address, f"interface {device} is missing")
            elif link.holds(address.address):
                self._refused.pop(address, None)
            elif problems := self._kernel.request([address_message(address, link.index, add=True)]):
                self._refuse(address, problems[0])
            else:
                self._refused.pop(address, None)
                self._foreign.discard(address)

    def _refuse(self, address: VirtualAddress, why: str) -> None:
        if self._refused.get(address) != why:
            _say(f"cannot add static address {address}: {why}", logging.ERROR)
        self._refused[address] = why

    def _take(self, address: VirtualAddress) -> None:
        link = self._kernel.link(address.device or self._default)
        if link is not None and address not in self._foreign:
            self._kernel.request([address_message(address, link.index, add=False)])
        self._refused.pop(address, None)

    def _is_there(self, address: VirtualAddress, default: str) -> bool:
        return self._kernel.holds(address, address.device or default)

    @property
    def managed(self) -> set[Address]:
        """The static addresses that the engine adds and removes."""
        return {one.address for one in self._config.addresses if one not in self._foreign}

    @property
    def held(self) -> set[Placed]:
        """The static addresses, each with the index of its link."""
        placed = ((self._kernel.index(one.device or self._default), one) for one in self._config.addresses)
        return {(index, one.interface) for index, one in placed if index is not None}


def prefix_lengths(routes: tuple[Route, ...], rules: tuple[Rule, ...]) -> set[int]:
    """Return the prefix lengths of routes. For rules alone, return a length no route has: rules are watched too."""
    return {route.destination.prefixlen for route in routes} or ({-1} if rules else set())


def _say(text: str, level: int) -> None:
    log.log(level, "%s", text)
