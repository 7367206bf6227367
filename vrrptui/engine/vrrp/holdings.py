"""The addresses of all virtual routers: which router holds which, and which must be restored or removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.readiness import Readiness
from vrrptui.protocol.advert import Address
from vrrptui.protocol.states import Master

LOOKED_AT = 256  # virtual routers checked per second: thousands are checked within some seconds


class Holdings:
    """Checks the addresses of `routers`, a mapping that its owner changes."""

    def __init__(self, routers: Mapping[str, Instance], kernel: Kernel, footing: Readiness) -> None:
        self._routers = routers
        self._kernel = kernel
        self._footing = footing
        self._looked = 0  # number of routers checked in this round

    def managed(self) -> set[Address]:
        """Return every address that a virtual router adds and removes."""
        every = (
            (one, router.presence.addresses.own)
            for router in self._routers.values()
            for one in router.config.all_addresses
        )
        return {one.address for one, own in every if one.address not in own}

    def added(self) -> set[Address]:
        """Return every address that this engine may have added, including static ones."""
        return self.managed() | self._footing.managed

    def owned_by_host(self, config: VirtualRouterConfig, ours: set[Address]) -> frozenset[Address]:
        """Return the addresses of an address owner (RFC 9568 §5.2.4) that the host has independently of `ours`."""
        if not config.owner:
            return frozenset()
        every = config.all_addresses
        return frozenset(a.address for a in every if self._kernel.holds(a, config.device_of(a))) - ours

    def settle(self, routers: Iterable[Instance]) -> bool:
        """Restore or remove addresses. Return whether one has reached its restore limit.

        Does nothing while kernel reports are waiting: they may be about the engine's own changes.
        """
        if not self._kernel.catch_up():  # the reports about the last requests were read
            return False
        served = cache(self._served)  # the addresses of all masters, computed only if a stray address is found
        contested = False
        for router in routers:
            contested = (router.settle(served) and router.presence.addresses.contested) or contested
        return contested

    def next_ones(self) -> list[Instance]:
        """Return the next virtual routers to check without a kernel report."""
        if self._looked >= len(self._routers):
            self._looked = 0
        ones = list(islice(self._routers.values(), self._looked, self._looked + LOOKED_AT))
        self._looked += len(ones)
        return ones

    def _served(self) -> set[Placed]:
        """Return the addresses held by masters and by the static configuration, with their links."""
        masters = (router for router in self._routers.values() if isinstance(router.machine.state, Master))
        return {
            (index, a.interface) for router in masters for a, index in router.presence.addresses.places
        } | self._footing.held
