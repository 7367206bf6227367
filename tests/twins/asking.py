"""What the client learns: who has each address, by ARP and neighbour solicitation, and whether it answers an echo."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from tests.interop.captured import Captured, arp_claims, ones_complement, take_packet
from tests.twins.world import PEER, PEER_6, SEGMENTS, World, mac
from vrrptui.lab.namespaces import inside

Observation = dict[tuple[str, str], object]
WAIT_S = 0.06  # for the answers to all questions
ETH_P_ALL = 3


def asked(world: World, wanted: list[str]) -> Observation:
    """Who answers for each address, on each segment, and from where it answers an echo."""
    with inside(world.hosts["c"]):
        asking = {name: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) for name in SEGMENTS}
        for name, one in asking.items():
            one.bind((name, ETH_P_ALL))
    try:
        holders = _answers(asking, ((name, _question(name, one)) for name in SEGMENTS for one in wanted), _claims)
        known = [(address, *holder.split()) for address in wanted for holder in holders[address]]
        echoes = _answers(asking, ((name, _echo(name, one, hardware)) for one, name, hardware in known), _echoed)
    finally:
        for one in asking.values():
            one.close()
    found: Observation = {("holder", one): " ".join(sorted(holders[one])) or "nobody" for one in wanted}
    return found | {("echo", one): " ".join(sorted(echoes[one])) or "none" for one in wanted}


def _answers(asking: dict[str, socket.socket], frames: Iterable[tuple[str, bytes]], read) -> dict[str, set[str]]:
    """Send the frames; what `read` finds in what comes back, by address."""
    answers: dict[str, set[str]] = defaultdict(set)
    sent = 0
    for name, frame in frames:
        with contextlib.suppress(OSError):
            sent += asking[name].send(frame)
    ends = time.monotonic() + (WAIT_S if sent else 0)
    while (left := ends - time.monotonic()) > 0:
        for one in select.select(list(asking.values()), [], [], left)[0]:
            name = next(name for name, other in asking.items() if other is one)
            for address, what in read(one.recv(2048)):
                answers[address].add(f"{name} {what}")
    return answers


def _source(name: str, version: int) -> bytes:
    text = f"{PEER[name].rpartition('.')[0]}.50" if version == 4 else f"{PEER_6[name].rpartition('::')[0]}::50"
    return ip_address(text).packed


def _own(name: str) -> bytes:
    return bytes.fromhex(mac("c", name).replace(":", ""))


def _question(name: str, address: str) -> bytes:
    own, target = _own(name), ip_address(address)
    source = _source(name, target.version)
    if target.version == 4:
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + source + bytes(6) + target.packed
        return b"\xff" * 6 + own + b"\x08\x06" + body
    group = ip_address("ff02::1:ff00:0").packed[:13] + target.packed[13:]
    body = bytes([135, 0, 0, 0]) + bytes(4) + target.packed + b"\x01\x01" + own
    return b"\x33\x33" + group[-4:] + own + b"\x86\xdd" + _icmpv6(source, group, body)


def _echo(name: str, address: str, hardware: str) -> bytes:
    target = ip_address(address)
    source, to = _source(name, target.version), bytes.fromhex(hardware.replace(":", ""))
    if target.version == 6:
        return to + _own(name) + b"\x86\xdd" + _icmpv6(source, target.packed, bytes([128, 0, 0, 0, 0, 1, 0, 1]))
    body = _summed(bytes([8, 0, 0, 0, 0, 1, 0, 1]), 2)
    head = _summed(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0) + source + target.packed, 10)
    return to + _own(name) + b"\x08\x00" + head + body


def _icmpv6(source: bytes, to: bytes, body: bytes) -> bytes:
    total = ones_complement(source + to + struct.pack("!II", len(body), 58) + body) ^ 0xFFFF
    body = body[:2] + struct.pack("!H", total) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + source + to + body


def _summed(data: bytes, at: int) -> bytes:
    return data[:at] + struct.pack("!H", ones_complement(data) ^ 0xFFFF) + data[at + 2 :]


def _claims(data: bytes) -> Iterator[tuple[str, str]]:
    read = Captured()
    if data[12:14] == b"\x08\x06":
        read.claims += arp_claims(0, data[6:12], data[14:])
    elif data[12:14] == b"\x86\xdd":
        take_packet(read, 0, data[6:12], data[14:])
    yield from ((str(one.address), one.hardware.hex(":")) for one in read.claims if one.asked)


def _echoed(data: bytes) -> Iterator[tuple[str, str]]:
    if data[12:14] == b"\x08\x00" and data[23] == 1 and data[34] == 0:
        yield str(ip_address(data[26:30])), data[6:12].hex(":")
    elif data[12:14] == b"\x86\xdd" and data[20] == 58 and data[54] == 129:
        yield str(ip_address(data[22:38])), data[6:12].hex(":")
