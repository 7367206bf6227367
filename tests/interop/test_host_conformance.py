"""What the kernel does for a virtual router, seen from beside: forwarding, identifiers, who speaks when at a start.

r1 is a gateway with virtual MACs; r2 is the host behind it, reached over a cable of its own, or the other router.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from pyroute2 import IPRoute

from tests.interop.engine_lab import EngineLab, Frame, Tap, instance, sender
from tests.interop.segment_lab import ADDRESSES
from vrrptui.lab.namespaces import inside
from vrrptui.protocol.advert import Family, virtual_mac
from vrrptui.protocol.codec import encode_v3

VIP, VIP6, LINK_LOCAL = "192.0.2.100", "2001:db8::100", "fe80::100"
FAR, FAR6 = "198.51.100.2", "2001:db8:1::2"
VMAC = "    use_vmac\n"
SIX = (f"{LINK_LOCAL}/64", f"{VIP6}/64")
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100
IFA_F_TENTATIVE, IFA_F_DADFAILED = 0x40, 0x08


def both(priority: int = 100, extra: str = VMAC, vips: tuple[str, ...] = (f"{VIP}/24",)) -> list[str]:
    return [
        instance("FOUR", 51, priority, vips=vips, extra=extra),
        instance("SIX", 51, priority, vips=SIX, extra=extra),
    ]


def rule(engine: EngineLab) -> None:
    engine.wait_until("master", "FOUR")
    engine.wait_until("master", "SIX")


def mac_of(family: Family) -> str:
    return virtual_mac(family, 51).hex(":")


def said_of(frames: list[Frame], address: str) -> list[Frame]:
    """ARP with this sender, or neighbour advertisements of this target."""
    packed = ip_address(address).packed
    if len(packed) == 4:
        return [f for f in frames if f.data[12:14] == b"\x08\x06" and f.data[28:32] == packed]
    is_na = [f for f in frames if f.data[12:14] == b"\x86\xdd" and f.data[20] == 58 and f.data[54] == 136]
    return [f for f in is_na if f.data[62:78] == packed]


def hardware(frame: Frame) -> bytes:
    """What the frame says is the hardware address."""
    return frame.data[22:28] if frame.data[12:14] == b"\x08\x06" else frame.data[80:86]


# A gateway.


@pytest.fixture
def gateway(engine) -> Iterator[Tap]:
    """r1 forwards between the switch and r2, which is behind it; the tap has what reaches r2."""
    lab = engine.lab
    with inside(lab.network.hosts["r1"].namespace), IPRoute() as route:
        peer = {"ifname": "eth1", "net_ns_fd": lab.network.hosts["r2"].namespace}
        route.link("add", ifname="eth1", kind="veth", peer=peer)
    lab.shell(
        "r1",
        "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; "
        "ip addr add 198.51.100.1/24 dev eth1; ip addr add 2001:db8:1::1/64 dev eth1 nodad; ip link set eth1 up",
    )
    lab.shell(
        "r2",
        f"ip link set eth0 down; ip addr add {FAR}/24 dev eth1; ip addr add {FAR6}/64 dev eth1 nodad; "
        "ip link set eth1 up; ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:1::1",
    )
    lab.shell("client", "ip addr add 2001:db8::50/64 dev eth0 nodad")
    tap = Tap(lab.network.hosts["r2"].namespace, "eth1")
    yield tap
    tap.close()


def test_a_master_forwards_what_is_sent_to_its_virtual_mac(engine, gateway):
    """9568-6.4.3-5 positive: with use_vmac and forwarding on, packets by way of either virtual address cross"""
    engine.start(*both())
    rule(engine)
    client = f"ip route add 198.51.100.0/24 via {VIP}; ip -6 route add 2001:db8:1::/64 via {LINK_LOCAL} dev eth0"
    engine.lab.shell("client", client)
    for address, gate in ((FAR, VIP), (FAR6, LINK_LOCAL)):
        engine.lab.wait_for(lambda a=address: "1 received" in engine.lab.shell("client", f"ping -c1 -W1 {a}", False))
        shown = engine.lab.shell("client", f"ip neigh show {gate} dev eth0")
        assert mac_of(Family.of(ip_address(gate))) in shown
    engine.lab.shell("r1", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    assert "0 received" in engine.lab.shell("client", f"ping -c1 -W1 {FAR}", False), "it was forwarded, not answered"


@pytest.mark.parametrize("forwarding", [1, 0])
def test_the_router_flag_of_answers_is_that_of_forwarding(engine, gateway, forwarding):
    """9568-6.4.3-3 positive: forwarding on, R is set in every answer to a solicitation
    9568-6.4.3-3 negative: forwarding off, R is not set, and vrrptui doctor reports it
    9568-6.4.3-5 negative: forwarding off, vrrptui doctor reports it
    """
    engine.lab.shell("r1", f"echo {forwarding} > /proc/sys/net/ipv6/conf/all/forwarding")
    tap = engine.tap()
    engine.start(*both())
    rule(engine)
    engine.lab.wait_for(lambda: "1 received" in engine.lab.shell("client", f"ping -c1 -W1 {VIP6}", False))
    answers = [f for f in said_of(tap.read(), VIP6) if f.data[58] & 0x40]
    assert {f.data[58] >> 7 for f in answers} == {forwarding}
    said = engine.lab.shell("r1", f"{sys.executable} -m vrrptui doctor", check=False)
    assert ("IPv6 forwarding is off" in said) is not bool(forwarding)


@pytest.mark.parametrize("family", list(Family), ids=lambda family: family.value)
def test_no_advert_is_forwarded(engine, gateway, family):
    """9568-5.1.1.2-2 positive: forwarding on, the far segment hears no advert of the near one
    9568-5.1.1.2-2 negative: whatever the TTL of a stranger's advert, it does not arrive there either
    9568-5.1.2.2-2 positive: forwarding on, the far segment hears no advert of the near one
    9568-5.1.2.2-2 negative: whatever the hop limit of a stranger's advert, it does not arrive there either
    """
    near = engine.tap("client")
    engine.start(*both())
    rule(engine)
    stranger(engine, family, (64, 255))
    engine.lab.wait_for(lambda: len(of_protocol_112(near.read(), family)) >= 4)
    engine.lab.wait_for(lambda: "1 received" in engine.lab.shell("r1", f"ping -c1 -W1 {FAR}", False))
    assert gateway.read(), "the far segment is heard"
    assert of_protocol_112(gateway.frames, family) == []


def stranger(engine: EngineLab, family: Family, ttls: tuple[int, ...]) -> None:
    """Adverts of the client, two of each TTL; their interface is the client's."""
    if family is Family.IPV4:
        source = ip_address(ADDRESSES["client"])
        with sender(engine.lab, "client") as one:
            message = encode_v3(77, 100, 10_000_000_000, (ip_address(VIP),), source, family.group)
            for ttl in ttls * 2:
                one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
                one.sendto(message, (str(family.group), 0))
        return
    with inside(engine.lab.network.hosts["client"].namespace):
        index = socket.if_nametoindex("eth0")
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 112) as one:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 6)
            for ttl in ttls * 2:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, ttl)
                vips = (ip_address(LINK_LOCAL),)
                one.sendto(encode_v3(77, 100, 10_000_000_000, vips, vips[0], family.group), ("ff02::12", 0))


