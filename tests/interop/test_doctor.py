"""`vrrptui doctor` in namespaces of its own: each thing that gets in the way is found, and gone when put right."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.engine_lab import configuration, instance

NAME = f"doctor-{os.getpid()}"


def sh(text: str) -> None:
    command = ["ip", "netns", "exec", NAME, "sh", "-ec", text]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)


def doctor(*options: str, before: tuple[str, ...] = ()) -> tuple[int, list[dict[str, str]]]:
    command = ["ip", "netns", "exec", NAME, *before, sys.executable, "-m", "vrrptui", "doctor", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["result"] == ("good", "warnings", "errors")[done.returncode]
    return done.returncode, said["findings"]


def codes(found: list[dict[str, str]]) -> list[str]:
    return [one["code"] for one in found if one["level"] != "note"]


@pytest.fixture(autouse=True)
def host() -> Iterator[None]:
    subprocess.run(["ip", "netns", "add", NAME], check=True)
    try:
        sh(
            "ip link add eth0 type veth peer name far; ip address add 192.0.2.11/24 dev eth0; ip link set lo up;"
            "ip link set eth0 up; ip link set far up; ip address add 198.51.100.1/24 dev far;"
            "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0"
        )
        yield
    finally:
        subprocess.run(["ip", "netns", "del", NAME], check=True)


SHARED = "ip address add 192.0.2.22/24 dev far;"
SET = "sysctl -qw net.ipv4.conf."


def conf(tmp_path: Path, *parts: str) -> tuple[str, str]:
    file = tmp_path / "k.conf"
    file.write_text(configuration(*parts))
    return "-f", str(file)


def test_a_host_with_nothing_in_the_way_is_good(tmp_path):
    status, found = doctor(*conf(tmp_path, instance()))
    assert (status, codes(found)) == (0, [])


@pytest.mark.parametrize(
    ("ill", "cure", "code", "status"),
    [
        (SHARED + SET + "eth0.arp_ignore=1;" + SET + "eth0.rp_filter=1", SET + "eth0.rp_filter=2", "RP_FILTER", 1),
        (SHARED, SET + "eth0.arp_ignore=1", "ARP_IGNORE", 1),
        (SET + "eth0.arp_ignore=8", SET + "eth0.arp_ignore=1", "ARP_IGNORE", 2),
        (SHARED + SET + "all.arp_ignore=1;" + SET + "all.arp_filter=1", SET + "all.arp_filter=0", "ARP_FILTER", 1),
        (SET + "eth0.accept_local=1", SET + "eth0.accept_local=0", "ACCEPT_LOCAL", 1),
        (SET + "all.proxy_arp=1", SET + "all.proxy_arp=0", "PROXY_ARP", 1),
        ("ip address flush dev eth0", "ip address add 192.0.2.11/24 dev eth0", "NO_ADDRESS", 2),
        ("ip link set far down", "ip link set far up", "LINK_DOWN", 1),
        (
            "ip link add br0 type bridge mcast_snooping 1; ip link set eth0 master br0",
            "ip link set br0 type bridge mcast_querier 1",
            "SNOOPING_WITHOUT_QUERIER",
            1,
        ),
    ],
)
def test_what_the_kernel_has_set_is_found_until_put_right(tmp_path, ill, cure, code, status):
    options = conf(tmp_path, instance())
    sh(ill)
    said, found = doctor(*options)
    assert (said, [one for one in codes(found) if one != "PART_OF_ANOTHER"]) == (status, [code])
    sh(cure)
    assert [one for one in codes(doctor(*options)[1]) if one != "PART_OF_ANOTHER"] == []


def test_an_interface_that_is_not_there_is_found(tmp_path):
    status, found = doctor(*conf(tmp_path, instance(interface="eth7")))
    assert (status, codes(found), next(one["subject"] for one in found if one["code"] == "NO_INTERFACE")) == (
        2,
        ["NO_INTERFACE"],
        "eth7",
    )


def test_arp_for_a_host_address_needs_arp_ignore_below_two(tmp_path):
    sh(SET + "eth0.arp_ignore=2")
    assert codes(doctor(*conf(tmp_path, instance(vips=("192.0.2.100/32",))))[1]) == ["ARP_IGNORE"]
    assert codes(doctor(*conf(tmp_path, instance(vips=("192.0.2.100/24",))))[1]) == []


@pytest.mark.parametrize(("mtu", "found"), [(1500, []), (108, []), (107, ["MTU_TOO_SMALL"])])
def test_an_advert_has_to_fit_the_mtu(tmp_path, mtu, found):
    sh(f"ip link set eth0 mtu {mtu}")
    options = conf(tmp_path, instance(vips=[f"192.0.2.{number}/24" for number in range(100, 120)]))
    assert codes(doctor(*options)[1]) == found  # 20 of IP, 8 of VRRP, 4 for each of 20 addresses


@pytest.mark.parametrize("name", ["cap_net_raw", "cap_net_admin"])
def test_a_missing_capability_is_found(name):
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    status, found = doctor(before=("setpriv", "--bounding-set", f"-{name.removeprefix('cap_')}", "--"))
    missing = [one["subject"] for one in found if one["code"] == "MISSING_CAPABILITY"]
    assert (status, missing) == (2, [name.upper()])


@pytest.mark.parametrize("hook", ["input", "output"])
def test_a_firewall_that_drops_adverts_is_found_until_it_passes(tmp_path, hook):
    if shutil.which("nft") is None:
        pytest.skip("needs nft")
    options = conf(tmp_path, instance())
    sh(f"nft add table inet f; nft 'add chain inet f c {{ type filter hook {hook} priority 0; policy drop; }}'")
    sh("nft add rule inet f c ct state established,related accept; nft add rule inet f c tcp dport 22 accept")
    status, found = doctor(*options)
    assert (status, codes(found)) == (2, ["FIREWALL_DROPS"])
    sh("nft add rule inet f c ip protocol 112 accept")
    assert codes(doctor(*options)[1]) == []


HIDE = """
for name in nft iptables-save; do
    file=$(readlink -f "$(command -v $name)") && [ -f "$file" ] && mount --bind /dev/null "$file"
