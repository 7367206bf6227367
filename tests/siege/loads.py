"""What a siege throws at a master, as programs: `python -m tests.siege.loads KIND SECONDS [ARGUMENT...]`.

Each says `begins` once it is about to begin, and at the end how much it has done. The frames leave by eth0 of the
namespace that it runs in; the kinds of clients want the path of a control socket.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from tests.interop.flood import FRAMES, forged
from vrrptui.control import codec
from vrrptui.control.messages import StopRouter, Subscribe
from vrrptui.protocol.advert import IPV4_GROUP, NS_PER_SECOND, Checksum, Family, virtual_mac
from vrrptui.protocol.checksum import ones_complement
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

LOOKER, GROUP = 5001, 4990  # a user, and the group that may look, which is known to the engine alone
CONNECTIONS = 32
OWN_VRID = 51
FORGED = [vrid for vrid in range(1, 250) if vrid != OWN_VRID]
ADDRESS = IPv4Address("192.0.2.222")  # which all forged groups claim
OTHER_MAC = bytes.fromhex("020000000009")
ARPS_PER_S, REPORTS_PER_S, FORGED_PER_S = 500, 200, 3000
SPEAKERS = 4  # of each forged group
PIECE_S = 0.01
OTHER_LINK = "d1"

Going = Callable[[], bool]  # whether to go on


def main(kind: str, seconds: float, *arguments: str) -> None:
    begin = KINDS[kind](*arguments)
    print("begins", flush=True)
    ends = time.monotonic() + seconds
    print(f"{kind}: {begin(lambda: time.monotonic() < ends)}", flush=True)


# Clients.


def subscribing(path: str) -> Callable[[Going], str]:
    """Who may only look asks for adverts, and for no adverts, without end, on all connections it gets."""
    return _flood(path, b"".join(codec.encode(Subscribe(adverts=wanted)) for wanted in (True, False)) * 1000)


def commanding(path: str) -> Callable[[Going], str]:
    """Who may only look gives commands without end."""
    return _flood(path, codec.encode(StopRouter(id=1, router="VI_1")) * 1500)


def _flood(path: str, lines: bytes) -> Callable[[Going], str]:
    _become_a_looker()

    def flood(going: Going) -> str:
        ours: list[socket.socket] = []
        sent = 0
        while going():
            if len(ours) < CONNECTIONS and (one := _connected(path)):
                one.setblocking(False)
                ours.append(one)
            for one in list(ours):
                try:
                    sent += one.send(lines)
                    one.recv(1 << 18)
                except BlockingIOError:
                    pass
                except OSError:  # it was cut off, or not let in
                    ours.remove(one)
                    one.close()
            time.sleep(0.0005)
        return f"{sent} bytes"

    return flood


def connecting(path: str) -> Callable[[Going], str]:
    """Who may only look connects and closes without end."""
    _become_a_looker()
    return connecting_as_root(path)


def connecting_as_root(path: str) -> Callable[[Going], str]:
    """root connects, reads how the greeting begins and closes, again and again, as a bad monitoring script does."""

    def connect(going: Going) -> str:
        done = 0
        while going():
            if one := _connected(path):
                done += 1
                with contextlib.suppress(OSError):
                    one.recv(4096)
                one.close()
        return f"{done} connections"

    return connect


def _connected(path: str) -> socket.socket | None:
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(2)
    try:
        one.connect(path)
    except OSError:
        one.close()
        time.sleep(0.001)
        return None
    return one


def _become_a_looker() -> None:
    os.setgroups([])
    os.setgid(GROUP)
    os.setuid(LOOKER)


# The kernel's reports.


def churning(address: str) -> Callable[[Going], str]:
    """Thousands of addresses of another interface come and go without end; `address` of eth0 goes in the middle."""
    every = [f"198.51.100.{host}/{length} dev {OTHER_LINK}" for length in range(25, 33) for host in range(1, 255)]
    add, remove = (_batch(f"addr {act}", every) for act in ("add", "del"))

    def churn(going: Going) -> str:
        rounds = 0
        while going() or rounds < 2:
            _ip(add)
            if rounds == 1:
                _ip(f"addr del {address} dev eth0\n")
            _ip(remove)
            rounds += 1
        return f"{2 * rounds * len(every)} changes"

    return churn


def adding() -> Callable[[Going], str]:
    """5,000 addresses are added at once; in the end they go, at once as well."""
    every = [f"2001:db8:0:{number:x}::1/128 dev {OTHER_LINK} nodad" for number in range(1, 5001)]
    batch = _batch("addr add", every)

    def add(going: Going) -> str:
        began = time.monotonic()
        _ip(batch)
        took = time.monotonic() - began
        while going():
            time.sleep(PIECE_S)
        _ip(_batch("addr del", every))
        return f"{len(every)} addresses in {took:.1f} s"

    return add


def _batch(act: str, every: list[str]) -> str:
    return "".join(f"{act} {one}\n" for one in every)


def _ip(batch: str) -> None:
    subprocess.run(["ip", "-force", "-batch", "-"], input=batch, text=True, check=False, capture_output=True)


# The segment.


def storming() -> Callable[[Going], str]:
    """ARP replies, 500 a second with one MAC address or another, for an address that 248 forged groups serve."""
    adverts = [_advert(vrid, IPv4Address(f"192.0.2.{70 + number}")) for vrid in FORGED for number in range(SPEAKERS)]
    replies = [_arp_reply(mac) for mac in (OTHER_MAC, virtual_mac(Family.IPV4, 7))]
    wire = _wire()

    def storm(going: Going) -> str:
        sent = 0
        for _ in _paced(ARPS_PER_S, going):
            wire.send(replies[sent % 2])
            for advert in (adverts[2 * sent % len(adverts)], adverts[(2 * sent + 1) % len(adverts)]):
                wire.send(advert)
            sent += 1
        return f"{sent} ARP replies, {2 * sent} adverts"

    return storm


def forging() -> Callable[[Going], str]:
    """Forged adverts of all groups but the master's, from any source."""
    chance = random.Random(112)
    frames = [forged(chance) for _ in range(FRAMES)]
    wire = _wire()

    def flood(going: Going) -> str:
        sent = 0
        for _ in _paced(FORGED_PER_S, going):
            wire.send(frames[sent % FRAMES])
            sent += 1
        return f"{sent} adverts"

    return flood


