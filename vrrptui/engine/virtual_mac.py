"""The device that holds a virtual router's addresses at its virtual MAC (keepalived's use_vmac, RFC 9568 §7.3).

A macvlan in private mode on the router's interface. It is up only while the router is master, so that a backup takes
no frame addressed to the virtual MAC (§6.4.2) and answers for no address.
"""

from __future__ import annotations

import logging

from vrrptui.engine.host_settings import HostSettings, read_setting, write_setting
from vrrptui.engine.kernel import Kernel, Link
from vrrptui.engine.requests import link_removal_message, macvlan_message

log = logging.getLogger(__name__)

STABLE_OFF = "1"  # addr_gen_mode: no link-local address is made from the virtual MAC (RFC 9568 §7.4)

# What the kernel must do on the device: answer for its own addresses only, take what comes from ourselves.
ON_DEVICE = (
    ("ipv4/conf/{}/accept_local", "1"),
    ("ipv4/conf/{}/arp_ignore", "1"),
    ("ipv4/conf/{}/rp_filter", "0"),
    ("ipv4/conf/{}/promote_secondaries", "1"),
    ("ipv6/conf/{}/addr_gen_mode", STABLE_OFF),
    ("ipv6/conf/{}/accept_dad", "0"),
    ("ipv6/conf/{}/accept_ra", "0"),
)
# And on its parent: be silent about addresses that are not there.
ON_PARENT = (("ipv4/conf/{}/arp_ignore", "1"), ("ipv4/conf/{}/arp_filter", "1"))


class VirtualMacDevice:
    """The device of one virtual router. `name` is at most 15 bytes, `mac` the virtual MAC."""

    def __init__(self, kernel: Kernel, name: str, mac: bytes) -> None:
        self.name, self.mac = name, mac
        self._kernel = kernel
        self._settings = HostSettings()

    def ensure(self, parent: Link) -> int | None:
        """Make the device on `parent` if it is not there; its index, or None when the kernel refuses.

        A device of this name that was left behind is removed; one that is no virtual MAC is left alone.
        """
        there = self._kernel.link(self.name)
        if there is not None and there.mac == self.mac and there.parent == parent.index:
            return there.index
        if there is not None:
            if not there.virtual:
                log.error("cannot make %s: an interface of that name is there, and is no virtual MAC", self.name)
                return None
            self._kernel.request([link_removal_message(there.index)])
        problems = self._kernel.request([macvlan_message(self.name, parent.index, self.mac)])
        if problems:
            log.error("cannot make %s on %s: %s", self.name, parent.name, problems[0])
            return None
        self._settle_host(parent)
        self._kernel.catch_up()
        made = self._kernel.link(self.name)
        return made.index if made else None

    def remove(self) -> None:
        """Take the device away and put the host's settings back."""
        there = self._kernel.link(self.name)
        if there is not None and there.mac == self.mac:
            self._kernel.request([link_removal_message(there.index)])
        self._settings.put_back()

    def _settle_host(self, parent: Link) -> None:
        for path, value in ON_DEVICE:
            write_setting(path.format(self.name), value)
        for path, value in ON_PARENT:
            self._settings.change(path.format(parent.name), value)
        self._move_rp_filter()

    def _move_rp_filter(self) -> None:
        """The stricter of "all" and the device's own setting counts: give "all" to each interface, and clear it."""
        overall = read_setting("ipv4/conf/all/rp_filter")
        if overall in ("", "0"):
            return
        for link in self._kernel.links.values():
            path = f"ipv4/conf/{link.name}/rp_filter"
            if link.name != self.name and read_setting(path) < overall:
                self._settings.change(path, overall)
        self._settings.change("ipv4/conf/all/rp_filter", "0")