def of_protocol_112(frames: list[Frame], family: Family) -> list[Frame]:
    kind, at = (b"\x08\0", 23) if family is Family.IPV4 else (b"\x86\xdd", 20)
    return [f for f in frames if f.data[12:14] == kind and f.data[at] == 112]


# Identifiers.


def test_no_identifier_is_made_from_the_virtual_mac(engine):
    """9568-7.4-1 positive: a master's device has the configured addresses and no other
    9568-7.4-1 negative: no two routers share a link-local address of their own on their devices
    5798-7.4-1 positive: the kernel is configured to add no link-local address on the device
    5798-7.4-1 negative: no address of it ends as an EUI-64 of the virtual MAC would
    """
    lab = engine.lab
    engine.start(*both(150))
    rule(engine)
    first = lab.shell("r1", "ip -6 addr show")
    mode = "cat /proc/sys/net/ipv6/conf/vrrp*/addr_gen_mode"
    assert lab.shell("r1", mode).split() == ["1", "1"]
    lab.programs[-1].kill()
    lab.vrrptui("r2", (lab.folder / "r1.conf").read_text())
    lab.wait_for(lambda: VIP6 in lab.shell("r2", "ip -6 addr show"))
    second = lab.shell("r2", "ip -6 addr show")
    for shown in (first, second):
        addresses = on_device(shown)
        assert addresses == {LINK_LOCAL, VIP6}
        assert not any(address.endswith("5eff:fe00:133") or address.endswith("5eff:fe00:233") for address in addresses)


