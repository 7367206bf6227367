"""From the wire to the IP packet: tags, padding, extension headers, cuts, and everything that is not VRRP."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.vrrp_bytes import v2, v3
from vrrptui.protocol.advert import Family, virtual_mac
from vrrptui.protocol.authentication import sign, verifies
from vrrptui.protocol.checksum import is_right
from vrrptui.protocol.codec import decode, encode_v2, encode_v3
from vrrptui.protocol.frame import Frame, build_multicast, group_mac, parse_ethernet, parse_ip, parse_payload

MAC = bytes.fromhex("00005e000133")


def ipv4(payload: bytes, *, protocol=112, options=b"", fragment=0, ttl=255) -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 0, fragment, ttl, protocol, 0)
    return head + ip_address("10.0.0.2").packed + ip_address("224.0.0.18").packed + options + payload


def ipv6(payload: bytes, *, next_header=112, extensions=b"") -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(extensions) + len(payload), next_header, 255)
    return head + ip_address("fe80::2").packed + ip_address("ff02::12").packed + extensions + payload


def ethernet(ip: bytes, tags: bytes = b"", ethertype: int | None = None) -> bytes:
    kind = ethertype or (0x0800 if ip[0] >> 4 == 4 else 0x86DD)
    return bytes.fromhex("01005e000012") + MAC + tags + struct.pack("!H", kind) + ip


def tag(ethertype: int, vlan: int, priority: int = 0) -> bytes:
    return struct.pack("!HH", ethertype, priority << 13 | vlan)


SIX = v3(("fe80::1", "2001:db8::1"))


@pytest.mark.parametrize(
    ("tags", "vlan"),
    [
        pytest.param(b"", None, id="untagged"),
        pytest.param(tag(0x8100, 10), 10, id="802.1Q"),
        pytest.param(tag(0x8100, 10, priority=7), 10, id="the priority bits are no part of the VLAN"),
        pytest.param(tag(0x88A8, 100) + tag(0x8100, 10), 100, id="QinQ: the outer one"),
        pytest.param(tag(0x8100, 100) + tag(0x8100, 10), 100, id="802.1Q twice"),
        pytest.param(tag(0x9100, 4095), 4095, id="the old QinQ number"),
    ],
)
@pytest.mark.parametrize("ip", [ipv4(v2()), ipv6(SIX)], ids=["ipv4", "ipv6"])
def test_tags_are_taken_off(tags, vlan, ip):
    frame = parse_ethernet(ethernet(ip, tags))
    assert frame is not None
    assert (frame.vlan, frame.source_mac) == (vlan, MAC)
    assert decode(frame.packet).problems == ()


def test_the_kernels_tag_is_the_outer_one():
    frame = parse_ethernet(ethernet(ipv4(v2()), tag(0x8100, 10)), vlan=100)
    assert frame is not None
    assert frame.vlan == 100


@pytest.mark.parametrize("padding", [1, 6, 26, 100])
@pytest.mark.parametrize("ip", [ipv4(v3()), ipv6(SIX)], ids=["ipv4", "ipv6"])
def test_padding_behind_the_packet_is_cut(ip, padding):
    frame = parse_ethernet(ethernet(ip) + b"\xaa" * padding)
    assert frame is not None
    assert decode(frame.packet).problems == ()


def test_ip_options_are_skipped():
    packet = parse_ip(ipv4(v2(), options=bytes((148, 4, 0, 0))))
    assert packet is not None
    assert decode(packet).problems == ()


@pytest.mark.parametrize("kind", [0, 43, 60])
def test_extension_headers_are_skipped(kind):
    packet = parse_ip(ipv6(SIX, next_header=kind, extensions=bytes((112, 0)) + bytes(6)))
    assert packet is not None
    assert decode(packet).problems == ()


def test_an_authentication_header_counts_when_vrrp_is_in_it():
    header = bytes((112, 4)) + bytes(22)
    packet = parse_ip(ipv4(header + v2(auth_type=2), protocol=51))
    assert packet is not None
    assert decode(packet).vrid == 51


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(ethernet(ipv4(v2()))[:13], id="cut in the Ethernet header"),
        pytest.param(ethernet(ipv4(v2()), tag(0x8100, 1))[:15], id="cut in a tag"),
        pytest.param(ethernet(ipv4(v2()))[:33], id="cut in the IPv4 header"),
        pytest.param(ethernet(ipv6(SIX))[:53], id="cut in the IPv6 header"),
        pytest.param(ethernet(ipv4(v2()), ethertype=0x0806), id="ARP"),
        pytest.param(ethernet(ipv4(v2()), ethertype=0x86DD), id="IPv4 announced as IPv6"),
        pytest.param(ethernet(ipv6(SIX), ethertype=0x0800), id="IPv6 announced as IPv4"),
        pytest.param(ethernet(ipv4(bytes(20), protocol=17)), id="UDP"),
        pytest.param(ethernet(ipv4(v2(), fragment=3)), id="a later fragment"),
        pytest.param(ethernet(ipv4(bytes((6,)) + bytes(40), protocol=51)), id="AH around TCP"),
        pytest.param(ethernet(ipv6(bytes((6,)) + bytes(40), next_header=51)), id="AH around TCP over IPv6"),
        pytest.param(ethernet(ipv6(SIX, next_header=58)), id="ICMPv6"),
        pytest.param(ethernet(b"\x42" + ipv4(v2())[1:]), id="an IPv4 header of 8 bytes"),
    ],
)
def test_what_carries_no_vrrp_is_none(frame):
    assert parse_ethernet(frame) is None


@pytest.mark.parametrize("frame", [ethernet(ipv4(v2())), ethernet(ipv6(SIX), tag(0x8100, 5))], ids=["v2", "v3 tagged"])
def test_a_frame_cut_anywhere_is_none_or_has_a_reason(frame):
    for end in range(len(frame)):
        parsed = parse_ethernet(frame[:end])
        assert parsed is None or decode(parsed.packet).problems, end


@given(st.binary(max_size=200), st.sampled_from([None, 0x0800, 0x86DD, 0x8100, 0x88A8]))
def test_any_bytes_are_survived(data, ethertype):
    if ethertype is None:
        packet = parse_ip(data)
        results = [Frame(packet=packet) if packet else None, parse_ethernet(data)]
    else:
        results = [parse_payload(data, ethertype, None), parse_ethernet(ethernet(b"\x45" + data, ethertype=ethertype))]
    for frame in results:
        assert frame is None or decode(frame.packet) is not None


@pytest.mark.parametrize("next_header", [6, 17, 51, 59])
def test_another_protocol_behind_extension_headers_is_no_advert(next_header):
    """9568-5.1.2.4-1 negative: another protocol there, behind extension headers or not, is not an advert"""
    assert parse_ip(ipv6(SIX, next_header=60, extensions=bytes((next_header, 0)) + bytes(6))) is None
    assert parse_ip(ipv6(SIX, next_header=next_header)) is None


def test_a_chain_of_extension_headers_ends():
    assert parse_ip(ipv6(SIX, next_header=0, extensions=bytes(8) * 1000)) is None


@pytest.mark.parametrize("version", [2, 3])
def test_a_frame_from_the_virtual_mac_is_read_back(version):
    """7.2: virtual MAC, group MAC, TTL 255, protocol 112, and a right IP checksum."""
    source, vip = IPv4Address("10.0.0.2"), IPv4Address("10.0.0.254")
    group, mac = IPv4Address("224.0.0.18"), virtual_mac(Family.IPV4, 51)
    if version == 2:
        message = encode_v2(51, 100, 1_000_000_000, (vip,))
    else:
        message = encode_v3(51, 100, 1_000_000_000, (vip,), source, group)
    data = build_multicast(message, source, mac, group)
    assert data[:12] == bytes.fromhex("01005e000012") + mac
    assert is_right(data[14:34])
    frame = parse_ethernet(data)
    assert frame is not None
    advert = decode(frame.packet)
    assert (advert.problems, advert.vrid, frame.source_mac) == ((), 51, mac)
    assert frame.packet.ttl == 255


def test_an_ipv6_frame_from_the_virtual_mac_is_read_back():
    source, vip = IPv6Address("fe80::2"), IPv6Address("fe80::1")
    mac = virtual_mac(Family.IPV6, 51)
    group = Family.IPV6.group
    data = build_multicast(encode_v3(51, 100, 1_000_000_000, (vip,), source, group), source, mac, group)
    assert data[:12] == bytes.fromhex("333300000012") + mac
    frame = parse_ethernet(data)
    assert frame is not None
    assert (decode(frame.packet).problems, frame.packet.ttl) == ((), 255)


@pytest.mark.parametrize(
    ("group", "mac"),
    [("239.129.5.6", "01005e010506"), ("224.0.0.18", "01005e000012"), ("ff05::a:b:c", "3333000b000c")],
)
def test_a_group_has_its_own_mac_address(group, mac):
    assert group_mac(ip_address(group)).hex() == mac


def test_a_signed_packet_keeps_its_header():
    source, group = IPv4Address("10.0.0.2"), IPv4Address("224.0.0.18")
    packet = sign(encode_v2(51, 100, 1_000_000_000, (IPv4Address("10.0.0.254"),), 2), source, group, 9, 7, b"key")
    data = build_multicast(packet, source, virtual_mac(Family.IPV4, 51), group, signed=True)
    assert is_right(data[14:34])
    frame = parse_ethernet(data)
    assert frame is not None
    header = decode(frame.packet).header
    assert header is not None
    assert (header.sequence, verifies(header, b"key")) == (9, True)
