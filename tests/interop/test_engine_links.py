"""Links and addresses that come, go and change under a running engine."""

from __future__ import annotations

import time

from tests.interop.engine_lab import VIP, instance


def test_a_missing_interface_is_a_fault_until_it_comes(engine):
    engine.start(instance(interface="veth9", vips=("198.51.100.100/24",)))
    assert (engine.router().state, engine.router().reason) == ("fault", "interface veth9 is missing")
    for _ in range(2):  # the second time it has another index
        engine.lab.shell("r1", "ip link add veth9 type veth peer name veth8; ip addr add 198.51.100.1/24 dev veth9")
        engine.lab.shell("r1", "ip link set veth8 up; ip link set veth9 up")
        engine.wait_until("master")
        assert "198.51.100.100/24" in engine.lab.shell("r1", "ip addr show veth9")
        engine.lab.shell("r1", "ip link del veth9")
        engine.wait_until("fault")  # the kernel reports that it is down first
        engine.lab.wait_for(lambda: engine.router().reason == "interface veth9 is missing")
    engine.wait_for_states("FAULT", *2 * ["BACKUP", "MASTER", "FAULT"])


def test_a_pulled_cable_is_a_fault_and_then_it_is_backup(engine):
    engine.start(instance())
    engine.wait_until("master")
    engine.lab.network.plug("r1", False)
    engine.wait_until("fault")
    assert engine.router().reason == "interface eth0 is down"
    assert not engine.holds()
    engine.lab.network.plug("r1", True)
    engine.wait_until("master")
    assert engine.holds()
    engine.wait_for_states("BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER")


def test_an_interface_set_down_is_a_fault_and_up_it_rules(engine):
    engine.start(instance())
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set eth0 down")
    engine.wait_until("fault")
    assert not engine.holds()
    engine.lab.shell("r1", "ip link set eth0 up")
    engine.wait_until("master")


def test_without_its_only_address_an_interface_is_in_fault(engine):
    engine.start(instance())
    engine.wait_until("master")
    engine.lab.shell("r1", "ip addr del 192.0.2.11/24 dev eth0")
    engine.wait_until("fault")
    assert engine.router().reason == "no IPv4 address on eth0"
    assert not engine.holds()
    engine.lab.shell("r1", "ip addr add 192.0.2.11/24 dev eth0")
    engine.wait_until("master")
    assert engine.holds()


def test_adverts_come_from_the_address_that_replaces_the_first(engine):
    engine.start(instance(vips=("198.51.100.100/24",)))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip addr add 192.0.2.77/25 dev eth0; ip addr del 192.0.2.11/24 dev eth0")
    engine.lab.wait_for(lambda: str(engine.lab.of("r1")[-1].advert.source) == "192.0.2.77")
    assert engine.router().state == "master"
    assert engine.holds("198.51.100.100")


def test_a_removed_virtual_address_is_put_back_at_once(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    engine.lab.shell("r1", f"ip addr del {VIP}/24 dev eth0")
    time.sleep(0.1)
    assert engine.holds()
    engine.lab.wait_for(lambda: f"{VIP} was removed by another process" in program.text())
    assert engine.router().state == "master"


def test_an_address_removed_again_and_again_is_given_up(engine):
    engine.start(instance())
    engine.wait_until("master")
    for _ in range(5):
        engine.lab.wait_for(engine.holds)
        engine.lab.shell("r1", f"ip addr del {VIP}/24 dev eth0")
    engine.wait_until("fault")
    assert engine.router().reason == "another process keeps removing its addresses"
    engine.lab.wait_for(lambda: engine.priority() == 0)
    assert not engine.holds()
