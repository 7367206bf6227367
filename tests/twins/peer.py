"""A third router in both worlds at once: it says what it is ordered to say, whatever it hears."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import struct
import threading
import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from tests.interop.captured import GROUPS, ones_complement
from tests.twins.tree import Router
from tests.twins.world import OWN, OWN_6, PEER, World, mac
from vrrptui.lab.namespaces import inside

SILENT = "silent"
MODES = ("higher", "lower", "equal", "equal-low", "resign", "version", "password", "count", "ttl", "interval")
LOW = {"eth0": "192.0.2.2", "eth1": "198.51.100.2"}
HIGH_LINK_LOCAL, LOW_LINK_LOCAL = "fe80::ffff:0:0:12", "fe80::2"
PRIORITY = {"higher": 254, "lower": 1, "resign": 0}
FIRST_NUMBER = 1_000_000  # of authentication headers: keepalived refuses those that are below its own


class Peer(threading.Thread):
    """Says the same to both hosts under test, at the same moments."""

    def __init__(self, worlds: tuple[World, ...]) -> None:
        super().__init__(daemon=True)
        self._sockets = {}
        for interface in PEER:
            self._sockets[interface] = [_socket(world, interface) for world in worlds]
        self._orders: dict[tuple[int, int], tuple[str, Router]] = {}
        self._due: dict[tuple[int, int], float] = {}
        self._lock, self._ended, self._sequence = threading.Lock(), threading.Event(), FIRST_NUMBER

    def order(self, mode: str, routers: list[Router]) -> None:
        """What to say of these virtual routers from now on."""
        with self._lock:
            for router in routers:
                key = (router.family, router.vrid)
                self._orders[key], self._due[key] = (mode, router), 0.0

    def forget(self) -> None:
        with self._lock:
            self._orders.clear()

    def run(self) -> None:
        while not self._ended.wait(0.01):
            with self._lock:
                for key, (mode, router) in list(self._orders.items()):
                    if mode != SILENT and time.monotonic() >= self._due[key]:
                        self._due[key] = max(self._due[key] + router.interval_s, time.monotonic())
                        self._say(mode, router)
                        if mode == "resign":
                            self._orders[key] = (SILENT, router)

    def close(self) -> None:
        self._ended.set()
        if self.is_alive():
            self.join()
        for made in self._sockets.values():
            for one in made:
                one.close()

    def _say(self, mode: str, router: Router) -> None:
        self._sequence += 1
        frame = advert(mode, router, self._sequence)
        for one in self._sockets.get(router.interface, ()):
            with contextlib.suppress(OSError):  # its cable is pulled
                one.send(frame)


def _socket(world: World, interface: str) -> socket.socket:
    with inside(world.hosts["p"]):
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        made.bind((interface, 0))
    return made


def advert(mode: str, router: Router, sequence: int = 1) -> bytes:
    """A whole frame."""
    router = _odd(mode, router)
    priority = PRIORITY.get(mode, 254)
    if mode in ("equal", "equal-low"):
        priority = router.priority
    own = _source(mode, router)
    to: IPv4Address | IPv6Address = ip_address(router.group) if router.group else GROUPS[router.family]
    if router.peers:
        to = ip_address(router.source or (OWN if router.family == 4 else OWN_6).get(router.interface, "192.0.2.11"))
        hardware = _bytes(mac("r", router.interface))
    elif router.family == 4:
        hardware = b"\x01\x00\x5e" + bytes([to.packed[1] & 0x7F]) + to.packed[2:]
    else:
        hardware = b"\x33\x33" + to.packed[-4:]
    body = _body(router, priority, own.packed + to.packed)
    ttl = 254 if mode == "ttl" else 255
    kind, packet = b"\x08\x00", _ipv4(router, own, to, ttl, body, sequence)
    if router.family == 6:
        kind = b"\x86\xdd"
        packet = struct.pack("!IHBB", 6 << 28, len(body), 112, ttl) + own.packed + to.packed + body
    return hardware + _bytes(mac("p", router.interface)) + kind + packet


def _odd(mode: str, router: Router) -> Router:
    if mode == "version" and router.family == 4:
        return replace(router, version=5 - router.version)
    if mode == "password":
        return replace(router, auth_type=router.auth_type or "PASS", password="wrong", version=2)
    if mode == "count":
        return replace(router, addresses=router.addresses * 2)
    if mode == "interval":
        return replace(router, interval_s=router.interval_s * 2)
    return router


def _source(mode: str, router: Router):
    low = mode == "equal-low"
    if router.peers and not low:
        return ip_address(router.peers[0])
    if router.family == 4:
        return ip_address((LOW if low else PEER).get(router.interface, "192.0.2.12"))
    return ip_address(LOW_LINK_LOCAL if low else HIGH_LINK_LOCAL)


def _body(router: Router, priority: int, ends: bytes) -> bytes:
    listed = b"".join(ip_address(one.address).packed for one in router.addresses if one.family == router.family)
    count = len([one for one in router.addresses if one.family == router.family])
    head = bytes([router.version << 4 | 1, router.vrid, priority, count])
    if router.version == 2:
        kind = {"PASS": 1, "AH": 2}.get(router.auth_type, 0)
        trailer = router.password.encode().ljust(8, b"\0") if kind == 1 else bytes(8)
        body = head + bytes([kind, round(router.interval_s)]) + b"\0\0" + listed + trailer
        return body[:6] + struct.pack("!H", ones_complement(body) ^ 0xFFFF) + body[8:]
    body = head + struct.pack("!H", round(router.interval_s * 100)) + b"\0\0" + listed
    middle = struct.pack("!BBH", 0, 112, len(body)) if router.family == 4 else struct.pack("!II", len(body), 112)
    return body[:6] + struct.pack("!H", ones_complement(ends + middle + body) ^ 0xFFFF) + body[8:]


def _ipv4(router: Router, own, to, ttl: int, body: bytes, sequence: int) -> bytes:
    protocol = 112
    if router.version == 2 and router.auth_type == "AH":
        protocol = 51
        length = 20 + 24 + len(body)
        still = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0, 0 if router.peers else ttl, 51, 0)
        start = struct.pack("!BBHII", 112, 4, 0, int(own), sequence)
        signed = still + own.packed + to.packed + start + bytes(12) + body
        key = router.password.encode().ljust(16, b"\0")
        body = start + hmac.new(key, signed, hashlib.md5).digest()[:12] + body
    head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(body), 0, 0, ttl, protocol, 0) + own.packed + to.packed
    return head[:10] + struct.pack("!H", ones_complement(head) ^ 0xFFFF) + head[12:] + body


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
