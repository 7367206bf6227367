"""A virtual router's addresses on its host: whoever put them there, whoever takes them away, wherever they belong.

What is right was measured on keepalived 2.2.7 in the same places, unless a test says otherwise.
"""

from __future__ import annotations

import signal
import time
from itertools import pairwise
from typing import Any

import pytest

from tests.interop.engine_lab import VIP, configuration, instance
from vrrptui.cli.commands.status import Status
from vrrptui.control.messages import StopRouter

V6 = "2001:db8::100"
OTHER_CARD = "ip link add eth1 type veth peer name far1 && ip link set far1 up && ip link set eth1 up"


def addresses(engine, host: str = "r1", interface: str = "eth0") -> set[str]:
    """Everything with a prefix length that is on an interface."""
    words = engine.lab.shell(host, f"ip -o addr show dev {interface}", check=False).split()
    return {after for word, after in pairwise(words) if word in ("inet", "inet6")}


def codes(status: Status) -> list[str]:
    return [finding.code for router in status.virtual_routers for finding in router.findings]


def better_peer(engine, *vips: str) -> None:
    """An engine on r2 that is master in any case."""
    lines = instance(priority=200, vips=vips or (f"{VIP}/24",))
    engine.lab.vrrptui("r2", configuration(lines))
    engine.lab.wait_for(lambda: engine.lab.holds("r2", VIP))


# Adopted.


def test_a_backup_removes_an_address_that_was_there_before(engine):
    better_peer(engine)
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0")
    program = engine.start(instance())
    engine.wait_until("backup")
    engine.lab.wait_for(lambda: not engine.holds())
    assert f"{VIP}/24 was on this host although this router is not master: removed" in program.text()


def test_a_backup_removes_a_former_address_with_another_label(engine):
    better_peer(engine)
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0 label eth0:old")
    engine.start(instance(vips=(f"{VIP}/24 label eth0:1",)))
    engine.wait_until("backup")
    engine.lab.wait_for(lambda: not engine.holds())


def test_a_router_in_fault_removes_a_former_address(engine):
    """Whatever it lacks: here it has no address to send from, as keepalived 2.2.7 removes it in any case."""
    engine.lab.shell("r1", f"ip addr flush dev eth0 && ip addr add {VIP}/24 dev eth0")
    engine.start(instance())
    engine.wait_until("fault")
    engine.lab.wait_for(lambda: not engine.holds())


def test_a_master_restores_and_removes_a_former_address(engine):
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0")
    program = engine.start(instance())
    engine.wait_until("master")
    engine.lab.shell("r1", f"ip addr del {VIP}/24 dev eth0")
    engine.lab.wait_for(engine.holds)
    program.terminate()
    program.wait()
    assert not engine.holds()


def test_a_reload_without_an_address_removes_a_former_one(engine):
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0")
    vips = (f"{VIP}/24", "192.0.2.101/24")
    program = engine.start(instance(vips=vips))
    engine.wait_until("master")
    engine.write(instance(vips=vips[1:]))
    engine.reload(program)
    engine.lab.wait_for(lambda: not engine.holds())
    assert engine.router().state == "master"


def test_another_prefix_length_makes_another_address(engine):
    """Of IPv4, as the kernel compares: it stays, and the configured one comes and goes beside it."""
    engine.lab.shell("r1", f"ip addr add {VIP}/32 dev eth0")
    program = engine.start(instance())
    engine.wait_until("master")
    assert {f"{VIP}/32", f"{VIP}/24"} <= addresses(engine)
    program.terminate()
    program.wait()
    assert {f"{VIP}/32", f"{VIP}/24"} & addresses(engine) == {f"{VIP}/32"}


def test_a_backup_takes_away_what_somebody_adds(engine):
    """keepalived leaves it there, so that two hosts have it."""
    better_peer(engine)
    engine.start(instance())
    engine.wait_until("backup")
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0")
    engine.lab.wait_for(lambda: not engine.holds())
    assert codes(engine.status()) == []


