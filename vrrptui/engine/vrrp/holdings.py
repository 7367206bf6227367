"""The addresses of all virtual routers on this host: which are held by whom, and which have to be put right."""

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

LOOKED_AT = 256  # virtual routers in one look: a second apart, so that thousands are looked at every few seconds


class Holdings:
    """Looks at `routers`, which others add to and remove from."""

    def __init__(self, routers: Mapping[str, Instance], kernel: Kernel, footing: Readiness) -> None:
        self._routers = routers
        self._kernel = kernel
        self._footing = footing
        self._looked = 0  # so many were looked at in this round

    def managed(self) -> set[Address]:
        """Every address that a virtual router adds and removes."""
        every = (
            (one, router.presence.addresses.own)
            for router in self._routers.values()
            for one in router.config.all_addresses
        )
        return {one.address for one, own in every if one.address not in own}

    def added(self) -> set[Address]:
        """Every address that this engine may have added, static ones included."""
        return self.managed() | self._footing.managed

    def owned_by_host(self, config: VirtualRouterConfig, ours: set[Address]) -> frozenset[Address]:
        """Of an address owner's addresses (RFC 9568 §5.2.4) those that the host has by itself, not by one of `ours`."""
        if not config.owner:
            return frozenset()
        every = config.all_addresses
        return frozenset(a.address for a in every if self._kernel.holds(a, config.device_of(a))) - ours

    def settle(self, routers: Iterable[Instance]) -> bool:
        """Put the addresses of these right; whether one of them has to be given up, as somebody keeps removing them.

        Not while reports wait that were not read yet: they may be of what this engine did itself.
        """
        if not self._kernel.catch_up():  # what was asked for just now is there, or gone
            return False
        served = cache(self._served)  # all masters' addresses, which only an address that should not be there needs
        contested = False
        for router in routers:
            contested = (router.settle(served) and router.presence.addresses.contested) or contested
        return contested

    def next_ones(self) -> list[Instance]:
        """The virtual routers whose turn it is to be looked at though nothing was reported."""
        if self._looked >= len(self._routers):
            self._looked = 0
        ones = list(islice(self._routers.values(), self._looked, self._looked + LOOKED_AT))
        self._looked += len(ones)
        return ones

    def _served(self) -> set[Placed]:
        """The addresses that masters and the static part of the configuration hold, with the links they are on."""
        masters = (router for router in self._routers.values() if isinstance(router.machine.state, Master))
        return {
            (index, a.interface) for router in masters for a, index in router.presence.addresses.places
        } | self._footing.held
