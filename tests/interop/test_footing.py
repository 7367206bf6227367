"""What a virtual router stands on, and when its loss counts: interfaces, delays, the driver's word, its source."""

from __future__ import annotations

import time

import pytest

from tests.interop.engine_lab import VIP, instance, kernel_monitor

OTHER = "192.0.2.77"


def cable(engine, state: str) -> None:
    """Pull the cable of r1 at the switch, or plug it in."""
    engine.lab.shell("switch", f"ip link set {engine.lab.network.hosts['r1'].port} {state}")


def test_with_dont_track_primary_a_pulled_cable_is_no_fault(engine):
    engine.start(instance(extra="    dont_track_primary\n"))
    engine.wait_until("master")
    cable(engine, "down")
    engine.lab.wait_for(lambda: "NO-CARRIER" in engine.lab.shell("r1", "ip link show eth0"))
    time.sleep(0.3)  # more than a fault takes
    assert engine.states() == ["BACKUP", "MASTER"]
    assert engine.holds()
    cable(engine, "up")
    began_ns = time.time_ns()
    engine.lab.wait_for(lambda: engine.lab.of("r1", after_ns=began_ns))


def test_the_loss_of_a_tracked_source_is_a_fault(engine):
    engine.lab.shell("r1", f"ip addr add {OTHER}/24 dev eth0")
    engine.start(
        instance(extra=f"    mcast_src_ip {OTHER}\n    track_src_ip\n"),
        instance("VI_2", 52, vips=("192.0.2.120/24",), extra=f"    mcast_src_ip {OTHER}\n"),
    )
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    assert {str(seen.advert.source) for seen in engine.lab.of("r1")} == {OTHER}
    engine.lab.shell("r1", f"ip addr del {OTHER}/24 dev eth0")
    engine.wait_until("fault")
    assert f"its source address {OTHER} is not on eth0" in engine.router().reason
    assert engine.router("VI_2").state == "master"
    engine.lab.wait_for(lambda: str(engine.lab.of("r1", 52)[-1].advert.source) == "192.0.2.11")
    engine.lab.shell("r1", f"ip addr add {OTHER}/24 dev eth0")
    engine.wait_until("master")


@pytest.mark.parametrize(
    "source,length,vip,peer", [(OTHER, 32, VIP, "192.0.2.12"), ("fd00::7", 128, "fe80::9", "fd00::8")]
)
def test_a_source_known_to_unicast_peers_must_be_on_this_host(engine, source, length, vip, peer):
    """As keepalived 2.2.7 (`src address not configured`), which stays in fault when the address comes."""
    extra = f"    unicast_src_ip {source}\n    unicast_peer {{\n        {peer}\n    }}\n"
    engine.lab.shell("r1", "ip -6 route add fd00::/64 dev eth0")
    engine.start(instance(vips=(vip,), extra=extra))
    engine.wait_until("fault")
    assert f"its source address {source} is not on this host" in engine.router().reason
    engine.lab.shell("r1", f"ip addr add {source}/{length} dev lo")
    engine.wait_until("master")
    engine.lab.wait_for(lambda: engine.router().statistics["advertisement_sent"] > 3)
    assert "ADVERTS_NOT_SENT" not in str(engine.status())
    engine.lab.shell("r1", f"ip addr del {source}/{length} dev lo")
    engine.wait_until("fault")


def test_an_interface_counts_as_down_or_up_after_its_delay(engine):
    """A flap shorter than the delay is none; a longer one is a fault as long as it lasts and the other delay."""
    engine.start("interface_up_down_delays {\n    eth0 1.5 0.5\n}\n", instance())
    engine.wait_until("master")
    cable(engine, "down")
    time.sleep(0.3)
    cable(engine, "up")
    engine.lab.wait_for(lambda: "NO-CARRIER" not in engine.lab.shell("r1", "ip link show eth0"))
    cable(engine, "down")
    began_s = time.monotonic()
    engine.wait_until("fault")
    assert time.monotonic() - began_s >= 1.4
    engine.wait_for_states("BACKUP", "MASTER", "FAULT")
    cable(engine, "up")
    began_s = time.monotonic()
    engine.wait_until("master")
    assert time.monotonic() - began_s >= 0.5


def test_the_driver_is_asked_where_linkbeat_is_configured(engine):
    """A veth answers by ETHTOOL and IOCTL and not by MII: without a way that is known it counts as up."""
    engine.lab.shell(
        "r1", "ip link add beat0 type veth peer name beat1 && ip link set beat0 up && ip link set beat1 up"
    )
    track = "    track_interface {\n        beat0\n    }\n"
    engine.start("linkbeat_interfaces {\n    beat0 ETHTOOL\n    eth0 MII\n}\n", instance(extra=track))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set beat1 down")
    engine.wait_until("fault")
    engine.lab.shell("r1", "ip link set beat1 up")
    engine.wait_until("master")


def test_promoted_secondaries_stay_when_the_first_address_goes(engine):
    setting = "cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries"
    assert engine.lab.shell("r1", setting).strip() == "0"
    program = engine.start(instance(extra="    promote_secondaries\n"))
    engine.wait_until("master")
    assert engine.lab.shell("r1", setting).strip() == "1"
    with kernel_monitor(engine.lab, "r1") as changes:
        engine.lab.shell("r1", f"ip addr add {OTHER}/24 dev eth0; ip addr del 192.0.2.11/24 dev eth0")
    assert [line for line in changes if line.startswith("Deleted") and "192.0.2.11/" not in line] == []
    assert engine.holds()
    program.terminate()
    program.wait()
    assert engine.lab.shell("r1", setting).strip() == "0", "put back at the end"
