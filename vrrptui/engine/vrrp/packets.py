"""The adverts and announcements of one virtual router as bytes, for one source address on one link."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address

from vrrptui.config.model.configuration import MAC_BYTES, VirtualAddress, VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.vrrp.announcer import Announced
from vrrptui.engine.vrrp.vrrp_socket import Sending, VrrpSocket
from vrrptui.protocol.advert import TTL, Address, Checksum
from vrrptui.protocol.announcement import announcement
from vrrptui.protocol.authentication import AUTH_TYPE_AH, AUTH_TYPE_PASS, Sequence, sign
from vrrptui.protocol.codec import encode_v2, encode_v3
from vrrptui.protocol.frame import build_multicast


class Packets:
    """Create it after the router's devices exist. Adverts are built when they are first asked for."""

    def __init__(
        self,
        config: VirtualRouterConfig,
        kernel: Kernel,
        link: Link,
        source: Address,
        socket: VrrpSocket | None,
    ) -> None:
        self._config = config
        self._source = source
        self._mac = config.mac if config.virtual_mac else link.mac
        self._framed = config.virtual_mac is not None and not config.unicast_peers and not _from_base(config)
        self._socket = socket
        self._form: Checksum | None = None  # of the cached sendings
        self._sendings: dict[int, list[Sending]] = {}  # by priority
        self.announcements: list[Announced] = []  # one frame per address
        self.elsewhere: list[Announced] = []  # the frames that garp_extra_if repeats
        for address in config.all_addresses:
            self._announce(address, kernel)

    def _announce(self, address: VirtualAddress, kernel: Kernel) -> None:
        config, name = self._config, self._config.device_of(address)
        parents = {device: parent for parent, device in config.devices}
        link = kernel.link(parents.get(name, name))
        if link is None or kernel.index(name) is None:
            return
        at_virtual_mac = name in parents and (config.ipvlan is None or name != config.ipvlan.name)
        mac = config.mac if at_virtual_mac else link.mac
        if len(mac) != MAC_BYTES:
            return
        self.announcements.append((link.name, announcement(address.address, mac)))
        elsewhere = link.name != config.interface
        if elsewhere and (config.announcements.extra_all or at_virtual_mac or link.virtual):
            self.elsewhere.append(self.announcements[-1])

    def adverts(self, priority: int, form: Checksum | None, sequence: Sequence) -> list[Sending]:
        """Return functions that send an advert with this priority to each destination, signed if configured.

        `form` is the checksum form that the other router uses in version 3 over IPv4, if known.
        """
        if self._socket is None:
            return []
        form = self._config.checksum_sent or form or Checksum.PSEUDO_HEADER
        if self._config.auth_type == AUTH_TYPE_AH:
            number, messages = sequence.next(), self._messages(priority, form)
            return [self._signed(self._socket, message, destination, number) for message, destination in messages]
        if form is not self._form:
            self._form = form
            self._sendings.clear()
        sendings = self._sendings.get(priority)
        if sendings is None:
            messages = self._messages(priority, form)
            sendings = self._sendings[priority] = [self._sending(self._socket, *one) for one in messages]
        return sendings

    def _messages(self, priority: int, form: Checksum) -> list[tuple[bytes, Address]]:
        return advert_messages(self._config, self._source, priority, form)

    def _sending(self, socket: VrrpSocket, message: bytes, destination: Address, signed: bool = False) -> Sending:
        if self._framed:
            frame = build_multicast(message, self._source, self._mac, destination, signed)
            return partial(socket.send_frame, frame, destination)
        return socket.sending(message, self._source, destination, self._ttl)

    def _signed(self, socket: VrrpSocket, message: bytes, destination: Address, number: int) -> Sending:
        """Return a function that sends the message behind an authentication header with this sequence number."""
        assert isinstance(self._source, IPv4Address)
        assert isinstance(destination, IPv4Address)
        numbers, password = (number, number % 0xFFFF + 1), self._config.auth_password
        packet = sign(message, self._source, destination, *numbers, password, self._ttl)
        return self._sending(socket, packet, destination, signed=True)

    @property
    def _ttl(self) -> int:
        """The TTL of adverts: 255, except for unicast_ttl with unicast peers (RFC 9568 §5.1.1.3)."""
        own = self._config.unicast_ttl
        return own if own is not None and self._config.unicast_peers else TTL


def advert_messages(
    config: VirtualRouterConfig, source: Address, priority: int, form: Checksum
) -> list[tuple[bytes, Address]]:
    """Return the VRRP messages that a virtual router sends with this priority, one for each destination."""
    addresses = tuple(a.address for a in config.addresses)
    destinations = config.unicast_peers or (config.group,)
    if config.version == 2:
        v4 = tuple(a for a in addresses if a.version == 4)
        data = config.auth_password if config.auth_type == AUTH_TYPE_PASS else b""
        message = encode_v2(config.vrid, priority, config.interval_ns, v4, config.auth_type, data)
        return [(message, destination) for destination in destinations]
    return [
        (encode_v3(config.vrid, priority, config.interval_ns, addresses, source, to, form), to)
        for to in destinations  # the checksum covers the destination
    ]


def _from_base(config: VirtualRouterConfig) -> bool:
    return config.virtual_mac is not None and config.virtual_mac.transmit_from_base
