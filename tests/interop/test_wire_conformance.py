"""What a virtual router must be seen to do on a wire, from other hosts: every requirement both ways, named by its id.

One story is played once (two routers, two families, a takeover and a return) and recorded; the tests look at it.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address

import pytest

from tests.interop.engine_lab import Frame, Tap, configuration, sender, tap_of
from tests.interop.segment_lab import SegmentLab, segment_lab
from vrrptui.lab.namespaces import inside
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3

VIP, SECOND_VIP, OWNED = ip_address("192.0.2.100"), ip_address("192.0.2.101"), ip_address("192.0.2.102")
VIP6, GLOBAL6, OWNED6 = ip_address("fe80::100"), ip_address("2001:db8::100"), ip_address("fe80::102")
PRIMARY = ip_address("192.0.2.11")
SOLICITED_NODE = "ff02::1:ff00:100"
ALL_NODES = ip_address("ff02::1").packed
BROADCAST = b"\xff" * 6
INTERVAL_NS = 100_000_000


def instance(name: str, vrid: int, priority: int, *vips: str, timing: str = "advert_int 0.1") -> str:
    addresses = "\n".join(vips)
    return (
        f"vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\npriority {priority}\n{timing}\n"
        f"virtual_ipaddress {{\n{addresses}\n}}\n}}\n"
    )


def routers(priority: int, *more: str) -> str:
    four = instance("FOUR", 51, priority, f"{VIP}/24", f"{SECOND_VIP}/24")
    six = instance("SIX", 51, priority, f"{VIP6}/64", f"{GLOBAL6}/64")
    return configuration(four, six, *more)


@dataclass
class Story:
    """Every frame of both routers, by the name of the part in which it was sent."""

    first: Tap
    second: Tap
    parts: dict[str, tuple[list[Frame], list[Frame]]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    _seen: tuple[int, int] = (0, 0)

    def part(self, name: str) -> None:
        """All frames since the last part make up this one."""
        frames = self.first.read(), self.second.read()
        self.parts[name] = frames[0][self._seen[0] :], frames[1][self._seen[1] :]
        self._seen = len(frames[0]), len(frames[1])

    def all_of(self, router: int) -> list[Frame]:
        return [frame for part in self.parts.values() for frame in part[router]]


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Iterator[Story]:
    with segment_lab(tmp_path_factory.mktemp("wire")) as lab:
        lab.shell("r1", f"ip addr add {PRIMARY + 70}/24 dev eth0")
        made = Story(tap_of(lab, "r1"), tap_of(lab, "r2"))
        try:
            play(lab, made)
            yield made
        finally:
            made.first.close()
            made.second.close()


def play(lab: SegmentLab, story: Story) -> None:
    settle(lab)
    owner = instance("OWNER", 52, 255, f"{OWNED}/24", timing="version 2\nadvert_int 1")
    owners = owner, instance("OWNER6", 52, 255, f"{OWNED6}/64")
    first = lab.vrrptui("r1", routers(150, *owners))
    both_master(lab, "r1")
    lab.vrrptui("r2", routers(100))
    lab.wait_for(lambda: "ready:" in lab.programs[-1].text())
    time.sleep(0.5)
    story.part("r1 rules")
    story.facts["groups of r1 as master"] = lab.shell("r1", "ip -6 maddr show dev eth0")
    story.facts["pings"] = ask(lab)
    story.part("asked of r1")
    story.facts["forced"] = force(lab, "r2")
    story.part("forced on r2")
    authenticated(lab)
    time.sleep(0.5)
    story.part("a better router behind an authentication header")
    first.terminate()
    first.wait()
    both_master(lab, "r2")
    story.part("r2 took over")
    story.facts["groups of r2 as master"] = lab.shell("r2", "ip -6 maddr show dev eth0")
    lab.vrrptui("r1", routers(150))
    both_master(lab, "r1")
    time.sleep(0.5)
    story.part("r1 is back")
    story.facts["groups of r2 as backup"] = lab.shell("r2", "ip -6 maddr show dev eth0")
    ask(lab)
    story.part("asked again")
    lab.shell("r1", "ip -4 addr flush dev eth0")
    time.sleep(0.3)
    story.part("r1 loses its IPv4 addresses")
    time.sleep(0.7)
    story.part("r1 has none")


def settle(lab: SegmentLab) -> None:
    """Wait until the hosts' own IPv6 addresses may be used."""
    for name in ("r1", "r2", "client"):
        shown = partial(lab.shell, name, "ip -6 addr show dev eth0")
        lab.wait_for(lambda shown=shown: "tentative" not in shown())  # type: ignore[misc]
    lab.shell("client", "ip addr add 2001:db8::50/64 dev eth0 nodad")


