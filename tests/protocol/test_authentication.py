"""The authentication header of VRRPv2: what RFC 2338 and RFC 2402 ask, as keepalived does it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.routers import LOWER_PEER, OWN, PEER, SECOND, VIP, expected, lines, started
from vrrptui.protocol.advert import Packet, Reason
from vrrptui.protocol.authentication import LAST_SEQUENCE, Sequence, sign, verifies
from vrrptui.protocol.codec import decode, encode_v2
from vrrptui.protocol.events import AdvertReceived, Tick
from vrrptui.protocol.frame import parse_ethernet, parse_ip
from vrrptui.protocol.receive import judge

GROUP = IPv4Address("224.0.0.18")
KEY = b"s3cr3t"
RECORDED = Path(__file__).parents[3] / "shared" / "pcaps" / "recorded" / "k03_v2_ah.pcap"
AH_EXPECTED = {"auth_type": 2, "auth_password": KEY}
IP, HEADER = slice(0, 20), slice(20, 44)


def signed(sequence=1, priority=200, key=KEY, source=PEER, destination=GROUP, auth_data=b"", auth_type=2) -> bytes:
    message = encode_v2(51, priority, SECOND, (VIP,), auth_type, auth_data)
    return sign(message, source, destination, sequence, 7, key)


def changed(at: int, value: int | None = None, packet: bytes | None = None) -> bytes:
    data = bytearray(packet or signed())
    data[at] = data[at] ^ 1 if value is None else value
    return bytes(data)


def read(packet: bytes):
    parsed = parse_ip(packet)
    assert parsed is not None
    return decode(parsed)


JUDGED = [
    pytest.param(signed(), AH_EXPECTED, None, id="2338-5.3.6.3-1 positive: AH around VRRP with type 2"),
    pytest.param(signed(), AH_EXPECTED, None, id="2338-5.3.6.3-2 positive: the digest of the configured key"),
    pytest.param(signed(), AH_EXPECTED, None, id="2338-5.3.6.3-3 positive: a right digest is accepted"),
    pytest.param(signed(key=b"other"), AH_EXPECTED, Reason.AUTH_FAILURE, id="2338-5.3.6.3-2 negative: another key"),
    pytest.param(changed(46), AH_EXPECTED, Reason.BAD_CHECKSUM, id="2338-5.3.6.3-2 negative: one bit of the message"),
    pytest.param(changed(30), AH_EXPECTED, Reason.AUTH_FAILURE, id="2338-5.3.6.3-2 negative: one bit of the sequence"),
    pytest.param(changed(5), AH_EXPECTED, Reason.AUTH_FAILURE, id="2338-5.3.6.3-2 negative: one bit of the IP header"),
    pytest.param(changed(40), AH_EXPECTED, Reason.AUTH_FAILURE, id="2338-5.3.6.3-3 negative: one bit of the digest"),
    pytest.param(
        signed(auth_data=b"anything"), AH_EXPECTED, None, id="2338-5.3.6.3-4 negative: data that is not zero is ignored"
    ),
    pytest.param(
        signed(auth_type=0), AH_EXPECTED, Reason.AUTH_MISMATCH, id="2338-5.3.6.3-1 negative: AH around type 0"
    ),
    pytest.param(signed(), {}, Reason.AUTH_MISMATCH, id="2338-5.3.6-1 negative: AH where none is configured"),
    pytest.param(changed(21, 5), AH_EXPECTED, Reason.AUTH_FAILURE, id="2402-2.2-1 negative: another payload length"),
    pytest.param(changed(23), AH_EXPECTED, Reason.AUTH_FAILURE, id="2402-2.3-1 negative: reserved bits are covered"),
    pytest.param(
        changed(27), AH_EXPECTED, Reason.AUTH_FAILURE, id="keepalived-ah-1 negative: an SPI that is not the source"
    ),
    pytest.param(changed(1, 0), AH_EXPECTED, None, id="2402-3.3.3-1 positive: the type of service is not covered"),
    pytest.param(changed(8, 254), AH_EXPECTED, Reason.TTL_NOT_255, id="2402-3.3.3-1 negative: the TTL in multicast"),
]


@pytest.mark.parametrize(("packet", "wanted", "refused"), JUDGED)
def test_what_is_believed(packet, wanted, refused):
    assert judge(read(packet), expected(2, **wanted)).refused is refused


def test_a_ttl_in_multicast_is_covered_and_in_unicast_not():
    """2402-3.3.3-1 positive: unicast adverts may have travelled, and verify all the same"""
    for destination, good in ((GROUP, False), (OWN, True)):
        header = read(changed(8, 254, signed(destination=destination))).header
        assert header is not None
        assert verifies(header, KEY) is good


def test_a_missing_header_is_refused():
    """2338-5.3.6.3-3 negative: type 2 without an authentication header"""
    message = encode_v2(51, 200, SECOND, (VIP,), 2, b"")
    bare = Packet(source=PEER, destination=GROUP, ttl=255, protocol=112, payload=message, length=len(message))
    assert judge(decode(bare), expected(2, **AH_EXPECTED)).refused is Reason.AUTH_FAILURE


def test_what_is_signed():
    """2402-2.2-1 positive: payload length 4, reserved 0, SPI the source address, sequence as given"""
    packet = signed(sequence=5)
    assert packet[HEADER][:12] == bytes((112, 4, 0, 0)) + PEER.packed + (5).to_bytes(4, "big")
    assert packet[IP][9] == 51
    assert packet[-8:] == bytes(8)


def test_the_fixed_fields():
    """2402-2.3-1 positive: the reserved field is 0"""
    assert signed()[22:24] == b"\0\0"


def test_the_spi_is_the_source():
    """keepalived-ah-1 positive: sent and accepted as the IPv4 source address"""
    header = read(signed()).header
    assert header is not None
    assert header.spi == int(PEER)


def test_authentication_data_is_zero():
    """2338-5.3.6.3-4 positive: the VRRP authentication data is 8 zero bytes"""
    assert read(signed()).auth_data == bytes(8)


def test_an_authentication_header_around_others_is_not_ours():
    """2338-5.3.6.3-1 negative: next header 6"""
    assert parse_ip(changed(20, 6)) is None


@pytest.mark.parametrize("length", range(20, 64))
def test_a_cut_packet_is_refused(length):
    packet = parse_ip(signed()[:length])
    assert packet is None or judge(decode(packet), expected(2, **AH_EXPECTED)).refused is not None


def test_the_key_may_be_padded():
    """2403-3-1 positive: 8 bytes, or 16 with zeros after them, give one digest"""
    header = read(signed(key=KEY)).header
    assert header is not None
    assert verifies(header, KEY.ljust(16, b"\0"))


def test_sequence_numbers_grow_by_one():
    """2402-2.5-1 positive: 1, 2, 3"""
    sequence = Sequence()
    assert [sequence.next() for _ in range(3)] == [1, 2, 3]


def test_sequence_numbers_do_not_wrap():
    """2402-2.5-1 negative: at the end they stay"""
    assert Sequence(last=LAST_SEQUENCE).next() == LAST_SEQUENCE


def test_a_new_master_goes_on_from_what_it_heard():
    """keepalived counts what it hears and sends together: a number below would be a replay to its backups."""
    sequence = Sequence()
    sequence.accept(PEER, 500)
    assert sequence.next() == 501


heard_numbers = st.lists(st.tuples(st.sampled_from((PEER, LOWER_PEER)), st.integers(1, 50)))


@given(heard=heard_numbers, sent_between=st.integers(0, 3), clock=st.sampled_from((0, 1_790_000_000)))
def test_what_is_sent_is_numbered_above_all_before(heard, sent_between, clock):
    """RFC 2402 §3.3.2: no number twice; two senders count from wherever they are, this router from its clock."""
    sequence, highest = Sequence(clock), clock
    for sender, number in heard:
        if sequence.accept(sender, number):
            highest = max(highest, number)
        for _ in range(sent_between):
            highest += 1
            assert sequence.next() == highest
    assert sequence.twin().next() == highest + 1
    assert sequence.next() == highest + 1, "a twin's packets are not the router's"


@given(heard=heard_numbers)
def test_a_number_is_taken_once_of_each_sender(heard):
    """RFC 2402 §3.4.3, for each sender; keepalived 2.2.7 forgives nothing after a silence either (measured)."""
    sequence = Sequence()
    taken: dict[IPv4Address, int] = {}
    for sender, number in heard:
        good = number > taken.get(sender, 0)
        assert sequence.accept(sender, number) is good
        if good:
            taken[sender] = number


def test_a_recording_keeps_no_dead_master_alive():
    """A backup that hears nothing but what its master said before takes over in the master down interval."""
    router = started(2, expect=AH_EXPECTED)
    router.handle(0, AdvertReceived(read(signed(9))))
    due_ns = router.next_deadline_ns()
    assert due_ns is not None
    assert due_ns < 4 * SECOND
    for after in range(1, 60):  # silent for longer than three intervals as well
        router.handle(after * SECOND, Tick())
        router.handle(after * SECOND, AdvertReceived(read(signed(1 + after % 9))))
        assert router.state_name == ("master" if after * SECOND >= due_ns else "backup")


def test_replays():
    """2402-3.4.3-1 positive: growing numbers are accepted"""
    router = started(2, expect=AH_EXPECTED)
    for number in (1, 2, 9):
        router.handle(number * SECOND // 10, AdvertReceived(read(signed(number))))
    assert router.statistics.advertisement_rcvd == 3


def test_a_replay_is_refused():
    """2402-3.4.3-1 negative: an old or equal number of the same sender changes nothing, however long it was silent"""
    router = started(2, expect=AH_EXPECTED)
    router.handle(0, AdvertReceived(read(signed(9))))
    before = (router.state, router.next_deadline_ns())
    for number in (9, 8, 1):
        said = lines(router.handle(SECOND, AdvertReceived(read(signed(number)))))
    assert (router.state, router.next_deadline_ns()) == before
    assert router.statistics.auth_failures == 3
    assert said == []  # the first one was said
    router.handle(SECOND, AdvertReceived(read(signed(3, source=LOWER_PEER))))
    assert router.statistics.advertisement_rcvd == 2, "another sender has numbers of its own"
    router.handle(60 * SECOND, AdvertReceived(read(signed(1))))
    assert router.statistics.advertisement_rcvd == 2
    router.handle(60 * SECOND, AdvertReceived(read(signed(1_790_000_000))))
    assert router.statistics.advertisement_rcvd == 3, "one that was started again counts from its clock"


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded captures beside this checkout")
def test_recorded_packets_of_keepalived_verify():
    from vrrptui.engine.capture.pcap import read_capture

    frames = [parse_ethernet(captured.data) for captured in read_capture(str(RECORDED))]
    headers = [h for f in frames if f is not None and (h := decode(f.packet).header) is not None]
    assert len(headers) == 15
    assert all(verifies(header, KEY) for header in headers)
    assert not any(verifies(replace(header, spi=0), b"other") for header in headers)
