"""The codec as a whole: what is written is read back, any bytes are survived, and scapy sees the same."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.vrrp_bytes import flip, internet_checksum, packet, read, reasons, summed, v2, v3
from vrrptui.protocol import checksum
from vrrptui.protocol.advert import (
    NS_PER_CENTISECOND,
    NS_PER_SECOND,
    PROTOCOL_AH,
    Auth,
    Checksum,
    Family,
    Packet,
    Reason,
)
from vrrptui.protocol.codec import decode, encode_v2, encode_v3

VRIDS = st.integers(1, 255)
PRIORITIES = st.integers(0, 255)
ADDRESSES4 = st.builds(IPv4Address, st.integers(0, 2**32 - 1))
ADDRESSES6 = st.builds(IPv6Address, st.integers(0, 2**128 - 1))
LINK_LOCALS = st.builds(lambda low: IPv6Address(0xFE80 << 112 | low), st.integers(0, 2**64 - 1))
SOURCE4, GROUP4 = IPv4Address("10.0.0.2"), IPv4Address("224.0.0.18")
SOURCE6, GROUP6 = IPv6Address("fe80::2"), IPv6Address("ff02::12")


def carried(message: bytes, source, destination) -> Packet:
    return packet(message, source=str(source), destination=str(destination))


@given(
    VRIDS, PRIORITIES, st.integers(1, 255), st.lists(ADDRESSES4, max_size=255), st.integers(0, 2), st.binary(max_size=8)
)
def test_a_v2_advert_is_read_as_it_was_written(vrid, priority, seconds, addresses, auth_type, data):
    interval_ns = seconds * NS_PER_SECOND
    advert = decode(carried(encode_v2(vrid, priority, interval_ns, tuple(addresses), auth_type, data), SOURCE4, GROUP4))
    if advert.problems == (Reason.CARP,):
        pytest.fail("a VRRPv2 advert was taken for CARP")
    assert (advert.problems, advert.version, advert.type) == ((), 2, 1)
    assert (advert.vrid, advert.priority, advert.interval_ns) == (vrid, priority, interval_ns)
    assert (advert.addresses, advert.count) == (tuple(addresses), len(addresses))
    assert (advert.auth_type, advert.auth_data) == (auth_type, data.ljust(8, b"\0"))
    assert advert.checksum is Checksum.MESSAGE


@given(
    VRIDS,
    PRIORITIES,
    st.integers(1, 4095),
    st.lists(ADDRESSES4, min_size=1, max_size=255),
    ADDRESSES4,
    st.sampled_from([Checksum.MESSAGE, Checksum.PSEUDO_HEADER]),
)
def test_a_v3_advert_over_ipv4_is_read_as_it_was_written(vrid, priority, centiseconds, addresses, source, form):
    interval_ns = centiseconds * NS_PER_CENTISECOND
    message = encode_v3(vrid, priority, interval_ns, tuple(addresses), source, GROUP4, form)
    advert = decode(carried(message, source, GROUP4))
    assert (advert.problems, advert.version, advert.auth) == ((), 3, Auth.NONE)
    assert (advert.vrid, advert.priority, advert.interval_ns) == (vrid, priority, interval_ns)
    assert advert.addresses == tuple(addresses)
    if checksum.ones_complement(checksum.pseudo_header(source, GROUP4, len(message))) not in (0, 0xFFFF):
        assert advert.checksum is form


@given(VRIDS, PRIORITIES, st.integers(1, 4095), LINK_LOCALS, st.lists(ADDRESSES6, max_size=254))
def test_a_v3_advert_over_ipv6_is_read_as_it_was_written(vrid, priority, centiseconds, first, others):
    interval_ns = centiseconds * NS_PER_CENTISECOND
    message = encode_v3(vrid, priority, interval_ns, (first, *others), SOURCE6, GROUP6)
    advert = decode(carried(message, SOURCE6, GROUP6))
    assert (advert.problems, advert.version, advert.checksum) == ((), 3, Checksum.PSEUDO_HEADER)
    assert (advert.vrid, advert.priority, advert.interval_ns) == (vrid, priority, interval_ns)
    assert advert.addresses == (first, *others)


@given(st.binary(max_size=600), st.booleans(), st.integers(0, 255), st.booleans())
def test_any_bytes_give_an_advert(message, six, ttl, authenticated):
    source = SOURCE6 if six else SOURCE4
    protocol = PROTOCOL_AH if authenticated else 112
    advert = decode(packet(message, source=str(source), ttl=ttl, protocol=protocol, length=len(message) + ttl % 3))
    assert advert.source == source
    if not advert.problems:
        assert None not in (advert.vrid, advert.priority, advert.interval_ns, advert.auth, advert.checksum)
        assert advert.count == len(advert.addresses)


@given(
    st.sampled_from(["v2", "v3 message", "v3 pseudo", "v6"]), st.lists(ADDRESSES4, min_size=1, max_size=20), st.data()
)
def test_a_single_flipped_bit_is_always_found(kind, addresses, data):
    names = [str(a) for a in addresses]
    message, source = {
        "v2": lambda: (v2(names), "10.0.0.2"),
        "v3 message": lambda: (v3(names, form="message"), "10.0.0.2"),
        "v3 pseudo": lambda: (v3(names), "10.0.0.2"),
        "v6": lambda: (v3(["fe80::1", *(f"2001:db8::{n}" for n in range(len(names)))]), "fe80::2"),
    }[kind]()
    assert reasons(message, source=source) == []
    bit = data.draw(st.integers(0, len(message) * 8 - 1))
    assert reasons(flip(message, bit), source=source) != []


@given(st.binary(min_size=1, max_size=300))
def test_the_checksum_is_the_one_of_rfc_1071(data):
    assert checksum.ones_complement(data) == internet_checksum(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xFFFF), (b"\0\0", 0xFFFF), (b"\xff\xff", 0), (b"\xff\xfe\x00\x01", 0), (b"\x01", 0xFEFF)],
)
def test_the_checksum_at_its_edges(data, expected):
    assert checksum.ones_complement(data) == expected


@pytest.mark.parametrize("length", [35, 36, 37])
@pytest.mark.parametrize("fourth", [6, 7, 8])
def test_carp_is_told_by_its_length_and_fourth_byte_together(length, fourth):
    message = summed(bytes((0x21, 7, 1, fourth, 0, 1)) + bytes(length - 6))
    assert ("carp" in reasons(message)) is (length == 36 and fourth == 7)


def test_a_v2_advert_of_seven_addresses_is_no_carp():
    assert reasons(v2([f"10.0.0.{n}" for n in range(1, 8)])) == []


def test_an_authentication_header_is_taken_off_and_read():
    advert = read(bytes((112, 4)) + bytes(22) + v2(auth_type=2), protocol=PROTOCOL_AH)
    assert (advert.problems, advert.auth, advert.vrid, advert.length) == ((), Auth.AH, 51, 20)


def test_a_cut_authentication_header_is_truncated():
    for end in range(24 + 8):
        assert Reason.TRUNCATED in read((bytes((112, 4)) + bytes(22) + v2())[:end], protocol=PROTOCOL_AH).problems


@pytest.mark.parametrize("message", [v3(), v2()], ids=["v3", "v2"])
def test_the_hmac_trailer_is_named_and_no_fault(message):
    advert = read(message + bytes((1,)) + bytes(27))
    assert (advert.problems, advert.auth, advert.addresses) == ((), Auth.HMAC, (ip_address("10.0.0.254"),))
    assert [r.value for r in read(message + bytes(28)).problems] == ["bad-length"] + ["bad-checksum"] * (
        message[0] >> 4 == 3
    )


def test_problems_come_in_the_order_of_the_receive_checks():
    message = flip(v3((), interval_cs=0, vrid=0, kind=2), 63)
    assert reasons(message, ttl=1) == [
        "ttl-not-255",
        "bad-type",
        "bad-checksum",
        "bad-vrid",
        "zero-interval",
    ]


def test_the_ttl_of_a_unicast_advert_is_not_judged():
    assert reasons(v3(destination="10.0.0.3"), destination="10.0.0.3", ttl=64) == []


@pytest.mark.parametrize("end", range(8))
def test_a_stub_gives_the_fields_that_are_there(end):
    advert = read(v3(vrid=51, priority=100)[:end], length=12)
    fields = (advert.version, advert.vrid, advert.priority, advert.count)
    assert fields == tuple(value if end > at else None for at, value in enumerate((3, 51, 100, 1)))


@pytest.mark.parametrize("count", [1, 2, 20, 100])  # scapy gives up at about a hundred addresses
@pytest.mark.parametrize("version", [2, 3])
def test_scapy_reads_what_we_write(version, count):
    vrrp = pytest.importorskip("scapy.layers.vrrp")
    inet = pytest.importorskip("scapy.layers.inet")
    addresses = tuple(IPv4Address(0x0A000001 + n) for n in range(count))
    if version == 2:
        message = encode_v2(51, 100, 3 * NS_PER_SECOND, addresses, 1, b"abcdefgh")
    else:
        message = encode_v3(51, 100, 200_000_000, addresses, SOURCE4, GROUP4)
    head = bytes(inet.IP(src=str(SOURCE4), dst=str(GROUP4), proto=112, ttl=255, len=20 + len(message)))
    seen = inet.IP(head + message)[vrrp.VRRP if version == 2 else vrrp.VRRPv3]
    assert (seen.version, seen.type, seen.vrid, seen.priority, seen.ipcount) == (version, 1, 51, 100, count)
    assert tuple(map(IPv4Address, seen.addrlist)) == addresses
    if version == 2:
        assert (seen.authtype, seen.adv, seen.auth1, seen.auth2) == (1, 3, 0x61626364, 0x65666768)
    else:
        assert (seen.adv, seen.res) == (20, 0)
    del seen.chksum  # and let scapy compute it anew
    assert bytes(inet.IP(head) / seen)[20:] == message


def test_we_read_what_scapy_writes_over_ipv6():
    vrrp = pytest.importorskip("scapy.layers.vrrp")
    inet6 = pytest.importorskip("scapy.layers.inet6")
    head = inet6.IPv6(src=str(SOURCE6), dst=str(GROUP6), nh=112, hlim=255)
    addresses = ["fe80::1", "2001:db8::1"]
    sent = bytes(head / vrrp.VRRPv3(vrid=7, priority=200, adv=50, ipcount=2, addrlist=addresses))[40:]
    advert = decode(carried(sent, SOURCE6, GROUP6))
    assert (advert.problems, advert.vrid, advert.priority, advert.interval_ns) == ((), 7, 200, 500_000_000)
    assert [str(a) for a in advert.addresses] == addresses


def test_the_sum_of_old_keepalived_is_known_in_unicast_alone():
    source, peer, vip = IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3"), (IPv4Address("10.0.0.100"),)
    message = encode_v3(51, 100, 1_000_000_000, vip, source, peer, Checksum.OLD_UNICAST)
    assert message == encode_v3(51, 100, 1_000_000_000, vip, source, Family.IPV4.group)
    packets = [
        Packet(source=source, destination=to, ttl=255, protocol=112, payload=message, length=len(message))
        for to in (peer, Family.IPV4.group)
    ]
    read_by = [decode(packet) for packet in packets]
    assert [advert.checksum for advert in read_by] == [Checksum.OLD_UNICAST, Checksum.PSEUDO_HEADER]
    assert [advert.problems for advert in read_by] == [(Reason.BAD_CHECKSUM,), ()]