def both_master(lab: SegmentLab, name: str) -> None:
    lab.wait_for(lambda: lab.holds(name, str(VIP)) and lab.holds(name, str(GLOBAL6)))
    lab.wait_for_master(name)


def ask(lab: SegmentLab) -> str:
    """Ask for the virtual addresses from a host that does not know them yet."""
    lab.shell("client", "ip neigh flush dev eth0")
    return lab.shell("client", f"ping -c1 -W1 {VIP} && ping -c1 -W1 {GLOBAL6} && ping -c1 -W1 {OWNED}", check=False)


def force(lab: SegmentLab, name: str) -> str:
    """Packets for a virtual address, to the MAC address of a router that does not hold it."""
    mac = lab.mac(name).hex(":")
    lab.shell("client", f"ip neigh replace {VIP} lladdr {mac} dev eth0 nud permanent")
    answer = lab.shell("client", f"ping -c2 -i0.2 -W1 {VIP}", check=False)
    lab.shell("client", f"ip neigh del {VIP} dev eth0")
    return answer


def authenticated(lab: SegmentLab) -> None:
    """An advert of priority 200 for VRID 51 inside an authentication header, which nobody here has configured."""
    source = ip_address(lab.network.hosts["client"].address)
    message = encode_v3(51, 200, INTERVAL_NS, (VIP, SECOND_VIP), source, Family.IPV4.group)
    with inside(lab.network.hosts["client"].namespace):
        one = socket.socket(socket.AF_INET, socket.SOCK_RAW, 51)
    with one, sender(lab, "client") as plain:
        for option in (socket.IP_MULTICAST_TTL, socket.IP_MULTICAST_IF):
            size = 4 if option == socket.IP_MULTICAST_IF else 1
            one.setsockopt(socket.IPPROTO_IP, option, plain.getsockopt(socket.IPPROTO_IP, option, size))
        for _ in range(5):
            one.sendto(bytes((112, 4)) + bytes(22) + message, (str(Family.IPV4.group), 0))
            time.sleep(0.1)


# What frames say.


def adverts(frames: list[Frame], family: Family, vrid: int = 51) -> list[bytes]:
    """The IP packets of protocol 112 for a VRID, from the IP header on."""
    ethertype, at, message = (0x0800, 23, 34) if family is Family.IPV4 else (0x86DD, 20, 54)
    return [
        frame.data[14:]
        for frame in frames
        if frame.data[12:14] == struct.pack("!H", ethertype)
        and frame.data[at] == 112
        and frame.data[message + 1] == vrid
    ]


def is_announcement(address) -> Callable[[Frame], bool]:
    """Whether a frame is a gratuitous ARP or an unsolicited neighbour advertisement for `address`."""

    def is_it(frame: Frame) -> bool:
        data = frame.data
        if address.version == 4:
            return data[12:14] == b"\x08\x06" and data[28:32] == data[38:42] == address.packed
        return is_neighbour_advertisement(data) and data[38:54] == ALL_NODES and data[62:78] == address.packed

    return is_it


def is_neighbour_advertisement(data: bytes) -> bool:
    return data[12:14] == b"\x86\xdd" and data[20] == 58 and data[54] == 136


def announcements(frames: list[Frame], address) -> list[Frame]:
    return list(filter(is_announcement(address), frames))


def answers(frames: list[Frame], address) -> list[Frame]:
    """ARP replies and solicited neighbour advertisements for `address`."""
    if address.version == 4:
        return [
            f
            for f in frames
            if f.data[12:14] == b"\x08\x06" and f.data[20:22] == b"\0\2" and f.data[28:32] == address.packed
        ]
    return [
        f
        for f in frames
        if is_neighbour_advertisement(f.data) and f.data[58] & 0x40 and f.data[62:78] == address.packed
    ]


# Adverts.


def test_ipv4_adverts_come_from_the_primary_address(story):
    """9568-5.1.1.1-1 positive: of two addresses the first is used
    9568-7.2-3 positive: it is the source of every IPv4 advert
    """
    assert {packet[12:16] for packet in adverts(story.all_of(0), Family.IPV4)} == {PRIMARY.packed}


