"""The addresses of a virtual router on a host in memory: what a master adds, restores and removes."""

from __future__ import annotations

import errno
import logging
import os
from ipaddress import ip_address, ip_interface

import pytest

from tests.engine.host import LAN, Host, configured, instance
from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.addresses.presence import Presence
from vrrptui.engine.addresses.virtual_addresses import VirtualAddresses
from vrrptui.engine.host.link import IFA_F_DADFAILED
from vrrptui.engine.state import sysctl
from vrrptui.engine.state.sysctl import HostSettings

FIRST = VirtualAddress(ip_interface("192.0.2.100/24"))
SECOND = VirtualAddress(ip_interface("192.0.2.101/24"))
NO_OTHERS = frozenset


class Addresses:
    """`FIRST` and `SECOND` on the link with index 2; `lines` is what was logged."""

    def __init__(self) -> None:
        self.host = Host()
        self.lines: list[tuple[str, int]] = []
        self.one = VirtualAddresses(self.host, lambda text, level: self.lines.append((text, level)))
        self.one.place([(FIRST, 2), (SECOND, 2)])

    def added(self) -> None:
        self.host.post(self.one.additions)
        self.one.added(self.host.answers())
        self.host.done.clear()


@pytest.fixture
def addresses():
    made = Addresses()
    yield made
    made.host.close()


def test_a_master_restores_only_the_address_that_is_gone(addresses):
    addresses.added()
    addresses.host.steal("192.0.2.101")
    assert addresses.one.missing() == ["192.0.2.101/24 is not on lan0"]
    assert addresses.one.restore()
    assert addresses.host.done == ["add address 192.0.2.101 on lan0"]
    assert addresses.lines == [("192.0.2.101 was removed by another process: restoring it", logging.WARNING)]
    assert not addresses.one.restore()


def test_a_device_that_was_set_down_is_brought_up(addresses):
    """With it the kernel has dropped the addresses; a fight over it counts as one over addresses."""
    addresses.added()
    addresses.one.place(addresses.one.places, [3])
    for number in range(1, 6):
        addresses.host.links[3].enabled = False
        assert addresses.one.restore()
        assert addresses.lines[-1] == ("lan1 was set down by another process: setting it up", logging.WARNING)
        assert addresses.one.contested is (number == 5)
    assert [kind for kind, _ in addresses.host.asked].count("16") == 5  # RTM_NEWLINK


def test_an_address_the_kernel_refused_is_not_restored_as_stolen(addresses):
    addresses.one.added([None, "No space left on device"])
    addresses.host.steal("192.0.2.100")
    addresses.lines.clear()
    addresses.one.restore()
    assert addresses.lines == [("192.0.2.100 was removed by another process: restoring it", logging.WARNING)]
    assert addresses.one.missing() == []
    addresses.host.steal("192.0.2.101")  # it was accepted this time
    assert addresses.one.missing() == ["192.0.2.101/24 is not on lan0"]


def test_an_address_the_kernel_refused_has_the_reason(addresses):
    why = os.strerror(errno.EPERM)
    addresses.one.added([None, why])
    assert addresses.one.missing() == [f"192.0.2.101/24 is not on lan0: {why}"]
    assert addresses.lines == [(f"cannot add virtual address 192.0.2.101/24: {why}", logging.ERROR)]
    addresses.one.added([None, why])
    assert len(addresses.lines) == 1  # the same reason is logged once


def test_a_failed_duplicate_address_detection_is_missing(addresses):
    """RFC 4862 §5.4: the address is there and cannot be used."""
    addresses.added()
    addresses.host.links[2].put(FIRST.interface, IFA_F_DADFAILED)
    (text,) = addresses.one.missing()
    assert text == "192.0.2.100/24 is not on lan0: duplicate address detection failed: another host has it"


def test_a_backup_removes_strays_except_those_of_a_master(addresses):
    addresses.added()
    assert addresses.one.held() == ["192.0.2.100/24", "192.0.2.101/24"]
    addresses.one.clear(lambda: {(2, SECOND.interface)})
    assert addresses.host.done == ["remove address 192.0.2.100 on lan0"]
    assert addresses.one.held() == ["192.0.2.101/24"]


def test_an_owner_keeps_at_the_end_what_the_host_had(addresses):
    addresses.one.keep([FIRST.address])
    for ending, source, stays in [(True, None, True), (False, FIRST.address, True), (False, None, False)]:
        requests = addresses.one.removals(ending, source)
        assert len(requests) == (1 if stays else 2), (ending, source)
    addresses.added()
    addresses.one.take(addresses.one.places)
    assert addresses.host.done == ["remove address 192.0.2.101 on lan0"]


@pytest.fixture
def presence(tmp_path):
    host = Host()
    route = "virtual_routes {\n198.51.100.0/24 dev lan0\n}"
    (config,) = configured(tmp_path, instance("VI_1", 51, 100, route)).routers
    yield Presence(config, host, lambda *_: None, HostSettings(None)), host
    host.close()


def test_nothing_is_added_before_the_devices_exist(presence):
    one, _ = presence
    one.place()
    assert one.additions == []
    assert one.make_devices(LAN) is None
    assert len(one.additions) == 1


def test_routes_come_after_addresses_and_go_before_them(presence):
    one, host = presence
    one.place()
    one.make_devices(LAN)
    host.post(one.additions)
    one.added(host.answers())
    one.remove(ending=True, source=ip_address("192.0.2.1"))
    assert host.done == [
        "add address 192.0.2.100 on lan0",
        "add route",
        "remove route",
        "remove address 192.0.2.100 on lan0",
    ]


def test_a_presence_settles_by_the_state_of_its_router(presence):
    one, host = presence
    one.place()
    one.make_devices(LAN)
    assert one.settle(True, NO_OTHERS)
    assert host.holds_now("192.0.2.100")
    assert not one.settle(True, NO_OTHERS)
    assert not one.settle(False, NO_OTHERS)
    assert not host.holds_now("192.0.2.100")


def test_a_master_restores_a_removed_route(presence):
    one, host = presence
    one.place()
    one.make_devices(LAN)
    host.post(one.additions)
    one.added(host.answers())
    host._there.clear()
    host.done.clear()
    one.restore_routes()
    assert host.done == ["add route"]


def test_a_master_exchanges_only_what_differs(presence, tmp_path):
    one, host = presence
    vips = ("192.0.2.100/24", "192.0.2.101/24")
    (config,) = configured(tmp_path, instance("VI_1", 51, 100, vips=vips)).routers
    one.place()
    one.make_devices(LAN)
    host.post(one.additions)
    one.added(host.answers())
    host.done.clear()
    steps = [
        (config, ["add address 192.0.2.101", "remove route"]),
        (one._config, ["remove address 192.0.2.101", "add route"]),
    ]
    for wanted, done in steps:
        exchange = one.reconfigure(wanted)
        one.place()
        exchange()
        assert [line.partition(" on ")[0] for line in host.done] == done
        host.done.clear()


def test_sysctls_of_a_router_are_restored_when_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(sysctl, "SYSCTLS", tmp_path)
    setting = tmp_path / "ipv4/conf/lan0/promote_secondaries"
    setting.parent.mkdir(parents=True)
    setting.write_text("0")
    host = Host()
    (config,) = configured(tmp_path, instance("VI_1", 51, 100, "promote_secondaries")).routers
    one = Presence(config, host, lambda *_: None, HostSettings(None))
    one.place()
    one.make_devices(LAN)
    assert setting.read_text() == "1"
    one.leave()
    assert setting.read_text() == "0"
    host.close()
