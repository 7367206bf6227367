"""A master that does not accept: pings to its addresses are dropped, ARP and neighbour discovery are answered."""

from __future__ import annotations

import pytest

from tests.interop.engine_lab import VIP, instance

V6 = ("fe80::100/64", "2001:db8::100/64")


@pytest.fixture
def client_v6(engine):
    engine.lab.shell("client", "ip addr add 2001:db8::50/64 dev eth0 nodad")


def pings(engine, address: str) -> bool:
    return "1 received" in engine.lab.shell("client", f"ping -c 1 -W 1 {address}", check=False)


def neighbour(engine, address: str) -> str:
    engine.lab.shell("client", "ip neigh flush dev eth0")
    pings(engine, address)
    return engine.lab.shell("client", f"ip neigh show {address.partition('%')[0]} dev eth0")


V4 = (f"{VIP}/24",)


@pytest.mark.parametrize(
    ("keyword", "vips", "address", "accepted"),
    [
        pytest.param("accept", V4, VIP, True, id="9568-6.4.3-6 positive: ping answered with accept"),
        pytest.param("no_accept", V4, VIP, False, id="9568-6.4.3-7 positive: silence with no_accept"),
        pytest.param("strict_mode", V4, VIP, False, id="3768-6.4.3-1 positive: silence in strict mode"),
        pytest.param(
            "strict_mode\n    version 2\n    advert_int 1\n    accept", V4, VIP, False,
            id="3768-6.4.3-1 negative: strict mode puts accept back",
        ),
        pytest.param("no_accept", V6, "2001:db8::100", False, id="9568-6.1-7 positive: resolved, no answer to ping"),
        pytest.param("accept", V6, "2001:db8::100", True, id="9568-6.1-7 negative: with accept, the same and answered"),
        pytest.param("no_accept", V6, "fe80::100%eth0", False, id="a link-local address with no_accept"),
        pytest.param("accept", V6, "fe80::100%eth0", True, id="a link-local address with accept"),
    ],
)  # fmt: skip
def test_what_is_sent_to_a_virtual_address(engine, client_v6, keyword, vips, address, accepted):
    """9568-6.4.3-6 negative: with no_accept, and in strict mode, the ping is not answered"""
    engine.start(instance(vips=vips, extra=f"    {keyword}\n"))
    engine.wait_until("master")
    assert pings(engine, address) is accepted
    assert engine.lab.mac("r1").hex(":") in neighbour(engine, address), "the address is resolved all the same"
    assert pings(engine, "192.0.2.11"), "its own address answers"


def test_an_owner_accepts_whatever_is_configured(engine):
    """9568-6.4.3-7 negative: an owner answers with no_accept."""
    engine.start(instance(priority=255, vips=("192.0.2.11/24",), extra="    no_accept\n"))
    engine.wait_until("master")
    assert pings(engine, "192.0.2.11")


def test_the_table_comes_and_goes_with_the_engine(engine):
    """With a reload, with the end, and after a kill with the next start."""
    tables = "nft list tables"
    program = engine.start(instance(extra="    no_accept\n"))
    assert "table inet vrrptui" in engine.lab.shell("r1", tables)
    engine.write(instance())
    engine.reload(program)
    assert "vrrptui" not in engine.lab.shell("r1", tables)
    engine.write(instance(extra="    no_accept\n"))
    engine.reload(program)
    assert "table inet vrrptui" in engine.lab.shell("r1", tables)
    program.terminate()
    program.wait()
    assert "vrrptui" not in engine.lab.shell("r1", tables)
    engine.start(instance(extra="    no_accept\n")).kill()
    assert "table inet vrrptui" in engine.lab.shell("r1", tables)
    engine.start(instance())
    assert "vrrptui" not in engine.lab.shell("r1", tables)


@pytest.mark.parametrize(
    "harm",
    [
        "nft flush ruleset",
        "nft delete table inet vrrptui",
        "nft flush chain inet vrrptui input",
        "nft add rule inet vrrptui input counter",
    ],
)
def test_a_lost_or_changed_table_is_put_back_and_told(engine, harm):
    """Loading a firewall anew flushes all tables (Debian's nftables service): within a second it is there again."""
    engine.start(instance(extra="    no_accept\n"))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: not pings(engine, VIP))
    listed = "nft list table inet vrrptui"
    whole = engine.lab.shell("r1", listed)
    engine.lab.shell("r1", "sleep 1.2; " + harm)
    engine.lab.wait_for(lambda: engine.lab.shell("r1", listed, check=False) == whole)
    assert not pings(engine, VIP)
    said = "no_accept: the nftables table was removed or changed by another process: restored"
    engine.lab.wait_for(lambda: said in [event.text for event in engine.history()])
    engine.lab.shell("r1", "sleep 1; nft add table inet other")
    assert engine.lab.shell("r1", listed) == whole
