"""One capture socket for all interfaces: those it is not asked for stay silent, and they come, go and change on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import sys
import time

import pytest

from tests.interop.engine_lab import EngineLab, configuration, instance
from tests.interop.test_capture import ADVERT, IN_TAGGED, TAGGED, mouth
from vrrptui.cli.commands.status import ask
from vrrptui.engine.capture.interfaces import HeardInterfaces
from vrrptui.engine.host.link import VlanTag
from vrrptui.engine.observer.packet_socket import PacketSocket
from vrrptui.lab.namespaces import inside

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
ON_LOOPBACK = bytes(12) + ADVERT[12:]


@pytest.fixture(params=[{}, {"ring_bytes": 0}], ids=["ring", "messages"])
def one(lab, request):
    with inside(lab.network.hosts["client"].namespace):
        made = PacketSocket(**request.param)
    yield made
    made.close()


class Hearing:
    """What a capture socket on the client hears."""

    def __init__(self, lab, one: PacketSocket) -> None:
        self.lab, self.one = lab, one
        self.heard: list[tuple[str, bool, int | None]] = []  # interface, outgoing, VLAN

    def on(self, *names: str, below=None) -> None:
        with inside(self.lab.network.hosts["client"].namespace):
            there = dict(socket.if_nameindex())
        self.wanted = {index: name for index, name in there.items() if name in names}
        assert self.one.listen(self.wanted, there.keys() - self.wanted, below or {}) == {}

    def index(self, name: str) -> int:
        with inside(self.lab.network.hosts["client"].namespace):
            return socket.if_nametoindex(name)

    def take(self) -> list[tuple[str, bool, int | None]]:
        for captured in self.one.read(1000):
            if b"\x00\x00\x5e\x00\x01\x33" in captured.data or captured.data[:12] == bytes(12):
                self.heard.append((self.one.names.get(captured.link, "?"), captured.outgoing, captured.vlan))
        return self.heard

    def hears(self, *wanted: tuple[str, bool, int | None]) -> None:
        """All of these come, and nothing else."""
        self.lab.wait_for(lambda: len(self.take()) >= len(wanted))
        time.sleep(0.1)
        assert sorted(self.take(), key=str) == sorted(wanted, key=str)
        self.heard.clear()


def say(lab, interface: str, frame: bytes) -> None:
    """A frame leaves the client by an interface, as soon as that is up."""
    lab.wait_for(lambda: "state DOWN" not in lab.shell("client", f"ip link show {interface}"))
    with (
        inside(lab.network.hosts["client"].namespace),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as mouth,
    ):
        mouth.sendto(frame, (interface, 0))


def test_only_the_interfaces_that_are_named_are_heard(lab, one):
    """Loopback has a frame twice: as it goes, and as it comes. A frame for a macvlan is heard below it too."""
    lab.shell("client", "ip link set lo up; ip link add v0 type veth peer name v1 && ip link set v0 up")
    lab.shell("client", "ip link set v1 up; ip link add mac0 link eth0 type macvlan mode bridge && ip link set mac0 up")
    hearing = Hearing(lab, one)

    def said() -> None:
        say(lab, "v0", ADVERT)
        say(lab, "lo", ON_LOOPBACK)
        with mouth(lab, "r1") as far:
            far.send(ADVERT)

    for names, heard in (
        (("v0",), [("v0", True, None)]),
        (("v1",), [("v1", False, None)]),
        (("lo",), [("lo", True, None), ("lo", False, None)]),
        (("eth0", "mac0"), [("eth0", False, None), ("mac0", False, None)]),
        (("mac0",), [("mac0", False, None)]),
        ((), []),
    ):
        hearing.on(*names)
        said()
        hearing.hears(*heard)


def test_a_vlan_with_its_own_interface_is_heard_there_alone(lab, one):
    hearing = Hearing(lab, one)
    eth0 = hearing.index("eth0")
    with mouth(lab, "r1") as far:
        for below, heard in (
            ([], [None, 7, 8]),
            ([VlanTag(0x8100, 7)], [None, 8]),
            ([VlanTag(0x8100, 8)], [None, 7, 8]),  # the tag of another protocol
            ([VlanTag(0x88A8, 8), VlanTag(0x8100, 7)], [None]),
        ):
            hearing.on("eth0", below={eth0: below})
            for frame in (ADVERT, TAGGED, IN_TAGGED):
                far.send(frame)
            hearing.hears(*(("eth0", False, vlan) for vlan in heard))


def test_interfaces_come_go_and_change_on_the_open_socket(lab, one):
    hearing = Hearing(lab, one)
    make = "ip link add v0 {} type veth peer name v1 && ip link set v0 up && ip link set v1 up"
    for index in (1000, 1001):  # made again it has another one
        lab.shell("client", make.format(f"index {index}"))
        hearing.on("eth0", "v1")
        say(lab, "v0", ADVERT)
        hearing.hears(("v1", False, None))
        lab.shell("client", "ip link set v1 down && ip link set v1 name w1 && ip link set w1 up")
        hearing.on("eth0", "w1")
        say(lab, "v0", ADVERT)
        hearing.hears(("w1", False, None))
        lab.shell("client", "ip link del v0")
        hearing.on("eth0")
    with mouth(lab, "r1") as far:
        far.send(ADVERT)
    hearing.hears(("eth0", False, None))


def memberships(lab, name: str) -> int:
    """How often the VRRP group's MAC address is asked for on an interface of the client."""
    lines = [line.split() for line in lab.shell("client", "cat /proc/net/dev_mcast").splitlines()]
    return sum(int(users) for _, interface, users, _, mac in lines if (interface, mac) == (name, "01005e000012"))


