"""One virtual router of this host: its state machine and configuration, its transmitter, and its presence here.

Everything that must be sent at a deadline is prepared in advance: adverts, netlink requests, announcements.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from functools import cached_property

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.control.keys import group_key
from vrrptui.engine.addresses.presence import Presence
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.link import Link
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.vrrp.announcer import Announcer
from vrrptui.engine.vrrp.identity import Binding, binding_of, settings_of, way
from vrrptui.engine.vrrp.packets import Packets
from vrrptui.engine.vrrp.transmitter import Transmitter
from vrrptui.engine.vrrp.vrrp_socket import Sent, VrrpSocket
from vrrptui.protocol.advert import Address
from vrrptui.protocol.authentication import Sequence
from vrrptui.protocol.events import Reconfigured, Stopped
from vrrptui.protocol.priority import Tracked, effective_priority
from vrrptui.protocol.states import Master
from vrrptui.protocol.virtual_router import VirtualRouter

Report = Callable[["Instance", int, str], None]  # logs a line about a virtual router at a level


class Instance:
    """A virtual router. Its machine is changed by events alone; `batch.perform` carries out the actions."""

    def __init__(
        self,
        config: VirtualRouterConfig,
        kernel: Kernel,
        announcer: Announcer,
        settings: HostSettings,
        report: Report,
        stopped_by: Stopped | None = None,
        override: int | None = None,
    ) -> None:
        """`stopped_by` and `override` are taken over from the router of this name that it replaces."""
        self.config = config
        self.machine = VirtualRouter(settings_of(config), stopped_by=stopped_by, sequence=Sequence(int(time.time())))
        self.transmitter = Transmitter(announcer, self.log)
        self.presence = Presence(config, kernel, self.log, settings)
        self.override = override
        self.tracked: tuple[Tracked, ...] = ()
        self.since = time.time()  # wall clock, when the current state began
        self.link: Link | None = None
        self._kernel = kernel
        self._report = report
        self._socket: VrrpSocket | None = None
        self._deaf: str | None = None  # why no socket could be opened
        self._missing_device: str | None = None  # the device on its interface that could not be created
        self._source: Address | None = None
        self._bound_to: Binding | None = None

    @property
    def name(self) -> str:
        return self.config.name

    @cached_property
    def key(self) -> str:
        return group_key(self.config.interface, None, self.config.family.value, self.config.vrid)

    @property
    def priority(self) -> int:
        """The effective priority, from base priority, trackers and operator."""
        return effective_priority(self.config.priority, self.tracked, self.override)

    @property
    def obstacle(self) -> str | None:
        """Why the router cannot speak although its link is up and has an address; None if it can."""
        if self._socket is None:
            return f"cannot listen on {self.config.interface}" + (f": {self._deaf}" if self._deaf else "")
        if self._missing_device is not None:
            return f"cannot create {self._missing_device}"
        return None

    def log(self, text: str, level: int = logging.INFO) -> None:
        """Log a line when no deadline is near."""
        self._report(self, level, text)

    # Link and source address.

    def is_bound(self, link: Link | None, source: Address | None) -> bool:
        """Whether the current binding is for this link and source address, and other links have not changed."""
        return self._bound_to == binding_of(self.config, self._kernel, link, source)

    def bind(
        self, socket: VrrpSocket | None, link: Link | None, source: Address | None, deaf: str | None = None
    ) -> None:
        """Use this socket, link and source address, and prepare all packets for them.

        `deaf` is the reason if there is no socket.
        """
        before = self._bound_to
        self._socket, self.link, self._source, self._deaf = socket, link, source, deaf
        self._prepare()
        self._bound_to = binding_of(self.config, self._kernel, link, source)
        if isinstance(self.machine.state, Master) and before is not None and before.links != self._bound_to.links:
            self._kernel.post(self.presence.additions)
            self.added(self._kernel.answers())
            self.transmitter.announce("takeover")  # others must learn of a new link or MAC address

    def _prepare(self) -> None:
        """Prepare all packets, if there are a link and a source address."""
        config = self.config
        self.transmitter.clear(config.announcements)
        self.presence.place()  # stray addresses must be known even without a link
        if self.link is None or self._source is None:
            return
        self._missing_device = self.presence.make_devices(self.link.name)
        if self._missing_device is not None:
            return
        packets = Packets(config, self._kernel, self.link, self._source, self._socket)
        self.transmitter.prepare(packets, self._socket, self.machine, config)

    # Changes.

    def track(self, tracked: tuple[Tracked, ...]) -> None:
        """Set the trackers that count for its priority."""
        self.tracked = tracked

    def set_override(self, priority: int | None) -> None:
        """Set an operator's priority; None: use the configuration and the trackers."""
        self.override = priority

    def adopt(self, twin: VirtualRouter, sent: Sent, adverts: bool) -> None:
        """Use `twin`, whose actions were carried out. With `adverts`, `sent` is the result of sending them."""
        self.machine = twin
        if adverts:
            self.transmitter.sent(sent)

    def entered(self) -> None:
        """Record that a new state begins now."""
        self.since = time.time()

    def release(self) -> None:
        """Remove its addresses, routes and rules from this host."""
        if self.transmitter.is_prepared:
            self.transmitter.stop_announcing()
            self.log("removing VIPs.")
        self.presence.remove(not self.machine.running, self._source)

    def added(self, answers: list[str | None]) -> None:
        """Process the kernel's answers to `Presence.additions`."""
        self.presence.added(answers)
        if self.transmitter.is_prepared:
            self.log("setting VIPs.")

    def settle(self, served: Callable[[], Collection[Placed]]) -> bool:
        """As master, restore missing addresses; otherwise remove stray ones. Return whether any was restored.

        `served` returns the addresses that masters hold on this host.
        """
        if not self.presence.settle(isinstance(self.machine.state, Master), served):
            return False
        self.transmitter.announce("refresh")
        return True

    def reconfigure(self, now_ns: int, config: VirtualRouterConfig) -> None:
        """Use this configuration and keep the state. The configuration must have the same `identity`."""
        before = self.transmitter.frames
        was_bound = self.transmitter.is_prepared
        is_bound = self.is_bound(self.link, self._source)
        exchange = self.presence.reconfigure(config)
        if way(config) != way(self.config):
            self._bound_to = None
        elif is_bound:  # its own links are as they were, whichever its addresses name now
            self._bound_to = binding_of(config, self._kernel, self.link, self._source)
        self.config = config
        self.__dict__.pop("key", None)
        self.machine.handle(now_ns, Reconfigured(settings_of(config)))
        self._prepare()
        if was_bound and self.transmitter.is_prepared and isinstance(self.machine.state, Master):
            exchange()
            self.transmitter.announce_some([one for one in self.transmitter.frames if one not in before])