def test_ipv4_adverts_never_come_from_a_virtual_address(story):
    """9568-5.1.1.1-1 negative: not from a virtual address, though the master holds two"""
    sources = {packet[12:16] for router in (0, 1) for packet in adverts(story.all_of(router), Family.IPV4)}
    assert len(sources) == 2
    assert not sources & {VIP.packed, SECOND_VIP.packed}


def test_ipv4_adverts_go_to_the_group(story):
    """9568-5.1.1.2-1 positive: 224.0.0.18
    9568-5.1.1.4-1 positive: by IP protocol 112
    9568-7.2-4 positive: both, in every IPv4 advert
    """
    packets = adverts(story.parts["r1 rules"][0], Family.IPV4)
    assert len(packets) > 3
    assert {(packet[9], packet[16:20]) for packet in packets} == {(112, bytes((224, 0, 0, 18)))}


def test_nothing_of_protocol_112_goes_elsewhere(story):
    """9568-5.1.1.2-1 negative: no advert to another address during the whole run
    9568-5.1.2.2-1 negative: no advert to another address during the whole run
    """
    frames = story.all_of(0) + story.all_of(1)
    four = {f.data[30:34] for f in frames if f.data[12:14] == b"\x08\0" and f.data[23] == 112}
    six = {f.data[38:54] for f in frames if f.data[12:14] == b"\x86\xdd" and f.data[20] == 112}
    assert (four, six) == ({Family.IPV4.group.packed}, {Family.IPV6.group.packed})


def test_the_ttl_is_255(story):
    """9568-5.1.1.3-1 positive: 255 in every advert that a timer sent"""
    assert {packet[8] for packet in adverts(story.parts["r1 rules"][0], Family.IPV4)} == {255}


def test_the_ttl_is_255_on_every_path(story):
    """9568-5.1.1.3-1 negative: priority 0 and the first advert after a takeover have no other"""
    packets = adverts(story.parts["r2 took over"][0] + story.parts["r2 took over"][1], Family.IPV4)
    assert {packet[22] for packet in packets} >= {0, 100}
    assert {packet[8] for packet in packets} == {255}


def test_an_advert_behind_an_authentication_header_is_none(story):
    """9568-5.1.1.4-1 negative: a better router on protocol 51 deposes no router without AH configured"""
    packets = adverts(story.parts["a better router behind an authentication header"][0], Family.IPV4)
    assert len(packets) >= 4
    assert {packet[22] for packet in packets} == {150}


def test_ipv6_adverts_are_link_local(story):
    """9568-5.1.2.1-1 positive: the source is link-local
    9568-5.1.2.2-1 positive: the destination is ff02::12
    9568-5.1.2.4-1 positive: the next header is 112
    """
    packets = adverts(story.parts["r1 rules"][0], Family.IPV6)
    assert len(packets) > 3
    (source,) = {packet[8:24] for packet in packets}
    assert ip_address(source).is_link_local
    assert ip_address(source) != VIP6
    assert {(packet[6], packet[24:40]) for packet in packets} == {(112, Family.IPV6.group.packed)}


def test_the_hop_limit_is_255(story):
    """9568-5.1.2.3-1 positive: 255 in every advert that a timer sent"""
    assert {packet[7] for packet in adverts(story.parts["r1 rules"][0], Family.IPV6)} == {255}


def test_the_hop_limit_is_255_on_every_path(story):
    """9568-5.1.2.3-1 negative: priority 0 and the first advert after a takeover have no other"""
    packets = adverts(story.parts["r2 took over"][0] + story.parts["r2 took over"][1], Family.IPV6)
    assert {packet[42] for packet in packets} >= {0, 100}
    assert {packet[7] for packet in packets} == {255}


def test_without_an_address_nothing_is_sent(story):
    """9568-7.2-3 negative: no advert from a wrong source when the right one is gone; IPv6 continues"""
    assert adverts(story.parts["r1 has none"][0], Family.IPV4) == []
    assert len(adverts(story.parts["r1 has none"][0], Family.IPV6)) >= 4


# Announcements.


def test_an_owner_announces_its_address(story):
    """9568-6.4.1-2 positive: a broadcast gratuitous ARP, its own hardware address as the target's
    3768-6.4.1-1 positive: it is a request, and its sender is its target
    """
    frames = announcements(story.parts["r1 rules"][0], OWNED)
    assert frames
    for frame in frames:
        assert frame.data[:6] == BROADCAST
        assert frame.data[20:22] == b"\0\1"
        assert frame.data[22:28] == frame.data[32:38] == frame.data[6:12]


