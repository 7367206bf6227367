"""The sockets of all virtual routers: opened with the first router that needs one, closed with the last."""

from __future__ import annotations

import asyncio
import logging
import select
import socket
from collections.abc import Callable, Iterator, Sequence

from vrrptui.engine.host.link import LINK_GONE, Link
from vrrptui.engine.runtime.rate_limited_log import RateLimitedLog
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket, frame_socket
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP, Address, Advert, Family
from vrrptui.protocol.authentication import AUTH_TYPE_AH
from vrrptui.protocol.codec import decode

log = logging.getLogger(__name__)

RETRY_S = 2.0
Heard = dict[Instance, list[tuple[int, Advert]]]  # adverts for each router, with their monotonic arrival times


class VrrpSockets:
    """One socket for each interface, family, multicast address and protocol that virtual routers use."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        readable: Callable[[VrrpSocket], None],
        again: Callable[[], None],
        new: Callable[..., VrrpSocket] = VrrpSocket,
    ) -> None:
        """`again` is called some seconds after a socket could not be opened, to try again.

        `new` opens a socket, with the arguments of VrrpSocket.
        """
        self._loop = loop
        self._readable = readable
        self._again = again
        self._new = new
        self._retry: asyncio.TimerHandle | None = None
        self._rarely = RateLimitedLog(log)
        self._sockets: dict[tuple[int, Family, Address | None, int], VrrpSocket] = {}
        self._frames: socket.socket | None = None  # sends whole frames for all sockets
        self._poll = select.poll()
        self._by_vrid: dict[tuple[VrrpSocket, int], list[Instance]] = {}  # several may share a VRID

    def open(self, link: Link | None, router: Instance) -> tuple[VrrpSocket | None, str | None]:
        """Open or share the socket of `router`. Return it, or None and the reason if that is known."""
        try:
            return (self._open(link, router) if link is not None else None), None
        except PermissionError:
            raise
        except OSError as error:  # the link was deleted since netlink reported it, or there is no descriptor
            self._failed(error, router.config.interface)
            return None, error.strerror

    def _failed(self, error: OSError, interface: str) -> None:
        self._rarely.warn(f"cannot listen on {interface}: {error.strerror}")
        if error.errno not in LINK_GONE and self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._again()

    def _open(self, link: Link, router: Instance) -> VrrpSocket:
        config = router.config
        protocol = PROTOCOL_AH if config.auth_type == AUTH_TYPE_AH else PROTOCOL_VRRP
        sock = self._listen(link, router, None if config.unicast_peers else config.group, protocol)
        if config.receive_buffer_bytes is not None:
            sock.buffer(config.receive_buffer_bytes)
        return sock

    def open_device(self, device: Link, router: Instance, home: VrrpSocket | None) -> None:
        """Also receive for `router` on its virtual MAC device, from its own MAC address only.

        While the device is up, the kernel delivers multicast packets from another router with the same virtual MAC to
        it and not to the interface below: a macvlan in private mode takes them for its own.
        """
        if home is None or home.group is None:
            return
        try:
            self._listen(device, router, home.group, home.protocol, device.mac)
        except OSError as error:
            self._failed(error, device.name)

    def _listen(
        self, link: Link, router: Instance, group: Address | None, protocol: int, mac: bytes | None = None
    ) -> VrrpSocket:
        key = (link.index, router.config.family, group, protocol)
        sock = self._sockets.get(key)
        if sock is None:
            self._frames = self._frames or frame_socket()
            sock = self._sockets[key] = self._new(self._frames, link.name, *key, mac)
            self._loop.add_reader(sock.fileno(), self._readable, sock)
            self._poll.register(sock.fileno(), select.POLLIN)
        ones = self._by_vrid.setdefault((sock, router.config.vrid), [])
        if router not in ones:
            ones.append(router)
        sock.listen_for(vrid for one, vrid in self._by_vrid if one is sock)
        return sock

    def leave(self, router: Instance) -> None:
        """Close the sockets of `router`, unless others share them."""
        for sock, vrid in [key for key, ones in self._by_vrid.items() if router in ones]:
            self._by_vrid[sock, vrid].remove(router)
            if not self._by_vrid[sock, vrid]:
                del self._by_vrid[sock, vrid]
            if vrids := [vrid for one, vrid in self._by_vrid if one is sock]:
                sock.listen_for(vrids)
                continue
            self._loop.remove_reader(sock.fileno())
            self._poll.unregister(sock.fileno())
            sock.close()
            del self._sockets[sock.index, sock.family, sock.group, sock.protocol]

    def drain(self, sock: VrrpSocket) -> Heard:
        """Read one socket. Return its adverts by router, oldest first."""
        heard: Heard = {}
        for arrived_ns, packet in sock.receive():
            advert = decode(packet)
            for router in _concerned(self._by_vrid.get((sock, advert.vrid or 0), ()), advert):
                heard.setdefault(router, []).append((arrived_ns, advert))
        return heard

    def waiting(self, at_most_ms: int = 0) -> bool:
        """Whether a packet is waiting, or arrives within `at_most_ms` milliseconds."""
        return bool(self._poll.poll(at_most_ms))

    def __iter__(self) -> Iterator[VrrpSocket]:
        return iter(list(self._sockets.values()))

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        for sock in self:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._sockets.clear()
        if self._frames is not None:
            self._frames.close()
            self._frames = None


def _concerned(routers: Sequence[Instance], advert: Advert) -> Sequence[Instance]:
    """Of the routers with one VRID, return those that an advert may be for, by its source and destination."""
    if len(routers) < 2:
        return routers
    ends = [
        router
        for router in routers
        if advert.source in router.config.unicast_peers and router.config.unicast_source in (None, advert.destination)
    ]
    return ends or routers
