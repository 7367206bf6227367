"""vrrp_instance: what each keyword sets, and what each bad value is told, with its place."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from tests.config.config_texts import AUTH, IPV6, LINES, Load, instance, router, said, script, without
from vrrptui.config.model.configuration import Announcements, Notify, TrackedInterface, TrackedScript, User
from vrrptui.config.model.needed_interfaces import needed_interfaces
from vrrptui.protocol.advert import Checksum, Family

S = 1_000_000_000
PEER = "unicast_peer {\n10.0.0.2\n}"


@pytest.mark.parametrize(
    "lines, attribute, value",
    [
        (["state MASTER", "priority 150"], "initial_state", "MASTER"),
        (["state BACKUP"], "initial_state", "BACKUP"),
        ([], "initial_state", "BACKUP"),
        (["interface bond0.100"], "interface", "bond0.100"),
        (["virtual_router_id 7"], "vrid", 7),
        (["priority 150"], "priority", 150),
        (["priority 010"], "priority", 10),
        (["priority 10", "priority 20"], "priority", 20),
        (["advert_int 5"], "interval_ns", 5 * S),
        (["advert_int 1.0"], "interval_ns", S),
        (["advert_int 0.5", "version 3"], "interval_ns", S // 2),
        (["version 3", "advert_int .01"], "interval_ns", S // 100),
        (["version 2"], "version", 2),
        (["version 3"], "version", 3),
        ([IPV6], "version", 3),
        ([IPV6], "family", Family.IPV6),
        ([], "family", Family.IPV4),
        (["nopreempt"], "preempt", False),
        (["nopreempt", "preempt"], "preempt", True),
        (["preempt_delay 2.5"], "preempt_delay_ns", 5 * S // 2),
        (["accept"], "accept", True),
        (["lower_prio_no_advert"], "lower_priority_advert", False),
        (["lower_prio_no_advert no"], "lower_priority_advert", True),
        (["v3_checksum_as_v2"], "checksum", Checksum.MESSAGE),
        (["v3_checksum_as_v2 off"], "checksum", Checksum.PSEUDO_HEADER),
        ([AUTH], "auth_type", 1),
        ([AUTH], "auth_password", b"secret"),
        ([], "auth_type", 0),
        ([PEER], "unicast_peers", (ip_address("10.0.0.2"),)),
        ([PEER, "unicast_src_ip 10.0.0.1"], "unicast_source", ip_address("10.0.0.1")),
        ([PEER, "mcast_src_ip 10.0.0.1"], "unicast_source", ip_address("10.0.0.1")),
        (["mcast_src_ip 10.0.0.1"], "multicast_source", ip_address("10.0.0.1")),
        (["track_interface {\neth1\n}"], "interfaces", (TrackedInterface("eth1"),)),
        (["track_interface {\neth1 weight -10\n}"], "interfaces", (TrackedInterface("eth1", -10),)),
        (["track_interface {\neth1 weight 5 reverse\n}"], "interfaces", (TrackedInterface("eth1", 5, reverse=True),)),
        (["notify_master /a root"], "notify", Notify(("/a",), users=(("master", User("root")),))),
        (["garp_master_delay 0"], "announcements", Announcements(delay_ns=0)),
        (["garp_master_repeat 3"], "announcements", Announcements(repeat=3)),
        (["garp_master_refresh 60"], "announcements", Announcements(refresh_ns=60 * S)),
        (["garp_master_refresh_repeat 2"], "announcements", Announcements(refresh_repeat=2)),
        (['notify_master "/x/m a \'b c\'"'], "notify", Notify(master=("/x/m", "a", "b c"))),
        (["notify_backup /x/b", "notify_fault /x/f"], "notify", Notify(backup=("/x/b",), fault=("/x/f",))),
        (["notify_stop /x/s", "notify /x/n"], "notify", Notify(stop=("/x/s",), any=("/x/n",))),
        (['"priority" "150"'], "priority", 150),
        (["priority 150 # high", "! nothing"], "priority", 150),
    ],
)  # fmt: skip
def test_a_keyword_sets_its_value_and_says_nothing(
    load_text: Load, lines: list[str], attribute: str, value: Any
) -> None:
    loaded = load_text(instance(*lines))
    assert said(loaded) == []
    assert getattr(router(loaded), attribute) == value


@pytest.mark.parametrize(
    "line, code, column",
    [
        ("state master", "bad-value", 7),
        ("state", "missing-value", 1),
        ("interface eth0123456789abcdef", "bad-value", 11),
        ("interface a/b", "bad-value", 11),
        ("virtual_router_id x", "bad-value", 19),
        ("virtual_router_id", "missing-value", 1),
        ("priority 1.5", "bad-value", 10),
        ("priority 0x10", "bad-value", 10),
        ("priority -1", "bad-value", 10),
        ("priority ١", "bad-value", 10),
        ("priority $prio", "bad-value", 10),
        ("advert_int 1s", "bad-value", 12),
        ("advert_int 1e0", "bad-value", 12),
        ("advert_int nan", "bad-value", 12),
        ("advert_int 0.001", "bad-value", 12),
        ("version 1", "bad-value", 9),
        ("version 4", "bad-value", 9),
        ("preempt_delay 1001", "bad-value", 15),
        ("preempt_delay -1", "bad-value", 15),
        ("lower_prio_no_advert maybe", "bad-value", 22),
        ("mcast_src_ip x", "bad-address", 14),
        ("mcast_src_ip fe80::1", "mixed-families", 14),
        ("mcast_src_ip fe80::1%eth0", "bad-address", 14),
        ("garp_master_delay 4295", "bad-value", 19),
        ("garp_master_refresh x", "bad-value", 21),
        ("priority {\n}", "unexpected-block", 1),
        ("authentication", "missing-block", 1),
        ("track_script", "missing-block", 1),
        ("notify_master", "missing-value", 1),
        ("notify_master 'x", "bad-command", 1),
        (r'notify_master "\0"', "bad-command", 1),
    ],
)
def test_a_bad_value_is_an_error_at_its_place(load_text: Load, line: str, code: str, column: int) -> None:
    loaded = load_text(instance(line))
    assert loaded.configuration is None
    where = instance(line).split("\n").index(line.split("\n")[0]) + 1
    assert said(loaded) == [f"error {code} {where}:{column}"]


@pytest.mark.parametrize(
    "line, code, place",
    [
        ("track_interface {\neth1 weight 254\n}", "bad-value", "8:13"),
        ("track_interface {\neth1 weight -254\n}", "bad-value", "8:13"),
        ("track_interface {\neth1 weight\n}", "missing-value", "8:6"),
        ("track_interface {\neth1 foo\n}", "bad-value", "8:6"),
        ("unicast_peer {\nx\n}", "bad-address", "8:1"),
        ("unicast_peer {\nfe80::2\n}", "mixed-families", "8:1"),
        ("authentication {\nauth_type PASS\n}", "missing-value", "7:1"),
        ("authentication {\nauth_type SIMPLE\n}", "bad-value", "8:11"),
        ("authentication {\nauth_pass\n}", "missing-value", "8:1"),
    ],
)
def test_a_bad_line_in_a_block_is_an_error_at_its_place(load_text: Load, line: str, code: str, place: str) -> None:
    loaded = load_text(instance(line))
    assert f"error {code} {place}" in said(loaded)
    assert loaded.configuration is None


@pytest.mark.parametrize(
    "lines, code, attribute, value",
    [
        (["state MASTER", "priority 100", "nopreempt"], "no-effect", "preempt", True),
        (["priority 255", "nopreempt"], "no-effect", "preempt", True),
        (["state MASTER", "priority 100", "preempt_delay 5"], "no-effect", "preempt_delay_ns", 0),
        (["nopreempt", "preempt_delay 5"], "no-effect", "preempt_delay_ns", 0),
        (["authentication {\nauth_type PASS\nauth_pass 123456789\n}"], "password-cut", "auth_password", b"12345678"),
        (["authentication {\nauth_type PASS\nauth_pass ab!cd\n}"], "password-cut", "auth_password", b"ab"),
        (["authentication {\nauth_pass abc\n}"], "no-auth-type", "auth_type", 0),
        ([AUTH, "version 3"], "no-auth-in-v3", "auth_type", 0),
        ([AUTH, "version 3"], "no-auth-in-v3", "auth_password", b""),
        ([AUTH, IPV6], "no-auth-in-v3", "auth_type", 0),
        ([IPV6, "version 2"], "version-3", "version", 3),
        (["unicast_src_ip 10.0.0.1"], "no-unicast-peers", "multicast_source", ip_address("10.0.0.1")),
        (["unicast_peer {\n}"], "no-unicast-peers", "unicast_peers", ()),
        (["garp_master_repeat 0"], "bad-value", "announcements", Announcements(repeat=1)),
        (["priority 10 20"], "extra-words", "priority", 10),
        (["native_ipv6", IPV6], "deprecated", "version", 3),
        (["notify_master /a", "notify_master /b"], "duplicate-keyword", "notify", Notify(master=("/a",))),
        (["track_script {\nnope\n}"], "unknown-script", "scripts", ()),
        (["track_interface {\ne1\ne1 weight 5\n}"], "duplicate-tracking", "interfaces", (TrackedInterface("e1"),)),
        (["debug 2"], "not-supported-yet", "debug", 2),
        (["virtual_routes {\n10.1.0.0/16 encap mpls 5\n}"], "not-supported-yet", "routes", ()),
        (["foo bar {\nbaz\n}"], "unknown-keyword", "vrid", 51),
    ],
)  # fmt: skip
def test_what_can_be_run_otherwise_is_one_warning(
    load_text: Load, lines: list[str], code: str, attribute: str, value: Any
) -> None:
    loaded = load_text(instance(*lines))
    assert [finding.code for finding in loaded.findings] == [code]
    assert getattr(router(loaded), attribute) == value


@pytest.mark.parametrize("keyword", [line.split()[0] for line in LINES if "virtual_ipaddress" not in line])
def test_a_virtual_router_needs_its_keywords(load_text: Load, keyword: str) -> None:
    loaded = load_text(without(keyword))
    assert said(loaded) == ["error missing-keyword 1:1"]
    assert keyword in loaded.findings[0].text
    assert loaded.configuration is None


def test_an_empty_address_block_is_a_warning_and_runs(load_text: Load) -> None:
    """As keepalived 2.2.7 in version 2: "No VIP specified; at least one is sensible", and adverts without any."""
    loaded = load_text(instance("virtual_ipaddress {\n}"))
    assert said(loaded) == ["warning no-address 4:1"]
    assert router(loaded).addresses == ()


@pytest.mark.parametrize(
    ("lines", "family"),
    [
        ((), Family.IPV4),
        (("version 3",), Family.IPV4),
        (("version 3", "native_ipv6"), Family.IPV6),
        (("version 3", "virtual_ipaddress_excluded {\n2001:db8::5/64\n10.0.0.5\n}"), Family.IPV6),
        (("version 3", "virtual_ipaddress_excluded {\n10.0.0.5\n2001:db8::5/64\n}"), Family.IPV4),
        (("virtual_ipaddress_excluded {\n2001:db8::5/64\n}",), Family.IPV4),  # keepalived 2.2.7: IPv4, version 2
        (("version 3", "unicast_src_ip 2001:db8::1", "unicast_peer {\n2001:db8::2\n}"), Family.IPV6),
    ],
)
def test_the_family_without_an_advertised_address(load_text: Load, lines: tuple[str, ...], family: Family) -> None:
    found = router(load_text(instance("virtual_ipaddress {\n}", *lines)))
    assert (found.family, found.addresses) == (family, ())


@pytest.mark.parametrize("line", ["eth0", "eth0 weight 50", "eth0 weight -10 reverse"])
def test_the_own_interface_is_not_tracked_twice(load_text: Load, line: str) -> None:
    """keepalived 2.2.7: 'Ignoring track_interface eth0 since own interface', whatever dont_track_primary says."""
    loaded = load_text(instance(f"track_interface {{\n{line}\neth1 weight 5\n}}"))
    assert [finding.code for finding in loaded.findings] == ["no-effect"]
    assert [one.name for one in router(loaded).interfaces] == ["eth1"]


@pytest.mark.parametrize(
    ("line", "from_base"),
    [
        ("unicast_src_ip 10.0.0.1", True),
        ("check_unicast_src", True),
        ("old_unicast_checksum", True),
        ("unicast_peer {\n}", True),
        ("unicast_ttl 200", False),
        ("mcast_src_ip 10.0.0.1", False),
        ("strict_mode\nunicast_src_ip 10.0.0.1", False),
    ],
)
def test_unicast_keywords_without_peers_send_from_the_interface(load_text: Load, line: str, from_base: bool) -> None:
    """keepalived 2.2.7: 'unicast with use_vmac requires vmac_xmit_base - setting', which strict mode takes back."""
    device = router(load_text(instance("use_vmac", line))).virtual_mac
    assert device is not None
    assert device.transmit_from_base == from_base


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("virtual_routes {\n10.9.0.0/24 dev eth0\n}", ["eth0"]),
        ("virtual_routes {\n10.9.0.0/24 dev eth0 no_track\n}", []),
        ("virtual_rules {\nfrom 10.9.0.0/24 oif eth0 table 100\n}", ["eth0"]),
        ("virtual_ipaddress_excluded {\n10.9.0.1/24 dev eth0\n}", []),
    ],
)
def test_a_route_over_the_own_interface_needs_it(load_text: Load, line: str, needed: list[str]) -> None:
    """keepalived 2.2.7: 'Entering FAULT STATE' when eth0 goes down, whatever dont_track_primary says."""
    assert list(needed_interfaces(router(load_text(instance("dont_track_primary", line))))) == needed
    assert list(needed_interfaces(router(load_text(instance(line))))) == []  # its loss is a fault anyway


@pytest.mark.parametrize(
    ("address", "lines", "counts"),
    [
        ("10.1.0.1/24 dev eth1", [], False),
        ("10.1.0.1/24 dev eth1", ["use_vmac"], False),
        ("10.1.0.1/24 dev eth1", ["use_vmac_addr"], True),
        ("10.1.0.1/24 dev eth1 use_vmac", [], True),
        ("2001:db8::1/64 dev eth1", ["use_vmac_addr"], True),
    ],
)
def test_an_interface_below_a_virtual_mac_keeps_its_weight(
    load_text: Load, address: str, lines: list[str], counts: bool
) -> None:
    """keepalived 2.2.7: 'Changing effective priority from 100 to 150' where the address is on the MAC's device."""
    lines = [*lines, f"virtual_ipaddress_excluded {{\n{address}\n}}", "track_interface {\neth1 weight 50\n}"]
    assert [one.name for one in router(load_text(instance(*lines))).interfaces] == (["eth1"] if counts else [])