def on_device(shown: str) -> set[str]:
    """The IPv6 addresses of the devices with a virtual MAC."""
    blocks = re.split(r"^\d+: ", shown, flags=re.MULTILINE)
    text = "".join(block for block in blocks if block.startswith("vrrp"))
    return set(re.findall(r"inet6 (\S+)/", text))


# Announcements at other occasions than a takeover.


@pytest.mark.parametrize("version", [3, 2])
def test_what_an_interface_is_given_is_announced(engine, version):
    """9568-8.1.2-4 positive: an address that a reload adds, and all of them when the interface comes up again
    9568-8.2.2-6 positive: an IPv6 address that a reload adds, and all of them when the interface comes up again
    3768-8.2-4 positive: an address that a reload adds, and all of them when the interface comes up again
    9568-8.1.2-4 negative: a backup that is given an address announces nothing
    9568-8.2.2-6 negative: a backup that is given an address announces nothing
    3768-8.2-4 negative: a backup that is given an address announces nothing
    """
    lab, more, more6 = engine.lab, "192.0.2.101", "2001:db8::101"
    four = VMAC + ("    version 2\n" if version == 2 else "")

    def routers(*added: str) -> list[str]:
        vips, six = (f"{VIP}/24", *added[:1]), (*SIX, *added[1:])
        interval = 1 if version == 2 else 0.05
        return [
            instance("FOUR", 51, vips=vips, extra=four, interval=interval),
            instance("SIX", 51, vips=six, extra=VMAC),
        ]

    first, second = engine.tap("r1"), engine.tap("r2")
    program = engine.start(*routers())
    rule(engine)
    other = lab.vrrptui("r2", (lab.folder / "r1.conf").read_text().replace("priority 100", "priority 50"))
    lab.wait_for(lambda: "ready:" in other.text())
    added = routers(f"{more}/24", f"{more6}/64")
    engine.write(*added)
    engine.reload(program)
    text = (lab.folder / "r1.conf").read_text().replace("priority 100", "priority 50")
    lab._configuration("r2", text)
    other.signal(1)
    lab.wait_for(lambda: "Reloaded: " in other.text())
    for address in (more, more6):
        lab.wait_for(lambda a=address: said_of(first.read(), a))
    for address in (VIP, VIP6, more, more6):
        assert said_of(second.read(), address) == [], "the backup is silent"
    other.terminate()
    other.wait()
    lab.shell("r1", "ip link set eth0 down")
    engine.lab.wait_for(lambda: engine.is_in("fault", "FOUR"))
    counted = {address: len(said_of(first.read(), address)) for address in (VIP, more, VIP6, more6)}
    lab.shell("r1", "ip link set eth0 up")
    for address, before in counted.items():
        lab.wait_for(lambda a=address, b=before: len(said_of(first.read(), a)) > b)


# A start.


REPORT_S = 0.02  # the kernel may report an IPv6 address a moment after it has it


class StartWatch:
    """Sees, at the moment of each announcement, which addresses the kernel had said it has by then."""

    def __init__(self, engine: EngineLab) -> None:
        with inside(engine.lab.network.hosts["r1"].namespace):
            self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self._packets.bind(("eth0", 0x0003))
            self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            self._netlink.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        self.there: dict[str, int] = {}  # address: its flags
        self.first: dict[str, int | None] = {}  # address: its flags when it was first announced; None: not there
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.is_set():
            if not select.select([self._packets], [], [], 0.1)[0]:
                continue
            frame = Frame(0, self._packets.recv(4096))
            while select.select([self._netlink], [], [], REPORT_S)[0]:
                self._take(self._netlink.recv(65536))
            for address in (VIP, VIP6, LINK_LOCAL):
                if said_of([frame], address):
                    self.first.setdefault(address, self.there.get(address))

    def _take(self, data: bytes) -> None:
        while len(data) >= 16:
            size, kind = struct.unpack_from("=IH", data)
            if kind == 20:  # RTM_NEWADDR: the ifaddrmsg, then its attributes
                flags, at = data[18], 24
                while at + 4 <= size:
                    length, attribute = struct.unpack_from("=HH", data, at)
                    if attribute == 1:
                        self.there[str(ip_address(data[at + 4 : at + length]))] = flags
                    at += (length + 3) & ~3
            data = data[(size + 3) & ~3 :]

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        self._packets.close()
        self._netlink.close()


