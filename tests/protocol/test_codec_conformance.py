"""Every requirement on the message itself, both ways: what must be accepted is, and what must not be is not.

Each negative half starts from a message that passes and changes the field in question alone, checksum recomputed.
"""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.protocol.vrrp_bytes import SOURCE6, flip, oddities, pseudo_header, read, reasons, summed, v2, v3
from vrrptui.protocol.advert import (
    NS_PER_CENTISECOND,
    NS_PER_SECOND,
    Auth,
    Checksum,
    Family,
    Reason,
    list_oddities,
    virtual_mac,
)
from vrrptui.protocol.codec import decode, encode_v2, encode_v3
from vrrptui.protocol.frame import parse_ethernet

LINK_LOCAL = "fe80::200:5eff:fe00:233"
SIX = (LINK_LOCAL, "2001:db8::254")
CS = NS_PER_CENTISECOND
A4, A6 = ip_address("10.0.0.254"), ip_address(LINK_LOCAL)
S4, G4 = ip_address("10.0.0.2"), ip_address("224.0.0.18")
S6, G6 = ip_address(SOURCE6), ip_address("ff02::12")


def sent3(addresses=(A4,), *, vrid=51, priority=100, interval_ns=NS_PER_SECOND, source=S4, destination=G4, **more):
    return encode_v3(vrid, priority, interval_ns, tuple(addresses), source, destination, **more)


def sent3_six(addresses=(A6,), **more):
    return sent3(addresses, source=S6, destination=G6, **more)


def sent2(addresses=(A4,), *, vrid=51, priority=100, interval_ns=NS_PER_SECOND, **more):
    return encode_v2(vrid, priority, interval_ns, tuple(addresses), **more)


def refuses_to_send(make, *words):
    with pytest.raises(ValueError) as caught:
        make()
    assert all(word in str(caught.value) for word in words)


def ttl_is(accepted, values, message, **facts):
    for ttl in values:
        assert reasons(message, ttl=ttl, **facts) == ([] if accepted else ["ttl-not-255"]), ttl


def layout_positive():
    assert sent3() == bytes.fromhex("3133 6401 0064 74d8 0a0000fe".replace(" ", ""))
    assert sent3_six() == v3((LINK_LOCAL,))
    assert sent3_six()[8:] == A6.packed


def layout_negative():
    swapped = v3(interval_cs=0x0200, addresses=("10.0.0.254",))
    assert read(swapped).interval_ns == 512 * CS != 2 * CS
    assert read(v3(("254.0.0.10",))).addresses != (A4,)


def checksum_positive():
    assert sent3()[6:8] == bytes.fromhex("74d8")
    assert sent3(form=Checksum.MESSAGE)[6:8] == v3(form="message")[6:8]
    assert sent3_six()[6:8] == v3((LINK_LOCAL,))[6:8]
    assert sent2()[6:8] == v2()[6:8]


def every_flip_is_found(message, **facts):
    """No flipped bit gives an advert without problems."""
    for bit in range(len(message) * 8):
        assert reasons(flip(message, bit), **facts), bit


def form_positive():
    message = sent3(form=Checksum.MESSAGE)
    assert message == v3(form="message")
    assert read(message).checksum is Checksum.MESSAGE


def form_negative():
    assert read(sent3()).checksum is Checksum.PSEUDO_HEADER
    assert sent3() != sent3(form=Checksum.MESSAGE)


def six_checksum_negative():
    assert reasons(v3(SIX, form="message"), source=SOURCE6) == ["bad-checksum"]
    assert reasons(v3(SIX), source="fe80::3") == ["bad-checksum"]


def addresses_of_one_family_positive():
    assert read(v3(("10.0.0.1", "10.0.0.2"))).addresses == (ip_address("10.0.0.1"), ip_address("10.0.0.2"))
    assert read(v3(SIX), source=SOURCE6).addresses == tuple(map(ip_address, SIX))


def cut_at_every_byte(message, **facts):
    """Whether the capture or the IP length ends there, a part of a message is refused."""
    for end in range(len(message)):
        assert "truncated" in reasons(message[:end], **facts), end
        assert "truncated" in reasons(message[:end], length=len(message), **facts), end