def test_a_tracked_script_keeps_a_weight_of_its_own(load_text: Load) -> None:
    text = script("weight 5") + script(name="b") + instance("track_script {\nchk\nb weight -20\n}")
    assert router(load_text(text)).scripts == (TrackedScript("chk"), TrackedScript("b", -20))


def test_ipv6_addresses_may_be_excluded_from_an_ipv4_router(load_text: Load) -> None:
    found = router(load_text(instance("virtual_ipaddress_excluded {\n2001:db8::5/64\n}")))
    assert [str(address) for address in found.excluded] == ["2001:db8::5/64"]


def test_a_first_ipv6_address_not_link_local_is_a_warning(load_text: Load) -> None:
    loaded = load_text(instance("virtual_ipaddress {\n2001:db8::5/64\n}"))
    assert said(loaded) == ["warning first-not-link-local 5:1"]
    assert router(loaded).family is Family.IPV6


def test_the_same_vrid_twice_on_an_interface_is_an_error(load_text: Load) -> None:
    other = instance("virtual_ipaddress {\n10.0.0.101\n}", name="VI_2")
    assert said(load_text(instance() + other)) == ["error duplicate-vrid 8:1"]


@pytest.mark.parametrize(
    "first, second",
    [
        pytest.param([], ["interface eth1"], id="two interfaces"),
        pytest.param([], ["virtual_ipaddress {\nfe80::1\n}"], id="two families"),
        pytest.param([PEER], ["unicast_peer {\n10.0.0.3\n}"], id="different unicast peers"),
        pytest.param([PEER], [], id="unicast and multicast"),
    ],
)
def test_the_same_vrid_may_be_used_where_it_cannot_be_mistaken(
    load_text: Load, first: list[str], second: list[str]
) -> None:
    other = instance(*(second or [""]), name="VI_2").replace("10.0.0.100", "10.0.0.101")
    assert said(load_text(instance(*first) + other)) == []


