"""The devices that hold a virtual router's addresses (keepalived's use_vmac and use_ipvlan).

With the virtual MAC (RFC 9568 §7.3) the device is a macvlan in private mode. It is up only while its router is master,
so that a backup receives no frame addressed to the virtual MAC (§6.4.2) and answers for no address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.requests import ipvlan_message, link_removal_message, macvlan_message
from vrrptui.engine.state.sysctl import HostSettings, read_setting, write_setting

log = logging.getLogger(__name__)

STABLE_OFF = "1"  # addr_gen_mode: make no link-local address from the virtual MAC (RFC 9568 §7.4)

# Sysctls of the device: it answers for its own addresses only, and accepts packets from this host.
ON_DEVICE = (
    ("ipv4/conf/{}/accept_local", "1"),
    ("ipv4/conf/{}/arp_ignore", "1"),
    ("ipv4/conf/{}/rp_filter", "0"),
    ("ipv4/conf/{}/promote_secondaries", "1"),
    ("ipv6/conf/{}/addr_gen_mode", STABLE_OFF),
    ("ipv6/conf/{}/accept_dad", "0"),
    ("ipv6/conf/{}/accept_ra", "0"),
)
# Sysctls of its parent: it neither answers for addresses of other interfaces nor uses them in its own requests.
ON_PARENT = (("ipv4/conf/{}/arp_ignore", "1"), ("ipv4/conf/{}/arp_filter", "1"), ("ipv4/conf/{}/arp_announce", "2"))

Make = Callable[[Link], bytes]  # the request that creates a device on a link


class VirtualDevice:
    """One device. `name` has at most 15 bytes; `mac` is None for a device with its parent's MAC address."""

    def __init__(self, kernel: Kernel, name: str, mac: bytes | None, make: Make, settings: HostSettings) -> None:
        self.name, self.mac = name, mac
        self._kernel = kernel
        self._make = make
        self._settings = settings

    def ensure(self, parent: Link) -> int | None:
        """Create the device on `parent` unless it exists. Return its index, or None if the kernel refuses.

        A device of this name from an earlier run is removed. Any other interface of this name is left alone.
        """
        there = self._kernel.link(self.name)
        if there is not None and self._is_ours(there) and there.parent == parent.index:
            return there.index
        if there is not None:
            if not (there.virtual or self._is_ours(there)):
                log.error("cannot create %s: an interface with that name exists and is not a virtual MAC", self.name)
                return None
            self._kernel.request([link_removal_message(there.index)])
        problems = self._kernel.request([self._make(parent)])
        if problems:
            log.error("cannot create %s on %s: %s", self.name, parent.name, problems[0])
            return None
        self._settle_host(parent)
        self._kernel.catch_up()
        return self._kernel.index(self.name)

    def remove(self) -> None:
        """Remove the device and restore the sysctls."""
        there = self._kernel.link(self.name)
        if there is not None and self._is_ours(there):
            self._kernel.request([link_removal_message(there.index)])
        self._settings.put_back()

    def _is_ours(self, there: Link) -> bool:
        return there.parent is not None and self.mac in (None, there.mac)

    def _settle_host(self, parent: Link) -> None:
        for path, value in ON_DEVICE:
            write_setting(path.format(self.name), value)
        wanted = {path.format(parent.name): value for path, value in ON_PARENT}
        self._settings.change(wanted | self._moved_rp_filter())

    def _moved_rp_filter(self) -> dict[str, str]:
        """The kernel uses the stricter of "all" and the device's value: copy "all" to each interface, then clear it."""
        overall = read_setting("ipv4/conf/all/rp_filter")
        if overall in ("", "0"):
            return {}
        others = (f"ipv4/conf/{link.name}/rp_filter" for link in self._kernel.links.values() if link.name != self.name)
        moved = {path: overall for path in others if read_setting(path) < overall}
        return moved | {"ipv4/conf/all/rp_filter": "0"}


class VirtualDevices:
    """All devices of one virtual router."""

    def __init__(self, config: VirtualRouterConfig, kernel: Kernel, settings: HostSettings) -> None:
        self._kernel = kernel
        self._home = config.interface
        self._devices = [(parent, _device(config, name, kernel, settings.another())) for parent, name in config.devices]

    def ensure(self) -> str | None:
        """Create the devices whose parent exists. Return the name of the one at home if that fails."""
        for parent, device in self._devices:
            link = self._kernel.link(parent)
            if link is not None and device.ensure(link) is None and parent == self._home:
                return device.name
        return None

    def remove(self) -> None:
        """Remove all devices."""
        for _, device in self._devices:
            device.remove()


def _device(config: VirtualRouterConfig, name: str, kernel: Kernel, settings: HostSettings) -> VirtualDevice:
    if config.ipvlan is not None and name == config.ipvlan.name:
        return VirtualDevice(kernel, name, None, partial(ipvlan_message, name), settings)

    def make(parent: Link) -> bytes:
        vrf = kernel.index(config.vrf) if config.vrf else parent.vrf
        return macvlan_message(name, parent, config.mac, vrf)

    return VirtualDevice(kernel, name, config.mac, make, settings)
