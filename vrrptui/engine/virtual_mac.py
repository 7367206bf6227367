"""The device that holds a virtual router's addresses at its virtual MAC (keepalived's use_vmac, RFC 9568 §7.3).

A macvlan in private mode on the router's interface. It is up only while the router is master, so that a backup takes
no frame addressed to the virtual MAC (§6.4.2) and answers for no address.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from vrrptui.engine.kernel import Kernel, Link, link_removal_message, macvlan_message

log = logging.getLogger(__name__)

SYSCTLS = Path("/proc/sys/net")
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
        self._changed: dict[str, str] = {}  # settings of the host that were others before us

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
        for path, before in self._changed.items():
            _write(path, before)
        self._changed.clear()

    def _settle_host(self, parent: Link) -> None:
        for path, value in ON_DEVICE:
            _write(path.format(self.name), value)
        for path, value in ON_PARENT:
            self._change(path.format(parent.name), value)
        self._move_rp_filter()

    def _move_rp_filter(self) -> None:
        """The stricter of "all" and the device's own setting counts: give "all" to each interface, and clear it."""
        overall = _read("ipv4/conf/all/rp_filter")
        if overall in ("", "0"):
            return
        for link in self._kernel.links.values():
            path = f"ipv4/conf/{link.name}/rp_filter"
            if link.name != self.name and _read(path) < overall:
                self._change(path, overall)
        self._change("ipv4/conf/all/rp_filter", "0")

    def _change(self, path: str, value: str) -> None:
        before = _read(path)
        if before not in ("", value):
            self._changed.setdefault(path, before)
            _write(path, value)


def _read(path: str) -> str:
    try:
        return (SYSCTLS / path).read_text().strip()
    except OSError:
        return ""


def _write(path: str, value: str) -> None:
    try:
        (SYSCTLS / path).write_text(value)
    except OSError as error:
        log.warning("cannot set %s to %s: %s", os.path.join(SYSCTLS, path), value, error.strerror)
