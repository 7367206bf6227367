"""The virtual MAC on the wire and in the kernel: adverts, ARP, neighbour discovery, and what a backup must not do."""

from __future__ import annotations

import re
import shutil
import time

import pytest

from tests.interop.dialects import V2_AH, V2_PASS, V3_IPV4, V3_IPV6, Dialect
from tests.interop.segment_lab import SegmentLab
from vrrptui.protocol.advert import Family, virtual_mac

pytestmark = pytest.mark.skipif(shutil.which("arping") is None, reason="arping is not installed")
USE = "    use_vmac\n"
DEVICE = "vrrp.51"
DIALECTS = [pytest.param(d, id=d.name) for d in (V2_PASS, V2_AH, V3_IPV4, V3_IPV6)]


def mac_of(dialect: Dialect) -> bytes:
    return virtual_mac(Family(dialect.family), 51)


def answers(lab: SegmentLab, dialect: Dialect) -> set[str]:
    """The MAC addresses that answer the client for the virtual address."""
    address = dialect.vip(51) if dialect.family == "ipv4" else "2001:db8::51"
    if dialect.family == "ipv4":
        printed = lab.shell("client", f"arping -c 3 -w 2 -I eth0 {address}", check=False)
        return {mac.lower() for mac in re.findall(r"\[([0-9A-Fa-f:]{17})\]", printed)}
    lab.shell("client", "ip addr add 2001:db8::99/64 dev eth0 nodad", check=False)
    lab.shell("client", "ip neigh flush all")
    lab.shell("client", f"ping -6 -c 1 -W 1 {address}", check=False)
    printed = lab.shell("client", f"ip -6 neigh show {address}")
    return set(re.findall(r"lladdr ([0-9a-f:]{17})", printed))


def spoken(lab: SegmentLab, dialect: Dialect, after_ns: int) -> set[bytes]:
    lab.listen()
    return {seen.source_mac for seen in lab.adverts if seen.at_ns > after_ns}


def wait_until_spoken(lab: SegmentLab, mac: bytes) -> None:
    began_ns = time.time_ns()
    lab.wait_for(lambda: mac in spoken(lab, V3_IPV4, began_ns))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_master_speaks_and_answers_with_the_virtual_mac_alone(lab, dialect):
    """9568-7.2-2 positive: adverts, ARP and neighbour discovery have the virtual MAC; nothing is left after the end"""
    program = lab.vrrptui("r1", dialect.configuration(150, extra=USE))
    wait_until_spoken(lab, mac_of(dialect))
    assert {seen.source_mac for seen in lab.adverts} == {mac_of(dialect)}
    assert all(seen.advert.problems == () for seen in lab.adverts)
    lab.wait_for(lambda: answers(lab, dialect) == {mac_of(dialect).hex(":")})
    shown = lab.shell("r1", f"ip -d addr show dev {DEVICE}")
    assert "macvlan mode private" in shown
    assert f" {dialect.vip(51)}/" in shown
    assert not lab.holds("r1", dialect.vip(51)), "the address is on the device, not on eth0"
    program.terminate()
    assert program.wait() == 0
    assert DEVICE not in lab.shell("r1", "ip link")
    assert answers(lab, dialect) == set() or dialect.family == "ipv6"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_backup_answers_for_nothing_and_hears_nothing(lab, dialect):
    """9568-6.4.2-4 positive: a backup's device is down, so frames to the virtual MAC are not taken"""
    lab.vrrptui("r1", dialect.configuration(150, extra=USE))
    wait_until_spoken(lab, mac_of(dialect))
    backup = lab.vrrptui("r2", dialect.configuration(100, extra=USE))
    lab.wait_for(lambda: "BACKUP STATE" in backup.text())
    time.sleep(3 * dialect.interval_s)
    assert "state DOWN" in lab.shell("r2", f"ip link show dev {DEVICE}")
    lab.wait_for(lambda: answers(lab, dialect) == {mac_of(dialect).hex(":")})


