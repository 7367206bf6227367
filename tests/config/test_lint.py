"""What is right by itself and still does not do what its author wants."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.config_texts import AUTH, Load, instance, said, script
from tests.rights import give
from vrrptui.config.lint.script_safety import findings, unsafe_part, user_exists
from vrrptui.config.load import load

TRACK = "track_script {\nchk\n}"
GROUP = "vrrp_sync_group G {\ngroup {\nVI_1 VI_2\n}\nLINE\n}\n"


def second(*lines: str) -> str:
    return instance("virtual_router_id 52", *lines, name="VI_2").replace(".100", ".101")


@pytest.mark.parametrize(
    "text, codes",
    [
        (script("weight -5") + instance(TRACK), []),
        (script("weight -5") + instance(TRACK, "priority 255"), ["weight-no-effect"]),
        (script("weight -5") + instance(TRACK, "priority 1"), ["weight-no-effect"]),
        (script("weight 5") + instance(TRACK, "priority 254"), ["weight-no-effect"]),
        (script("weight 5") + instance(TRACK, "priority 1"), []),
        (script("weight 5 reverse") + instance(TRACK, "priority 1"), ["weight-no-effect"]),
        (script("weight 5 reverse") + instance(TRACK, "priority 254"), []),
        (script("weight -5 reverse") + instance(TRACK, "priority 1"), []),
        (script("weight 5") + instance("track_script {\nchk weight 5 reverse\n}", "priority 1"), ["weight-no-effect"]),
        (script("weight -5") + instance(TRACK, "priority 254"), []),
        (script("weight 5") + instance("track_script {\nchk weight 0\n}", "priority 255"), []),
        (instance("track_interface {\neth1 weight 5\n}", "priority 255"), ["weight-no-effect"]),
        (script("weight -5") + instance(TRACK, "nopreempt"), ["weight-with-nopreempt"]),
        (script() + instance(TRACK, "nopreempt"), []),
        (instance("state MASTER", "priority 100", "nopreempt"), ["no-effect"]),
        (instance("advert_int 0.5"), ["bad-value"]),
        (instance(AUTH.replace("secret", "longer than eight")), ["extra-words"]),
        (instance(AUTH.replace("secret", "lengthier")), ["password-cut"]),
        (instance() + second("virtual_router_id 51"), ["duplicate-vrid"]),
        (instance() + second().replace(".101", ".100"), ["shared-address"]),
        (script("weight -5") + instance(TRACK) + second() + GROUP.replace("LINE", ""), ["weight-no-effect"]),
        (script("weight -5") + instance(TRACK) + second() + GROUP.replace("LINE", "sync_group_tracking_weight"), []),
        (script() + instance(TRACK) + second() + GROUP.replace("LINE", ""), []),
    ],
)
def test_what_has_no_effect_is_told(load_text: Load, text: str, codes: list[str]) -> None:
    found = [f.code for f in load_text(text).findings if f.code != "not-supported-yet"]
    assert found == codes


def test_what_to_write_instead_is_told(load_text: Load) -> None:
    loaded = load_text(script("weight -5") + instance(TRACK, "priority 255", "nopreempt"))
    hinted = [finding for finding in loaded.findings if finding.code.startswith("weight")]
    assert hinted
    assert all(finding.hint for finding in hinted)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with an executable file in it, which is safe if root runs the tests and what is above it is safe."""
    if os.geteuid() != 0:
        pytest.skip("only root can make files that are safe for root")
    safe = tmp_path / "bin"
    safe.mkdir(mode=0o755)
    if unsafe_part(str(safe)):  # where everybody may write to the folder for temporary files
        safe = Path(tempfile.mkdtemp(dir="/var/lib", prefix="vrrptui-test-"))
        safe.chmod(0o755)
    (safe / "check").write_text("#!/bin/sh\n")
    (safe / "check").chmod(0o755)
    yield safe
    if safe.parent != tmp_path:
        shutil.rmtree(safe)


