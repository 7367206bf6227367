"""Everything that one virtual router sends, made ready for one source address on one link.

Adverts by priority, netlink requests for its addresses, announcements: at a deadline they are only sent.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from vrrptui.config.model import VirtualAddress, VirtualRouterConfig
from vrrptui.engine.announcer import Announced
from vrrptui.engine.kernel import Kernel, Link, address_message, link_state_message
from vrrptui.protocol.advert import Address, Checksum, virtual_mac
from vrrptui.protocol.announcement import announcement
from vrrptui.protocol.authentication import AUTH_TYPE_AH, AUTH_TYPE_PASS, Sequence, sign
from vrrptui.protocol.codec import encode_v2, encode_v3
from vrrptui.protocol.frame import build_multicast

MAC_BYTES = 6
Sending = tuple[bytes, Address | None]  # a message and where it goes; without: a whole frame


class Outgoing:
    """`device` is the index of the virtual MAC's device, if there is one; `foreign` are not ours to add and remove."""

    def __init__(
        self,
        config: VirtualRouterConfig,
        kernel: Kernel,
        link: Link,
        source: Address,
        device: int | None,
        foreign: set[Address],
    ) -> None:
        self._config = config
        self._source = source
        self._mac = virtual_mac(config.family, config.vrid) if device is not None else link.mac
        self._framed = device is not None and not config.unicast_peers and not _from_base(config)
        self._messages: dict[tuple[int, Checksum], list[Sending]] = {}
        self.holder = link.index if device is None else device  # the link that its addresses are on
        every = config.addresses + config.excluded
        self.indexed = [(a, _index(a, self.holder, kernel)) for a in every]
        placed = [(a, index) for a, index in self.indexed if index is not None and a.address not in foreign]
        self.additions = [address_message(a, index, add=True) for a, index in placed]
        self.removals = [address_message(a, index, add=False) for a, index in placed]
        if device is not None:  # a backup takes no frame addressed to the virtual MAC (RFC 9568 §6.4.2)
            self.additions.insert(0, link_state_message(device, up=True))
            self.removals.append(link_state_message(device, up=False))
        self.announcements: list[Announced] = []  # one frame an address
        self.elsewhere: list[Announced] = []  # those of them that garp_extra_if repeats
        for address, index in self.indexed:
            if index is not None:
                self._announce(address, link if index == self.holder else kernel.links[index])

    def _announce(self, address: VirtualAddress, link: Link) -> None:
        at_home = address.device is None
        mac = self._mac if at_home else link.mac
        if len(mac) != MAC_BYTES:
            return
        self.announcements.append((link.name, announcement(address.address, mac)))
        if not at_home and (self._config.announcements.extra_all or link.virtual):
            self.elsewhere.append(self.announcements[-1])

    def adverts(self, priority: int, form: Checksum | None, sequence: Sequence) -> list[Sending]:
        """The advert with this priority, for each destination; signed if it must be, with the next number.

        `form` is the checksum's of the other speaker in version 3 over IPv4, if there is one.
        """
        form = self._config.checksum_sent or form or Checksum.PSEUDO_HEADER
        prepared = self._messages.get((priority, form))
        if prepared is None:
            prepared = self._messages[priority, form] = self._encode(priority, form)
        if self._config.auth_type == AUTH_TYPE_AH:
            return [self._signed(message, destination, sequence) for message, destination in prepared]
        return prepared

    def _encode(self, priority: int, form: Checksum) -> list[Sending]:
        config, source = self._config, self._source
        addresses = tuple(a.address for a in config.addresses)
        destinations = config.unicast_peers or (config.group,)
        if config.version == 2:
            v4 = tuple(a for a in addresses if a.version == 4)
            data = config.auth_password if config.auth_type == AUTH_TYPE_PASS else b""
            message = encode_v2(config.vrid, priority, config.interval_ns, v4, config.auth_type, data)
            messages: list[Sending] = [(message, destination) for destination in destinations]
        else:
            messages = [
                (encode_v3(config.vrid, priority, config.interval_ns, addresses, source, to, form), to)
                for to in destinations  # the sum covers the destination
            ]
        if self._framed and config.auth_type != AUTH_TYPE_AH:
            return [(build_multicast(message, source, self._mac, config.group), None) for message, _ in messages]
        return messages

    def _signed(self, message: bytes, destination: Address | None, sequence: Sequence) -> Sending:
        """The packet behind an authentication header, with the next sequence number of this router."""
        assert isinstance(self._source, IPv4Address)
        assert isinstance(destination, IPv4Address)
        number = sequence.next()
        packet = sign(message, self._source, destination, number, number % 0xFFFF + 1, self._config.auth_password)
        if self._framed:
            return build_multicast(packet, self._source, self._mac, self._config.group, signed=True), None
        return packet, destination


def _from_base(config: VirtualRouterConfig) -> bool:
    return config.virtual_mac is not None and config.virtual_mac.transmit_from_base


def _index(address: VirtualAddress, holder: int, kernel: Kernel) -> int | None:
    if address.device is None:
        return holder
    other = kernel.link(address.device)
    return other.index if other else None
