"""Devices beyond the plain virtual MAC: a MAC address of one's own, other interfaces, ipvlan, VRF."""

from __future__ import annotations

import re
import time

import pytest

from tests.interop.engine_lab import VIP, instance

OTHER = "198.51.100.100"
MAC = "02:00:00:00:00:0a"


@pytest.fixture
def second(engine):
    """A second link of r1, to a host of its own."""
    lab = engine.lab
    lab.shell(
        "r1",
        "ip link add eth1 type veth peer name far && ip link set far up && ip link set eth1 up"
        " && ip addr add 198.51.100.1/24 dev eth1",
    )
    return lab


def mac_of(engine, device: str) -> str:
    found = re.search(r"link/ether (\S+)", engine.lab.shell("r1", f"ip link show {device}"))
    assert found
    return found.group(1)


@pytest.mark.parametrize(("given", "mac"), [(MAC, MAC), ("02:00:00:00:01", "02:00:00:00:01:33")])
def test_a_mac_address_of_ones_own_is_spoken_with(engine, given, mac):
    program = engine.start(instance(extra=f"    use_vmac v51 {given}\n"))
    engine.wait_until("master")
    began_ns = time.time_ns()
    engine.lab.wait_for(lambda: [s for s in heard(engine) if s.at_ns > began_ns])
    assert {s.source_mac.hex(":") for s in heard(engine)} == {mac}
    assert mac_of(engine, "v51") == mac
    program.kill()
    assert "v51" in engine.lab.shell("r1", "ip -br link")
    engine.start(instance())
    assert "v51" not in engine.lab.shell("r1", "ip -br link"), "the next start takes it away"


def heard(engine):
    engine.lab.listen()
    return engine.lab.adverts


@pytest.mark.parametrize(
    ("keywords", "vips", "held"),
    [
        (
            "    use_vmac\n    use_vmac_addr\n",
            (f"{VIP}/24", f"{OTHER}/24 dev eth1"),
            {VIP: "vrrp.51", OTHER: "vrrp1.51"},
        ),
        ("    use_vmac\n", (f"{VIP}/24", f"{OTHER}/24 dev eth1"), {VIP: "vrrp.51", OTHER: "eth1"}),
        ("", (f"{VIP}/24", f"{OTHER}/24 dev eth1 use_vmac"), {VIP: "eth0", OTHER: "vrrp.51"}),
        ("", (f"{VIP}/24 use_vmac", f"{OTHER}/24 dev eth1"), {VIP: "vrrp.51", OTHER: "eth1"}),
    ],
)
def test_addresses_are_at_the_virtual_mac_where_they_ask_for_it(engine, second, keywords, vips, held):
    program = engine.start(instance(vips=vips, extra=keywords))
    engine.wait_until("master")
    for address, device in held.items():
        assert f" {address}/" in second.shell("r1", f"ip addr show dev {device}")
        if device.startswith("vrrp"):
            shown = second.shell("r1", f"ip -d link show {device}")
            assert f"@{'eth1' if address == OTHER else 'eth0'}:" in shown
            assert "00:00:5e:00:01:33" in shown
    assert engine.cli("stop", "VI_1").returncode == 0
    engine.wait_until("stopped")
    assert "vrrp" not in second.shell("r1", "ip -br link show up")
    program.terminate()
    program.wait()
    assert "vrrp" not in second.shell("r1", "ip -br link")


def test_addresses_on_an_interface_that_comes_later_come_with_it(engine):
    """With no_track: else the router is in fault until then."""
    engine.start(instance(vips=(f"{VIP}/24", f"{OTHER}/24 dev late0 no_track")))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link add late0 type veth peer name late1; ip link set late0 up; ip link set late1 up")
    engine.lab.wait_for(lambda: f" {OTHER}/" in engine.lab.shell("r1", "ip addr show dev late0"))


