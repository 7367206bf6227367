"""The observer and what it is made of, fed with frames that a packet socket would have read."""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address, ip_interface

import pytest

from tests.engine.capture_bytes import ETHERNET
from tests.engine.host import LAN, Host
from vrrptui.control.messages import HistoryEvent
from vrrptui.engine.capture.frame_cache import DecodedFrames
from vrrptui.engine.capture.interfaces import HeardInterfaces
from vrrptui.engine.capture.packet import Captured
from vrrptui.engine.host.link import Link, VlanTag
from vrrptui.engine.observer import observer as module
from vrrptui.engine.observer.feed import Feed
from vrrptui.engine.observer.observer import AT_LEISURE, GROUPS_AT_ONCE, IN_HASTE, Observer
from vrrptui.engine.serve.history import History
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast
from vrrptui.protocol.link.link_types import RAW_IP
from vrrptui.segment.events import Kind

SECOND_NS = 1_000_000_000
ARPHRD_ETHER, ARPHRD_NONE = 1, 65534  # linux/if_arp.h
HSRP = bytes.fromhex("01005e000002 00000c07ac01 0800 4500003000000000 01110000 0a000007 e0000002 07c107c1001c0000")
GROUP = ip_address("224.0.0.18")


def advert(source: str, priority: int = 100, vrid: int = 51) -> bytes:
    """A frame from this router; VRRPv3, one address, one second."""
    address = ip_address(source)
    message = encode_v3(vrid, priority, SECOND_NS, (ip_address("10.0.0.254"),), address, GROUP)
    return build_multicast(message, address, bytes.fromhex("00005e0001") + bytes((vrid,)), GROUP)


# The interfaces.


def test_frames_of_other_interfaces_are_passed_over_and_counted():
    places = HeardInterfaces({2: "eth0", 3: "wg0"})
    come, go = places.of(2, ARPHRD_ETHER) or pytest.fail("eth0 is heard")
    assert places.of(2, ARPHRD_ETHER) == (come, go)
    assert (come.find(ETHERNET).local, go.find(ETHERNET).local) == (False, True)
    assert come.find(ETHERNET).interface == "eth0"
    assert places.of(4, ARPHRD_ETHER) is None
    assert places.of(3, 801) is None  # ARPHRD_IEEE80211, whose frames are not read
    assert places.passed_over == 2


def test_an_interface_without_a_link_header_has_raw_packets():
    place = HeardInterfaces({3: "wg0"}).of(3, ARPHRD_NONE)
    assert place is not None
    found = place[0].find(ETHERNET[14:])
    assert (found.link_type, found.vrrp is not None) == (RAW_IP, True)


# The feed.


def test_a_feed_counts_adverts_and_tells_what_is_new():
    feed, frames = Feed(), DecodedFrames()
    first = feed.take(0, frames.of(ETHERNET, interface="eth0"))
    assert [event.kind for event in first] == [Kind.MASTER]
    for second in range(1, 10):
        assert feed.take(second * SECOND_NS, frames.of(ETHERNET, interface="eth0")) == []
    feed.took(5)
    assert feed.adverts == 15
    (group,) = feed.segment.groups.values()
    snapshot = feed.snapshot(group, 9 * SECOND_NS, clock_offset_s=100.0)
    assert (snapshot.key, snapshot.masters[0].last_seen) == ("eth0/51", 109.0)


def test_another_master_is_a_failover():
    feed, frames = Feed(), DecodedFrames()
    feed.take(0, frames.of(advert("10.0.0.2", 100), interface="eth0"))
    feed.take(SECOND_NS, frames.of(advert("10.0.0.2", 0), interface="eth0"))
    events = feed.take(2 * SECOND_NS, frames.of(advert("10.0.0.3", 90), interface="eth0"))
    assert [event.kind for event in events] == [Kind.FAILOVER]
    assert events[0].router == "10.0.0.3"


