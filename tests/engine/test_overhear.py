"""What an observer overhears: ARP, neighbour advertisements, IGMP, MLD, HSRP; and the kernel filter that lets it in."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.engine.capture import bpf
from vrrptui.engine.capture.bpf import LOAD_WORD
from vrrptui.engine.capture.link_layer import NO_HARDWARE, PARSERS
from vrrptui.engine.capture.other_protocols import overhear
from vrrptui.engine.observer.socket_filter import HARDWARE_TYPE, observed_frames
from vrrptui.protocol.link.link_types import ETHERNET
from vrrptui.segment.overheard import Announced, Listening, OtherProtocol

LOAD_IMMEDIATE = 0x00

MAC, OTHER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
VIP, HOST, VIP6, HOST6 = map(ip_address, ("10.0.0.254", "10.0.0.1", "fe80::254", "fe80::1"))


def ethernet(ethertype: int, payload: bytes, tags=()) -> bytes:
    tagged = b"".join(struct.pack("!HH", kind, number) for kind, number in tags)
    return b"\xff" * 6 + MAC + tagged + struct.pack("!H", ethertype) + payload


def arp(operation=1, sender=VIP, target=VIP, mac=MAC, tags=()) -> bytes:
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac + sender.packed + bytes(6) + target.packed
    return ethernet(0x0806, body, tags)


def ipv4(protocol: int, payload: bytes, destination="224.0.0.22", options=b"\x94\x04\x00\x00", source=HOST) -> bytes:
    length = 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH", 0x40 | 5 + len(options) // 4, 0, length, 0, 0, 1, protocol, 0)
    return ethernet(0x0800, head + source.packed + ip_address(destination).packed + options + payload)


def ipv6(protocol: int, payload: bytes, destination="ff02::16", source=HOST6) -> bytes:
    head = struct.pack("!IHBB", 0x60000000, len(payload), protocol, 255)
    return ethernet(0x86DD, head + source.packed + ip_address(destination).packed + payload)


def igmp3(*records: tuple[int, str, int]) -> bytes:
    body = b"".join(
        struct.pack("!BBH", kind, 0, sources) + ip_address(group).packed + bytes(4 * sources)
        for kind, group, sources in records
    )
    return struct.pack("!BBHHH", 0x22, 0, 0, 0, len(records)) + body


def igmp2(kind: int, group="224.0.0.18") -> bytes:
    return struct.pack("!BBH", kind, 0, 0) + ip_address(group).packed


def mld(kind: int, group="ff02::12") -> bytes:
    return b"\x3a\x00\x05\x02\x00\x00\x01\x00" + struct.pack("!BBHI", kind, 0, 0, 0) + ip_address(group).packed


def mld2(record: int, group="ff02::12") -> bytes:
    head = b"\x3a\x00\x05\x02\x00\x00\x01\x00" + struct.pack("!BBHHH", 143, 0, 0, 0, 1)
    return head + struct.pack("!BBH", record, 0, 0) + ip_address(group).packed


def neighbour(target=VIP6, mac: bytes | None = OTHER_MAC) -> bytes:
    option = b"" if mac is None else b"\x02\x01" + mac
    return ipv6(58, struct.pack("!BBHI", 136, 0, 0, 0x20000000) + target.packed + option, "ff02::1")


def udp(port: int) -> bytes:
    return struct.pack("!HHHH", port, port, 8, 0)


HEARD = {
    "gratuitous ARP": (arp(), Announced(address=VIP, mac=MAC, how="gratuitous ARP")),
    "ARP reply": (arp(2, target=HOST), Announced(address=VIP, mac=MAC, how="ARP reply")),
    "ARP request": (arp(1, target=HOST), Announced(address=VIP, mac=MAC, how="ARP request")),
    "tagged ARP": (arp(tags=[(0x8100, 7)]), Announced(address=VIP, mac=MAC, how="gratuitous ARP", vlan=7)),
    "NA": (neighbour(), Announced(address=VIP6, mac=OTHER_MAC, how="neighbour advertisement")),
    "NA without its option": (neighbour(mac=None), Announced(address=VIP6, mac=MAC, how="neighbour advertisement")),
    "IGMPv3 join": (ipv4(2, igmp3((4, "224.0.0.18", 0))), Listening(source=HOST, listens=True)),
    "IGMPv3 answer": (
        ipv4(2, igmp3((2, "224.0.0.251", 0), (2, "224.0.0.18", 0))),
        Listening(source=HOST, listens=True),
    ),
    "IGMPv3 leave": (ipv4(2, igmp3((3, "224.0.0.18", 0))), Listening(source=HOST, listens=False)),
    "IGMPv2 report": (ipv4(2, igmp2(0x16), "224.0.0.18"), Listening(source=HOST, listens=True)),
    "IGMPv2 leave": (ipv4(2, igmp2(0x17), "224.0.0.2"), Listening(source=HOST, listens=False)),
    "MLDv2 join": (ipv6(0, mld2(4)), Listening(source=HOST6, listens=True)),
    "MLDv2 leave": (ipv6(0, mld2(3)), Listening(source=HOST6, listens=False)),
    "MLDv1 report": (ipv6(0, mld(131), "ff02::12"), Listening(source=HOST6, listens=True)),
    "MLDv1 done": (ipv6(0, mld(132), "ff02::2"), Listening(source=HOST6, listens=False)),
    "HSRP": (ipv4(17, udp(1985), "224.0.0.2", b""), OtherProtocol(name="HSRP", source=HOST)),
    "HSRP for IPv6": (ipv6(17, udp(2029), "ff02::66"), OtherProtocol(name="HSRP", source=HOST6)),
}
SILENT = {
    "an ARP probe": arp(1, sender=ip_address("0.0.0.0"), target=VIP),
    "a reverse ARP": arp(3),
    "another group": ipv4(2, igmp3((4, "224.0.0.251", 0))),
    "a blocked source": ipv4(2, igmp3((6, "224.0.0.18", 1))),
    "another IPv6 group": ipv6(0, mld2(4, "ff02::fb")),
    "an unspecified source": ipv6(0, mld2(4), source=ip_address("::")),
    "other UDP": ipv4(17, udp(53), "224.0.0.2", b""),
}


@pytest.mark.parametrize("name", HEARD)
def test_what_is_said_is_understood(name):
    frame, expected = HEARD[name]
    assert overhear(frame, ETHERNET) == [expected]


@pytest.mark.parametrize(
    ("frame", "how"),
    [
        pytest.param(arp(1), "gratuitous ARP", id="5798-6.4.1-1 positive: a request of sender and target alike"),
        pytest.param(arp(2), "gratuitous ARP", id="5798-6.4.1-1 positive: a reply of sender and target alike"),
        pytest.param(
            arp(1, target=HOST), "ARP request", id="5798-6.4.1-1 negative: an ordinary request is not an announcement"
        ),
    ],
)
def test_either_operation_announces(frame, how):
    (heard,) = overhear(frame, ETHERNET)
    assert heard.how == how


@pytest.mark.parametrize("name", SILENT)
def test_what_does_not_concern_vrrp_is_nothing(name):
    assert overhear(SILENT[name], ETHERNET) == []


def test_our_membership_is_no_listener_our_announcement_counts():
    assert overhear(HEARD["IGMPv3 join"][0], ETHERNET, local=True) == []
    assert overhear(HEARD["MLDv2 join"][0], ETHERNET, local=True) == []
    assert overhear(arp(), ETHERNET, local=True) == [HEARD["gratuitous ARP"][1]]


@pytest.mark.parametrize("name", HEARD)
def test_a_frame_cut_anywhere_never_raises(name):
    frame = HEARD[name][0]
    for end in range(len(frame)):
        overhear(frame[:end], ETHERNET)


@given(st.binary(max_size=200), st.sampled_from(sorted(PARSERS)))
def test_any_bytes_are_heard_without_harm(data, link_type):
    assert isinstance(overhear(data, link_type), list)


def passes(frame: bytes, hardware: int = 1) -> bool:
    """Whether the kernel's own filter lets a frame through: tried on a pair of local sockets.

    No interface is behind them, so the kind that the filter asks for is written into it.
    """
    asked, said = (LOAD_WORD, HARDWARE_TYPE, None, None), (LOAD_IMMEDIATE, hardware, None, None)
    program = observed_frames()
    assert program.count(asked) == 1
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        bpf.attach(other, [said if line == asked else line for line in program])
        other.setblocking(False)
        one.send(frame)
        try:
            return other.recv(2048) == frame
        except BlockingIOError:
            return False


@pytest.mark.parametrize("name", HEARD)
def test_the_kernel_lets_in_what_is_understood(name):
    frame = HEARD[name][0]
    assert passes(frame)
    assert passes(frame[14:], NO_HARDWARE) is (frame[12:14] in (b"\x08\x00", b"\x86\xdd"))
    assert not passes(frame, 32)  # InfiniBand has another header


@pytest.mark.parametrize("protocol", [112, 51])
def test_the_kernel_lets_in_vrrp_and_ah(protocol):
    assert passes(ipv4(protocol, bytes(20)))
    assert passes(ipv6(protocol, bytes(20)))
    assert passes(ipv4(protocol, bytes(20))[14:], NO_HARDWARE)


@pytest.mark.parametrize(
    "frame",
    [
        SILENT["other UDP"],
        ipv4(6, bytes(20)),
        ipv6(6, bytes(40)),
        ipv6(58, b"\x80" + bytes(20)),
        ethernet(0x88CC, bytes(40)),
    ],
    ids=["UDP", "TCP", "TCP over IPv6", "an echo request", "LLDP"],
)
def test_the_kernel_keeps_the_rest_out(frame):
    assert not passes(frame)