@pytest.mark.parametrize(
    "name, mode, owner, group, reason",
    [
        ("check", 0o755, 0, 0, None),
        ("check", 0o775, 0, 0, None),  # root's own group
        ("check", 0o757, 0, 0, "can be written to by everybody"),
        ("check", 0o775, 0, 12345, "can be written to by group 12345"),
        ("check", 0o755, 12345, 0, "belongs to user 12345"),
        (".", 0o777, 0, 0, "can be written to by everybody"),
        (".", 0o1777, 0, 0, None),  # the sticky bit: only the owner removes files
        (".", 0o775, 0, 12345, "can be written to by group 12345"),
        (".", 0o755, 12345, 0, "belongs to user 12345"),
    ],
)
def test_the_unsafe_part_of_a_path_is_named(
    folder: Path, name: str, mode: int, owner: int, group: int, reason: str | None
) -> None:
    part = folder / name
    give(part, owner, group)
    part.chmod(mode)
    expected = None if reason is None else f"'{part}' {reason}"
    assert unsafe_part(str(folder / "check")) == expected


def test_what_a_link_leads_to_is_looked_at_as_well(folder: Path) -> None:
    link = folder / "link"
    link.symlink_to(folder / "check")
    assert unsafe_part(str(link)) is None
    (folder / "check").chmod(0o757)
    assert unsafe_part(str(link)) == f"'{folder / 'check'}' can be written to by everybody"


@pytest.mark.parametrize("path", ["check", "/no/such/file", "/\0", "<" + "/etc"])
def test_a_command_that_is_not_here_is_not_judged(path: str) -> None:
    assert unsafe_part(path) is None


@pytest.mark.parametrize(
    "user, told", [("script_user root", True), ("script_user nobody", False), ("script_user 0", True)]
)
def test_only_what_root_runs_is_judged(folder: Path, user: str, told: bool) -> None:
    (folder / "check").chmod(0o757)
    text = f"global_defs {{\n{user}\n}}\nvrrp_script chk {{\nscript {folder}/check\n}}\n" + instance(
        f"notify_stop {folder}/check"
    )
    path = folder / "a.conf"
    path.write_text(text)
    configuration = load(str(path)).configuration
    assert configuration is not None
    assert [finding.place.line for finding in findings(configuration)] == ([5] if told else [])


@pytest.mark.parametrize(
    "lines, place",
    [
        ("enable_script_security", 2),
        ("enable_script_security\nscript_user root", None),
        ("script_user nobody", None),
    ],
)
def test_security_without_anybody_who_may_run_scripts_is_told(folder: Path, lines: str, place: int | None) -> None:
    if user_exists("keepalived_script"):
        pytest.skip("this host has keepalived's user for scripts")
    path = folder / "a.conf"
    path.write_text(f"global_defs {{\n{lines}\n}}\n" + script())
    configuration = load(str(path)).configuration
    assert configuration is not None
    told = [finding.place.line for finding in findings(configuration) if finding.code == "no-script-user"]
    assert told == ([place] if place else [])


@pytest.mark.parametrize(
    "lines, own, code, line",
    [
        ("notify_fifo /a\nvrrp_notify_fifo /a", "", "shared-fifo", 3),
        ("notify_fifo /a\nvrrp_notify_fifo /b", "", None, 0),
        ("notify_fifo_script /bin/true", "", "no-effect", 2),
        ("vrrp_notify_fifo_script /bin/true", "", "no-effect", 2),
        ("notify_fifo a", "", "relative-path", 2),
        ("notify_fifo /a\nnotify_fifo /b", "", "duplicate-keyword", 3),
        ("startup_script /a\nstartup_script /b", "", "duplicate-keyword", 3),
        ("smtp_alert", "", "no-effect", 2),
        ("router_id r", "smtp_alert", "no-effect", 10),
        ("smtp_alert\nnotification_email {\na@b.c\n}", "", None, 0),
    ],
)
def test_notifications_that_go_nowhere_are_told(load_text: Load, lines: str, own: str, code: str, line: int) -> None:
    loaded = load_text(f"global_defs {{\n{lines}\n}}\n" + instance(own))
    assert [(f.code, f.place.line) for f in loaded.findings] == ([(code, line)] if code else [])


