"""What the kernel reports of links and addresses, held against pyroute2's reading of the same messages."""

from __future__ import annotations

import random
import socket
from ipaddress import ip_interface

import pyroute2  # noqa: F401 - whole and first: its parts alone cannot follow those that the engine imports
import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.host import mirror
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.reports import address_report, link_report
from vrrptui.engine.host.requests import RTM_DELADDR, RTM_NEWADDR, address_message


def encoded(message, kind: int) -> memoryview:
    message["header"]["type"] = kind
    message.encode()
    return memoryview(bytes(message.data))


@pytest.mark.parametrize("vrf", [None, 9])
def test_a_link_is_read_as_pyroute2_writes_it(vrf):
    message = ifinfmsg()
    message["family"], message["index"], message["flags"] = 0, 7, 0x41
    message["attrs"] = [["IFLA_IFNAME", "eth0"], ["IFLA_MTU", 1400], ["IFLA_ADDRESS", "02:00:00:00:00:01"]]
    message["attrs"] += [["IFLA_LINK", 3], ["IFLA_MASTER", 9]]
    if vrf:
        message["attrs"].append(["IFLA_LINKINFO", {"attrs": [["IFLA_INFO_SLAVE_KIND", "vrf"]]}])
    report = link_report(encoded(message, 16))
    assert report == (7, 0x41, "eth0", bytes.fromhex("020000000001"), 1400, 3, vrf, None)


@pytest.mark.parametrize("protocol", [0x8100, 0x88A8])
def test_a_vlan_has_its_tag(protocol):
    message = ifinfmsg()
    message["family"], message["index"], message["flags"] = 0, 7, 0x41
    data = {"attrs": [["IFLA_VLAN_ID", 0x234], ["IFLA_VLAN_PROTOCOL", protocol]]}
    kind = [["IFLA_INFO_KIND", "vlan"], ["IFLA_INFO_DATA", data]]
    message["attrs"] = [["IFLA_IFNAME", "eth0.564"], ["IFLA_LINK", 3], ["IFLA_LINKINFO", {"attrs": kind}]]
    report = link_report(encoded(message, 16))
    assert report is not None
    assert (report.parent, report.vlan) == (3, (protocol, 0x234))


def test_the_report_of_a_bridge_port_is_no_link():
    message = ifinfmsg()
    message["family"], message["index"] = socket.AF_BRIDGE, 7
    assert link_report(encoded(message, 16)) is None


@pytest.mark.parametrize("text", ["192.0.2.1/24", "2001:db8::1/64", "fe80::1/128"])
def test_an_address_is_read_as_pyroute2_writes_it(text):
    wanted = ip_interface(text)
    message = ifaddrmsg()
    message["family"] = socket.AF_INET if wanted.version == 4 else socket.AF_INET6
    message["prefixlen"], message["index"], message["flags"] = wanted.network.prefixlen, 5, 0x80
    message["attrs"] = [["IFA_ADDRESS", str(wanted.ip)], ["IFA_FLAGS", 0x280]]
    assert address_report(encoded(message, 20)) == (5, wanted, 0x280)


def test_no_bytes_are_too_strange():
    """Cut and overwritten messages are read as something or as nothing; none raises."""
    rng = random.Random(7)
    whole = address_message(VirtualAddress(ip_interface("2001:db8::1/64")), 7, add=True)
    for _ in range(3000):
        data = bytearray(whole[: rng.randrange(len(whole) + 1)])
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        address_report(memoryview(data))
        link_report(memoryview(data))


@pytest.mark.slow
def test_an_address_is_found_by_host_and_by_prefix():
    """As the kernel has it: IPv4 addresses are told apart by their prefix length too, IPv6 ones are not."""
    rng = random.Random(3)
    link = Link(index=7, name="eth0", up=True, mac=b"", mtu=1500)
    links, there = {7: link}, {}
    every = [ip_interface(f"192.0.2.{n % 5}/{24 + n % 3}") for n in range(15)]
    every += [ip_interface(f"2001:db8::{n}/64") for n in range(1, 6)]
    for _ in range(2000):
        one, gone = rng.choice(every), rng.random() < 0.5
        message = address_message(VirtualAddress(one), 7, add=not gone)
        mirror.take(links, RTM_DELADDR if gone else RTM_NEWADDR, memoryview(message))
        there.pop(one, None) if gone else there.setdefault(one, 0)
        assert set(link.addresses) == set(there)
        for asked in every:
            assert link.holds(asked.ip) == any(held.ip == asked.ip for held in there)
            assert (link.find(asked) is not None) == (asked in there)
    link.put(ip_interface("2001:db8:9::1/64"), 0)
    assert link.find(ip_interface("2001:db8:9::1/128")) == 0
