"""Other protocols that matter to an observer of VRRP: ARP, neighbour advertisements, IGMP, MLD, HSRP.

Accepts any bytes. Only IGMP and MLD reports for VRRP's multicast addresses count.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from vrrptui.engine.capture.link_layer import unwrap
from vrrptui.protocol.advert import IPV4_GROUP, IPV6_GROUP
from vrrptui.protocol.frame import IPV4_HEADER_BYTES, IPV6_HEADER_BYTES
from vrrptui.protocol.link.link_types import ETHERTYPE_IPV4, ETHERTYPE_IPV6
from vrrptui.segment.overheard import Announced, Listening, OtherProtocol, Overheard

ETHERTYPE_ARP = 0x0806
ARP = struct.Struct("!HHBBH6s4s6s4s")
ARP_REQUEST, ARP_REPLY = 1, 2
IGMP, UDP, ICMPV6, HOP_BY_HOP = 2, 17, 58, 0
IGMP_REPORTS, IGMP_LEAVE, IGMP_V3_REPORT = (0x12, 0x16), 0x17, 0x22  # RFC 2236 §2, RFC 3376 §4.2
MLD_REPORT, MLD_DONE, NEIGHBOUR_ADVERTISEMENT, MLD_V2_REPORT = 131, 132, 136, 143
TARGET_LINK_ADDRESS = 2  # RFC 4861 §4.6.1
TO_INCLUDE, BLOCK = 3, 6  # RFC 3376 §4.2.12
HSRP_PORT, HSRP_PORT_IPV6 = 1985, 2029
MAX_RECORDS = 256


def overhear(
    data: bytes, link_type: int, vlan: int | None = None, interface: str | None = None, local: bool = False
) -> list[Overheard]:
    """Return what the frame reveals. `local`: this host sent it, so it reveals no other listener."""
    link = unwrap(data, link_type, vlan)
    if link is None:
        return []
    try:
        if link.ethertype == ETHERTYPE_ARP:
            return list(_arp(link.payload, interface, link.vlan))
        if link.ethertype == ETHERTYPE_IPV4:
            return list(_ipv4(link.payload, interface, link.vlan, local))
        if link.ethertype == ETHERTYPE_IPV6:
            return list(_ipv6(link.payload, link.source_mac, interface, link.vlan, local))
    except struct.error:  # truncated
        pass
    return []


def _arp(data: bytes, interface: str | None, vlan: int | None) -> Iterator[Overheard]:
    """RFC 826: a request or reply has the sender's own address; a probe (RFC 5227) has none."""
    hardware, protocol, mac_bytes, _, operation, mac, sender, _, target = ARP.unpack_from(data)
    if (hardware, protocol, mac_bytes) != (1, ETHERTYPE_IPV4, 6) or sender == bytes(4):
        return
    how = {ARP_REQUEST: "ARP request", ARP_REPLY: "ARP reply"}.get(operation)
    if how is None:
        return
    if sender == target:
        how = "gratuitous ARP"
    yield Announced(address=IPv4Address(sender), mac=mac, how=how, interface=interface, vlan=vlan)


def _ipv4(data: bytes, interface: str | None, vlan: int | None, local: bool) -> Iterator[Overheard]:
    if len(data) < IPV4_HEADER_BYTES or struct.unpack_from("!H", data, 6)[0] & 0x1FFF:
        return
    header, protocol, source = (data[0] & 0x0F) * 4, data[9], IPv4Address(data[12:16])
    if protocol == UDP:
        if struct.unpack_from("!H", data, header + 2)[0] == HSRP_PORT and IPv4Address(data[16:20]).is_multicast:
            yield OtherProtocol(name="HSRP", source=source, interface=interface, vlan=vlan)
    elif protocol == IGMP and not local and not source.is_unspecified:
        for listens in _igmp(data[header:]):
            yield Listening(source=source, listens=listens, interface=interface, vlan=vlan)


def _igmp(data: bytes) -> Iterator[bool]:
    kind, group = struct.unpack_from("!B3x4s", data)
    if kind == IGMP_V3_REPORT:
        yield from _records(data, IPV4_GROUP.packed)
    elif kind in (*IGMP_REPORTS, IGMP_LEAVE) and group == IPV4_GROUP.packed:
        yield kind != IGMP_LEAVE


def _ipv6(
    data: bytes, source_mac: bytes | None, interface: str | None, vlan: int | None, local: bool
) -> Iterator[Overheard]:
    if len(data) < IPV6_HEADER_BYTES:
        return
    protocol, source, at = data[6], IPv6Address(data[8:24]), IPV6_HEADER_BYTES
    if protocol == HOP_BY_HOP and len(data) > at + 2:  # MLD follows a router alert option (RFC 3810 §5)
        protocol, at = data[at], at + 8 + data[at + 1] * 8
    if protocol == UDP:
        if struct.unpack_from("!H", data, at + 2)[0] == HSRP_PORT_IPV6 and data[24] == 0xFF:
            yield OtherProtocol(name="HSRP", source=source, interface=interface, vlan=vlan)
    elif protocol == ICMPV6 and len(data) > at:
        body = data[at:]
        if body[0] == NEIGHBOUR_ADVERTISEMENT:
            mac = _target_mac(body) or source_mac
            if mac:
                address = IPv6Address(struct.unpack_from("!8x16s", body)[0])
                yield Announced(address=address, mac=mac, how="neighbour advertisement", interface=interface, vlan=vlan)
        elif not local and not source.is_unspecified:
            for listens in _mld(body):
                yield Listening(source=source, listens=listens, interface=interface, vlan=vlan)


def _mld(body: bytes) -> Iterator[bool]:
    if body[0] == MLD_V2_REPORT:
        yield from _records(body, IPV6_GROUP.packed)
    elif body[0] in (MLD_REPORT, MLD_DONE) and struct.unpack_from("!8x16s", body)[0] == IPV6_GROUP.packed:
        yield body[0] == MLD_REPORT


def _target_mac(body: bytes) -> bytes | None:
    at = 24
    while at + 8 <= len(body) and body[at + 1]:
        if body[at] == TARGET_LINK_ADDRESS:
            return body[at + 2 : at + 8]
        at += body[at + 1] * 8
    return None


def _records(data: bytes, group: bytes) -> Iterator[bool]:
    """Yield whether each record for `group` in a report (RFC 3376 §4.2, RFC 3810 §5.2) is a join."""
    (count,) = struct.unpack_from("!H", data, 6)
    at, size = 8, len(group)
    for _ in range(min(count, MAX_RECORDS)):
        kind, auxiliary, sources = struct.unpack_from("!BBH", data, at)
        if data[at + 4 : at + 4 + size] == group and kind != BLOCK:
            yield bool(sources) or kind != TO_INCLUDE
        at += 4 + size + sources * size + auxiliary * 4