def test_an_owner_announces_its_ipv6_address(story):
    """9568-6.4.1-3 positive: to all nodes, R 1, S 0, O 1, with the address and a hardware address as targets"""
    frames = announcements(story.parts["r1 rules"][0], OWNED6)
    assert frames
    for frame in frames:
        assert frame.data[58] & 0xE0 == 0xA0
        assert frame.data[78:86] == b"\x02\x01" + frame.data[6:12]


@pytest.mark.parametrize("address", [VIP, SECOND_VIP, GLOBAL6, VIP6], ids=str)
def test_a_backup_announces_nothing(story, address):
    """9568-6.4.1-2 negative: no gratuitous ARP from a router that starts as backup
    9568-6.4.1-3 negative: no neighbour advertisement from a router that starts as backup
    9568-6.4.2-8 negative: none before it takes over
    3768-6.4.1-1 negative: none from a backup
    """
    quiet = ["r1 rules", "asked of r1", "forced on r2", "a better router behind an authentication header"]
    assert [f for part in quiet for f in announcements(story.parts[part][1], address)] == []


@pytest.mark.parametrize("address", [VIP, SECOND_VIP], ids=str)
def test_a_new_master_announces_every_ipv4_address(story, address):
    """9568-6.4.2-8 positive: each of two, by broadcast, after its first advert"""
    frames = story.parts["r2 took over"][1]
    said = announcements(frames, address)
    first_advert = next(f for f in frames if f.data[12:14] == b"\x08\0" and f.data[23] == 112)
    assert said
    assert said[0].at_ns >= first_advert.at_ns
    assert {f.data[:6] for f in said} == {BROADCAST}


@pytest.mark.parametrize("address", [VIP6, GLOBAL6], ids=str)
def test_a_new_master_announces_every_ipv6_address(story, address):
    """9568-6.4.2-9 positive: unsolicited, R 1, S 0, O 1, and its solicited-node group joined"""
    said = announcements(story.parts["r2 took over"][1], address)
    assert said
    assert {f.data[58] & 0xE0 for f in said} == {0xA0}
    assert {f.data[78:86] for f in said} == {b"\x02\x01" + f.data[6:12] for f in said}
    assert SOLICITED_NODE in story.facts["groups of r2 as master"]


def test_a_former_master_leaves_the_group(story):
    """9568-6.4.2-9 negative: after falling back it is not a member
    9568-6.4.3-2 negative: after falling back it is not a member
    """
    assert SOLICITED_NODE not in story.facts["groups of r2 as backup"]


def test_a_master_is_in_the_solicited_node_group(story):
    """9568-6.4.3-2 positive: the kernel's list has it"""
    assert SOLICITED_NODE in story.facts["groups of r1 as master"]


# Who answers.


def test_a_master_answers_for_its_ipv4_address(story):
    """9568-6.4.3-1 positive: one answer to a third host
    9568-6.4.2-1 negative: the router that is silent as backup answers as master
    """
    assert len(answers(story.parts["asked of r1"][0], VIP)) == 1


def test_a_backup_answers_for_no_ipv4_address(story):
    """9568-6.4.2-1 positive: silence from the other router
    9568-6.4.3-1 negative: silence after falling back
    """
    assert answers(story.parts["asked of r1"][1], VIP) == []
    assert answers(story.parts["asked again"][1], VIP) == []


def test_a_master_answers_for_its_ipv6_address(story):
    """9568-6.4.2-2 negative: the solicitation of a third host is answered by the master"""
    assert answers(story.parts["asked of r1"][0], GLOBAL6)


def test_a_backup_answers_for_no_ipv6_address(story):
    """9568-6.4.2-2 positive: silence from the other router, and from a former master"""
    assert answers(story.parts["asked of r1"][1], GLOBAL6) == []
    assert answers(story.parts["asked again"][1], GLOBAL6) == []


def test_a_backup_accepts_nothing_for_a_virtual_address(story):
    """9568-6.4.2-5 positive: packets sent to its MAC address are not answered"""
    assert "0 received" in story.facts["forced"]


def test_a_master_accepts_packets_to_a_virtual_address(story):
    """9568-6.4.3-6 positive: accepting, as keepalived does by default, it answers in both families
    9568-6.4.2-5 negative: the master answers what a backup does not
    3768-6.4.3-2 positive: an owner of version 2 answers
    """
    assert story.facts["pings"].count("1 received") == 3
