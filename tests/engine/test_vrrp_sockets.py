"""Which virtual routers share a socket, and which of them an advert is for."""

from __future__ import annotations

import asyncio
import errno
import os
from ipaddress import ip_address

import pytest

from tests.engine import host
from tests.engine.host import LAN, WIRES, instance
from vrrptui.engine.host.link import Link
from vrrptui.engine.vrrp import vrrp_sockets
from vrrptui.protocol.advert import IPV4_GROUP, PROTOCOL_AH, PROTOCOL_VRRP, Family, Packet
from vrrptui.protocol.codec import encode_v3

V6 = ("fe80::100/64",)


def keys(one) -> list[tuple[str, Family, str | None, int, set[int]]]:
    """The sockets that are open: interface, family, group, protocol and VRIDs."""
    return [(s.name, s.family, s.group and str(s.group), s.protocol, s.vrids) for s in one.routers.deadlines.sockets]


async def test_routers_share_a_socket_by_interface_and_group(run):
    """One more each for unicast, for the authentication header and for another interface."""
    signed = "version 2\nauthentication {\nauth_type AH\nauth_pass x\n}"
    one = run(
        instance("VI_1", 51, 100),
        instance("VI_2", 52, 100, vips=("192.0.2.101/24",)),
        instance("VI_3", 53, 100, "unicast_peer {\n192.0.2.9\n}", vips=("192.0.2.102/24",)),
        instance("VI_4", 54, 100, signed, vips=("192.0.2.103/24",)),
        instance("VI_5", 51, 100, vips=("192.0.3.100/24",), interface="lan1"),
    )
    assert keys(one) == [
        (LAN, Family.IPV4, "224.0.0.18", PROTOCOL_VRRP, {51, 52}),
        (LAN, Family.IPV4, None, PROTOCOL_VRRP, {53}),
        (LAN, Family.IPV4, "224.0.0.18", PROTOCOL_AH, {54}),
        ("lan1", Family.IPV4, "224.0.0.18", PROTOCOL_VRRP, {51}),
    ]


async def test_a_socket_closes_with_its_last_router(run, tmp_path):
    both = instance("VI_1", 51, 100), instance("VI_2", 52, 100, vips=("192.0.2.101/24",))
    one = run(*both)
    (wire,) = WIRES
    one.apply(host.configured(tmp_path, both[1]))
    assert keys(one) == [(LAN, Family.IPV4, "224.0.0.18", PROTOCOL_VRRP, {52})]
    assert [wire] == WIRES
    one.apply(host.configured(tmp_path))
    assert keys(one) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(wire.fileno())


def heard(one, source: str, destination: str = str(IPV4_GROUP), vrid: int = 51) -> list[str]:
    """The routers that an advert between these addresses is for."""
    (wire,) = one.routers.deadlines.sockets
    sender, receiver = ip_address(source), ip_address(destination)
    message = encode_v3(vrid, 100, 10**9, (ip_address("192.0.2.100"),), sender, receiver)
    packet = Packet(
        source=sender, destination=receiver, ttl=255, protocol=PROTOCOL_VRRP, payload=message, length=len(message)
    )
    wire.waiting.append((7, packet))
    found = one.routers.deadlines.sockets.drain(wire)
    assert {arrived_ns for adverts in found.values() for arrived_ns, _ in adverts} <= {7}
    return [router.name for router in found]


async def test_an_advert_is_for_the_router_with_its_vrid(run):
    one = run(instance("VI_1", 51, 100), instance("VI_2", 52, 100, vips=("192.0.2.101/24",)))
    assert heard(one, "192.0.2.9", vrid=52) == ["VI_2"]
    assert heard(one, "192.0.2.9", vrid=53) == []


async def test_routers_with_one_vrid_are_told_apart_by_their_peers(run):
    """keepalived 2.2.7 lets unicast instances of one interface share a VRID."""
    one = run(
        instance("VI_1", 51, 100, "unicast_peer {\n192.0.2.9\n}"),
        instance("VI_2", 51, 100, "unicast_peer {\n192.0.2.10\n}", vips=("192.0.2.101/24",)),
    )
    assert heard(one, "192.0.2.10", "192.0.2.1") == ["VI_2"]
    assert heard(one, "192.0.2.9", "192.0.2.1") == ["VI_1"]
    assert heard(one, "192.0.2.77", "192.0.2.1") == ["VI_1", "VI_2"]  # each says that it knows no such peer


@pytest.mark.parametrize(("number", "again"), [(errno.EMFILE, True), (errno.ENODEV, False)])
async def test_a_socket_that_cannot_be_opened_is_tried_again(run, monkeypatch, caplog, number, again):
    """A link that is gone is not: the kernel reports when it is back."""
    monkeypatch.setattr(vrrp_sockets, "RETRY_S", 0.1)
    fails = [True]

    def wire(*arguments: object) -> host.Wire:
        if fails[0]:
            raise OSError(number, "cannot")
        return host.Wire(*arguments)

    host.in_place_of_sockets(monkeypatch, wire)
    one = run(instance("VI_1", 51, 100))
    await asyncio.sleep(0.02)  # the start looks twice
    assert one["VI_1"].machine.faults == ("cannot listen on lan0: cannot",)
    assert "cannot listen on lan0: cannot" in caplog.text
    fails[0] = False
    await asyncio.sleep(0.2)
    assert one.states()["VI_1"] == ("backup" if again else "fault")


async def test_without_permission_nothing_starts(run, monkeypatch):
    def wire(*_: object) -> host.Wire:
        raise PermissionError(errno.EPERM, "no")

    host.in_place_of_sockets(monkeypatch, wire)
    with pytest.raises(PermissionError):
        run(instance("VI_1", 51, 100))


async def test_packets_that_wait_are_seen(run):
    one = run(instance("VI_1", 51, 100))
    (wire,) = WIRES
    sockets = one.routers.deadlines.sockets
    assert not sockets.waiting()
    os.eventfd_write(wire.fileno(), 1)
    assert sockets.waiting()
    os.eventfd_read(wire.fileno())


async def test_a_virtual_mac_device_hears_its_own_mac(run):
    one = run(instance("VI_1", 51, 100))
    device = Link(index=9, name="vrrp.51", up=True, mac=bytes.fromhex("00005e000133"), mtu=1500, parent=2)
    sockets, router = one.routers.deadlines.sockets, one["VI_1"]
    sockets.open_device(device, router, None)
    assert len(WIRES) == 1
    sockets.open_device(device, router, next(iter(sockets)))
    assert (WIRES[-1].index, WIRES[-1].heard_mac, WIRES[-1].vrids) == (9, device.mac, {51})
