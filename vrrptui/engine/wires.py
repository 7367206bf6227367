"""The sockets of all our virtual routers: opened with the first router that needs one, closed with the last."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Iterator, Sequence

from vrrptui.engine.link import Link
from vrrptui.engine.router import LocalRouter
from vrrptui.engine.wire import Wire
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP, Address, Advert, Family
from vrrptui.protocol.authentication import AUTH_TYPE_AH
from vrrptui.protocol.codec import decode

Heard = dict[LocalRouter, list[tuple[int, Advert]]]  # what waited for a router, with the monotonic time of arrival


class Wires:
    """One wire for each interface, family, group and protocol that our virtual routers speak on."""

    def __init__(self, loop: asyncio.AbstractEventLoop, readable: Callable[[Wire], None]) -> None:
        self._loop = loop
        self._readable = readable
        self._wires: dict[tuple[int, Family, Address | None, int], Wire] = {}
        self._poll = select.poll()
        self._by_vrid: dict[tuple[Wire, int], list[LocalRouter]] = {}  # several are told apart by their peers

    def open(self, link: Link, router: LocalRouter) -> Wire:
        """The wire that `router` speaks on; it is heard there from now on. Raises OSError when the link is gone."""
        config = router.config
        protocol = PROTOCOL_AH if config.auth_type == AUTH_TYPE_AH else PROTOCOL_VRRP
        wire = self._listen(link, router, None if config.unicast_peers else config.group, protocol)
        if config.receive_buffer_bytes is not None:
            wire.buffer(config.receive_buffer_bytes)
        return wire

    def open_device(self, device: Link, router: LocalRouter) -> None:
        """Hear `router` on the device of its virtual MAC too, what comes from the same MAC address and no more.

        While the device is up the kernel gives it, and not the interface below, what another router sends from the
        virtual MAC to a group: a macvlan in private mode takes it for its own. Raises OSError when it is gone.
        """
        wire = router.wire
        if wire is not None and wire.group is not None:
            self._listen(device, router, wire.group, wire.protocol, device.mac)

    def _listen(
        self, link: Link, router: LocalRouter, group: Address | None, protocol: int, mac: bytes | None = None
    ) -> Wire:
        key = (link.index, router.config.family, group, protocol)
        wire = self._wires.get(key)
        if wire is None:
            wire = self._wires[key] = Wire(link.name, *key)
            wire.heard_mac = mac
            self._loop.add_reader(wire.fileno(), self._readable, wire)
            self._poll.register(wire.fileno(), select.POLLIN)
        ones = self._by_vrid.setdefault((wire, router.config.vrid), [])
        if router not in ones:
            ones.append(router)
        wire.listen_for(vrid for one, vrid in self._by_vrid if one is wire)
        return wire

    def leave(self, router: LocalRouter) -> None:
        """`router` hears nothing any more."""
        router.wire = None
        for wire, vrid in [key for key, ones in self._by_vrid.items() if router in ones]:
            self._by_vrid[wire, vrid].remove(router)
            if not self._by_vrid[wire, vrid]:
                del self._by_vrid[wire, vrid]
            if vrids := [vrid for one, vrid in self._by_vrid if one is wire]:
                wire.listen_for(vrids)
                continue
            self._loop.remove_reader(wire.fileno())
            self._poll.unregister(wire.fileno())
            wire.close()
            del self._wires[wire.index, wire.family, wire.group, wire.protocol]

    def drain(self, wire: Wire) -> Heard:
        """Everything that waits on one wire, by router, oldest first."""
        heard: Heard = {}
        for arrived_ns, packet in wire.receive():
            advert = decode(packet)
            for router in _concerned(self._by_vrid.get((wire, advert.vrid or 0), ()), advert):
                heard.setdefault(router, []).append((arrived_ns, advert))
        return heard

    def waiting(self, at_most_ms: int = 0) -> bool:
        """Whether anything waits to be read, or comes within so many milliseconds."""
        return bool(self._poll.poll(at_most_ms))

    def __iter__(self) -> Iterator[Wire]:
        return iter(list(self._wires.values()))

    def close(self) -> None:
        for wire in self:
            self._loop.remove_reader(wire.fileno())
            wire.close()
        self._wires.clear()


def _concerned(routers: Sequence[LocalRouter], advert: Advert) -> Sequence[LocalRouter]:
    """Of the routers of one VRID those that an advert may be for: by its two ends, if that tells them apart."""
    if len(routers) < 2:
        return routers
    ends = [
        router
        for router in routers
        if advert.source in router.config.unicast_peers and router.config.unicast_source in (None, advert.destination)
    ]
    return ends or routers
