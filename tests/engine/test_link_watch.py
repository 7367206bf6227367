"""Whether an interface counts as up: its kernel state, its delays in virtual time, and polling of real drivers."""

from __future__ import annotations

import asyncio
import errno
import struct

import pytest

from tests.engine.host import LAN, configured, instance
from tests.engine.virtual_time import VirtualLoop, run
from vrrptui.engine.host import link_watch, linkbeat
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.link_watch import LinkWatch

DELAYS = "interface_up_down_delays {\nlan0 2 5\n}"  # seconds down and up, as in keepalived(5)


def lan0(up: bool = True) -> Link:
    return Link(index=2, name=LAN, up=up, mac=bytes(6), mtu=1500)


def test_without_a_delay_the_kernels_state_counts_at_once(tmp_path):
    async def story(loop: VirtualLoop) -> None:
        watch = LinkWatch(loop, lambda: None)
        watch.apply(configured(tmp_path, instance()))
        assert [watch.up(lan0(up)) for up in (True, False, True)] == [True, False, True]

    run(story)


def test_a_state_counts_after_its_delay(tmp_path):
    """Two seconds until it counts as down, five until it counts as up again."""

    async def story(loop: VirtualLoop) -> None:
        link, changes = lan0(), []
        watch = LinkWatch(loop, lambda: changes.append((loop.time() - began_s, watch.up(link))))
        watch.apply(configured(tmp_path, DELAYS, instance()))
        began_s = loop.time()
        assert watch.up(link)
        link.up = False
        assert watch.up(link)
        await asyncio.sleep(10)
        link.up = True
        assert not watch.up(link)
        await asyncio.sleep(10)
        assert changes == [(2.0, False), (15.0, True)]

    run(story)


def test_a_flap_shorter_than_the_delay_counts_for_nothing(tmp_path):
    async def story(loop: VirtualLoop) -> None:
        link, changes = lan0(), []
        watch = LinkWatch(loop, lambda: changes.append(watch.up(link)))
        watch.apply(configured(tmp_path, DELAYS, instance()))
        for up in (True, False, True, False):
            link.up = up
            assert watch.up(link)
            await asyncio.sleep(1.5)
        link.up = True
        await asyncio.sleep(10)
        assert set(changes) == {True}

    run(story)


def test_a_polled_interface_is_asked_every_second(tmp_path, monkeypatch):
    answers, asked, changes = {LAN: True}, [], []

    def beats(name: str, way: str | None) -> bool:
        asked.append((name, way))
        return answers[name]

    monkeypatch.setattr(link_watch, "beats", beats)

    async def story(loop: VirtualLoop) -> None:
        watch = LinkWatch(loop, lambda: changes.append(loop.time()))
        for _ in range(2):  # a reload polls no more often
            asked.clear()
            watch.apply(configured(tmp_path, instance("VI_1", 51, 100, "linkbeat_use_polling")))
        await asyncio.sleep(10.5)
        assert asked == [(LAN, None)] * 11
        assert (watch.up(lan0()), changes) == (True, [])
        answers[LAN] = False
        await asyncio.sleep(1)
        assert (watch.up(lan0()), len(changes)) == (False, 1)
        watch.close()
        await asyncio.sleep(10)
        assert len(asked) == 12

    run(story)


def test_the_drivers_of_this_host_are_asked():
    """The loopback interface answers SIOCGIFFLAGS alone: it has no PHY. What cannot be asked counts as up."""
    assert linkbeat.beats("lo", None) is linkbeat.beats("lo", "IOCTL")
    assert linkbeat.beats("lo", "MII")
    assert linkbeat.beats("nowhere0", None)


@pytest.mark.parametrize("linked", [True, False])
def test_each_way_reads_its_own_bit(monkeypatch, linked):
    """BMSR_LSTATUS (IEEE 802.3 §22.2.4.2.13) is bit 2, IFF_RUNNING of netdevice(7) is 0x40."""
    answers = {
        linkbeat.SIOCGMIIPHY: struct.pack("HHHH", 3, 0, 0, 0),
        linkbeat.SIOCGMIIREG: struct.pack("HHHH", 3, 1, 0, 0x782D if linked else 0x7829),
        linkbeat.SIOCGIFFLAGS: struct.pack("H", 0x1043 if linked else 0x1003),
    }
    asked = []

    def ioctl(_: int, number: int, request: bytes) -> bytes:
        if number not in answers:
            raise OSError(errno.EOPNOTSUPP, "no such request")
        asked.append((number, request[:16].rstrip(b"\0"), request[16:20]))
        return request[:16] + answers[number].ljust(24, b"\0")

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    assert linkbeat.beats("eth0", "MII") is linked
    assert asked[1] == (linkbeat.SIOCGMIIREG, b"eth0", struct.pack("HH", 3, 1))  # of this PHY, register 1
    assert linkbeat.beats("eth0", "IOCTL") is linked
    del answers[linkbeat.SIOCGMIIPHY]
    assert linkbeat.beats("eth0", None) is linked  # by the next way that works
    assert linkbeat.beats("eth0", "ETHTOOL")