def test_over_ipv6_a_backup_removes_any_prefix_length(engine):
    """The kernel has an address over IPv6 once, so the other prefix length would keep the master's out, too."""
    vips = ("fe80::100/64", f"{V6}/64")
    engine.lab.vrrptui("r2", configuration(instance(priority=200, vips=vips)))
    engine.lab.wait_for(lambda: engine.lab.holds("r2", V6))
    engine.start(instance(vips=vips))
    engine.wait_until("backup")
    engine.lab.shell("r1", f"ip addr add {V6}/128 dev eth0 nodad")
    engine.lab.wait_for(lambda: f"{V6}/128" not in addresses(engine))


def test_an_address_owner_keeps_what_the_host_had_before(engine):
    """keepalived removes it, and the host has lost its address."""
    engine.lab.shell("r1", f"ip addr add {VIP}/24 dev eth0")
    program = engine.start(instance(priority=255))
    engine.wait_until("master")
    engine.lab.shell("r1", f"ip addr del {VIP}/24 dev eth0")
    engine.lab.wait_for(engine.holds)
    program.terminate()
    program.wait()
    assert engine.holds()


def test_an_address_of_two_routers_is_not_taken_from_the_master(engine):
    """The backup of the two leaves it alone."""
    engine.lab.vrrptui("r2", configuration(instance(vrid=52, priority=200, vips=("192.0.2.120/24",))))
    engine.lab.wait_for(lambda: engine.lab.holds("r2", "192.0.2.120"))
    engine.start(instance(), instance("VI_2", 52, vips=("192.0.2.120/24", f"{VIP}/24")))
    engine.wait_until("master")
    engine.wait_until("backup", "VI_2")
    engine.lab.shell("r1", "ip addr add 192.0.2.77/24 dev eth0")  # something to look at again
    engine.lab.wait_for(lambda: "192.0.2.77/24" in addresses(engine))
    assert engine.holds()


# Interfaces of addresses, routes and rules.

ELSEWHERE = "198.51.100.100/24 dev eth1"
ROUTE = "    virtual_routes {\n        203.0.113.0/24 dev eth1\n    }\n"
RULE = "    virtual_rules {\n        from 203.0.113.0/24 iif eth1 table 100 priority 1000\n    }\n"
EXCLUDED = f"    virtual_ipaddress_excluded {{\n        {ELSEWHERE}\n    }}\n"
NEEDS: dict[str, dict[str, Any]] = {
    "an address": {"vips": (f"{VIP}/24", ELSEWHERE)},
    "an excluded address": {"extra": EXCLUDED},
    "a route": {"extra": ROUTE},
    "a rule": {"extra": RULE},
    "an address, with dont_track_primary": {"vips": (f"{VIP}/24", ELSEWHERE), "extra": "    dont_track_primary\n"},
}


@pytest.mark.parametrize("what", NEEDS)
def test_the_loss_of_another_interface_that_it_needs_is_a_fault(engine, what):
    """Down, deleted, made again: keepalived's fault begins and ends with each."""
    engine.lab.shell("r1", OTHER_CARD)
    engine.start(instance(**NEEDS[what]))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set eth1 down")
    engine.wait_until("fault")
    assert "interface eth1 is down" in engine.router().reason
    assert not engine.holds()
    assert engine.cli("status").returncode == 1
    engine.lab.shell("r1", "ip link set eth1 up")
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link del eth1")
    engine.wait_until("fault")  # it goes down first: two reports of the kernel, some milliseconds apart
    engine.lab.wait_for(lambda: "interface eth1 is missing" in engine.router().reason)
    engine.lab.shell("r1", OTHER_CARD)
    engine.wait_until("master")


@pytest.mark.parametrize("what", ["an address", "an excluded address", "a route"])
def test_with_no_track_it_is_none(engine, what):
    engine.lab.shell("r1", OTHER_CARD)
    needs = {key: str(value).replace("eth1", "eth1 no_track") for key, value in NEEDS[what].items() if key == "extra"}
    vips = tuple(vip.replace("eth1", "eth1 no_track") for vip in NEEDS[what].get("vips", (f"{VIP}/24",)))
    engine.start(instance(vips=vips, **needs))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set eth1 down")
    engine.lab.shell("r1", "ip link del eth1")
    assert engine.states() == ["BACKUP", "MASTER"]