def test_a_removed_virtual_mac_is_made_again_with_addresses(engine):
    """An address that nobody holds while its router is master would serve nobody."""
    engine.start(instance(vips=("fe80::100/64", "2001:db8::100/64"), extra="    use_vmac v51\n"))
    engine.wait_until("master")
    for _ in range(2):
        engine.lab.shell("r1", "ip link del v51")
        engine.lab.wait_for(lambda: "2001:db8::100/64" in engine.lab.shell("r1", "ip addr show v51", check=False))
        assert " fe80::100/64" in engine.lab.shell("r1", "ip addr show v51")
        assert engine.router().state == "master"
    engine.lab.wait_for(lambda: not engine.router().findings)


def test_a_virtual_mac_that_is_set_down_is_brought_up_again(engine):
    """keepalived is in fault until somebody else brings it up; down, nobody reaches its addresses."""
    engine.start(instance(vips=("fe80::100/64", "2001:db8::100/64"), extra="    use_vmac v51\n"))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set v51 down")
    engine.lab.wait_for(lambda: "UP" in engine.lab.shell("r1", "ip -br link show v51").split("<")[-1].split(">")[0])
    engine.lab.wait_for(lambda: "2001:db8::100/64" in engine.lab.shell("r1", "ip addr show v51"))
    assert engine.router().state == "master"


def test_a_setting_that_another_router_needs_is_not_put_back(engine):
    setting = "cat /proc/sys/net/ipv4/conf/eth0/arp_ignore"
    one = instance(extra="    use_vmac\n")
    program = engine.start(one, instance("VI_2", 52, vips=("192.0.2.120/24",), extra="    use_vmac\n"))
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    engine.write(instance("VI_2", 52, vips=("192.0.2.120/24",), extra="    use_vmac\n"))
    engine.reload(program)
    assert engine.lab.shell("r1", setting).strip() == "1"
    program.terminate()
    program.wait()
    assert engine.lab.shell("r1", setting).strip() == "0"


def knows(engine, kind: str, options: str) -> bool:
    """Whether this kernel has such devices."""
    made = engine.lab.shell(
        "r1", f"ip link add probe0 {options} type {kind} && echo made; ip link del probe0", check=False
    )
    return "made" in made


def test_addresses_are_on_an_ipvlan(engine):
    if not knows(engine, "ipvlan", "link eth0"):
        pytest.skip("this kernel has no ipvlan")
    engine.start(instance(extra="    use_ipvlan v51\n"))
    engine.wait_until("master")
    assert f" {VIP}/" in engine.lab.shell("r1", "ip addr show dev v51")
    assert "ipvlan" in engine.lab.shell("r1", "ip -d link show v51")


def test_a_refused_device_is_a_fault_with_its_name(engine):
    if knows(engine, "ipvlan", "link eth0"):
        pytest.skip("this kernel has ipvlan")
    program = engine.start(instance(extra="    use_ipvlan v51\n"))
    engine.wait_until("fault")
    assert engine.router().reason == "cannot create v51"
    assert "cannot create v51 on eth0: " in program.text()


@pytest.mark.parametrize("extra", ["    use_vmac\n    vrf red\n", "    use_vmac\n"])
def test_the_device_belongs_to_the_vrf(engine, extra):
    if not knows(engine, "vrf table 100", ""):
        pytest.skip("this kernel has no VRF")
    engine.lab.shell("r1", "ip link add red type vrf table 100 && ip link set red up")
    if "vrf" not in extra:
        engine.lab.shell("r1", "ip link set eth0 master red")
    engine.start(instance(extra=extra))
    engine.wait_until("master")
    assert "master red" in engine.lab.shell("r1", "ip link show vrrp.51")


def test_a_reload_that_remakes_a_virtual_mac_is_quiet(engine):
    program = engine.start(instance(extra="    use_vmac v51\n"))
    engine.wait_until("master")
    engine.write(instance(vrid=52, vips=(f"{VIP}/24", "192.0.2.101/24"), extra="    use_vmac v51\n"))
    engine.reload(program)
    engine.wait_until("master")
    engine.lab.wait_for(lambda: "192.0.2.101/24" in engine.lab.shell("r1", "ip addr show v51"))
    assert [line for line in program.text().splitlines() if "cannot" in line] == []