def test_what_is_like_vrrp_is_named_with_its_interface():
    """HSRP is UDP to port 1985 (RFC 2281 §5)."""
    feed = Feed()
    assert feed.take(0, DecodedFrames().of(HSRP, interface="eth0")) == []
    assert (feed.adverts, feed.other_protocols, feed.vhids) == (0, ["HSRP of 10.0.0.7 on eth0"], [])


# The observer.


class Socket:
    """In place of the packet socket: `frames` wait to be read, `listens` is what it was asked for."""

    ring = None
    unfiltered = False

    def __init__(self, promiscuous: bool) -> None:
        self.promiscuous = promiscuous
        self.frames: list[Captured] = []
        self.deaf: dict[int, OSError] = {}
        self.listens: list[tuple[dict[int, str], set[int], dict[int, list[VlanTag]]]] = []
        self._end, self._other = socket.socketpair()
        SOCKETS.append(self)

    def listen(self, wanted, others, below) -> dict[int, OSError]:
        self.listens.append((dict(wanted), set(others), below))
        return self.deaf

    def read(self, most: int) -> list[Captured]:
        some, self.frames = self.frames[:most], self.frames[most:]
        return some

    def hear(self, data: bytes, index: int = 2, outgoing: bool = False, age_s: float = 0.0) -> None:
        stamp_ns = time.time_ns() - round(age_s * SECOND_NS)
        self.frames.append(Captured(stamp_ns, data, None, outgoing, index, ARPHRD_ETHER))

    def count_drops(self) -> int:
        return 7

    def fileno(self) -> int:
        return self._end.fileno()

    def close(self) -> None:
        self._end.close()
        self._other.close()


SOCKETS: list[Socket] = []