def test_at_a_start_nothing_is_announced_before_it_is_there(engine):
    """9568-8.1.2-5 positive: when the first gratuitous ARP leaves, the kernel has the address, at the virtual MAC
    9568-8.2.2-7 positive: when the first neighbour advertisement leaves, the kernel has the address, not tentative
    5798-8.1.2-1 positive: when the first gratuitous ARP leaves, the kernel has the address, at the virtual MAC
    """
    tap = engine.tap()
    watch = StartWatch(engine)
    try:
        engine.start(*both())
        rule(engine)
        engine.lab.wait_for(lambda: watch.first.keys() == {VIP, VIP6, LINK_LOCAL})
    finally:
        watch.close()
    assert all(flags is not None and not flags & IFA_F_TENTATIVE for flags in watch.first.values()), watch.first
    for address in (VIP, VIP6):
        said = said_of(tap.read(), address)
        assert {hardware(f).hex(":") for f in said} == {mac_of(Family.of(ip_address(address)))}


def test_without_the_device_nothing_is_said(engine):
    """9568-8.1.2-5 negative: the device cannot be made, and no frame is sent for its address
    5798-8.1.2-1 negative: the device cannot be made, and no frame is sent for its address
    """
    engine.lab.shell("r1", "ip link add vrrp.51 type veth peer name other")
    tap = engine.tap()
    engine.start(instance(extra=VMAC))
    engine.wait_until("fault")
    assert "vrrp.51" in engine.router().reason
    time.sleep(0.5)  # more than its down interval
    assert said_of(tap.read(), VIP) == []
    assert of_protocol_112(tap.frames, Family.IPV4) == []


def test_while_no_link_local_address_may_be_used_nothing_is_sent(engine):
    """9568-5.1.2.1-1 negative: without a link-local address nothing is sent, and the reason is shown
    9568-8.2.2-7 negative: while duplicate address detection runs for it, nothing is sent
    """
    lab = engine.lab
    lab.wait_for(lambda: "tentative" not in lab.shell("r1", "ip -6 addr show eth0"))
    lab.shell("r1", "ip -6 addr flush dev eth0; echo 4 > /proc/sys/net/ipv6/conf/eth0/dad_transmits")
    tap = engine.tap()
    engine.start(instance("SIX", 51, vips=SIX))
    engine.wait_until("fault", "SIX")
    assert "link-local" in engine.router("SIX").reason
    lab.shell("r1", "ip addr add fe80::11/64 dev eth0")
    time.sleep(0.5)
    assert "tentative" in lab.shell("r1", "ip -6 addr show eth0"), "the detection takes four seconds"
    assert of_protocol_112(tap.read(), Family.IPV6) == []
    assert said_of(tap.frames, VIP6) == []
    engine.wait_until("master", "SIX")
    lab.wait_for(lambda: said_of(tap.read(), VIP6))