done
exec "$@"
"""


def test_a_firewall_that_cannot_be_seen_is_said():
    found = doctor(before=("unshare", "-m", "sh", "-c", HIDE, "sh"))[1]
    assert "FIREWALL_UNSEEN" in {one["code"] for one in found}


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_forwarding_is_a_note_until_it_is_on(family):
    setting = "net.ipv4.ip_forward" if family == "IPv4" else "net.ipv6.conf.all.forwarding"
    for value in (0, 1):
        sh(f"sysctl -qw {setting}={value}")
        status, found = doctor()
        noted = [one["subject"] for one in found if one["code"] == "NOT_FORWARDING"]
        assert (status, family in noted) == (0, value == 0)


def test_a_configuration_that_cannot_be_run_is_one_line(tmp_path):
    file = tmp_path / "k.conf"
    file.write_text("vrrp_instance VI {\n")
    command = [sys.executable, "-m", "vrrptui", "doctor", "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("there", [True, False])
def test_a_missing_control_group_is_a_note(tmp_path, there):
    groups = tmp_path / "group"
    groups.write_text("root:x:0:\n" + ("vrrptui:x:999:\n" if there else ""))
    mounted = ("unshare", "-m", "sh", "-c", f'mount --bind {groups} /etc/group && exec "$@"', "sh")
    status, found = doctor(before=mounted)
    assert (status, "NO_CONTROL_GROUP" in {one["code"] for one in found}) == (0, not there)


@pytest.mark.parametrize(
    ("priority", "vip", "noted"),
    [
        pytest.param(255, "192.0.2.100/24", True, id="9568-8.3.2-1 positive: 255 without owning the address is noted"),
        pytest.param(255, "192.0.2.11/24", False, id="9568-8.3.2-1 negative: an owner is not"),
        pytest.param(254, "192.0.2.100/24", False, id="9568-8.3.2-1 negative: a lower priority is not"),
    ],
)
def test_who_says_that_it_owns_an_address_should_have_it(tmp_path, priority, vip, noted):
    _, found = doctor(*conf(tmp_path, instance(priority=priority, vips=(vip,))))
    assert ("NOT_OWNER" in [one["code"] for one in found]) is noted


@pytest.mark.parametrize("vips", [("192.0.2.100/24",), ("192.0.2.100/24 dev far",)])
def test_an_interface_that_is_a_part_of_another_is_found(tmp_path, vips):
    part = "far" if "far" in vips[0] else "eth0"
    sh(f"ip link add br0 type bridge mcast_querier 1; ip link set br0 up; ip link set {part} master br0")
    status, found = doctor(*conf(tmp_path, instance(vips=vips)))
    assert (status, [one["subject"] for one in found if one["code"] == "PART_OF_ANOTHER"]) == (1, [part])
    sh(f"ip link set {part} nomaster")
    assert doctor(*conf(tmp_path, instance(vips=vips)))[0] == 0


def test_scripts_and_addresses_that_answer_nothing_are_found(tmp_path):
    lines = 'vrrp_script a {\n    script "killall -0 keepalived"\n}\nvrrp_script b {\n    script /no/such\n}\n'
    status, found = doctor(*conf(tmp_path, lines, instance(extra="    no_accept\n")))
    assert status == 1
    assert {one["code"] for one in found} >= {"NAMES_KEEPALIVED", "CANNOT_RUN", "NOT_ACCEPTED"}
    assert next(one for one in found if one["code"] == "CANNOT_RUN")["what"].startswith("there is no '/no/such' here")


def test_the_users_of_the_control_group_are_noted(tmp_path):
    groups = tmp_path / "group"
    groups.write_text("root:x:0:\nvrrptui:x:1:alice,bob\n")  # which is the primary group of user daemon
    mounted = ("unshare", "-m", "sh", "-c", f'mount --bind {groups} /etc/group && exec "$@"', "sh")
    status, found = doctor(before=mounted)
    (one,) = [one for one in found if one["code"] == "GROUP_MEMBERS"]
    assert (status, one["level"], one["subject"]) == (0, "note", "vrrptui")
    assert one["what"].endswith(": alice, bob, daemon")
    groups.write_text("root:x:0:\nvrrptui:x:4990:root\n")
    assert "GROUP_MEMBERS" not in {one["code"] for one in doctor(before=mounted)[1]}


def test_the_directories_of_the_named_engine_are_looked_at(tmp_path):
    run, state = tmp_path / "run", tmp_path / "state"
    for folder in (run, state):
        folder.mkdir(mode=0o750)
    options = ("--socket", str(run / "engine.sock"), "--state-dir", str(state))
    assert doctor(*options)[0] == 0
    for folder in (run, state):
        folder.chmod(0o777)
    status, found = doctor(*options)
    assert (status, codes(found)) == (1, ["SOCKET_DIRECTORY", "STATE_DIRECTORY"])