def padding_is_tolerated():
    ip = bytes.fromhex("45c00020000000 00ff70 0000 0a000002 e0000012".replace(" ", ""))
    frame = parse_ethernet(bytes(12) + b"\x08\x00" + ip + v3() + b"\xff" * 14)
    assert frame
    assert decode(frame.packet).problems == ()


def either_form_flipped():
    every_flip_is_found(v3())
    every_flip_is_found(v3(form="message"))
    every_flip_is_found(v3(SIX), source=SOURCE6)


def the_fields_reach_the_wire():
    assert sent3(vrid=7, priority=200, interval_ns=20 * CS) == v3(vrid=7, priority=200, interval_cs=20)
    assert sent3_six(vrid=7, priority=200) == v3((LINK_LOCAL,), vrid=7, priority=200)
    assert sent2(vrid=7, priority=200, interval_ns=3 * NS_PER_SECOND) == v2(vrid=7, priority=200, interval_s=3)


def a_change_reaches_the_wire():
    other = ip_address("10.0.0.253")
    assert read(sent3(priority=99)).priority == 99
    assert read(sent3((A4, other))).addresses == (A4, other)
    assert sent3(priority=99)[6:8] != sent3()[6:8]


def macs(family, fifth):
    for vrid in (1, 51, 255):
        assert virtual_mac(family, vrid) == bytes((0, 0, 0x5E, 0, fifth, vrid))


def macs_differ(family, wrong_fifth):
    assert all(virtual_mac(family, vrid)[4] != wrong_fifth for vrid in range(1, 256))


def type_other_than_1(make, **facts):
    for kind in (0, 2, 15):
        assert reasons(make(kind=kind), **facts) == ["bad-type"], kind


def versions_refused(make, versions):
    for version in versions:
        assert "bad-version" in reasons(make(version=version)), version


def counts_encode(make, size):
    for count in (1, 2, 255):
        message = make((A4,) * count)
        assert message[3] == count
        assert len(message) == size(count)


def first_address(accepted, values):
    for first in values:
        expected = [] if accepted else ["first-address-not-link-local"]
        message = v3((first, "2001:db8::254"), source=SOURCE6)
        assert reasons(message, source=SOURCE6) == [], first
        assert oddities(message, source=SOURCE6) == expected, first


def carp_is_recognised():
    message = bytes((0x21, 7, 1, 7, 0, 1)) + bytes(30)
    assert reasons(summed(message)) == ["carp"]
    assert read(summed(message)).addresses == ()


def intervals_round_trip():
    for interval_cs in (1, 100, 4095):
        assert read(sent3(interval_ns=interval_cs * CS)).interval_ns == interval_cs * CS


def v2_intervals_round_trip():
    for seconds in (1, 255):
        assert read(sent2(interval_ns=seconds * NS_PER_SECOND)).interval_ns == seconds * NS_PER_SECOND