def test_one_address_in_two_virtual_routers_is_a_warning(load_text: Load) -> None:
    loaded = load_text(instance() + instance("virtual_router_id 52", name="VI_2"))
    assert said(loaded) == ["warning shared-address 8:1"]
    assert loaded.configuration is not None


def test_a_second_instance_of_the_same_name_is_an_error(load_text: Load) -> None:
    assert said(load_text(instance() + instance("virtual_router_id 52"))) == ["error duplicate-name 8:15"]


@pytest.mark.parametrize("line", ["vrrp_instance {", "vrrp_instance A B {"])
def test_an_instance_has_exactly_one_name(load_text: Load, line: str) -> None:
    loaded = load_text(instance().replace("vrrp_instance VI_1 {", line))
    assert loaded.configuration is None
    assert len(loaded.findings) == 1


@pytest.mark.parametrize(
    "address, text, options",
    [
        ("10.0.0.5", "10.0.0.5/32", {}),
        ("10.0.0.5/24 dev eth1", "10.0.0.5/24", {"device": "eth1"}),
        ("10.0.0.5/24 label eth0:1", "10.0.0.5/24", {"label": "eth0:1"}),
        ("10.0.0.5/24 brd 10.0.0.255", "10.0.0.5/24", {"broadcast": ip_address("10.0.0.255")}),
        ("10.0.0.5/24 broadcast +", "10.0.0.5/24", {"broadcast": ip_address("10.0.0.255")}),
        ("10.0.0.5/24 brd -", "10.0.0.5/24", {"broadcast": ip_address("10.0.0.0")}),
        ("10.0.0.5/24 scope link", "10.0.0.5/24", {"scope": "link"}),
        ("10.0.0.5/24 scope 99", "10.0.0.5/24", {"scope": "99"}),
        ("fe80::5/64 dev eth1 scope link", "fe80::5/64", {"device": "eth1", "scope": "link"}),
        ("fe80::5", "fe80::5/128", {}),
    ],
)
def test_an_address_has_options(load_text: Load, address: str, text: str, options: dict[str, Any]) -> None:
    loaded = load_text(instance(f"virtual_ipaddress {{\n{address}\n}}"))
    (found,) = router(loaded).addresses
    assert said(loaded) == []
    assert str(found) == text
    defaults = {"device": None, "label": None, "broadcast": None, "scope": None}
    assert {name: getattr(found, name) for name in defaults} == defaults | options


