"""Other multicast groups than the protocol's own, and the two forms of a version 3 checksum."""

from __future__ import annotations

import time
from ipaddress import ip_address

import pytest

from tests.interop.dialects import V2_PASS, V3_IPV4, V3_IPV6
from tests.interop.segment_lab import ADDRESSES, SegmentLab
from vrrptui.protocol.advert import Checksum

GROUPS = {4: "239.129.5.6", 6: "ff02::1:12"}
PROGRAMS = {"vrrptui": SegmentLab.vrrptui, "keepalived": SegmentLab.keepalived}


@pytest.fixture
def switch_that_hears_all(lab) -> None:
    """The capture's socket asks for the protocol's own groups alone."""
    lab.shell("switch", "ip link set switch promisc on")


def priorities(lab, after_ns: int) -> list[int | None]:
    """Of all adverts since then: with a virtual MAC both routers have one address."""
    lab.listen()
    return [seen.advert.priority for seen in lab.adverts if seen.at_ns > after_ns]


@pytest.mark.usefixtures("needs_keepalived", "switch_that_hears_all")
@pytest.mark.parametrize("roles", [("keepalived", "vrrptui"), ("vrrptui", "keepalived")], ids=" to ".join)
@pytest.mark.parametrize("how", ["mcast_dst_ip", "vrrp_mcast_group", "use_vmac"])
@pytest.mark.parametrize("dialect", [V2_PASS, V3_IPV4, V3_IPV6], ids=lambda d: d.name)
def test_another_group_is_spoken_and_heard(lab, dialect, how, roles):
    version = 6 if dialect is V3_IPV6 else 4
    group = GROUPS[version]
    own = f"    mcast_dst_ip {group}\n" if how != "vrrp_mcast_group" else ""
    if how == "use_vmac":
        own += "    use_vmac\n"
    general = f"global_defs {{\n    vrrp_mcast_group{version} {group}\n}}\n" if how == "vrrp_mcast_group" else ""

    def configuration(priority: int) -> str:
        return general + dialect.configuration(priority, extra=own)

    master = PROGRAMS[roles[0]](lab, "r1", configuration(150))
    lab.wait_for(lambda: "MASTER STATE" in master.text())
    backup = PROGRAMS[roles[1]](lab, "r2", configuration(100))
    lab.wait_for(lambda: backup.text().rfind("BACKUP STATE") > backup.text().rfind("MASTER STATE"))
    lately_ns = round(3e9 * dialect.interval_s)
    lab.wait_for(lambda: set(priorities(lab, time.time_ns() - lately_ns)) == {150})  # a slow host may have two at first
    heard_ns = time.time_ns()
    time.sleep(5 * dialect.interval_s)
    assert set(priorities(lab, heard_ns)) == {150}
    assert {seen.advert.destination for seen in lab.adverts} == {ip_address(group)}
    master.terminate()
    lab.wait_for(lambda: 100 in priorities(lab, heard_ns))


def test_two_groups_with_one_vrid_do_not_hear_each_other(lab):
    def configuration(group: str) -> str:
        return V3_IPV4.configuration(100, extra=f"    mcast_dst_ip {group}\n")

    programs = [lab.vrrptui("r1", configuration("239.129.5.6")), lab.vrrptui("r2", configuration("224.0.0.18"))]
    for program in programs:
        lab.wait_for(lambda program=program: "Entering MASTER STATE" in program.text())
    time.sleep(5 * V3_IPV4.interval_s)
    assert not any("forcing new election" in p.text() or "higher priority" in p.text() for p in programs)


@pytest.mark.parametrize(("said", "then"), [("", "message"), ("    v3_checksum_as_v2 off\n", "pseudo-header")])
def test_the_others_checksum_form_is_followed_if_none_is_set(lab, said, then):
    other = lab.vrrptui("r1", V3_IPV4.configuration(150, extra="    v3_checksum_as_v2\n"))
    lab.wait_for_master("r1")
    lab.vrrptui("r2", V3_IPV4.configuration(100, extra=said))
    lab.wait_for(lambda: "BACKUP" in lab.status("r2"))
    time.sleep(3 * V3_IPV4.interval_s)
    other.kill()
    lab.wait_for(lambda: len(lab.of("r2")) >= 3)
    assert {seen.advert.checksum for seen in lab.of("r1")} == {Checksum.MESSAGE}
    assert {seen.advert.checksum for seen in lab.of("r2")} == {Checksum(then)}


@pytest.mark.usefixtures("needs_keepalived", "switch_that_hears_all")
@pytest.mark.parametrize("keyword", ["", "old_unicast_checksum", "old_unicast_checksum never"])
def test_keepalived_and_we_make_the_same_old_sum_and_believe_it(lab, keyword):
    def configuration(priority: int, here: str, there: str, more: str) -> str:
        peers = f"    unicast_src_ip {here}\n    {more}\n    unicast_peer {{\n        {there}\n    }}\n"
        return V3_IPV4.configuration(priority, extra=peers)

    r1, r2 = ADDRESSES["r1"], ADDRESSES["r2"]
    master = lab.keepalived("r1", configuration(150, r1, r2, keyword))
    lab.wait_for_master("r1")
    backup = lab.vrrptui("r2", configuration(100, r2, r1, keyword))
    lab.wait_for(lambda: "BACKUP STATE" in backup.text())
    time.sleep(3 * V3_IPV4.interval_s)
    master.kill()
    lab.wait_for(lambda: len(lab.of("r2")) >= 2)
    lab.keepalived("r1", configuration(50, r1, r2, keyword))  # which believes us, or it would be master
    form = Checksum.OLD_UNICAST if keyword == "old_unicast_checksum" else Checksum.PSEUDO_HEADER
    assert {seen.advert.checksum for seen in lab.of("r1") + lab.of("r2")} == {form}
    began_ns = time.time_ns()
    time.sleep(6 * V3_IPV4.interval_s)
    assert lab.of("r1", after_ns=began_ns) == []


@pytest.mark.usefixtures("switch_that_hears_all")
def test_a_router_that_lost_all_its_peers_is_in_fault_if_told_so(lab):
    program = lab.vrrptui("r1", V3_IPV4.configuration(100, extra="    unicast_fault_no_peer\n"))
    lab.wait_for(lambda: "Entering FAULT STATE" in program.text())
    assert "it has no unicast peer" in lab.status("r1")
    assert lab.of("r1") == []