def test_a_left_over_device_is_removed(lab):
    """9568-6.4.2-4 negative: what a killed master left takes frames to the virtual MAC, until the next start"""
    killed = lab.vrrptui("r1", V3_IPV4.configuration(150, extra=USE))
    wait_until_spoken(lab, mac_of(V3_IPV4))
    killed.kill()
    assert "vrrp.51" in lab.shell("r1", "ip link")
    again = lab.vrrptui("r1", V3_IPV4.configuration(150))
    lab.wait_for(lambda: "removed vrrp.51: left by a killed engine" in again.text())
    assert "vrrp.51" not in lab.shell("r1", "ip link")


def test_an_interface_of_that_name_is_left_alone(lab):
    lab.shell("r1", "ip link add vrrp.51 type veth peer name other")
    lab.vrrptui("r1", V3_IPV4.configuration(150, extra=USE))
    lab.wait_for(lambda: "cannot create vrrp.51" in lab.status("r1"))
    assert "veth" in lab.shell("r1", "ip -d link show dev vrrp.51")


def test_adverts_may_come_from_the_base_interface(lab):
    """9568-7.2-2 negative: with vmac_xmit_base they have the physical MAC, and ARP the virtual one"""
    lab.vrrptui("r1", V3_IPV4.configuration(150, extra=USE + "    vmac_xmit_base\n"))
    lab.wait_for_master("r1")
    lab.wait_for(lambda: answers(lab, V3_IPV4) == {mac_of(V3_IPV4).hex(":")})


def test_the_host_has_its_settings_back(lab):
    read = "cat /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/conf/eth0/arp_ignore"
    lab.shell("r1", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter")
    before = lab.shell("r1", read)
    program = lab.vrrptui("r1", V3_IPV4.configuration(150, extra=USE))
    wait_until_spoken(lab, mac_of(V3_IPV4))
    assert lab.shell("r1", read).split() == ["0", "1"]
    program.terminate()
    program.wait()
    assert lab.shell("r1", read) == before


@pytest.mark.usefixtures("needs_keepalived")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_beside_a_keepalived_with_a_virtual_mac(lab, dialect):
    """Killed, ours is replaced by keepalived's; back again it takes over; the client sees one MAC address."""
    program = lab.vrrptui("r1", dialect.configuration(150, extra=USE))
    wait_until_spoken(lab, mac_of(dialect))
    other = lab.keepalived("r2", dialect.configuration(100, extra=USE))
    lab.wait_for(lambda: "BACKUP STATE" in other.text())
    time.sleep(2 * dialect.interval_s)
    program.terminate()
    program.wait()
    lab.wait_for(lambda: "MASTER STATE" in other.text())
    lab.wait_for(lambda: answers(lab, dialect) == {mac_of(dialect).hex(":")})
    lab.vrrptui("r1", dialect.configuration(150, extra=USE))
    lab.wait_for(lambda: other.text().count("BACKUP STATE") == 2)
    lab.wait_for(lambda: answers(lab, dialect) == {mac_of(dialect).hex(":")})


@pytest.mark.parametrize("peer", ["keepalived", "vrrptui"])
@pytest.mark.parametrize("dialect", [pytest.param(d, id=d.name) for d in (V2_AH, V3_IPV4, V3_IPV6)])
def test_a_master_hears_a_better_one_with_its_virtual_mac(lab, dialect, peer):
    """The kernel takes such a frame for one of the device's own, and the interface below never sees it."""
    if peer == "keepalived" and shutil.which("keepalived") is None:
        pytest.skip("keepalived is not installed")
    ours = lab.vrrptui("r2", dialect.configuration(100, extra=USE))
    lab.wait_for(lambda: "MASTER STATE" in ours.text())
    getattr(lab, peer)("r1", dialect.configuration(150, extra=USE))
    lab.wait_for(lambda: "higher priority 150" in ours.text())
    lab.wait_for(lambda: DEVICE not in lab.shell("r2", "ip -br link show up"))
    lab.listen()
    heard = [seen for seen in lab.adverts if seen.advert.priority == 150]
    late_ns = [s.at_ns - heard[0].at_ns for s in lab.adverts if s.advert.priority == 100 and s.at_ns > heard[0].at_ns]
    assert all(late <= 150_000_000 for late in late_ns), "it yields to the first one"