@pytest.mark.parametrize(
    "address, column",
    [
        ("10.0.0.300", 1), ("10.0.0.5/33", 1), ("10.0.0", 1), ("010.0.0.1", 1), ("x", 1), ("10.0.0.5-9", 1),
        ("10.0.0.5/", 1), ("10.0.0.5/255.255.255.0", 1), ("fe80::1%eth0", 1), ("224.0.0.1", 1), ("0.0.0.0", 1),
        ("127.0.0.1", 1), ("ff02::1", 1), ("::", 1), ("10.0.0.5 foo", 10), ("10.0.0.5 10.0.0.6", 10),
        ("10.0.0.5 dev", 10), ("10.0.0.5 label eth0:abcdefghijk", 16), ("10.0.0.5 brd x", 14),
        ("10.0.0.5 brd fe80::1", 14), ("10.0.0.5 scope foo", 16), ("10.0.0.5 scope 300", 16),
        ("10.0.0.5 scope 0255999", 16), ("fe80::5 brd +", 13),
    ],
)  # fmt: skip
def test_a_bad_address_is_an_error_at_its_place(load_text: Load, address: str, column: int) -> None:
    loaded = load_text(instance(f"virtual_ipaddress {{\n{address}\n}}"))
    assert loaded.configuration is None
    assert [finding.level.value for finding in loaded.findings] == ["error"]
    assert (loaded.findings[0].place.line, loaded.findings[0].place.column) == (5, column)