class Observed:
    """An observer on a host in memory, and what it told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PacketSocket", Socket)
        SOCKETS.clear()
        self.host = Host()
        self.history: list[HistoryEvent] = []
        self.one = Observer(self.host, History(None, self.history.append), lambda *said: f"judged {said[1:]}")

    @property
    def socket(self) -> Socket:
        return SOCKETS[-1]


@pytest.fixture
async def observed(monkeypatch):
    made = Observed(monkeypatch)
    yield made
    made.one.close()
    made.host.close()


async def test_it_listens_on_all_interfaces_but_loopback(observed):
    observed.host.links[1] = Link(index=1, name="lo", up=True, mac=bytes(6), mtu=65536, loopback=True)
    observed.one.watch(None, alone=True)
    assert observed.one.interfaces == [LAN, "lan1"]
    assert observed.socket.listens == [({2: LAN, 3: "lan1"}, {1}, {})]
    observed.one.watch(["lan1", "gone"], alone=True)
    assert (observed.one.where, observed.socket.listens[-1][:2]) == ("lan1", ({3: "lan1"}, {1, 2}))


async def test_a_vlan_with_an_interface_is_heard_there_alone(observed):
    tag = VlanTag(0x8100, 7)
    observed.host.links[4] = Link(index=4, name="lan0.7", up=True, mac=bytes(6), mtu=1500, parent=2, vlan=tag)
    observed.one.watch(None, alone=True)
    assert observed.socket.listens[-1][2] == {2: [tag]}
    observed.one.watch([LAN], alone=True)
    assert observed.socket.listens[-1][2] == {}


async def test_an_interface_it_cannot_hear_is_told_and_tried_again(observed, monkeypatch, caplog):
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    observed.one.watch([], alone=True)
    assert SOCKETS == []  # nothing to listen on needs no socket
    observed.one.watch([LAN], alone=True)
    observed.socket.deaf = {2: OSError(12, "Cannot allocate memory")}
    observed.one.watch([LAN], alone=True)
    assert observed.one.where == "no interface yet"
    assert "cannot listen on lan0: Cannot allocate memory" in caplog.text
    observed.socket.deaf = {}
    await asyncio.sleep(0.05)
    assert observed.one.interfaces == [LAN]


async def test_frames_become_groups_and_events(observed):
    observed.one.watch(None, alone=True)
    observed.socket.hear(advert("192.0.2.9"))
    observed.socket.hear(advert("192.0.2.9"), index=9)  # of an interface that it does not listen on
    observed.one._read()
    assert (observed.one.heard, observed.one.drops, observed.one.evicted) == (1, 7, 0)
    assert [(event.kind, event.group) for event in observed.history] == [("MASTER", f"{LAN}/51")]
    (snapshot,), gone = observed.one.changed()
    assert (snapshot.key, snapshot.masters[0].source, gone) == (f"{LAN}/51", "192.0.2.9", [])
    assert snapshot.masters[0].last_seen == pytest.approx(time.time(), abs=5)
    assert observed.one.changed() == ([], [])


async def test_what_this_host_sent_is_told_by_its_router_alone(observed):
    observed.one.watch(None, alone=True)
    observed.socket.hear(advert("192.0.2.1"), outgoing=True)
    observed.one._read()
    assert (observed.one.heard, observed.history) == (1, [])


async def test_an_advert_with_an_address_of_this_host_is_a_problem(observed):
    """Another host sends from an address that is on this one."""
    observed.host.named(LAN).put(ip_interface("192.0.2.1/24"), 0)
    observed.one.watch(None, alone=True)
    observed.socket.hear(advert("192.0.2.1"))
    observed.one._read()
    (snapshot,), _ = observed.one.changed()
    assert snapshot.problems == ["OWN_SOURCE"]


@pytest.mark.parametrize("alone", [True, False], ids=["at leisure", "in haste"])
async def test_a_turn_takes_few_frames_beside_virtual_routers(observed, alone):
    turn = AT_LEISURE if alone else IN_HASTE
    observed.one.watch(None, alone)
    for _ in range(turn.bites * turn.frames + 1):
        observed.socket.hear(advert("192.0.2.9"))
    observed.one._turn = turn._replace(ns=SECOND_NS)  # this host may be slow
    observed.one._read()
    assert len(observed.socket.frames) == 1


async def test_a_turn_ends_when_its_time_is_over(observed):
    observed.one.watch(None, alone=False)
    for _ in range(100):
        observed.socket.hear(advert("192.0.2.9"))
    observed.one._turn = IN_HASTE._replace(ns=-1)
    observed.one._read()
    assert len(observed.socket.frames) == 100 - IN_HASTE.frames


async def test_groups_are_published_some_at_a_time(observed):
    observed.one.watch(None, alone=True)
    for vrid in range(1, GROUPS_AT_ONCE + 3):
        observed.socket.hear(advert("192.0.2.9", vrid=vrid))
    observed.one._read()
    first, _ = observed.one.changed()
    assert (len(first), observed.one.changes_left) == (GROUPS_AT_ONCE, True)
    second, _ = observed.one.changed()
    assert (len(second), observed.one.changes_left) == (2, False)
    assert len({one.vrid for one in first + second}) == GROUPS_AT_ONCE + 2
    assert len(list(observed.one.snapshots())) == GROUPS_AT_ONCE + 2


async def test_a_silent_master_is_missed_by_the_timer(observed):
    """Four intervals after its last advert (protocol/timers), and what the kernel may hold back."""
    observed.one.watch(None, alone=True)
    observed.socket.hear(advert("192.0.2.9"), age_s=3.9)
    observed.one._read()
    ends_s = time.monotonic() + 5
    while "MASTER_LOST" not in [event.kind for event in observed.history]:
        assert time.monotonic() < ends_s
        await asyncio.sleep(0.01)


async def test_adverts_are_held_for_who_looks_at_them(observed):
    observed.one.watch(None, alone=True)
    observed.socket.hear(advert("192.0.2.9"))
    observed.one._read()
    assert list(observed.one.held.take()) == []
    observed.one.want_adverts(True)
    observed.socket.hear(advert("192.0.2.9"))
    observed.one._read()
    (batch,) = observed.one.held.take()
    assert (len(batch.heard), batch.heard[0].frame) == (1, advert("192.0.2.9"))
    assert b"judged ('lan0', False)" in bytes(batch.said[0])
    observed.one.forget_changes()
    assert observed.one.changed() == ([], [])
