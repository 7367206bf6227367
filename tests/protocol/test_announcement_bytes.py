"""The bytes of announcements, read by a decoder that shares no code with ours (scapy's) and by their offsets."""

from __future__ import annotations

import logging
import struct
from ipaddress import IPv4Address, IPv6Address

from hypothesis import given, settings
from hypothesis import strategies as st

from vrrptui.protocol.announcement import announcement, gratuitous_arp, unsolicited_advertisement

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6  # noqa: E402
from scapy.layers.l2 import ARP, Ether  # noqa: E402

macs = st.binary(min_size=6, max_size=6)
addresses4 = st.integers(0, 2**32 - 1).map(IPv4Address)
addresses6 = st.integers(0, 2**128 - 1).map(IPv6Address)


@settings(deadline=None)  # of one example: the host may be busy
@given(address=addresses4, mac=macs)
def test_a_gratuitous_arp_has_address_and_mac_on_both_sides(address, mac):
    """RFC 9568 §6.4.2 with errata 7947 and 7949: the target hardware address is the virtual router's as well."""
    frame = gratuitous_arp(address, mac)
    assert frame == announcement(address, mac)
    ether, text = Ether(frame), mac.hex(":")
    assert (ether.dst, ether.src, ether.type, len(frame)) == ("ff:ff:ff:ff:ff:ff", text, 0x0806, 42)
    arp = ether[ARP]
    assert (arp.hwtype, arp.ptype, arp.hwlen, arp.plen, arp.op) == (1, 0x0800, 6, 4, 1)
    assert (arp.hwsrc, arp.psrc, arp.hwdst, arp.pdst) == (text, str(address), text, str(address))
    assert frame[22:28] == frame[32:38] == mac
    assert frame[28:32] == frame[38:42] == address.packed


@settings(deadline=None)  # of one example: the host may be busy
@given(address=addresses6, mac=macs)
def test_an_unsolicited_na_has_router_and_override_alone(address, mac):
    """RFC 9568 §6.4.2: R 1, S 0, O 1, the address as target, the virtual router's MAC as target link-layer address."""
    frame = unsolicited_advertisement(address, mac)
    assert frame == announcement(address, mac)
    ether = Ether(frame)
    assert (ether.dst, ether.src, ether.type) == ("33:33:00:00:00:01", mac.hex(":"), 0x86DD)
    ip, said, option = ether[IPv6], ether[ICMPv6ND_NA], ether[ICMPv6NDOptDstLLAddr]
    assert (ip.dst, ip.nh, ip.hlim, ip.plen) == ("ff02::1", 58, 255, 32)
    assert (said.type, said.code, said.R, said.S, said.O) == (136, 0, 1, 0, 1)
    assert IPv6Address(ip.src) == IPv6Address(said.tgt) == address
    assert (option.type, option.len, option.lladdr) == (2, 1, mac.hex(":"))
    assert frame[58:62] == bytes.fromhex("a0000000")
    assert len(frame) == 14 + 40 + 32


@settings(deadline=None)  # of one example: the host may be busy
@given(address=addresses6, mac=macs)
def test_the_checksum_of_an_advertisement_is_right(address, mac):
    """RFC 4443 §2.3: the ones' complement sum over pseudo-header and message is 0xFFFF."""
    frame = unsolicited_advertisement(address, mac)
    pseudo = frame[22:54] + struct.pack("!II", 32, 58)
    total = sum(struct.unpack("!36H", pseudo + frame[54:]))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
