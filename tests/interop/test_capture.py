"""The observer's ear on a real wire: with the kernel's ring and without, the same frames with the same facts."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import time
from ipaddress import IPv4Address

import pytest

from vrrptui.engine.capture.frame_cache import DecodedFrame, DecodedFrames
from vrrptui.engine.capture.interfaces import HeardInterfaces
from vrrptui.engine.capture.packet import Captured
from vrrptui.engine.observer.fast_ring import read_ring
from vrrptui.engine.observer.packet_ring import BLOCK_BYTES
from vrrptui.engine.observer.packet_socket import ETH_P_ALL, RING_BYTES, PacketSocket
from vrrptui.lab.namespaces import inside
from vrrptui.protocol.advert import IPV4_GROUP, NS_PER_SECOND
from vrrptui.protocol.checksum import ones_complement
from vrrptui.protocol.codec import encode_v2
from vrrptui.protocol.frame import build_multicast

ADVERT = build_multicast(
    encode_v2(51, 100, NS_PER_SECOND, (IPv4Address("10.0.0.254"),)),
    IPv4Address("10.0.0.2"),
    bytes.fromhex("00005e000133"),
    IPV4_GROUP,
)
TAGGED = ADVERT[:12] + b"\x81\0\0\x07" + ADVERT[12:]
IN_TAGGED = ADVERT[:12] + b"\x88\xa8\0\x08\x81\0\0\x07" + ADVERT[12:]
LAST = ADVERT[:12] + b"\x81\0\0\x63" + ADVERT[12:]
NOT_OURS = ADVERT[:23] + b"\x06" + ADVERT[24:]  # TCP, for the kernel's filter
EARS = pytest.mark.parametrize("ring_bytes", [RING_BYTES, 0], ids=["ring", "messages"])


def numbered(number: int) -> bytes:
    """The advert with an identification, and the checksum that a snooping bridge wants right."""
    head = ADVERT[14:18] + number.to_bytes(2, "big") + ADVERT[20:24]
    rest = ADVERT[26:34]
    return ADVERT[:14] + head + ones_complement(head + rest).to_bytes(2, "big") + ADVERT[26:]


@contextlib.contextmanager
def ear(lab, name: str, ring_bytes: int, promiscuous: bool = False):
    with inside(lab.network.hosts[name].namespace):
        one = PacketSocket(promiscuous, ring_bytes)
        there = dict(socket.if_nameindex())
    wanted = {index: interface for index, interface in there.items() if interface == "eth0"}
    assert one.listen(wanted, there.keys() - wanted) == {}
    try:
        yield one
    finally:
        one.close()


@contextlib.contextmanager
def mouth(lab, name: str):
    with inside(lab.network.hosts[name].namespace):
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        one.bind(("eth0", ETH_P_ALL))
    with one:
        yield one


def heard(lab, one: PacketSocket, count: int) -> list[Captured]:
    """The first `count` adverts that come."""
    frames: list[Captured] = []

    def all_there() -> bool:
        while bite := one.read(7):
            frames.extend(c for c in bite if b"\x00\x00\x5e\x00\x01\x33" in c.data)
        return len(frames) >= count

    lab.wait_for(all_there)
    return frames


@EARS
def test_frames_come_with_time_tag_and_direction(lab, ring_bytes):
    with ear(lab, "client", ring_bytes) as one, mouth(lab, "r1") as far, mouth(lab, "client") as here:
        assert (one.ring is not None) == bool(ring_bytes)
        before_ns = time.time_ns()
        for frame in (NOT_OURS, ADVERT, TAGGED, IN_TAGGED):
            far.send(frame)
        here.send(ADVERT)
        frames = heard(lab, one, 4)
    assert [(c.data, c.vlan, c.outgoing) for c in frames] == [
        (ADVERT, None, False),
        (ADVERT, 7, False),
        (ADVERT[:12] + b"\x81\0\0\x07" + ADVERT[12:], 8, False),
        (ADVERT, None, True),
    ]
    stamps = [c.stamp_ns for c in frames]
    assert before_ns <= stamps[0]
    assert stamps[-1] <= time.time_ns()
    assert stamps[:3] == sorted(stamps[:3])


@EARS
def test_a_long_run_is_read_in_small_bites_without_a_gap(lab, ring_bytes):
    with ear(lab, "client", ring_bytes) as one, mouth(lab, "r1") as far:
        for number in range(1000):
            far.send(numbered(number))
        frames = heard(lab, one, 1000)
        assert one.count_drops() == 0
    assert [int.from_bytes(c.data[18:20], "big") for c in frames] == list(range(1000))


def test_what_the_ring_cannot_hold_is_counted(lab):
    with ear(lab, "client", 4 * BLOCK_BYTES) as one, mouth(lab, "r1") as far:
        sent = 4 * BLOCK_BYTES // len(ADVERT)  # the kernel adds to each
        for _ in range(sent):
            far.send(ADVERT)
        lab.wait_for(lambda: one.count_drops() > 0)
        frames = []
        lab.wait_for(lambda: frames.extend(one.read(100)) or len(frames) + one.count_drops() >= sent)
        far.send(TAGGED)  # and it goes on
        assert [c.vlan for c in heard(lab, one, 1)] == [7]


def test_what_is_read_in_the_ring_is_what_is_read_by_frames(lab):
    wrong = bytearray(numbered(1))
    wrong[24] ^= 0x10
    arp = bytes.fromhex("ffffffffffff00005e0001330806000108000604000100005e0001330a0000fe0000000000000a0000fe")
    kinds = [ADVERT, bytes(wrong), TAGGED, IN_TAGGED, arp, ADVERT[:34], numbered(7)[:18] + bytes(8) + ADVERT[26:]]
    frames = [kinds[n % 14 // 2] if n % 2 else numbered(n) for n in range(4000)]
    with (
        ear(lab, "client", RING_BYTES) as one,
        ear(lab, "client", RING_BYTES) as other,
        mouth(lab, "r1") as far,
        mouth(lab, "client") as here,
    ):
        begun_ns = time.time_ns()
        for n, frame in enumerate(frames):
            (here if n % 5 == 0 else far).send(frame)
        far.send(LAST)  # a switch keeps some of them
        places = HeardInterfaces(one.names)
        one_by_one: list[Captured] = []
        quickly: list[tuple[int, DecodedFrame]] = []

        def all_there() -> bool:
            while bite := other.read(7):
                one_by_one.extend(bite)
            while told := list(read_ring(one.ring, 7, places)):
                quickly.extend(told)
            return any(c.vlan == 99 for c in one_by_one) and any(r.vlan == 99 for _, r in quickly)

        lab.wait_for(all_there)
    one_by_one = [c for c in one_by_one if c.stamp_ns >= begun_ns]  # one of the two may have heard before the other
    quickly = [(stamp_ns, reading) for stamp_ns, reading in quickly if stamp_ns >= begun_ns]
    one_by_one = one_by_one[: 1 + [c.vlan for c in one_by_one].index(99)]
    quickly = quickly[: 1 + [r.vlan for _, r in quickly].index(99)]
    for local in (False, True):  # what comes in and what goes out may reach two sockets in another order
        assert [(r.vrrp, r.vlan) for _, r in quickly if r.local is local] == [
            (DecodedFrames().of(c.data, vlan=c.vlan, interface="eth0", local=local).vrrp, c.vlan)
            for c in one_by_one
            if c.outgoing is local
        ]
    assert {r.vrrp is None for _, r in quickly} == {False, True}
    stamps = [stamp for stamp, _ in quickly]
    assert max(stamps) <= time.time_ns()
    assert len(quickly) > len(frames) // 2


@EARS
def test_promiscuous_only_when_asked(lab, ring_bytes):
    def mode() -> bool:
        return "promiscuity 1" in lab.shell("client", "ip -d link show eth0")

    with ear(lab, "client", ring_bytes):
        assert not mode()
    with ear(lab, "client", ring_bytes, promiscuous=True):
        assert mode()
    lab.wait_for(lambda: not mode())


def test_watch_follows_interfaces_that_come_and_go_and_come_back(lab):
    watch = lab.run("client", [sys.executable, "-m", "vrrptui", "watch"])
    with mouth(lab, "r1") as far:  # it knows which interfaces there are once it hears from one
        lab.wait_for(lambda: far.send(ADVERT) and "eth0 10.0.0.2 > 224.0.0.18" in watch.text())
    lab.shell("client", "ip link add dum0 type veth peer name dum1 && ip link set dum0 up")
    lab.wait_for(lambda: "now listening on dum0" in watch.text())
    heard = watch.text().count("eth0 10.0.0.2 > 224.0.0.18")
    lab.shell("client", "ip link set eth0 down && ip link set eth0 up")
    with mouth(lab, "r1") as far:
        lab.wait_for(lambda: far.send(ADVERT) and watch.text().count("eth0 10.0.0.2 > 224.0.0.18") > heard)
    lab.shell("client", "ip link del dum0")
    lab.wait_for(lambda: "no longer listening on dum0" in watch.text())
    watch.signal(signal.SIGINT)
    assert watch.wait() == 0
    assert "Traceback" not in watch.text()
