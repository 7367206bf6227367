"""Unicast peers, beside a keepalived: the master is replaced, TTLs are obeyed, strangers are refused."""

from __future__ import annotations

import time

import pytest

from tests.interop import engine_lab
from tests.interop.dialects import V2_AH, V2_PASS, V3_IPV4, V3_IPV6, Dialect
from tests.interop.segment_lab import ADDRESSES, SegmentLab

pytestmark = pytest.mark.usefixtures("needs_keepalived")
DIALECTS = [pytest.param(d, id=d.name) for d in (V2_PASS, V2_AH, V3_IPV4, V3_IPV6)]


@pytest.fixture(autouse=True)
def switch_that_sees_all(lab) -> None:
    lab.shell("switch", "ip link set switch promisc on")


def addresses(lab: SegmentLab, dialect: Dialect) -> dict[str, str]:
    if dialect.family == "ipv4":
        return ADDRESSES
    lab.wait_for(lambda: all("tentative" not in lab.shell(n, "ip -6 addr show eth0") for n in ("r1", "r2")))
    shown = {n: lab.shell(n, "ip -6 -br addr show eth0").split() for n in ("r1", "r2")}
    return {n: next(w.split("/")[0] for w in words if w.startswith("fe80")) for n, words in shown.items()}


def unicast(here: str, there: str, more: str = "") -> str:
    return f"    unicast_src_ip {here}\n    unicast_peer {{\n        {there}\n    }}\n{more}"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_unicast_master_is_replaced_and_comes_back(lab, dialect):
    own = addresses(lab, dialect)
    text = dialect.configuration(150, extra=unicast(own["r1"], own["r2"], "    unicast_ttl 64\n"))
    ours = lab.vrrptui("r1", text)
    lab.wait_for_master("r1")
    theirs = lab.keepalived("r2", dialect.configuration(100, extra=unicast(own["r2"], own["r1"])))
    lab.wait_for(lambda: "BACKUP STATE" in theirs.text())
    time.sleep(2 * dialect.interval_s)
    assert lab.of("r2") == [], "the backup hears us and is silent"
    sent = lab.of("r1")
    assert {(str(s.advert.destination), s.advert.ttl) for s in sent} == {(own["r2"], 64)}
    assert all(s.advert.problems == () for s in sent)
    ours.terminate()
    lab.wait_for_master("r2")
    lab.vrrptui("r1", text)
    lab.wait_for_master("r1")
    lab.wait_for(lambda: not lab.holds("r2", dialect.vip(51)))


def test_a_peer_whose_ttl_is_refused_is_not_heard(lab):
    """keepalived sends unicast adverts over IPv4 with TTL 255: above a max_ttl of 64 they are not believed."""
    own = ADDRESSES
    lab.keepalived("r2", V3_IPV4.configuration(150, extra=unicast(own["r2"], own["r1"])))
    lab.wait_for_master("r2")
    ours = lab.vrrptui("r1", V3_IPV4.configuration(100, extra=unicast(own["r1"], f"{own['r2']} min_ttl 1 max_ttl 64")))
    lab.wait_for_master("r1")
    assert "ttl-refused" in ours.text()


def test_a_stranger_is_refused_when_told_so(lab):
    """check_unicast_src: an advert from an address that is no peer changes nothing."""
    own = ADDRESSES
    text = V3_IPV4.configuration(100, extra=unicast(own["r1"], own["client"], "    check_unicast_src\n"))
    ours = lab.vrrptui("r1", text)
    lab.wait_for_master("r1")
    lab.keepalived("r2", V3_IPV4.configuration(150, extra=unicast(own["r2"], own["r1"])))
    lab.wait_for(lambda: "unknown-peer" in ours.text())
    assert lab.holds("r1", V3_IPV4.vip(51))


def test_two_routers_of_one_vrid_each_hear_their_own_peer(lab):
    """As keepalived 2.2.7 takes them: one VRID on one interface, told apart by the peers."""
    own = ADDRESSES

    def text(name, priority, here, there, vip):
        return engine_lab.instance(
            name, priority=priority, interval=0.1, vips=(f"{vip}/24",), extra=unicast(own[here], own[there])
        )

    lab.keepalived("r2", engine_lab.configuration(text("A", 100, "r2", "r1", "192.0.2.100")))
    lab.keepalived("client", engine_lab.configuration(text("B", 150, "client", "r1", "192.0.2.101")))
    lab.wait_for(lambda: lab.holds("r2", "192.0.2.100") and lab.holds("client", "192.0.2.101"))
    ours = text("A", 50, "r1", "r2", "192.0.2.100") + text("B", 100, "r1", "client", "192.0.2.101")
    program = lab.vrrptui("r1", engine_lab.configuration(ours))
    lab.wait_for(lambda: program.text().count("Entering BACKUP STATE") == 2)
    time.sleep(1)
    assert "MASTER STATE" not in program.text(), "each hears its master"


@pytest.mark.parametrize("dialect", [pytest.param(d, id=d.name) for d in (V2_PASS, V3_IPV4, V3_IPV6)])
def test_a_multicast_router_hears_no_unicast_to_the_host(lab, dialect):
    """RFC 9568 §5.1.1.2, §5.1.2.2: adverts go to the group. keepalived 2.2.7 binds its socket to it, and stays master.

    A TTL is believed of such an advert, and with it one from another network would be.
    """
    own = addresses(lab, dialect)
    lab.vrrptui("r1", dialect.configuration(100))
    lab.wait_for_master("r1")
    theirs = lab.keepalived("r2", dialect.configuration(200, extra=unicast(own["r2"], own["r1"])))
    lab.wait_for(lambda: "MASTER STATE" in theirs.text())
    lab.wait_for(lambda: any(str(one.advert.destination) == own["r1"] for one in lab.of("r2")))
    time.sleep(2 * dialect.interval_s)
    assert lab.holds("r1", dialect.vip(51)), "it is master"
