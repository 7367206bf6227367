"""The record of what an engine may add: whatever it adds stands there before, and nothing that was there already."""

from __future__ import annotations

import itertools
from ipaddress import ip_address

import pytest

from tests.engine.host import LAN, Host, configured, instance
from vrrptui.engine.state.cleanup import remove_leftovers
from vrrptui.engine.state.ownership_record import Owned, record_of

STATIC = "static_ipaddress {\n198.51.100.1/24 dev lan1\n198.51.100.2/24\n}\n"
EXCLUDED = "virtual_ipaddress_excluded {\n192.0.2.200/32\n192.0.3.201/24 dev lan1\n2001:db8::200/64\n}"
PLACES = {
    ("lan0", "192.0.2.100/24"),
    ("lan1", "192.0.3.101/24"),
    ("lan0", "192.0.2.200/32"),
    ("lan1", "192.0.3.201/24"),
    ("lan0", "2001:db8::200/64"),
    ("lan1", "198.51.100.1/24"),
    ("lan0", "198.51.100.2/24"),
}


def everything(tmp_path):
    vips = ("192.0.2.100/24", "192.0.3.101/24 dev lan1")
    text = instance("VI_1", 51, 255, EXCLUDED, vips=vips)
    return configured(tmp_path, STATIC, text, general=f"vrrp_version 3\ndefault_interface {LAN}")


def recorded(record) -> set[tuple[str, str]]:
    return {(owned.device, owned.address) for owned in record.addresses}


def test_every_advertised_excluded_and_static_address_is_in_it(tmp_path):
    host = Host()
    assert recorded(record_of([everything(tmp_path)], host, set())) == PLACES
    host.close()


@pytest.mark.parametrize("there", sorted(PLACES))
def test_what_a_host_owns_is_left_out_unless_managed_already(tmp_path, there):
    """Static addresses, and those of an address owner; any other is the virtual router's, whoever put it there."""
    host, configuration = Host(), everything(tmp_path)
    host.put(*there)
    assert recorded(record_of([configuration], host, set())) == PLACES - {there}
    managed = {ip_address(there[1].split("/")[0])}
    assert recorded(record_of([configuration], host, managed)) == PLACES
    elsewhere = Host()
    elsewhere.put("lan1" if there[0] == "lan0" else "lan0", there[1])
    assert recorded(record_of([configuration], elsewhere, set())) == PLACES, "on another link it is another one"
    for one in (host, elsewhere):
        one.close()


@pytest.mark.parametrize("left", list(itertools.combinations(sorted(PLACES), 3))[::5])
def test_what_was_left_is_removed_and_nothing_else(tmp_path, monkeypatch, caplog, left):
    monkeypatch.setattr("vrrptui.engine.host.accept_filter.remove_left", lambda: None)
    host, configuration = Host(), everything(tmp_path)
    record = record_of([configuration], host, set())
    host.put("lan0", "203.0.113.7/24")
    for one in left:
        host.put(*one)
    assert remove_leftovers(host, record) == []
    said = {f"removed {address} from {device}: left by a killed engine" for device, address in left}
    assert {entry.getMessage() for entry in caplog.records} == said
    held = {str(one.ip) for link in host.links.values() for one in link.addresses}
    assert held == {"192.0.2.1", "192.0.3.1", "203.0.113.7"}
    host.close()


def test_two_configurations_are_recorded_together(tmp_path):
    host = Host()
    one = configured(tmp_path, instance("VI_1", 51, 255, "virtual_ipaddress_excluded {\n192.0.2.150/32\n}"))
    other = configured(tmp_path, instance("VI_1", 51, 255, vips=("192.0.2.101/24",)))
    wanted = {("lan0", "192.0.2.100/24"), ("lan0", "192.0.2.150/32"), ("lan0", "192.0.2.101/24")}
    assert recorded(record_of([one, other], host, set())) == wanted
    host.close()


def test_peers_devices_routes_rules_and_the_table_are_in_it(tmp_path):
    host = Host()
    lines = (
        "use_vmac mac51",
        "no_accept",
        "virtual_routes {\n10.1.0.0/16 via 192.0.2.77\n}",
        "virtual_rules {\nfrom 10.1.0.0/16 table 7 priority 7\n}",
        "virtual_ipaddress_excluded {\n192.0.2.120/32 peer 192.0.2.121\n}",
    )
    static = (
        "static_routes {\n10.2.0.0/16 via 192.0.2.77 dev lan0\n}\n"
        "static_rules {\nfrom 10.2.0.0/16 table 8 priority 9\n}\n"
    )
    configuration = configured(tmp_path, static, instance("VI_1", 51, 100, *lines))
    record = record_of([configuration], host, set())
    (router,) = configuration.routers
    holder = router.device_of(router.addresses[0])
    assert record.devices == {"mac51": "00005e000133"}
    assert set(record.addresses) == {
        Owned(holder, "192.0.2.100/24"),
        Owned(router.device_of(router.excluded[0]), "192.0.2.120/32", "192.0.2.121"),
    }
    assert [words[0] for words in record.routes] == ["10.2.0.0/16", "10.1.0.0/16"]
    assert [words[1] for words in record.rules] == ["10.2.0.0/16", "10.1.0.0/16"]
    assert record.table
    plain = record_of([configured(tmp_path, instance("VI_1", 51, 100))], host, set())
    assert (plain.devices, plain.routes, plain.rules, plain.table) == ({}, [], [], False)
    host.close()
