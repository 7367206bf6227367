"""Whether a virtual router can take part in elections: link, source address, faults, start delay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator

from vrrptui.config.model.configuration import Configuration, GlobalConfig, StaticConfig, VirtualRouterConfig
from vrrptui.config.model.needed_interfaces import needed_interfaces
from vrrptui.engine.addresses.static_objects import StaticObjects, prefix_lengths
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.link_watch import LinkWatch
from vrrptui.engine.trackers.trackers import Trackers
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.advert import NS_PER_SECOND, Address, Family


class Readiness:
    """Evaluates what virtual routers depend on, and manages the static objects."""

    def __init__(self, kernel: Kernel, links: LinkWatch, trackers: Trackers) -> None:
        self._kernel = kernel
        self._links = links
        self._trackers = trackers
        self._static = StaticObjects(kernel)

    def apply(self, configuration: Configuration) -> None:
        """Use the static objects, link delays and link polling of this configuration."""
        holders: list[StaticConfig | VirtualRouterConfig] = [configuration.static, *configuration.routers]
        self._kernel.watch_routes({n for one in holders for n in prefix_lengths(one.routes, one.rules)})
        self._links.apply(configuration)
        self._static.apply(configuration)

    def refresh(self) -> None:
        """Restore static objects after a change of links, addresses or routes."""
        self._static.refresh()

    def remove(self) -> None:
        """Remove the static objects, at the end of the engine."""
        self._static.remove()

    def place(self, router: Instance, managed: set[Address]) -> tuple[Link | None, Address | None]:
        """Return a router's link and the address it sends from.

        An address owner sends from a virtual address only if its interface has no other address.
        """
        link, config = self._kernel.link(router.config.interface), router.config
        wanted = config.multicast_source or config.unicast_source
        if link is None or (wanted is not None and self._is_here(link, wanted)):
            return link, wanted
        if wanted is not None and config.unicast_peers:  # the peers expect this source address
            return link, None
        every = managed | {address.address for address in router.config.all_addresses}
        return link, link.source(config.family, every) or link.source(config.family, managed)

    def _is_here(self, link: Link, address: Address) -> bool:
        """Whether this host has the address on any interface."""
        return link.holds(address) or any(one.holds(address) for one in self._kernel.links.values())

    def usable(self, router: Instance, link: Link | None) -> Link | None:
        """Return the link if the router may speak on it, else None."""
        if link is None or not (self._links.up(link) or not router.config.track_primary):
            return None
        return link

    def faults(self, router: Instance, link: Link | None, source: Address | None) -> Iterator[str]:
        """Yield why a router cannot take part. `link` and `source` are the result of `place`."""
        config = router.config
        wanted = config.multicast_source or config.unicast_source
        if link is None:
            yield f"interface {config.interface} is missing"
        elif config.track_primary and not self._links.up(link):
            yield f"interface {config.interface} is down"
        elif source is None and (wanted is None or not config.unicast_peers):
            kind = "IPv4 address" if config.family is Family.IPV4 else "IPv6 link-local address"
            yield f"no {kind} on {config.interface}"
        if link is not None and wanted is not None:
            if config.unicast_peers and not self._is_here(link, wanted):
                yield f"its source address {wanted} is not on this host"
            elif config.track_source and not link.holds(wanted):
                yield f"its source address {wanted} is not on {config.interface}"
        if config.fault_without_peers and not config.unicast_peers:
            yield "it has no unicast peer"
        if router.presence.addresses.contested:
            yield "another process keeps removing its addresses"
        for device, why in needed_interfaces(config).items():
            if (there := self._kernel.link(device)) is None:
                yield f"interface {device} is missing, {why}"
            elif not self._links.up(there):
                yield f"interface {device} is down, {why}"
        yield from self._static.faults(config.name)
        yield from self._failed(router, self._trackers.checks)

    @property
    def managed(self) -> set[Address]:
        """The static addresses that the engine adds and removes."""
        return self._static.managed

    @property
    def held(self) -> set[Placed]:
        """The static addresses, with the links they are on."""
        return self._static.held

    def _failed(self, router: Instance, checks: Collection[str]) -> Iterator[str]:
        for tracked in router.tracked:
            if tracked.fault and not self._trackers.stopping((tracked,)):
                yield f"check {tracked.name} failed" if tracked.name in checks else f"{tracked.name} is down"


class StartDelay:
    """The delay before the first start. `again` is called at its end (vrrp_startup_delay, vrrp_delay_after_boot)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, again: Callable[[], None]) -> None:
        self._loop = loop
        self._again = again
        self._at_s: float | None = None

    def delay(self, general: GlobalConfig) -> None:
        """Start the delay, on the first call only: a reload delays no router."""
        if self._at_s is None:
            since_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            delay_s = max(general.startup_delay_ns, general.boot_delay_ns - since_boot_ns) / NS_PER_SECOND
            self._at_s = self._loop.time() + delay_s
            self._loop.call_later(delay_s, self._again)

    def waits_for(self, members: Iterable[Instance]) -> str:
        """Return what a router waits for before it starts; empty if it can start. `members` is its sync group."""
        waiting = [one.name for member in members for one in member.tracked if one.weight == 0 and one.up is None]
        if waiting:
            return f"waiting for the first result of {', '.join(waiting)}"
        if (self._at_s or 0.0) > self._loop.time():
            return "waiting for vrrp_startup_delay or vrrp_delay_after_boot"
        return ""
