"""The static objects of a configuration on a host in memory: installed whoever is master, removed at the end."""

from __future__ import annotations

import pytest

from tests.engine.host import LAN, Host, configured
from vrrptui.engine.addresses.static_objects import StaticObjects, prefix_lengths

ADDRESS = "static_ipaddress {\n192.0.2.50/24 dev lan0\n}"
GROUPED = "static_ipaddress {\n192.0.2.50/24 dev lan9 track_group G\n}\ntrack_group G {\ngroup {\nVI_1\n}\n}"
ROUTE = "static_routes {\n198.51.100.0/24 dev lan0\n203.0.113.0/28 dev lan0\n}"
RULE = "static_rules {\nfrom 192.0.2.0/24 table 100\n}"
VI_1 = (
    "vrrp_instance VI_1 {\ninterface lan0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}"  # a member
)


@pytest.fixture
def host():
    made = Host()
    yield made
    made.close()


def test_they_are_installed_once_and_removed_at_the_end(host, tmp_path):
    one, configuration = StaticObjects(host), configured(tmp_path, ADDRESS, ROUTE)
    one.apply(configuration)
    one.apply(configuration)
    assert host.done == ["add address 192.0.2.50 on lan0", "add route", "add route"]
    host.done.clear()
    one.remove()
    assert host.done == ["remove route", "remove route", "remove address 192.0.2.50 on lan0"]


def test_a_reload_removes_what_is_no_longer_configured(host, tmp_path):
    one = StaticObjects(host)
    one.apply(configured(tmp_path, ADDRESS))
    one.apply(configured(tmp_path, ADDRESS.replace(".50", ".60")))
    assert host.done[1:] == ["remove address 192.0.2.50 on lan0", "add address 192.0.2.60 on lan0"]


def test_what_was_there_before_the_engine_stays(host, tmp_path):
    host.put(LAN, "192.0.2.50/24")
    one = StaticObjects(host)
    one.apply(configured(tmp_path, ADDRESS))
    assert (one.managed, [str(address) for _, address in one.held]) == (set(), ["192.0.2.50/24"])
    one.remove()
    assert host.done == []
    assert host.holds_now("192.0.2.50")


def test_what_others_remove_is_restored_and_managed_then(host, tmp_path):
    host.put(LAN, "192.0.2.50/24")
    one = StaticObjects(host)
    one.apply(configured(tmp_path, ADDRESS))
    host.steal("192.0.2.50")
    one.refresh()
    assert host.done == ["add address 192.0.2.50 on lan0"]
    assert {str(address) for address in one.managed} == {"192.0.2.50"}


def test_a_missing_interface_is_a_fault_of_the_track_group(tmp_path, caplog):
    """keepalived(5), track_group: its members are in fault while a static address of it is missing."""
    host = Host(names=[LAN])
    one = StaticObjects(host)
    one.apply(configured(tmp_path, GROUPED, VI_1))
    assert list(one.faults("VI_1")) == ["static address 192.0.2.50/24: interface lan9 is missing"]
    assert list(one.faults("VI_2")) == []
    one.refresh()
    assert [record.getMessage() for record in caplog.records] == [
        "cannot add static address 192.0.2.50/24: interface lan9 is missing"  # once
    ]
    host.links[9] = Host(names=["lan9"]).links[2]
    host.links[9].index = 9
    one.refresh()
    assert list(one.faults("VI_1")) == []
    host.close()


def test_the_watched_prefix_lengths_are_those_of_the_routes(host, tmp_path):
    one = StaticObjects(host)
    one.apply(configured(tmp_path, ROUTE))
    assert one.prefix_lengths() == {24, 28}
    static = configured(tmp_path, RULE).static
    assert prefix_lengths((), static.rules) == {-1}
    assert prefix_lengths((), ()) == set()