def reporting() -> Callable[[Going], str]:
    """200 IGMP reports a second of one host; a client that reads all is another program."""
    report = _igmp_report()
    wire = _wire()

    def storm(going: Going) -> str:
        sent = 0
        for _ in _paced(REPORTS_PER_S, going):
            wire.send(report)
            sent += 1
        return f"{sent} reports"

    return storm


def reading(path: str) -> Callable[[Going], str]:
    """A client that may only look asks for adverts and reads all it is sent."""
    _become_a_looker()

    def read(going: Going) -> str:
        one = _connected(path)
        assert one is not None
        one.sendall(codec.encode(Subscribe(adverts=True)))
        one.settimeout(0.1)
        got = 0
        while going():
            with contextlib.suppress(TimeoutError):
                got += len(one.recv(1 << 16))
        return f"{got} bytes"

    return read


def _paced(rate: int, going: Going) -> Iterator[None]:
    began, done = time.monotonic(), 0
    while going():
        if done > rate * (time.monotonic() - began):
            time.sleep(PIECE_S)
            continue
        done += 1
        yield


def _wire() -> socket.socket:
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    one.bind(("eth0", 0))
    return one


def _advert(vrid: int, source: IPv4Address) -> bytes:
    message = encode_v3(vrid, 100, NS_PER_SECOND, (ADDRESS,), source, IPV4_GROUP, Checksum.PSEUDO_HEADER)
    return build_multicast(message, source, virtual_mac(Family.IPV4, vrid), IPV4_GROUP)


def _arp_reply(mac: bytes) -> bytes:
    """Gratuitous (RFC 5227 §3): `mac` has the address."""
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2)
    ends = mac + ADDRESS.packed
    return b"\xff" * 6 + mac + b"\x08\x06" + head + ends + ends


def _igmp_report() -> bytes:
    """A membership report of version 2 (RFC 2236 §2) for the group of VRRP."""
    group, source = IPv4Address(str(IPV4_GROUP)), IPv4Address("192.0.2.79")
    body = struct.pack("!BBH4s", 0x16, 0, 0, group.packed)
    body = body[:2] + struct.pack("!H", ones_complement(body)) + body[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 1, 2, 0, source.packed, group.packed)
    head = head[:10] + struct.pack("!H", ones_complement(head)) + head[12:]
    return bytes.fromhex("01005e000012") + OTHER_MAC + b"\x08\x00" + head + body


KINDS: dict[str, Callable[..., Callable[[Going], str]]] = {
    one.__name__: one
    for one in (
        subscribing,
        commanding,
        connecting,
        connecting_as_root,
        churning,
        adding,
        storming,
        forging,
        reporting,
        reading,
    )
}

if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:])
