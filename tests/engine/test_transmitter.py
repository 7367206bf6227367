"""What one virtual router sends, from packets prepared in advance, on a wire that keeps it."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from tests.engine.host import LAN, WIRES, advert_of, instance
from vrrptui.config.model.configuration import Announcements
from vrrptui.engine.vrrp.announcer import Announcer, Paces
from vrrptui.engine.vrrp.transmitter import Transmitter
from vrrptui.protocol.priority import LOWEST

NAME, PEER = "VI_1", ip_address("192.0.2.9")
ARP_REQUEST = bytes.fromhex("08060001080006040001")  # RFC 5944 §4.6: a gratuitous ARP as a request


def sent_on(wire) -> list[tuple[int, str, int]]:
    """Priority, destination and TTL of each advert; the list is emptied."""
    found = [(advert_of(data, ip_address("192.0.2.1")).priority, str(to), ttl) for data, to, ttl in wire.adverts]
    wire.adverts.clear()
    return found


async def test_an_advert_goes_to_the_group_with_ttl_255(run):
    """RFC 9568 §5.1.1.2 and §5.1.1.3."""
    one = run(instance())
    router, (wire,) = one[NAME], WIRES
    wire.adverts.clear()
    router.transmitter.advertise(router.machine)
    assert sent_on(wire) == [(255, "224.0.0.18", 255)]
    router.transmitter.send(router.machine, 0)
    assert sent_on(wire) == [(0, "224.0.0.18", 255)]


async def test_the_prepared_advert_has_the_current_priority(run):
    """After a resignation, and after the priority has changed, other bytes are sent."""
    one = run(instance(NAME, 51, 100))
    router, (wire,) = one[NAME], WIRES
    for priority in (100, 0, LOWEST):
        router.transmitter.send(router.machine, priority)
    router.machine.priority = 150
    router.transmitter.advertise(router.machine)
    router.transmitter.advertise(router.machine)
    assert [priority for priority, *_ in sent_on(wire)] == [100, 0, LOWEST, 150, 150]


async def test_unicast_peers_get_an_advert_each(run):
    peers = "unicast_ttl 64\nunicast_peer {\n192.0.2.9\n192.0.2.10\n}"
    one = run(instance(NAME, 51, 100, peers))
    router, (wire,) = one[NAME], WIRES
    router.transmitter.send(router.machine, 100)
    assert sent_on(wire) == [(100, "192.0.2.9", 64), (100, "192.0.2.10", 64)]


async def test_signed_adverts_are_never_sent_twice(run):
    """RFC 2402 §2.5: the sequence number of the header grows with each packet."""
    lines = "version 2\nauthentication {\nauth_type AH\nauth_pass secret\n}"
    one = run(instance(NAME, 51, 100, lines))
    router, (wire,) = one[NAME], WIRES
    for _ in range(3):
        router.transmitter.advertise(router.machine)
    packets = [data for data, *_ in wire.adverts]
    assert len(set(packets)) == 3


async def test_what_was_not_sent_is_counted_until_one_is(run):
    one = run(instance(NAME, 51, 100))
    transmitter = one[NAME].transmitter
    transmitter.sent("No buffer space available")
    transmitter.sent("No buffer space available")
    assert (transmitter.unsent, transmitter.unsent_adverts) == ("No buffer space available", 2)
    transmitter.advertise(one[NAME].machine)
    assert (transmitter.unsent, transmitter.unsent_adverts) == (None, 2)


async def test_a_takeover_announces_each_address(run, caplog):
    """keepalived sends five gratuitous ARPs for each (vrrp_garp_master_repeat)."""
    vips = ("192.0.2.100/24", "192.0.2.101/24")
    one = run(instance(NAME, 51, 100, vips=vips))
    router, (wire,) = one[NAME], WIRES
    lines: list[str] = []
    router.transmitter._log = lines.append
    wire.frames.clear()
    router.transmitter.announce("takeover")
    assert [name for name, _ in wire.frames] == [LAN] * 10
    frames = [frame for _, frame in wire.frames]
    assert {frame[12:22] for frame in frames} == {ARP_REQUEST}
    assert {str(ip_address(frame[28:32])) for frame in frames} == {"192.0.2.100", "192.0.2.101"}
    assert lines == [f"Sending/queueing gratuitous ARPs on lan0 for {vip.partition('/')[0]}" for vip in vips]
    lines.clear()
    wire.frames.clear()
    router.transmitter.announce("refresh")
    assert (len(wire.frames), lines) == (2, [])  # vrrp_garp_master_refresh_repeat 1


@pytest.mark.parametrize("how", ["made", "cleared"])
async def test_nothing_is_sent_before_it_is_prepared(run, how):
    one = run(instance(NAME, 51, 100))
    router, (wire,) = one[NAME], WIRES
    loop = asyncio.get_running_loop()
    made = Transmitter(Announcer(loop, Paces(loop)), lambda _: None)
    transmitter = made if how == "made" else router.transmitter
    transmitter.clear(Announcements())
    transmitter.send(router.machine, 100)
    transmitter.announce("takeover")
    assert (wire.adverts, wire.frames, transmitter.frames, transmitter.is_prepared) == ([], [], [], False)


async def test_a_router_without_a_link_sends_nothing(run):
    one = run(instance(NAME, 51, 100))
    one.host.set_up(LAN, False)
    transmitter = one[NAME].transmitter
    assert not transmitter.is_prepared
    assert transmitter.sendings(one[NAME].machine, 100) == []
    assert transmitter.announcements("takeover") is None