def v2_intervals_refused():
    for interval_ns in (0, 256 * NS_PER_SECOND, NS_PER_SECOND // 2):
        refuses_to_send(lambda interval_ns=interval_ns: sent2(interval_ns=interval_ns), "interval")


def v2_sum_negative():
    assert reasons(v2(prefix=pseudo_header("10.0.0.2", "224.0.0.18", 20))) == ["bad-checksum"]
    message = v2(auth_type=1, auth_data=b"secret")
    for bit in range((len(message) - 8) * 8, len(message) * 8):
        assert reasons(flip(message, bit)) == ["bad-checksum"], bit


def type_0_ignores_its_data():
    advert = read(v2(auth_data=b"\x01garbage"))
    assert (advert.problems, advert.auth) == ((), Auth.NONE)
    assert sent2()[-8:] == bytes(8)


def type_1_keeps_its_data():
    advert = read(v2(auth_type=1, auth_data=b"secret"))
    assert (advert.auth, advert.auth_data) == (Auth.SIMPLE, b"secret\0\0")


def unknown_auth_types_are_named():
    assert read(v2(auth_type=1)).auth is Auth.SIMPLE
    for number in (3, 128, 255):
        advert = read(v2(auth_type=number))
        assert (advert.auth, advert.auth_type) == (Auth.UNKNOWN, number)


def that(claim):
    assert claim


def row(requirement, check):
    return pytest.param(check, id=requirement)


ROWS = [
    row("9568-5.1.1.3-2 positive: TTL 255", lambda: ttl_is(True, [255], v3())),
    row("9568-5.1.1.3-2 negative: TTL 0, 1, 64, 254", lambda: ttl_is(False, [0, 1, 64, 254], v3())),
    row("9568-5.1.2.3-2 positive: hop limit 255", lambda: ttl_is(True, [255], v3(SIX), source=SOURCE6)),
    row(
        "9568-5.1.2.3-2 negative: hop limit 0, 1, 64, 254",
        lambda: ttl_is(False, [0, 1, 64, 254], v3(SIX), source=SOURCE6),
    ),
    row("9568-5.2-1 positive: golden bytes", layout_positive),
    row("9568-5.2-1 negative: swapped bytes mean something else", layout_negative),
    row("9568-5.2.1-1 positive: high nibble 3", lambda: that(sent3()[0] >> 4 == sent3_six()[0] >> 4 == 3)),
    row("9568-5.2.1-1 negative: a v2 message is another call", lambda: that(sent2()[0] >> 4 == 2 != sent3()[0] >> 4)),
    row("9568-5.2.2-1 positive: type 1", lambda: that(reasons(v3(kind=1)) == [])),
    row("9568-5.2.2-1 negative: type 0, 2, 15", lambda: type_other_than_1(v3)),
    row("9568-5.2.2-2 positive: low nibble 1", lambda: that(sent3()[0] & 15 == sent3_six()[0] & 15 == 1)),
    row(
        "9568-5.2.2-2 negative: no priority makes another type",
        lambda: that({sent3(priority=p)[0] & 15 for p in range(256)} == {1}),
    ),
    row(
        "9568-5.2.3-1 positive: VRID 1 and 255", lambda: that([read(sent3(vrid=v)).vrid for v in (1, 255)] == [1, 255])
    ),
    row("9568-5.2.3-1 negative: VRID 0 received", lambda: that(reasons(v3(vrid=0)) == ["bad-vrid"])),
    row("9568-5.2.3-1 negative: VRID 0 to be sent", lambda: refuses_to_send(lambda: sent3(vrid=0), "1 to 255")),
    row("9568-5.2.3-1 negative: VRID 256 to be sent", lambda: refuses_to_send(lambda: sent3(vrid=256), "1 to 255")),
    row("9568-5.2.5-1 positive: count 1, 2, 255", lambda: counts_encode(sent3, lambda n: 8 + 4 * n)),
    row(
        "9568-5.2.5-1 negative: 0 addresses are refused in strict mode",
        lambda: that(list_oddities(3, Family.IPV4, ()) == (Reason.BAD_ADDRESS_COUNT,)),
    ),
    row(
        "9568-5.2.5-1 negative: 256 addresses",
        lambda: refuses_to_send(lambda: sent3((A4,) * 256), "at most 255 addresses"),
    ),
    row("9568-5.2.5-2 positive: count 1", lambda: that(reasons(v3()) == [])),
    row(
        "9568-5.2.5-2 negative: count 0, refused in strict mode",
        lambda: that((reasons(v3(())), oddities(v3(()))) == ([], ["bad-address-count"])),
    ),
    row("9568-5.2.6-1 positive: reserved bits 0", lambda: that(sent3()[4] >> 4 == 0)),
    row("9568-5.2.6-1 negative: interval 4095", lambda: that(sent3(interval_ns=4095 * CS)[4] >> 4 == 0)),
    row("9568-5.2.6-2 positive: reserved bits 0xF", lambda: that(reasons(v3(reserved=0xF)) == [])),
    row(
        "9568-5.2.6-2 negative: interval stays 12 bits",
        lambda: that(read(v3(reserved=0xF)).interval_ns == read(v3()).interval_ns == 100 * CS),
    ),
    row("9568-5.2.7-1 positive: 1, 100, 4095 cs", intervals_round_trip),
    row("9568-5.2.7-1 negative: 0 cs", lambda: refuses_to_send(lambda: sent3(interval_ns=0), "interval")),
    row("9568-5.2.7-1 negative: 4096 cs", lambda: refuses_to_send(lambda: sent3(interval_ns=4096 * CS), "interval")),
    row("9568-5.2.7-1 negative: 1.5 cs", lambda: refuses_to_send(lambda: sent3(interval_ns=CS * 3 // 2), "interval")),
    row("9568-5.2.8-1 positive: golden values", checksum_positive),
    row("9568-5.2.8-1 negative: any flipped bit", either_form_flipped),
    row("9568-5.2.8-2 positive: message form sent and named", form_positive),
    row("9568-5.2.8-2 negative: pseudo-header form named", form_negative),
    row("9568-5.2.8-3 positive: golden v6", lambda: that(reasons(v3(SIX), source=SOURCE6) == [])),
    row("9568-5.2.8-3 negative: message sum, other source", six_checksum_negative),
    row("9568-5.2.9-1 positive: link-local stays first", lambda: that(sent3_six((A6, S6))[8:24] == A6.packed)),
    row(
        "9568-5.2.9-1 negative: a global address first, refused in strict mode",
        lambda: first_address(False, ["2001:db8::1"]),
    ),
    row("9568-5.2.9-2 positive: one family", addresses_of_one_family_positive),
    row("9568-5.2.9-2 negative: mixed list", lambda: refuses_to_send(lambda: sent3((A4, A6)), "own family")),
    row("9568-7.1-2 positive: version 3", lambda: that(reasons(v3(version=3)) == [])),
    row("9568-7.1-2 negative: version 0, 1, 4, 15", lambda: versions_refused(v3, [0, 1, 4, 15])),
    row("9568-7.1-2 negative: version 2 over IPv6", lambda: that(reasons(v2(), source=SOURCE6) == ["bad-version"])),
    row("9568-7.1-3 positive: type 1", lambda: that(reasons(v3(SIX), source=SOURCE6) == [])),
    row(
        "9568-7.1-3 negative: type 0, 2, 15 over IPv6",
        lambda: type_other_than_1(lambda kind: v3(SIX, kind=kind), source=SOURCE6),
    ),
    row("9568-7.1-4 positive: exact length", lambda: that(reasons(v3(("10.0.0.1", "10.0.0.2"))) == [])),
    row("9568-7.1-4 positive: Ethernet padding", padding_is_tolerated),
    row("9568-7.1-4 negative: cut at every byte", lambda: cut_at_every_byte(v3(("10.0.0.1", "10.0.0.2")))),
    row("9568-7.1-4 negative: v6 cut at every byte", lambda: cut_at_every_byte(v3(SIX), source=SOURCE6)),
    row("9568-7.1-4 negative: count one too many", lambda: that(reasons(v3(count=2)) == ["truncated"])),
    row(
        "9568-7.1-4 negative: count one too few",
        lambda: that("bad-length" in reasons(v3(SIX, count=1), source=SOURCE6)),
    ),
    row("9568-7.1-5 positive: message form", lambda: that(reasons(v3(form="message")) == [])),
    row("9568-7.1-5 positive: pseudo-header form", lambda: that(reasons(v3()) == [])),
    row("9568-7.1-5 negative: a bit of the sum", lambda: that(reasons(flip(v3(), 55)) == ["bad-checksum"])),
    row(
        "9568-7.1-5 negative: a bit of the sum, message form",
        lambda: that(reasons(flip(v3(form="message"), 55)) == ["bad-checksum"]),
    ),
    row("9568-7.1-7 positive: count not 0", lambda: that(reasons(v3(SIX), source=SOURCE6) == [])),
    row(
        "9568-7.1-7 negative: count 0 over IPv6, refused in strict mode",
        lambda: that(oddities(v3((), source=SOURCE6), source=SOURCE6) == ["bad-address-count"]),
    ),
    row("9568-7.1-8 positive: fe80 and febf first", lambda: first_address(True, ["fe80::1", "febf::1"])),
    row(
        "9568-7.1-8 negative: fec0, global, ::, refused in strict mode",
        lambda: first_address(False, ["fec0::1", "2001:db8::1", "::"]),
    ),
    row("9568-7.1-9 positive: 1 cs", lambda: that(reasons(v3(interval_cs=1)) == [])),
    row("9568-7.1-9 negative: 0 cs", lambda: that(reasons(v3(interval_cs=0)) == ["zero-interval"])),
    row("9568-7.2-1 positive: golden bytes per version and family", the_fields_reach_the_wire),
    row("9568-7.2-1 negative: a change shows", a_change_reaches_the_wire),
    row("9568-7.3-1 positive: VRID 1, 51, 255", lambda: macs(Family.IPV4, 1)),
    row("9568-7.3-1 negative: never the IPv6 byte", lambda: macs_differ(Family.IPV4, 2)),
    row("9568-7.3-2 positive: VRID 1, 51, 255", lambda: macs(Family.IPV6, 2)),
    row("9568-7.3-2 negative: never the IPv4 byte", lambda: macs_differ(Family.IPV6, 1)),
    row("3768-5.3-1 positive: golden bytes", lambda: that(sent2((A4, S4)) == v2(("10.0.0.254", "10.0.0.2")))),
    row("3768-5.3-1 positive: length 16 + 4n", lambda: counts_encode(sent2, lambda n: 16 + 4 * n)),
    row("3768-5.3-1 negative: without the last 8", lambda: that(reasons(v2()[:-8]) == ["truncated"])),
    row("3768-5.3.1-1 positive: byte 0 is 0x21", lambda: that(sent2()[0] == 0x21)),
    row("3768-5.3.1-1 negative: CARP", carp_is_recognised),
    row("3768-5.3.5-1 positive: 0 addresses", lambda: that((reasons(v2(())), read(v2(())).count) == ([], 0))),
    row("3768-5.3.5-1 negative: count disagrees", lambda: that("bad-length" in reasons(v2(count=0)))),
    row("3768-5.3.5-1 negative: count one too many", lambda: that(reasons(v2(count=2)) == ["truncated"])),
    row("3768-5.3.6-1 positive: type 0", lambda: that(read(v2()).auth is Auth.NONE)),
    row("3768-5.3.6-1 negative: 3, 128, 255 are unknown", unknown_auth_types_are_named),
    row("3768-5.3.6-2 positive: type 0 sent", lambda: that(sent2()[4] == 0)),
    row("3768-5.3.6-2 negative: another only if configured", lambda: that(sent2(auth_type=1, auth_data=b"x")[4] == 1)),
    row("3768-5.3.7-1 positive: 1 and 255 s", v2_intervals_round_trip),
    row("3768-5.3.7-1 negative: 0, 256, 0.5 s", v2_intervals_refused),
    row(
        "3768-5.3.8-1 positive: golden value",
        lambda: that(sent2(auth_type=1, auth_data=b"pw") == v2(auth_type=1, auth_data=b"pw")),
    ),
    row("3768-5.3.8-1 negative: pseudo-header, last 8 bytes", v2_sum_negative),
    row("3768-5.3.10-1 positive: ignored with type 0", type_0_ignores_its_data),
    row("3768-5.3.10-1 negative: not with type 1", type_1_keeps_its_data),
    row("3768-7.1-1 positive: TTL 255", lambda: ttl_is(True, [255], v2())),
    row("3768-7.1-1 negative: TTL 254", lambda: ttl_is(False, [254], v2())),
    row("3768-7.1-2 positive: version 2", lambda: that(reasons(v2(version=2)) == [])),
    row("3768-7.1-2 negative: version 1", lambda: versions_refused(v2, [1])),
    row("3768-7.1-2 negative: version 3 is not read as 2", lambda: that(reasons(v2(version=3)) != [])),
    row("3768-7.1-3 positive: exact length", lambda: that(reasons(v2(("10.0.0.1", "10.0.0.2"))) == [])),
    row("3768-7.1-3 negative: count one too many", lambda: that(reasons(v2(("10.0.0.1",), count=3)) == ["truncated"])),
    row("3768-7.1-3 negative: cut at every byte", lambda: cut_at_every_byte(v2())),
    row("3768-7.1-4 positive: right sum", lambda: that(read(v2()).checksum is Checksum.MESSAGE)),
    row("3768-7.1-4 negative: wrong sum", lambda: every_flip_is_found(v2())),
    row(
        "5798-5.2.8-1 positive: sent by default and named",
        lambda: that(read(sent3()).checksum.value == "pseudo-header"),
    ),
    row(
        "5798-5.2.8-2 positive: unicast has the real destination",
        lambda: that(reasons(v3(destination="10.0.0.3"), destination="10.0.0.3", ttl=64) == []),
    ),
    row(
        "5798-5.2.8-2 negative: unicast summed with the group",
        lambda: that(reasons(v3(), destination="10.0.0.3") == ["bad-checksum"]),
    ),
]


@pytest.mark.parametrize("check", ROWS)
def test_the_message_conforms(check):
    check()