@pytest.mark.parametrize("device", ["", " dev {}"])
def test_a_link_local_address_is_another_one_on_each_interface(load_text: Load, device: str) -> None:
    # RFC 4007 §5; keepalived 2.2.7 holds it on both
    one = instance(f"virtual_ipaddress {{\nfe80::1/64{device.format('eth0')}\n2001:db8::1/64\n}}")
    other = instance("interface eth1", f"virtual_ipaddress {{\nfe80::1/64{device.format('eth1')}\n}}", name="B")
    assert load_text(one + other).findings == ()
    on_one_interface = one + other.replace("interface eth1", "interface eth0").replace("dev eth1", "dev eth0")
    assert "warning shared-address 9:1" in said(load_text(on_one_interface.replace("id 51", "id 52", 1)))


def test_the_second_device_of_one_name_is_named_by_its_vrid(load_text: Load) -> None:
    # keepalived 2.2.7: "VRRP instance A is already using vm - ignoring name", and vrrp.52 is made
    text = instance("use_vmac vm") + instance("use_vmac vm", "virtual_router_id 52", name="B").replace(".100", ".101")
    loaded = load_text(text)
    assert said(loaded) == ["warning duplicate-name 14:10"]
    assert [one.virtual_mac.name for one in loaded.configuration.routers] == ["vm", "vrrp.52"]


def test_use_vmac_addr_needs_no_use_vmac(load_text: Load) -> None:
    # keepalived 2.2.7 makes vrrp.51 on eth1 alone
    text = instance("use_vmac_addr", "virtual_ipaddress {\n10.0.0.1/24\n10.9.0.1/24 dev eth1\n}")
    (router,) = load_text(text).configuration.routers
    assert router.devices == (("eth1", "vrrp.51"),)
    assert [router.device_of(address) for address in router.addresses] == ["eth0", "vrrp.51"]
    assert said(load_text(instance("use_vmac_addr"))) == ["warning no-effect 7:1"]


def test_an_address_may_be_on_two_interfaces(load_text: Load) -> None:
    # keepalived 2.2.7 adds it to both
    (router,) = load_text(instance("virtual_ipaddress {\nfe80::1 dev eth0\nfe80::1 dev eth1\n}")).configuration.routers
    assert [(str(a.address), a.device) for a in router.addresses] == [("fe80::1", "eth0"), ("fe80::1", "eth1")]


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "240.0.0.1"])
@pytest.mark.parametrize("way", ["mcast_src_ip {}", "unicast_src_ip {}\nunicast_peer {{\n10.0.0.7\n}}"])
def test_adverts_do_not_come_from_what_is_no_host(load_text: Load, address: str, way: str) -> None:
    # keepalived 2.2.7 sends from them and says nothing; no router takes such a packet in
    assert said(load_text(instance(way.format(address)))) == [f"error bad-address 7:{len(way.split()[0]) + 2}"]


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0"])
def test_nor_go_to_it_as_to_a_peer(load_text: Load, address: str) -> None:
    assert said(load_text(instance(f"unicast_peer {{\n{address}\n}}"))) == ["error bad-address 8:1"]


def test_the_source_0_is_that_of_the_interface(load_text: Load) -> None:
    # keepalived 2.2.7 sends from 192.0.2.11 then
    loaded = load_text(instance("mcast_src_ip 0.0.0.0"))
    assert said(loaded) == ["warning bad-address 7:14"]
    assert loaded.configuration.routers[0].multicast_source is None
