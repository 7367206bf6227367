"""What virtual routers depend on before they take part, and which router holds which address."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address

import pytest

from tests.engine.host import LAN, Host, configured, instance
from tests.engine.virtual_time import VirtualLoop, run
from vrrptui.config.model.configuration import GlobalConfig
from vrrptui.engine.vrrp.holdings import LOOKED_AT, Holdings
from vrrptui.engine.vrrp.readiness import Readiness, StartDelay
from vrrptui.engine.vrrp.sync_groups import SyncGroups
from vrrptui.protocol.priority import Tracked

NAME = "VI_1"


@pytest.fixture
async def ready(run):
    """`ready(text...)` is a running host; its readiness and its router VI_1."""

    def made(*parts: str, on: Host | None = None):
        one = run(*parts, on=on)
        return one, one.routers._readiness, one[NAME]

    return made


def faults(readiness: Readiness, router) -> list[str]:
    return list(readiness.faults(router, *readiness.place(router, set())))


async def test_a_router_sends_from_an_address_that_is_not_virtual(ready):
    one, readiness, router = ready(instance(NAME, 51, 255, vips=("192.0.2.1/24", "192.0.2.100/24")))
    link, source = readiness.place(router, set())
    assert (link.name, source) == (LAN, ip_address("192.0.2.1"))  # the interface has no other one
    one.host.put(LAN, "192.0.2.7/24")
    assert readiness.place(router, set())[1] == ip_address("192.0.2.7")
    assert readiness.place(router, {ip_address("192.0.2.7")})[1] == ip_address("192.0.2.1")


async def test_a_configured_source_is_used_though_it_is_elsewhere(ready):
    one, readiness, router = ready(instance(NAME, 51, 100, "mcast_src_ip 198.51.100.9"))
    assert readiness.place(router, set())[1] == ip_address("192.0.2.1")  # it is not on this host
    one.host.put("lan1", "198.51.100.9/24")
    assert readiness.place(router, set())[1] == ip_address("198.51.100.9")
    assert faults(readiness, router) == []


UNICAST = "unicast_src_ip 192.0.2.77\nunicast_peer {\n192.0.2.9\n}"
FAULTS = [
    ("", lambda host: host.links.pop(2), "interface lan0 is missing"),
    ("", lambda host: host.set_up(LAN, False), "interface lan0 is down"),
    ("", lambda host: host.steal("192.0.2.1"), "no IPv4 address on lan0"),
    (UNICAST, lambda host: None, "its source address 192.0.2.77 is not on this host"),
    ("track_src_ip\nmcast_src_ip 192.0.3.1", lambda host: None, "its source address 192.0.3.1 is not on lan0"),
    ("track_interface {\nlan1\n}", lambda host: host.set_up("lan1", False), "interface lan1 is down"),
]


@pytest.mark.parametrize(("lines", "breaks", "why"), FAULTS, ids=[why for *_, why in FAULTS])
async def test_a_fault_says_what_is_wrong(ready, lines, breaks, why):
    one, readiness, router = ready(instance(NAME, 51, 100, lines))
    breaks(one.host)
    one.routers.refresh()
    assert faults(readiness, router) == [why]
    assert router.machine.faults == (why,)


async def test_an_interface_that_is_not_tracked_may_be_down(ready):
    """keepalived(5), dont_track_primary."""
    one, readiness, router = ready(instance(NAME, 51, 100, "dont_track_primary"))
    one.host.set_up(LAN, False)
    link, _ = readiness.place(router, set())
    assert readiness.usable(router, link) is link
    assert faults(readiness, router) == []


async def test_an_address_elsewhere_needs_its_interface(ready):
    one, readiness, router = ready(instance(NAME, 51, 100, vips=("192.0.2.100/24", "198.51.100.1/24 dev lan1")))
    assert faults(readiness, router) == []
    one.host.set_up("lan1", False)
    (why,) = faults(readiness, router)
    assert why.startswith("interface lan1 is down, ")
    del one.host.links[3]
    (why,) = faults(readiness, router)
    assert why.startswith("interface lan1 is missing, ")


# The start.


class Member:
    """What the delay looks at of a router."""

    def __init__(self, *tracked: Tracked) -> None:
        self.tracked = tracked


def test_the_start_waits_for_the_configured_delay_once():
    async def story(loop: VirtualLoop) -> None:
        again: list[float] = []
        delay = StartDelay(loop, lambda: again.append(loop.time() - 1000))
        delay.delay(GlobalConfig(startup_delay_ns=5_000_000_000))
        delay.delay(GlobalConfig(startup_delay_ns=60_000_000_000))  # a reload
        assert delay.waits_for([]) == "waiting for vrrp_startup_delay or vrrp_delay_after_boot"
        await asyncio.sleep(10)
        assert (again, delay.waits_for([])) == ([5.0], "")

    run(story)


def test_the_start_waits_until_the_host_is_up_for_long_enough():
    async def story(loop: VirtualLoop) -> None:
        up_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        for boot_delay_ns, waits in [(up_ns - 1_000_000_000, False), (up_ns + 60_000_000_000, True)]:
            delay = StartDelay(loop, lambda: None)
            delay.delay(GlobalConfig(boot_delay_ns=boot_delay_ns))
            assert bool(delay.waits_for([])) is waits

    run(story)


def test_the_start_waits_for_checks_whose_failure_is_a_fault():
    async def story(loop: VirtualLoop) -> None:
        delay = StartDelay(loop, lambda: None)
        members = [Member(Tracked("fault", 0, None), Tracked("weight", -20, None)), Member(Tracked("good", 0, True))]
        assert delay.waits_for(members) == "waiting for the first result of fault"
        assert delay.waits_for(members[1:]) == ""

    run(story)


# Sync groups.


def test_members_are_in_the_order_of_the_group(tmp_path):
    group = "vrrp_sync_group G {\ngroup {\nVI_2\nVI_1\n}\n}"
    instances = [instance(f"VI_{n}", 50 + n, 100, vips=(f"192.0.2.{100 + n}/24",)) for n in (1, 2, 3)]
    routers = {f"VI_{n}": n for n in (1, 2, 3)}
    one = SyncGroups(routers)
    one.apply(configured(tmp_path, group, *instances))
    assert [one.members(name) for name in ("VI_1", "VI_2", "VI_3")] == [[2, 1], [2, 1], [3]]
    assert one.group("VI_3") is None
    assert one.config("VI_3") is None
    found = one.group("VI_1")
    assert found is not None
    assert (found.name, found.members) == ("G", ("VI_2", "VI_1"))
    unable = {"VI_1": "its own", "VI_2": "interface lan1 is down", "VI_3": "other"}
    assert list(one.faults("VI_1", unable)) == ["sync group G: VI_2: interface lan1 is down"]
    assert list(one.faults("VI_3", unable)) == []
    del routers["VI_2"]  # it is being replaced
    assert one.members("VI_1") == [1]


# Holdings.


async def test_the_addresses_of_masters_and_the_host_are_told_apart(run):
    """An owner's address that the host had is not the engine's to remove (RFC 9568 §5.2.4)."""
    host = Host()
    host.put(LAN, "192.0.2.101/24")
    vips = ("192.0.2.100/24", "192.0.2.101/24")
    static = "static_ipaddress {\n192.0.2.50/24 dev lan0\n}"
    one = run(static, instance(NAME, 51, 255, vips=vips), on=host)
    holdings = one.routers.holdings
    assert {str(address) for address in holdings.managed()} == {"192.0.2.100"}
    assert {str(address) for address in holdings.added()} == {"192.0.2.100", "192.0.2.50"}
    served = {str(address.ip) for _, address in holdings._served()}
    assert served == {"192.0.2.50", *(vip.partition("/")[0] for vip in vips)}
    config = one[NAME].config
    assert {str(a) for a in holdings.owned_by_host(config, holdings.managed())} == {"192.0.2.101"}


async def test_a_backup_owns_no_address_of_the_host(run):
    host = Host()
    host.put(LAN, "192.0.2.100/24")
    one = run(instance(NAME, 51, 100), on=host)
    assert one.routers.holdings.owned_by_host(one[NAME].config, set()) == frozenset()
    assert not host.holds_now("192.0.2.100")


async def test_nothing_is_settled_while_reports_wait(run):
    one = run(instance())
    one.host.links[2].drop(one[NAME].presence.addresses.places[0][0].interface)
    one.host.catch_up = lambda: False
    assert not one.routers.holdings.settle(one.routers)
    assert not one.host.holds_now("192.0.2.100")
    one.host.catch_up = lambda: True
    one.routers.holdings.settle(one.routers)
    assert one.host.holds_now("192.0.2.100")


def test_every_router_is_looked_at_in_turn():
    """256 a second."""
    routers = {f"VI_{n}": n for n in range(LOOKED_AT + 10)}
    one = Holdings(routers, None, None)
    assert one.next_ones() == list(range(LOOKED_AT))
    assert one.next_ones() == list(range(LOOKED_AT, LOOKED_AT + 10))
    assert one.next_ones() == list(range(LOOKED_AT))
    routers.clear()
    one.next_ones()
    assert one.next_ones() == []
