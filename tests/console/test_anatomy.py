"""Frames taken apart: where each field lies, of whole, cut and random ones, and what may not be shown."""

from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.console.text.dissector import anatomy, find, secret_places
from vrrptui.console.text.packet import dump
from vrrptui.protocol.advert import Family
from vrrptui.protocol.authentication import sign
from vrrptui.protocol.codec import encode_v2, encode_v3
from vrrptui.protocol.frame import build_multicast

SECOND_NS = 1_000_000_000
SOURCE4, SOURCE6 = IPv4Address("10.0.0.2"), IPv6Address("fe80::2")
MAC4, MAC6 = bytes.fromhex("00005e000133"), bytes.fromhex("00005e000233")
ADDRESSES4 = (IPv4Address("10.0.0.254"), IPv4Address("10.0.0.253"))
ADDRESSES6 = (IPv6Address("fe80::1:33"), IPv6Address("fd00::1"))
V2 = encode_v2(51, 100, SECOND_NS, ADDRESSES4)
GROUP4, GROUP6 = Family.IPV4.group, Family.IPV6.group
FRAMES = {
    "v2": build_multicast(V2, SOURCE4, MAC4, GROUP4),
    "v2 with a password": build_multicast(
        encode_v2(51, 100, SECOND_NS, ADDRESSES4, 1, b"secret"), SOURCE4, MAC4, GROUP4
    ),
    "v2 in an AH": build_multicast(sign(V2, SOURCE4, GROUP4, 7, 1, b"secret"), SOURCE4, MAC4, GROUP4, signed=True),
    "v3": build_multicast(encode_v3(51, 100, SECOND_NS, ADDRESSES4, SOURCE4, GROUP4), SOURCE4, MAC4, GROUP4),
    "v3 over IPv6": build_multicast(encode_v3(51, 100, SECOND_NS, ADDRESSES6, SOURCE6, GROUP6), SOURCE6, MAC6, GROUP6),
}
TRAILER = bytes.fromhex("01 07 0000 6553f100 8000 0102") + bytes(range(16))
FRAMES["v3 with a trailer"] = build_multicast(
    encode_v3(51, 100, SECOND_NS, ADDRESSES4, SOURCE4, GROUP4) + TRAILER, SOURCE4, MAC4, GROUP4
)
TAG = bytes.fromhex("81000014")
WHERE = {  # the bytes in which each field must lie
    "v2": {"ttl": (22, 23), "vrid": (35, 36), "priority": (36, 37), "interval": (39, 40), "checksum": (40, 42)},
    "v2 in an AH": {"ah-sequence": (42, 46), "auth": (46, 58), "vrid": (59, 60), "interval": (63, 64)},
    "v3": {"source": (26, 30), "vrid": (35, 36), "interval": (38, 40), "addresses": (42, 46)},
    "v3 with a trailer": {"addresses": (42, 46), "hmac-key": (51, 52), "hmac-time": (54, 58), "hmac": (62, 78)},
    "v3 over IPv6": {"ttl": (21, 22), "source": (22, 38), "vrid": (55, 56), "addresses": (62, 78)},
}


def leaves(sections):
    for field in sections:
        yield from leaves(field.children) if field.children else [field]


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("tag", [b"", TAG], ids=["untagged", "tagged"])
def test_fields_lie_where_the_standards_put_them(name, tag):
    frame = FRAMES[name][:12] + tag + FRAMES[name][12:]
    sections = anatomy(frame)
    for key, (start, end) in WHERE[name].items():
        field = find(sections, key)
        assert (field.start, field.end) == (start + len(tag), end + len(tag)), key


@pytest.mark.parametrize("name", FRAMES)
def test_every_byte_of_a_frame_is_in_one_field(name):
    frame = FRAMES[name] + bytes(5)  # padded
    fields = sorted((field.start, field.end) for field in leaves(anatomy(frame)))
    assert fields[0][0] == 0
    assert all(end == start for (_, end), (start, _) in pairwise(fields))
    assert fields[-1][1] == len(frame)


@given(st.sampled_from(sorted(FRAMES)), st.integers(0, 120), st.sampled_from([1, 12, 107, 113, 276, 999]))
def test_a_cut_frame_says_where_it_ends(name, length, link_type):
    frame = FRAMES[name][:length]
    sections = anatomy(frame, link_type)
    assert all(0 <= field.start <= field.end <= len(frame) for field in leaves(sections))
    of_known_length = name not in ("v2 with a password", "v3 with a trailer")  # nothing says that more should follow
    if link_type == 1 and 0 < length < len(FRAMES[name]) and of_known_length:
        assert find(sections, "cut") is not None or length in (14, 34, 54)


@given(st.binary(max_size=200), st.integers(0, 300), st.sampled_from([None, "bad", "message"]))
def test_random_bytes_never_break_it(frame, link_type, checksum):
    places = list(leaves(anatomy(frame, link_type, checksum)))
    assert all(0 <= field.start <= field.end <= len(frame) for field in places)
    secret = secret_places(anatomy(b"\0" * 12 + b"\x08\x00" + frame))
    assert dump(frame, 3, 9, secret)


@given(st.binary(min_size=20, max_size=90))
def test_whatever_follows_an_ip_header_never_breaks_it(rest):
    for name in ("v2", "v3 over IPv6"):
        start = 34 if name == "v2" else 54
        sections = anatomy(FRAMES[name][:start] + rest)
        assert all(field.start <= field.end for field in leaves(sections))


def test_a_password_is_neither_in_the_fields_nor_in_the_bytes():
    frame = FRAMES["v2 with a password"]
    sections = anatomy(frame)
    lines = dump(frame, 0, 0, secret_places(sections))
    shown = " ".join(text for line in lines for text, _ in line)
    assert b"secret".hex(" ") not in shown
    assert "secret" not in shown.replace(" ", "")
    assert not any("secret" in field.text for field in leaves(sections))
    assert b"secret".hex(" ") in " ".join("".join(t for t, _ in line) for line in dump(frame, 0, 0, ()))


def test_the_marked_bytes_are_those_of_the_field():
    frame = FRAMES["v3"]
    lines = dump(frame, 30, 34, ())
    marked = ["".join(text for text, tone in line if tone == "tab") for line in lines]
    assert marked[1].startswith(frame[30:32].hex(" "))
    assert marked[2].startswith(frame[32:34].hex(" "))
    assert marked[0] == ""
    assert marked[3] == ""


@pytest.mark.parametrize("width", [8, 16])
@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 17])
def test_the_characters_of_a_dump_stand_in_one_column(width, length):
    lines = ["".join(text for text, _ in line) for line in dump(b"A" * (width + length), 0, 0, (), width)]
    assert len({line.index("A") for line in lines}) == 1


def test_the_trailer_of_auth_hmac_names_its_key_and_its_time():
    said = [field.text for field in leaves(anatomy(FRAMES["v3 with a trailer"]))]
    assert "HMAC key 7" in said
    assert "sent at 2023-11-14 22:13:20.000Z by the sender's clock" in said
    other = FRAMES["v3 with a trailer"].replace(TRAILER, b"\2" + TRAILER[1:])
    assert find(anatomy(other), "trailer").text == "28 bytes after the message"
