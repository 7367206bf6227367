"""Routes and rules: of a master as keepalived sets them, static ones, and what becomes of them when others meddle."""

from __future__ import annotations

import re
import time

import pytest

from tests.interop.engine_lab import VIP, instance, kernel_monitor

ROUTES = (
    "10.1.0.0/16 via 192.0.2.50 dev eth0",
    "src 192.0.2.100 to 10.2.0.0/16 via 192.0.2.50 dev eth0 metric 7",
    "10.3.0.0/16 dev eth0 table 100 tos 0x10",
    "10.4.0.0/16 nexthop via 192.0.2.50 dev eth0 weight 2 nexthop via 192.0.2.51 dev eth0 weight 3",
    "blackhole 10.5.0.0/16",
    "unreachable 10.6.0.0/16 metric 3",
    "10.7.0.0/16 dev eth0 scope link mtu lock 1400 advmss 1300 hoplimit 9 realms 3/4",
    "10.8.0.0/16 via 10.200.0.1 dev eth0 onlink",
    "2001:db8:7::/48 via fe80::50 dev eth0 metric 5 pref high",
    "default via 192.0.2.50 dev eth0 table 200 initcwnd 20",
)
RULES = (
    "from 10.1.0.0/16 table 100 preference 1001",
    "not to 10.2.0.0/16 table 100 preference 1002 tos 0x10",
    "iif eth0 fwmark 1/0xff table 100 preference 1003",
    "from 10.3.0.0/16 blackhole preference 1004",
    "from 10.4.0.0/16 goto 1004 preference 1003",
    "oif eth0 uidrange 1-5 table main preference 1006",
    "ipproto tcp dport 80-90 table 100 preference 1007",
    "from 10.4.0.0/16 table 100 preference 1008 suppress_prefixlength 3 realms 5/6",
    "from 2001:db8::/32 table 100 preference 1009",
    "to 10.9.0.0/16 prohibit preference 1010",
)
SHOWN = "ip -d route show table all; ip -6 -d route show table all; ip -d rule; ip -6 -d rule"


def block(keyword: str, lines) -> str:
    return f"    {keyword} {{\n" + "".join(f"        {line}\n" for line in lines) + "    }\n"


def shown(lab, name: str) -> list[str]:
    """Routes and rules that are there, without the kernel's own and without what differs from host to host."""
    lines = (" ".join(line.split()) for line in lab.shell(name, SHOWN).splitlines())
    return sorted(line for line in lines if "proto kernel" not in line and "fe80" not in line.split(" via ")[0])


def test_a_master_has_the_routes_and_rules_of_keepalived(lab, needs_keepalived):
    text = "global_defs {\n    vrrp_version 3\n}\n" + instance(
        extra=block("virtual_routes", ROUTES) + block("virtual_rules", RULES)
    )
    before = {name: shown(lab, name) for name in ("r1", "r2")}
    ours = lab.vrrptui("r1", text)
    lab.wait_for(lambda: lab.holds("r1", VIP))
    ours_has = shown(lab, "r1")
    ours.terminate()
    ours.wait()
    assert shown(lab, "r1") == before["r1"], "nothing is left"
    lab.keepalived("r2", text)
    lab.wait_for(lambda: lab.holds("r2", VIP) and len(shown(lab, "r2")) >= len(ours_has))
    assert [line for line in ours_has if line not in before["r1"]] == [
        line for line in shown(lab, "r2") if line not in before["r2"]
    ]
    assert len(ours_has) >= len(ROUTES) + len(RULES)


ONE = block("virtual_routes", ["10.1.0.0/16 via 192.0.2.50 dev eth0"])


def routes(engine, what="10.0.0.0/8") -> str:
    return engine.lab.shell("r1", f"ip route show root {what}")


def test_a_backup_has_none_of_them(engine):
    engine.start(instance(extra=ONE))
    engine.wait_until("master")
    assert "10.1.0.0/16 via 192.0.2.50" in routes(engine)
    assert engine.cli("stop", "VI_1").returncode == 0
    engine.wait_until("stopped")
    assert routes(engine) == ""


def test_a_removed_route_or_rule_is_restored_until_contested(engine):
    program = engine.start(instance(extra=ONE + block("virtual_rules", ["from 10.1.0.0/16 table 100 preference 9"])))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip rule del preference 9")
    engine.lab.wait_for(lambda: "10.1.0.0/16" in engine.lab.shell("r1", "ip rule"))
    for _ in range(6):
        engine.lab.wait_for(lambda: routes(engine) or "restore limit reached" in program.text())
        engine.lab.shell("r1", "ip route del 10.1.0.0/16", check=False)
    engine.lab.wait_for(lambda: "restore limit reached" in program.text())
    time.sleep(0.3)
    assert routes(engine) == "", "given up"
    assert engine.router().state == "master", "and nobody is in fault for it"


