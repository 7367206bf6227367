"""The devices of a virtual router on a host in memory, which obeys requests about links; sysctls are files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.host import LAN, Host, configured, instance
from vrrptui.engine.addresses.virtual_devices import VirtualDevices
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.netlink import decoded, ifinfmsg
from vrrptui.engine.host.requests import RTM_DELLINK, RTM_NEWLINK
from vrrptui.engine.state import sysctl
from vrrptui.engine.state.sysctl import HostSettings

MAC = bytes.fromhex("00005e000133")  # RFC 9568 §7.3, VRID 51
SETTINGS = ("arp_ignore", "arp_filter", "arp_announce", "rp_filter")


class LinkHost(Host):
    """Makes and removes links as well."""

    def obey(self, kind: int, message: bytes) -> int:
        if kind not in (RTM_NEWLINK, RTM_DELLINK):
            return super().obey(kind, message)
        asked = decoded(ifinfmsg, memoryview(message))
        if kind == RTM_DELLINK:
            self.done.append(f"remove {self.links.pop(asked['index']).name}")
            return 0
        index = max(self.links) + 1
        name, parent = asked.get_attr("IFLA_IFNAME"), asked.get_attr("IFLA_LINK")
        mac = bytes.fromhex((asked.get_attr("IFLA_ADDRESS") or "").replace(":", "")) or self.links[parent].mac
        self.links[index] = Link(index=index, name=name, up=True, mac=mac, mtu=1500, parent=parent)
        self.done.append(f"make {asked.get_attr('IFLA_LINKINFO').get_attr('IFLA_INFO_KIND')} {name} on {parent}")
        return 0


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Its sysctls are 0, except for rp_filter of all interfaces, which is 1."""
    monkeypatch.setattr(sysctl, "SYSCTLS", tmp_path / "sys")
    for name in ("all", LAN, "lan1", "vrrp.51"):
        folder = tmp_path / "sys/ipv4/conf" / name
        folder.mkdir(parents=True)
        for setting in SETTINGS:
            (folder / setting).write_text("1" if (name, setting) == ("all", "rp_filter") else "0")
    made = LinkHost()
    yield made
    made.close()


def settings_of(folder: Path, name: str) -> list[str]:
    return [(folder / "sys/ipv4/conf" / name / setting).read_text() for setting in SETTINGS]


def devices(folder: Path, host: Host, *lines: str) -> VirtualDevices:
    (config,) = configured(folder, instance("VI_1", 51, 100, *(lines or ("use_vmac vrrp.51",)))).routers
    return VirtualDevices(config, host, HostSettings(None))


def test_a_virtual_mac_is_a_macvlan_on_the_interface(host, tmp_path):
    one = devices(tmp_path, host)
    assert one.ensure() is None
    assert host.done == ["make macvlan vrrp.51 on 2"]
    assert host.named("vrrp.51").mac == MAC
    assert one.ensure() is None  # it exists
    one.remove()
    assert host.done == ["make macvlan vrrp.51 on 2", "remove vrrp.51"]


def test_an_ipvlan_has_the_mac_of_its_parent(host, tmp_path):
    one = devices(tmp_path, host, "use_ipvlan vrrp.51")
    assert one.ensure() is None
    assert host.done == ["make ipvlan vrrp.51 on 2"]
    assert host.named("vrrp.51").mac == host.named(LAN).mac


def test_a_device_of_an_earlier_run_is_made_again(host, tmp_path):
    host.links[7] = Link(index=7, name="vrrp.51", up=True, mac=MAC, mtu=1500, parent=3)  # on another interface
    assert devices(tmp_path, host).ensure() is None
    assert host.done == ["remove vrrp.51", "make macvlan vrrp.51 on 2"]


def test_a_foreign_interface_of_that_name_is_left_alone(host, tmp_path, caplog):
    host.links[7] = Link(index=7, name="vrrp.51", up=True, mac=bytes(6), mtu=1500)
    assert devices(tmp_path, host).ensure() == "vrrp.51"
    assert host.done == []
    assert "an interface with that name exists" in caplog.text


def test_sysctls_of_the_parent_are_set_and_restored(host, tmp_path):
    """The kernel uses the stricter of all/rp_filter and an interface's: it moves to the other interfaces."""
    one = devices(tmp_path, host)
    one.ensure()
    assert settings_of(tmp_path, LAN) == ["1", "1", "2", "1"]
    assert settings_of(tmp_path, "lan1") == ["0", "0", "0", "1"]
    assert settings_of(tmp_path, "vrrp.51")[3] == "0"
    assert settings_of(tmp_path, "all")[3] == "0"
    one.remove()
    assert [settings_of(tmp_path, name) for name in (LAN, "lan1")] == [["0"] * 4] * 2
    assert settings_of(tmp_path, "all")[3] == "1"