def test_an_interface_that_comes_after_the_start_ends_the_fault(engine):
    engine.start(instance(vips=(f"{VIP}/24", ELSEWHERE)))
    engine.wait_until("fault")
    assert f"interface eth1 is missing, which {ELSEWHERE.split()[0]} belongs on" in engine.router().reason
    engine.lab.shell("r1", OTHER_CARD)
    engine.wait_until("master")
    assert "198.51.100.100/24" in addresses(engine, interface="eth1")


# A master that is none.


def test_a_master_says_which_address_the_kernel_refuses(engine):
    """The kernel takes no IPv6 address where IPv6 is off; it comes as soon as it is on."""
    engine.lab.shell("r1", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1")
    engine.start(instance(extra=f"    virtual_ipaddress_excluded {{\n        {V6}/64\n    }}\n"))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: codes(engine.status()) == ["VIP_MISSING"])
    status = engine.cli("status")
    assert status.returncode == 1
    assert f"VIP_MISSING: VI_1 is master, and {V6}/64 is not on eth0: " in status.stdout
    critical = [event.kind for event in engine.history() if event.severity == "critical"]
    assert critical == ["VIP_MISSING"]
    engine.lab.shell("r1", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0")
    engine.lab.wait_for(lambda: codes(engine.status()) == [])
    assert f"{V6}/64" in addresses(engine)


def test_a_master_whose_adverts_the_firewall_drops_says_so(engine):
    """And counts what left alone. Its peer takes over, and yields when the rule is gone."""
    engine.start(instance())
    engine.wait_until("master")
    rules = "table inet t { chain o { type filter hook output priority 0; ip protocol 112 drop; }; }"
    engine.lab.shell("r1", f"nft '{rules}'")
    engine.lab.wait_for(lambda: codes(engine.status()) == ["ADVERTS_NOT_SENT"])
    finding = engine.router().findings[0]
    assert "to 224.0.0.18: Operation not permitted" in finding.text
    assert engine.cli("status").returncode == 1
    sent = engine.router().statistics["advertisement_sent"]
    engine.lab.wait_for(lambda: int(engine.router().findings[0].text.rpartition("(")[2].split()[0]) > 20)
    assert engine.router().statistics["advertisement_sent"] == sent
    engine.lab.shell("r1", "nft flush ruleset")
    engine.lab.wait_for(lambda: codes(engine.status()) == [])
    assert engine.cli("status").returncode == 0


def test_no_finding_stands_while_all_is_well(engine):
    program = engine.start(instance(), instance("VI_2", 52, vips=("192.0.2.120/24",)))
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    engine.command(StopRouter(id=1, router="VI_2"))
    engine.wait_until("stopped", "VI_2")
    program.signal(signal.SIGUSR1)
    engine.lab.wait_for(lambda: "SIGUSR1 received and ignored" in program.text())
    assert codes(engine.status()) == []
    assert [event.text for event in engine.history() if event.severity == "critical"] == []


# Instances without an advertised address.


@pytest.mark.parametrize("version", [2, 3])
def test_routers_without_advertised_addresses_elect_one_master(lab, version):
    """Clouds have them: a notify script moves the address. keepalived 2.2.7 runs them in version 2 alone."""
    interval = 1 if version == 2 else 0.1
    for name, priority in (("r1", 150), ("r2", 100)):
        text = (
            f"vrrp_instance VI_1 {{\n    version {version}\n    interface eth0\n    virtual_router_id 51\n"
            f"    priority {priority}\n    advert_int {interval}\n    virtual_ipaddress {{\n    }}\n"
            f"    virtual_ipaddress_excluded {{\n        {VIP}/24\n    }}\n}}\n"
        )
        lab.vrrptui(name, text)
    lab.wait_for(lambda: lab.holds("r1", VIP))
    seen = [one.advert for one in lab.of("r1")]
    assert {(advert.version, advert.count) for advert in seen} == {(version, 0)}
    began_ns = time.time_ns()
    lab.wait_for(lambda: len(lab.of("r1", after_ns=began_ns)) > 4)
    assert not lab.holds("r2", VIP)
    assert lab.of("r2", after_ns=began_ns) == []