def test_rules_without_preference_stand_once(engine):
    without = [re.sub(r" preference \d+", "", line) for line in RULES if "goto" not in line]
    engine.start(instance(extra=block("virtual_rules", without)))
    engine.wait_until("master")
    one, six = (engine.lab.shell("r1", f"ip {family} -d rule") for family in ("-4", "-6"))
    for _ in range(3):
        engine.lab.shell("r1", "ip rule add from 203.0.113.0/24 table 100; ip rule del from 203.0.113.0/24 table 100")
        time.sleep(0.2)
    assert [engine.lab.shell("r1", f"ip {family} -d rule") for family in ("-4", "-6")] == [one, six]
    engine.lab.shell("r1", "ip rule del from 10.1.0.0/16 table 100; ip -6 rule del from 2001:db8::/32 table 100")
    engine.lab.wait_for(lambda: "from 10.1.0.0/16" in engine.lab.shell("r1", "ip rule"))
    engine.lab.wait_for(lambda: "from 2001:db8::/32" in engine.lab.shell("r1", "ip -6 rule"))
    after = [engine.lab.shell("r1", f"ip {family} -d rule") for family in ("-4", "-6")]
    assert [text.count("\n") for text in after] == [text.count("\n") for text in (one, six)]


def test_a_route_that_cannot_be_added_comes_with_its_interface(engine):
    program = engine.start(instance(extra=block("virtual_routes", ["10.3.0.0/16 dev late0 no_track"])))
    engine.wait_until("master")
    engine.lab.wait_for(
        lambda: "cannot add route 10.3.0.0/16 dev late0 no_track: interface late0 is missing" in program.text()
    )
    engine.lab.shell(
        "r1", "ip link add late0 type veth peer name late1 && ip link set late0 up && ip link set late1 up"
    )
    engine.lab.wait_for(lambda: "10.3.0.0/16 dev late0" in routes(engine))


def test_of_routes_a_reload_moves_only_the_difference(engine):
    stays, goes, comes = "10.1.0.0/16 dev eth0", "10.2.0.0/16 dev eth0", "10.3.0.0/16 dev eth0"
    program = engine.start(instance(extra=block("virtual_routes", [stays, goes])))
    engine.wait_until("master")
    engine.write(instance(extra=block("virtual_routes", [stays, comes])))
    with kernel_monitor(engine.lab, "r1", "route") as changes:
        engine.reload(program)
        engine.lab.wait_for(lambda: "10.3.0.0/16" in routes(engine))
    assert "10.2.0.0/16" not in routes(engine)
    assert "10.1.0.0/16" in routes(engine)
    assert [line.split()[0] for line in changes if line] == ["Deleted", "10.3.0.0/16"]


STATIC = (
    "static_ipaddress {\n    198.51.100.1/24 dev eth0 track_group g\n}\n"
    "static_routes {\n    10.9.0.0/16 via 198.51.100.2 dev eth0 no_track\n    10.8.0.0/16 dev late0 track_group g\n}\n"
    "static_rules {\n    from 198.51.100.0/24 table 100 preference 77\n}\n"
    "track_group g {\n    group {\n        VI_1\n    }\n}\n"
)


@pytest.mark.parametrize("killed", [False, True])
def test_what_is_static_is_there_until_the_engine_ends(engine, killed):
    lab = engine.lab
    program = engine.start(STATIC, instance())
    lab.wait_for(lambda: "10.9.0.0/16" in routes(engine))
    assert "198.51.100.1/24" in lab.shell("r1", "ip addr")
    assert "198.51.100.0/24" in lab.shell("r1", "ip rule")
    assert engine.router().state == "fault", "its group's route cannot be added"
    assert "late0 is missing" in engine.router().reason
    lab.shell("r1", "ip link add late0 type veth peer name late1 && ip link set late0 up && ip link set late1 up")
    engine.wait_until("master")
    lab.shell("r1", "ip addr del 198.51.100.1/24 dev eth0")
    lab.wait_for(lambda: "198.51.100.1/24" in lab.shell("r1", "ip addr"))
    if killed:
        program.kill()
        assert "10.9.0.0/16" in routes(engine) or "198.51.100.0/24" in lab.shell("r1", "ip rule")
        engine.start(instance())
    else:
        program.terminate()
        program.wait()
    assert routes(engine) == ""
    assert "198.51.100" not in lab.shell("r1", "ip addr; ip rule")
