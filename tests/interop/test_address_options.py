"""The options of virtual addresses: what the kernel then says is the same under keepalived and under vrrptui."""

from __future__ import annotations

import json

import pytest

from tests.interop.engine_lab import VIP, instance

OPTIONS = """\
192.0.2.101
192.0.2.102/24 noprefixroute
192.0.2.103/24 label eth0:v
192.0.2.104/24 preferred_lft 0
192.0.2.105/24 brd +
192.0.2.106/32 scope link
192.0.2.107/24 brd 192.0.2.200 dev eth0
"""
OPTIONS_V6 = """\
fe80::100/64
2001:db8::100/64
2001:db8::101
2001:db8::102/64 -nodad
2001:db8::103/64 home
2001:db8::104/64 mngtmpaddr
2001:db8::105/128 preferred_lft forever
2001:db8::106/64 preferred_lft 0
"""
FACTS = ("family", "local", "address", "prefixlen", "broadcast", "scope", "label", "noprefixroute", "nodad", "home")
MORE = ("mngtmpaddr", "deprecated", "autojoin", "preferred_life_time", "valid_life_time")


def addresses(lab, host: str, virtual: set[str]) -> dict[str, dict]:
    """What the kernel says of each virtual address, but for what an order of adding makes."""
    (link,) = json.loads(lab.shell(host, "ip -j -d addr show dev eth0"))
    return {
        one["local"]: {fact: one.get(fact) for fact in FACTS + MORE}
        for one in link["addr_info"]
        if one["local"] in virtual
    }


@pytest.mark.usefixtures("needs_keepalived")
@pytest.mark.parametrize("options", [OPTIONS, OPTIONS_V6], ids=["IPv4", "IPv6"])
def test_the_kernel_holds_what_it_holds_under_keepalived(lab, options):
    lines = tuple(options.splitlines())
    virtual = {line.split()[0].partition("/")[0] for line in lines}
    text = "global_defs {\n    vrrp_version 3\n}\n" + instance(vips=lines)
    held = []
    for start in (lab.keepalived, lab.vrrptui):
        program = start("r1", text)
        lab.wait_for(lambda: len(addresses(lab, "r1", virtual)) == len(virtual))
        held.append(addresses(lab, "r1", virtual))
        program.terminate()
        program.wait()
        assert addresses(lab, "r1", virtual) == {}
    assert held[0] == held[1]


def test_an_address_with_a_peer_is_a_point_to_point_link(engine):
    program = engine.start(instance(vips=("192.0.2.103 peer 198.51.100.9",)))
    engine.wait_until("master")
    assert "inet 192.0.2.103 peer 198.51.100.9/32" in engine.lab.shell("r1", "ip addr show eth0")
    program.kill()
    assert engine.cli("cleanup", "--help").returncode == 0
    again = engine.start(instance(vips=(f"{VIP}/24",)))
    assert "192.0.2.103" not in engine.lab.shell("r1", "ip addr show eth0")
    again.terminate()


def test_an_address_that_is_not_tracked_stays_away(engine):
    engine.start(instance(vips=(f"{VIP}/24", "192.0.2.101/24 no_track")))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip addr del 192.0.2.101/24 dev eth0; ip addr del 192.0.2.100/24 dev eth0")
    engine.lab.wait_for(engine.holds)
    assert not engine.holds("192.0.2.101")


def test_the_log_names_the_interface_of_an_announcement(engine):
    """As keepalived 2.2.7: "Sending/queueing gratuitous ARPs on eth1 for ..." of an address with dev eth1."""
    engine.lab.shell("r1", "ip link add eth1 type veth peer name far1; ip link set eth1 up; ip link set far1 up")
    program = engine.start(instance(vips=(f"{VIP}/24", "198.51.100.7/24 dev eth1")))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: "gratuitous ARPs on eth1 for 198.51.100.7" in program.text())
    assert f"gratuitous ARPs on eth0 for {VIP}" in program.text()
