"""When gratuitous ARPs leave a host: after a won conflict, at their pace, on other interfaces, never after the end."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from itertools import pairwise

from scapy.layers.l2 import ARP, Ether

from tests.interop.engine_lab import MS, VIP, Tap, instance, sender
from tests.interop.segment_lab import ADDRESSES
from vrrptui.engine.vrrp.vrrp_socket import frame_socket
from vrrptui.lab.namespaces import inside
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3

CLIENT = IPv4Address(ADDRESSES["client"])
SECOND_MS = 1000
GARP = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000100000000000000000000c0000264")


def arps(tap, *addresses: str) -> list[tuple[int, str]]:
    """Time and address of each gratuitous ARP for one of these."""
    parsed = [(frame.at_ns, Ether(frame.data)) for frame in tap.read()]
    return [(at_ns, one.psrc) for at_ns, one in parsed if one.haslayer(ARP) and one.psrc in addresses]


def test_a_won_conflict_has_announcements_of_its_own(engine):
    tap = engine.tap()
    schedule = (
        "    garp_master_repeat 4\n    garp_master_delay 0\n    garp_lower_prio_repeat 2\n    garp_lower_prio_delay 1\n"
    )
    engine.start(instance(extra=schedule))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: len(arps(tap, VIP)) == 4)
    time.sleep(1.0)  # a burst that others' adverts provoke comes at most once a second
    lower = encode_v3(51, 50, 50 * MS, (IPv4Address(VIP),), CLIENT, Family.IPV4.group)
    with sender(engine.lab, "client") as other:
        other.sendto(lower, (str(Family.IPV4.group), 0))
    engine.lab.wait_for(lambda: len(arps(tap, VIP)) >= 8)
    time.sleep(0.2)
    times_ms = [at_ns / MS for at_ns, _ in arps(tap, VIP)]
    assert len(times_ms) == 8
    assert times_ms[5] - times_ms[4] < SECOND_MS / 2 > times_ms[7] - times_ms[6]
    assert SECOND_MS - 50 < times_ms[6] - times_ms[4] < 2 * SECOND_MS


def test_announcements_keep_their_pace_and_end_with_mastership(engine):
    vips = [f"192.0.2.{last}" for last in range(100, 140)]
    tap = engine.tap()
    pace = "global_defs {\n    vrrp_garp_interval 0.02\n}\n"
    program = engine.start(pace, instance(vips=tuple(f"{vip}/24" for vip in vips)))
    engine.lab.wait_for(lambda: len(arps(tap, *vips)) >= 60)
    program.terminate()
    assert program.wait() == 0
    resigned_ns = next(seen.at_ns for seen in engine.lab.of("r1") if seen.advert.priority == 0)
    time.sleep(0.2)
    seen = arps(tap, *vips)
    assert len(seen) < 5 * len(vips)
    assert [vip for at_ns, vip in seen if at_ns > resigned_ns + 20 * MS] == []
    assert [vip for _, vip in seen[:40]] == vips
    gaps_ms = sorted((b - a) / MS for (a, _), (b, _) in pairwise(seen))
    assert gaps_ms[len(gaps_ms) // 2] >= 19.0


def test_interfaces_of_a_garp_group_share_their_pace(engine):
    """An address on another interface is announced there, with that interface's MAC address, in turn with the rest."""
    engine.lab.shell("r1", "ip link add eth1 type veth peer name far1 && ip link set eth1 up && ip link set far1 up")
    far = Tap(engine.lab.network.hosts["r1"].namespace, "far1")
    near = engine.tap()
    group = "garp_group {\n    garp_interval 0.2\n    interfaces {\n        eth0\n        eth1\n    }\n}\n"
    extra = "    garp_master_delay 0\n    garp_master_repeat 3\n"
    engine.start(group, instance(vips=(f"{VIP}/24", "198.51.100.1/24 dev eth1"), extra=extra))
    engine.lab.wait_for(lambda: len(arps(far, "198.51.100.1")) == 3)
    both = sorted(arps(far, "198.51.100.1") + arps(near, VIP))
    assert [vip for _, vip in both] == [VIP, "198.51.100.1"] * 3
    assert all((b - a) / MS > 150 for (a, _), (b, _) in pairwise(both))
    mac = engine.lab.shell("r1", "ip -br link show eth1").split()[2]
    assert {Ether(frame.data).src for frame in far.frames if Ether(frame.data).haslayer(ARP)} == {mac}
    far.close()


def test_addresses_elsewhere_are_announced_again_and_again(engine):
    engine.lab.shell("r1", "ip link add eth1 type veth peer name far1 && ip link set eth1 up && ip link set far1 up")
    far = Tap(engine.lab.network.hosts["r1"].namespace, "far1")
    near = engine.tap()
    extra = "    garp_master_delay 0\n    garp_master_repeat 1\n    garp_extra_if all 1\n"
    engine.start(instance(vips=(f"{VIP}/24", "198.51.100.1/24 dev eth1"), extra=extra))
    engine.lab.wait_for(lambda: len(arps(far, "198.51.100.1")) == 3)
    assert len(arps(near, VIP)) == 1
    assert all(SECOND_MS - 50 < (b - a) / MS < 2 * SECOND_MS for (a, _), (b, _) in pairwise(arps(far, "198.51.100.1")))
    far.close()


def test_an_interface_that_is_slow_takes_no_room_from_the_others(lab):
    """All frames leave by one socket: a thousand that wait in one interface's queue must not keep another's back."""
    lab.shell("r1", "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up")
    lab.wait_for(lambda: "state UP" in lab.shell("r1", "ip link show v0"))
    lab.shell("r1", "tc qdisc replace dev v0 root tbf rate 8kbit burst 10kb limit 100mb")
    with inside(lab.network.hosts["r1"].namespace), frame_socket() as one:
        for _ in range(1000):
            one.sendto(GARP, ("v0", 0))
        waiting = lab.shell("r1", "tc -s qdisc show dev v0")
        one.sendto(GARP, ("eth0", 0))
    assert int(waiting.split("backlog ")[1].split("b ")[1].split("p")[0]) > 500