def test_an_owner_has_its_virtual_mac_from_the_first_frame_on(engine):
    """9568-8.1.2-3 positive: an owner with use_vmac, started, killed, started again: every ARP has the virtual MAC
    9568-8.1.2-3 negative: none has the physical one
    3768-8.2-3 positive: an owner with use_vmac, started, killed, started again: every ARP has the virtual MAC
    3768-8.2-3 negative: none has the physical one
    9568-8.2.2-5 positive: an owner with use_vmac: every neighbour advertisement has the virtual MAC
    9568-8.2.2-5 negative: none has the physical one
    """
    lab = engine.lab
    lab.shell("client", "ip addr add 2001:db8::50/64 dev eth0 nodad")
    tap = engine.tap()
    for _ in range(2):
        program = engine.start(*both(255))
        rule(engine)
        lab.shell("client", "ip neigh flush dev eth0")
        lab.wait_for(lambda: "1 received" in lab.shell("client", f"ping -c1 -W1 {VIP}", False))
        lab.wait_for(lambda: "1 received" in lab.shell("client", f"ping -c1 -W1 {VIP6}", False))
        program.kill()
    for address in (VIP, VIP6):
        said = said_of(tap.read(), address)
        assert len(said) >= 4, "announcements and answers of both starts"
        assert {hardware(f).hex(":") for f in said} == {mac_of(Family.of(ip_address(address)))}
        assert lab.mac("r1") not in {f.data[6:12] for f in said}


def test_an_owner_back_beside_a_master_can_use_its_address(engine):
    """9568-8.2.2-8 positive: virtual addresses are added without duplicate address detection
    9568-8.2.2-8 negative: an owner that starts while another one answers for its address is left with none in dadfailed
    """
    lab = engine.lab
    lab.vrrptui("r2", "global_defs {\n    vrrp_version 3\n}\n" + instance("SIX", 51, 100, vips=SIX))
    lab.wait_for(lambda: VIP6 in lab.shell("r2", "ip -6 addr show eth0"))
    watch = StartWatch(engine)
    try:
        engine.start(instance("SIX", 51, 255, vips=SIX))
        engine.wait_until("master", "SIX")
        lab.wait_for(lambda: VIP6 in watch.first)
        lab.wait_for(lambda: VIP6 not in lab.shell("r2", "ip -6 addr show eth0"))
        time.sleep(0.5)
    finally:
        watch.close()
    assert not (watch.first[VIP6] or 0) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)
    shown = lab.shell("r1", "ip -6 addr show eth0")
    assert VIP6 in shown
    assert "dadfailed" not in shown


# What a router takes in.


@pytest.mark.parametrize("accepting", ["accept", "no_accept"])
def test_a_backup_believes_the_announcements_of_a_new_master(engine, accepting):
    """9568-8.2.4-1 positive: a backup's entry for the address follows the neighbour advertisement of a new master
    9568-8.2.4-1 negative: with no_accept the filter of vrrptui does not drop it either
    """
    lab = engine.lab
    text = "global_defs {\n    vrrp_version 3\n}\n" + instance("SIX", 51, 150, vips=SIX)
    lab.vrrptui("r2", text)
    lab.wait_for(lambda: VIP6 in lab.shell("r2", "ip -6 addr show eth0"))
    lab.shell("r1", "ip addr add 2001:db8::11/64 dev eth0 nodad")
    engine.start(instance("SIX", 51, 50, vips=SIX, extra=f"    {accepting}\n"))
    lab.wait_for(lambda: "1 received" in lab.shell("r1", f"ping -c1 -W1 {VIP6}", False))
    assert lab.mac("r2").hex(":") in lab.shell("r1", f"ip neigh show {VIP6}")
    lab.vrrptui("client", text.replace("priority 150", "priority 200"))
    lab.wait_for(lambda: lab.mac("client").hex(":") in lab.shell("r1", f"ip neigh show {VIP6}"))
    assert engine.router("SIX").state == "backup"


def test_a_backup_of_an_owners_address_accepts_nothing(engine):
    """3768-6.4.3-2 negative: a backup of version 2 does not answer for the address that it would take over"""
    lab = engine.lab
    text = "global_defs {\n    vrrp_version 2\n}\n" + instance(priority=255, interval=1, vips=("192.0.2.12/24",))
    lab.vrrptui("r2", text)
    lab.wait_for_master("r2")
    engine.start(instance(interval=1, vips=("192.0.2.12/24",), extra="    version 2\n"))
    engine.wait_until("backup")
    assert "1 received" in lab.shell("client", "ping -c1 -W1 192.0.2.12")
    mac = lab.mac("r1").hex(":")
    lab.shell("client", f"ip neigh replace 192.0.2.12 lladdr {mac} dev eth0 nud permanent")
    assert "0 received" in lab.shell("client", "ping -c1 -W1 192.0.2.12", False)