def test_the_options_of_an_address_are_kept(load_text: Load) -> None:
    loaded = load_text(instance("virtual_ipaddress {\n10.0.0.5/24 preferred_lft 0 -nodad dev eth1\n}"))
    assert said(loaded) == []
    assert router(loaded).addresses[0].flags == ("-nodad",)
    assert router(loaded).addresses[0].device == "eth1"


@pytest.mark.parametrize(
    "line",
    [
        "auth_pass verysecret",
        "auth_pass very secret",
        "auth_pass ve{rysecret",
        "auth_pass ve}rysecret",
        "auth_pass verysecret#",
        'auth_pass "verysecret',
        'auth_pass very"secret',
        "auth_pass verysecret\\",
        "auth_pass ${verysecret}",
        "auth_passs verysecret",
        "secret",
    ],
)
def test_a_password_is_in_no_finding_and_no_repr(load_text: Load, line: str) -> None:
    loaded = load_text(instance(f"authentication {{\nauth_type PASS\n{line}\n}}"))
    assert loaded.findings
    assert "secret" not in str(loaded.findings)
    assert "secret" not in repr(loaded)


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("virtual_ipaddress_excluded {\n10.9.0.1 dev eth1\n}", False),
        ("virtual_ipaddress_excluded {\n10.9.0.1 dev eth1 no_track\n}", True),
        ("virtual_routes {\n10.9.0.0/16 dev eth1\n}", False),
    ],
)
def test_an_interface_that_an_address_needs_has_no_weight(load_text: Load, line: str, stays: bool) -> None:
    """keepalived 2.2.7 with `eth1 weight 50` and an address `dev eth1`: the priority stays, and its loss is a fault."""
    loaded = load_text(instance("track_interface {\neth1 weight 50\n}", line))
    assert [one.name for one in router(loaded).interfaces] == ["eth1"] * stays
