"""Sending adverts and announcements of one virtual router, from packets prepared in advance."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.config.model.configuration import Announcements, VirtualRouterConfig
from vrrptui.engine.vrrp.announcer import Announced, Announcer
from vrrptui.engine.vrrp.packets import Packets
from vrrptui.engine.vrrp.vrrp_socket import Sending, Sent, VrrpSocket, send_all
from vrrptui.protocol.actions import Occasion
from vrrptui.protocol.advert import PRIORITY_RESIGN, Checksum
from vrrptui.protocol.authentication import AUTH_TYPE_AH, Sequence
from vrrptui.protocol.virtual_router import VirtualRouter


class Transmitter:
    """Sends nothing before `prepare`."""

    def __init__(self, announcer: Announcer, log: Callable[[str], None]) -> None:
        self._log = log
        self._announced: list[str] = []  # log text of an announcement, one per address
        self.unsent: Sent = None  # why the last advert was not sent
        self.unsent_adverts = 0
        self._announcer = announcer
        self._packets: Packets | None = None
        self._socket: VrrpSocket | None = None
        self._signed = False  # with an authentication header, no two adverts are equal
        self._ready: tuple[int, Checksum | None, list[Sending]] | None = None  # priority, form, functions that send

    def clear(self, schedule: Announcements) -> None:
        """Send nothing until `prepare`."""
        self._packets = self._ready = None
        self._announcer.prepare(None, schedule, [], [])

    def prepare(
        self, packets: Packets, socket: VrrpSocket | None, machine: VirtualRouter, config: VirtualRouterConfig
    ) -> None:
        """Send these packets from now on."""
        self._packets, self._socket, self._ready = packets, socket, None
        self._signed = config.auth_type == AUTH_TYPE_AH
        self._announced = [
            f"{'gratuitous ARPs' if one.address.version == 4 else 'unsolicited NAs'} on {config.device_of(one)} for "
            f"{one.address}"
            for one in config.all_addresses
        ]
        self._announcer.prepare(socket, config.announcements, packets.announcements, packets.elsewhere)
        for priority in (PRIORITY_RESIGN, machine.priority):
            packets.adverts(priority, machine.checksum, Sequence())

    # Adverts.

    def sendings(self, machine: VirtualRouter, priority: int) -> list[Sending]:
        """Return functions that send an advert with this priority to each destination."""
        if self._packets is None:
            return []
        return self._packets.adverts(priority, machine.checksum, machine.sequence)

    def advertise(self, machine: VirtualRouter) -> None:
        """Send an advert with the current priority of `machine`."""
        ready = self._ready
        if ready is None or ready[0] != machine.priority or ready[1] is not machine.checksum:
            self.send(machine, machine.priority)
        else:
            self.sent(send_all(ready[2]))

    def send(self, machine: VirtualRouter, priority: int) -> None:
        """Send an advert with this priority; 0 resigns."""
        sendings = self.sendings(machine, priority)
        self.sent(send_all(sendings))
        if not self._signed:
            self._ready = (priority, machine.checksum, sendings)

    def sent(self, why_not: Sent) -> None:
        """Record the result of an advert: None, or why it was not sent."""
        self.unsent = why_not
        self.unsent_adverts += why_not is not None

    # Announcements.

    @property
    def frames(self) -> list[Announced]:
        """The announcements, one frame per address."""
        return self._packets.announcements if self._packets is not None else []

    @property
    def is_prepared(self) -> bool:
        """Whether there are packets to send: link, devices and source address exist."""
        return self._packets is not None

    def announce(self, occasion: Occasion) -> None:
        """Announce the addresses and log it."""
        self.send_announcement(occasion)
        self.announced(occasion)

    def send_announcement(self, occasion: Occasion) -> None:
        """Announce the addresses."""
        if self._socket is not None and self._packets is not None:
            self._announcer.announce(occasion)

    def announced(self, occasion: Occasion) -> None:
        """Log that the addresses were announced, except for refreshes."""
        if self._socket is not None and self._packets is not None and occasion != "refresh":
            for what in self._announced:
                self._log(f"Sending/queueing {what}")

    def announce_some(self, frames: list[Announced]) -> None:
        """Announce addresses that were added while the router was master."""
        self._announcer.announce_some(frames)

    def announcements(self, occasion: Occasion) -> list[Callable[[], object]] | None:
        """Return functions that announce the addresses at once, or None if a pace forbids that.

        Call `begin_repeats` after sending.
        """
        return self._announcer.sendings(occasion)

    def begin_repeats(self) -> None:
        """Start the repeats on other interfaces, as configured."""
        self._announcer.begin_repeats()

    def stop_announcing(self) -> None:
        """Announce nothing more: the addresses are no longer here."""
        self._announcer.stop()
