"""What virtual routers send on a host in memory: with which TTL, and how often an address is announced for what."""

from __future__ import annotations

import time
from ipaddress import ip_interface

import pytest

from tests.engine.host import LAN, PEER, SECOND, WIRES, Host, instance
from vrrptui.engine.vrrp.batch import perform, prepare
from vrrptui.protocol.actions import Announce, LowerHeard
from vrrptui.protocol.advert import IPV4_GROUP, PROTOCOL_AH
from vrrptui.protocol.events import Stopped, Tick
from vrrptui.protocol.frame import parse_ip

SIGNED = "version 2\nauthentication {\nauth_type AH\nauth_pass secret\n}"
PASS = "version 2\nauthentication {\nauth_type PASS\nauth_pass secret\n}"
PEERS = "unicast_peer {\n192.0.2.9\n192.0.2.10\n}"


def ttls() -> set[int]:
    """Of the adverts that left: of those with an authentication header as it stands in their own IP header."""
    found = set()
    for wire in WIRES:
        for message, _, ttl in wire.adverts:
            packet = parse_ip(message) if wire.protocol == PROTOCOL_AH else None
            found.add(packet.ttl if packet else ttl)
    return found


@pytest.mark.parametrize("kind", ["version 3", "version 2", PASS, SIGNED], ids=["v3", "v2", "PASS", "AH"])
@pytest.mark.parametrize("ttl", [None, 1, 64, 254, 255])
@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
async def test_adverts_have_the_unicast_ttl_or_255_to_the_group(run, unicast, ttl, kind):
    """RFC 9568 §5.1.1.3; keepalived 2.2.7 sends to unicast peers with their unicast_ttl, signed adverts as well."""
    lines = [kind, *([PEERS] if unicast else []), *([f"unicast_ttl {ttl}"] if ttl else [])]
    one = run(instance("VI_1", 51, 255, *lines))
    one.routers.command(one["VI_1"], Stopped("root"))
    wanted = ttl if unicast and ttl else 255
    (wire,) = WIRES
    assert len(wire.adverts) == 2 * (2 if unicast else 1), "one when it became master, one that resigns"
    assert ttls() == {wanted}
    assert {str(to) for _, to, _ in wire.adverts} == ({"192.0.2.9", "192.0.2.10"} if unicast else {str(IPV4_GROUP)})


async def test_a_ttl_for_unicast_is_that_of_ipv6_too(run):
    lan = Host()
    lan.named(LAN).addresses[ip_interface("fe80::1/64")] = 0
    vips = ("fe80::100/64", "2001:db8::100/64")
    own = ["unicast_ttl 64", "unicast_peer {\nfe80::9\n}"]
    one = run(instance("VI_1", 51, 255, *own, vips=vips), instance("VI_2", 52, 255, own[0], vips=vips[:1]), on=lan)
    assert set(one.states().values()) == {"master"}
    told = {(wire.group is None, ttl) for wire in WIRES for _, _, ttl in wire.adverts}
    assert told == {(True, 64), (False, 255)}


TWO = ("192.0.2.100/24", "192.0.2.101/24")
REPEATS = [(5, 1, 5), (2, 1, 3), (3, 4, 2), (1, 7, 6)]


def announcements(takeover: int, refresh: int, lower: int) -> list[str]:
    return [
        f"garp_master_repeat {takeover}",
        "garp_master_delay 5",
        "garp_master_refresh 10",
        f"garp_master_refresh_repeat {refresh}",
        f"garp_lower_prio_repeat {lower}",
        "garp_lower_prio_delay 5",
    ]


@pytest.mark.parametrize(("takeover", "refresh", "lower"), REPEATS)
async def test_each_occasion_announces_as_often_as_it_is_told(run, takeover, refresh, lower):
    """keepalived: garp_master_repeat at once and after garp_master_delay, then garp_master_refresh_repeat each time."""
    one = run(instance("VI_1", 51, 255, *announcements(takeover, refresh, lower), vips=TWO))
    router, (wire,), began_ns = one["VI_1"], WIRES, time.monotonic_ns()

    def announced() -> int:
        """Frames since this was last asked, of each address."""
        frames, wire.frames[:] = list(wire.frames), []
        kinds = {frame for _, frame in frames}
        assert len(kinds) == (2 if frames else 0)
        assert {name for name, _ in frames} <= {LAN}
        assert all(sum(frame == kind for _, frame in frames) * 2 == len(frames) for kind in kinds)
        return len(frames) // 2

    assert announced() == takeover
    counts = []
    for second in range(1, 41):
        one.handle(router, began_ns + second * SECOND + SECOND // 2, Tick())
        if count := announced():
            counts.append((second, count))
    assert counts == [(5, takeover), (15, refresh), (25, refresh), (35, refresh)]
    one.perform(router, [Announce("conflict"), LowerHeard()])
    assert announced() == lower
    router.transmitter.announce("takeover")
    assert announced() == takeover, "asked for by an operator: as after a takeover"


@pytest.mark.parametrize(("takeover", "refresh", "lower"), REPEATS)
async def test_a_takeover_that_was_prepared_announces_as_often(run, takeover, refresh, lower):
    one = run(instance("VI_1", 51, 100, *announcements(takeover, refresh, lower), vips=TWO))
    router = one["VI_1"]
    due_ns = router.machine.next_deadline_ns()
    job = prepare(router, due_ns)
    assert job.prepared.takes_over
    assert len(job.prepared.announcements) == 2 * takeover
    (wire,) = WIRES
    assert (wire.frames, wire.adverts) == ([], []), "nothing leaves before its time"
    perform(one.host, [job], lambda _: None)
    assert len(wire.frames) == 2 * takeover
    one.handle(router, due_ns + 5 * SECOND, Tick())  # garp_master_delay
    assert len(wire.frames) == 4 * takeover


@pytest.mark.parametrize(("takeover", "refresh", "lower"), REPEATS)
async def test_an_advert_of_lower_priority_is_answered_by_as_many(run, takeover, refresh, lower):
    one = run(instance("VI_1", 51, 100, *announcements(takeover, refresh, lower), vips=TWO))
    router, (wire,) = one["VI_1"], WIRES
    one.handle(router, router.machine.next_deadline_ns(), Tick())
    assert len(wire.frames) == 2 * takeover
    router.machine.state.announced_at_ns -= 10 * SECOND
    wire.frames.clear()
    one.hear("VI_1", 50, PEER, vips=("192.0.2.100", "192.0.2.101"))
    assert len(wire.frames) == 2 * lower


async def test_a_restored_address_is_announced_as_by_a_refresh(run):
    one = run(instance("VI_1", 51, 255, *announcements(3, 2, 4), vips=TWO))
    (wire,) = WIRES
    wire.frames.clear()
    one.host.steal("192.0.2.101")
    assert one.host.holds_now("192.0.2.101")
    assert len(wire.frames) == 2 * 2