def test_the_groups_addresses_are_asked_for_while_heard(lab, one):
    hearing = Hearing(lab, one)
    for names, wanted in (((), 0), (("eth0",), 1), (("eth0",), 1), ((), 0), (("eth0",), 1)):
        hearing.on(*names)
        assert memberships(lab, "eth0") == wanted
    one.close()
    assert memberships(lab, "eth0") == 0


def test_what_the_kernels_filter_lacks_room_for_is_told_apart(lab, one):
    lab.shell("client", "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up")
    hearing = Hearing(lab, one)
    eth0 = hearing.index("eth0")
    hearing.on("eth0", below={eth0: [VlanTag(0x8100, 2 * n) for n in range(2000)]})
    assert one.unfiltered
    places = HeardInterfaces(hearing.wanted)
    say(lab, "v0", ADVERT)
    with mouth(lab, "r1") as far:
        far.send(ADVERT)
    frames = []
    lab.wait_for(lambda: frames.extend(c for c in one.read(9) if c.data == ADVERT) or len(frames) == 3)
    assert sum(places.of(frame.link, frame.hardware) is not None for frame in frames) == 1
    assert places.passed_over == 2
    hearing.on("eth0")
    assert not one.unfiltered


@contextlib.contextmanager
def tun(lab, name: str):
    """A tun interface of the client; what is written to it comes in there."""
    with inside(lab.network.hosts["client"].namespace):
        number = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(number, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    lab.shell("client", f"ip link set {name} up")
    try:
        yield number
    finally:
        os.close(number)


@pytest.mark.skipif(not os.access("/dev/net/tun", os.W_OK), reason="this host has no tun for this user")
def test_an_observer_hears_adverts_that_have_no_ethernet_header(lab):
    """It could not listen on such an interface: no MAC address can be asked for there."""
    with tun(lab, "tun0") as number:
        options = ["-i", "tun0", "--socket", str(lab.socket("client")), "--state-dir", str(lab.folder / "client-state")]
        observer = lab.run("client", [sys.executable, "-m", "vrrptui", "engine", *options])
        lab.wait_for(lambda: "listening on tun0" in observer.text())
        lab.wait_for(lambda: os.write(number, ADVERT[14:]) and ask(lab.socket("client")).groups)
        (group,) = ask(lab.socket("client")).groups
        assert (group.interface, group.vrid) == ("tun0", 51)
        assert [(master.source, master.source_mac) for master in group.masters] == [("10.0.0.2", None)]
    assert "cannot" not in observer.text()


INTERFACES, STAY, INTERVAL_S = 60, 15, 0.3


def routers(count: int, priority: int) -> str:
    each = (
        instance(f"V{n}", 51, priority, INTERVAL_S, (f"10.1.{n}.100/24",), f"e{n}") for n in range(1, count + 1)
    )  # fmt: skip
    return configuration(*each)


@pytest.mark.usefixtures("needs_keepalived")
def test_a_reload_that_drops_interfaces_loses_no_master(lab):
    """The kernel kept the engine waiting for some 20 ms for each socket of an interface, and keepalived took over."""
    other = lab.run("r2", ["sleep", "infinity"])
    numbers = range(1, INTERFACES + 1)
    lab.shell("r1", " && ".join(f"ip link add e{n} type veth peer name e{n} netns {other.pid}" for n in numbers))
    for name, host in (("r1", 1), ("r2", 2)):
        lines = (f"ip link set e{n} up && ip addr add 10.1.{n}.{host}/24 dev e{n}" for n in numbers)
        lab.shell(name, " && ".join(lines))
    engine = lab.vrrptui("r1", routers(INTERFACES, 150))
    lab.wait_for(lambda: engine.text().count("Entering MASTER") == INTERFACES)
    backup = lab.keepalived("r2", routers(STAY, 100))
    lab.wait_for(lambda: backup.text().count("Entering BACKUP") == STAY)
    here = EngineLab(lab)
    for count in (STAY, INTERFACES):
        lab._configuration("r1", routers(count, 150))
        here.reload(engine)
        time.sleep(4 * INTERVAL_S)
        assert "Entering MASTER" not in backup.text()
    assert engine.text().count("Entering MASTER") >= INTERFACES
    assert engine.text().count("Entering BACKUP STATE (init)") == 2 * INTERFACES - STAY
