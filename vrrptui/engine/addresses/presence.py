"""Everything a virtual router installs on this host as master: devices, addresses, routes and rules."""

from __future__ import annotations

from collections.abc import Callable, Collection

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.engine.addresses.routes import InstalledRoutes, Say
from vrrptui.engine.addresses.virtual_addresses import PlacedAddress, VirtualAddresses
from vrrptui.engine.addresses.virtual_devices import VirtualDevices
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.requests import link_state_message
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.protocol.advert import Address


class Presence:
    """The objects of one virtual router. `addresses` is always valid; the other parts need `place` first."""

    def __init__(self, config: VirtualRouterConfig, kernel: Kernel, say: Say, settings: HostSettings) -> None:
        self.addresses = VirtualAddresses(kernel, say)
        self._config = config
        self._kernel = kernel
        self._say = say
        self._settings = settings
        self._devices = VirtualDevices(config, kernel, settings)
        self._routes = InstalledRoutes(kernel, config.routes, config.rules, say)
        self._usable = False  # the devices exist and there is an address to send from
        self._devices_up: list[bytes] = []
        self._devices_down: list[bytes] = []

    def place(self) -> None:
        """Look up the links of the addresses. Nothing can be added before `make_devices`."""
        self._usable = False
        self.addresses.place(self._places())

    def make_devices(self, interface: str) -> str | None:
        """Create the router's own devices. Return the name of the one on `interface` if it cannot be created."""
        if self._config.promote_secondaries:
            self._settings.change({f"ipv4/conf/{interface}/promote_secondaries": "1"})
        missing = self._devices.ensure()
        if missing is not None:
            return missing
        indexes = [index for _, name in self._config.devices if (index := self._kernel.index(name)) is not None]
        # A backup must not receive frames addressed to the virtual MAC (RFC 9568 §6.4.2).
        self._devices_up = [link_state_message(index, up=True) for index in indexes]
        self._devices_down = [link_state_message(index, up=False) for index in indexes]
        self.addresses.place(self._places(), indexes)
        self._usable = True
        return None

    def _places(self) -> list[PlacedAddress]:
        config = self._config
        indexed = ((a, self._kernel.index(config.device_of(a))) for a in config.all_addresses)
        return [(a, index) for a, index in indexed if index is not None]

    @property
    def additions(self) -> list[bytes]:
        """Netlink requests that add the addresses: the devices are set up first."""
        return self._devices_up + self.addresses.additions if self._usable else []

    def added(self, answers: list[str | None]) -> None:
        """Process the kernel's answers to `additions`: None for success, else the reason."""
        if self._usable:
            self.addresses.added(answers[len(self._devices_up) :])
            self._routes.put()

    def remove(self, ending: bool, source: Address | None) -> None:
        """Remove everything. `ending` and `source` are as in `VirtualAddresses.removals`."""
        self._routes.remove()
        if self._usable:
            self._kernel.request(self.addresses.removals(ending, source) + self._devices_down)

    def restore_routes(self) -> None:
        """As master, restore routes and rules that were removed, and add those whose device has appeared."""
        if self._routes:
            self._routes.restore()

    def settle(self, is_master: bool, served: Callable[[], Collection[Placed]]) -> bool:
        """As master, restore missing addresses; otherwise remove stray ones. Return whether any was restored.

        `served` returns the addresses that masters hold on this host.
        """
        if is_master:
            return self.addresses.restore()
        self.addresses.clear(served)
        return False

    def reconfigure(self, config: VirtualRouterConfig) -> Callable[[], None]:
        """Use this configuration. Call `place` next.

        Return a function for a master to call then: it moves only what differs between the two configurations.
        """
        places, routes = self.addresses.places, self._routes
        self._config = config
        self._routes = InstalledRoutes(self._kernel, config.routes, config.rules, self._say)

        def exchange() -> None:
            self.addresses.take(one for one in places if one not in self.addresses.places)
            self.addresses.add([one for one in self.addresses.places if one not in places])
            routes.exchange(self._routes)

        return exchange

    def leave(self) -> None:
        """Remove the devices and restore the sysctls, because the virtual router ends or is replaced."""
        self._devices.remove()
        self._settings.put_back()
