"""Every keyword of the VRRP scopes gives its value to the model, whether the engine runs it yet or not."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import Any

import pytest

from tests.config.config_texts import Load, instance, route, router, rule, script
from vrrptui.config.model.configuration import (
    Announcements,
    Configuration,
    Fifo,
    GarpGroup,
    InterfaceDelay,
    Ipvlan,
    Mail,
    Notify,
    PeerTtl,
    Place,
    Setting,
    StaticConfig,
    Tracked,
    TrackedInterface,
    TrackedScript,
    User,
    VirtualAddress,
    VirtualMac,
)

S = 1_000_000_000
HERE = Place("", 1)
NAMES = "track_file F {\nfile /f\n}\nvrrp_track_process P {\nprocess p\n}\n" + script("weight 3")


def configuration(load_text: Load, text: str) -> Configuration:
    loaded = load_text(text)
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings]
    return loaded.configuration


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("accept", "accept", True),
        ("no_accept", "accept", False),
        ("unicast_peer {\n10.0.0.7 min_ttl 3\n10.0.0.8\n}", "peer_ttls", (PeerTtl(ip_address("10.0.0.7"), 3),)),
        ("unicast_ttl 7", "unicast_ttl", 7),
        ("check_unicast_src", "check_unicast_source", True),
        ("unicast_fault_no_peer", "fault_without_peers", True),
        ("old_unicast_checksum", "old_unicast_checksum", "always"),
        ("old_unicast_checksum never", "old_unicast_checksum", "never"),
        ("mcast_dst_ip 224.0.0.99", "multicast_destination", ip_address("224.0.0.99")),
        ("track_src_ip", "track_source", True),
        ("dont_track_primary", "track_primary", False),
        ("use_vmac", "virtual_mac", VirtualMac("vrrp.51")),
        ("use_vmac v 02:00:00:00:00:0A", "virtual_mac", VirtualMac("v", address="02:00:00:00:00:0a")),
        ("use_vmac\nvmac_xmit_base", "virtual_mac", VirtualMac("vrrp.51", transmit_from_base=True)),
        ("use_vmac name v group 5 netlink_notify_msg", "virtual_mac", VirtualMac("v")),
        ("use_vmac netlink_notify_msg", "virtual_mac", VirtualMac("vrrp.51")),
        ("use_vmac\nuse_vmac_addr", "addresses_at_virtual_mac", True),
        ("use_ipvlan name i group red 10.0.0.3/24", "ipvlan", Ipvlan("i", ip_interface("10.0.0.3/24"), "bridge")),
        ("use_ipvlan i 10.0.0.3/24 vepa", "ipvlan", Ipvlan("i", ip_interface("10.0.0.3/24"), "vepa")),
        ("vrf red", "vrf", "red"),
        ("virtual_routes {\ndefault via 10.0.0.2 dev e\n}", "routes", (route("default via 10.0.0.2 dev e"),)),
        ("virtual_rules {\nfrom 10.1.0.0/16 pref 1\n}", "rules", (rule("from 10.1.0.0/16 pref 1"),)),
        ("down_timer_adverts 5", "down_timer_adverts", 5),
        ("higher_prio_send_advert", "higher_priority_advert", True),
        ("lower_prio_no_advert", "lower_priority_advert", False),
        ("owner_ignore_adverts", "owner_ignores_adverts", True),
        ("skip_check_adv_addr", "skip_check_addresses", True),
        ("strict_mode", "strict", True),
        ("promote_secondaries", "promote_secondaries", True),
        ("linkbeat_use_polling", "linkbeat_polling", True),
        ("lvs_sync_daemon_interface eth1", "lvs_sync_interface", "eth1"),
        ("kernel_rx_buf_size 1000", "receive_buffer_bytes", 1000),
        ("debug 2", "debug", 2),
        ("smtp_alert", "smtp_alert", True),
        ("notify_priority_changes on", "notify_priority_changes", True),
        ("garp_lower_prio_delay 3", "announcements", Announcements(lower_delay_ns=3 * S)),
        ("garp_lower_prio_repeat 3", "announcements", Announcements(lower_repeat=3)),
        ("garp_master_repeat 3", "announcements", Announcements(repeat=3)),
        ("garp_extra_if all 100", "announcements", Announcements(extra_ns=100 * S, extra_all=True)),
        ("notify_deleted", "notify", Notify(says_deleted=True)),
        ("notify_deleted /x", "notify", Notify(deleted=("/x",), says_deleted=True)),
        ("notify_master_rx_lower_pri /x", "notify", Notify(master_rx_lower_pri=("/x",))),
        ('notify "/x a" u g', "notify", Notify(any=("/x", "a"), users=(("any", User("u", "g")),))),
        ("track_script {\nchk weight 5\n}", "scripts", (TrackedScript("chk", 5),)),
        ("track_script {\nchk weight 5 noreverse\n}", "scripts", (TrackedScript("chk", 5, reverse=False),)),
        ("track_interface {\ne weight -5\n}", "interfaces", (TrackedInterface("e", -5),)),
        ("track_file {\nF weight 254\n}", "files", (Tracked("F", 254),)),
        ("track_process {\nP\n}", "processes", (Tracked("P"),)),
        ("track_bfd {\nB weight 1\n}", "bfd_sessions", (Tracked("B", 1),)),
        (
            "virtual_ipaddress_excluded {\nfe80::9/64 dev e -nodad home no_track preferred_lft forever use_vmac\n}",
            "excluded",
            (
                VirtualAddress(
                    *(ip_interface("fe80::9/64"), "e"),
                    flags=("-nodad", "home"),
                    tracked=False,
                    preferred_lifetime_s=2**32 - 1,
                    virtual_mac=True,
                ),
            ),
        ),
        (
            "virtual_ipaddress_excluded {\n10.0.0.9 peer 10.0.0.8 label e:1 scope link brd 10.0.0.255\n}",
            "excluded",
            (
                VirtualAddress(
                    *(ip_interface("10.0.0.9"), None, "e:1", ip_address("10.0.0.255"), "link", ip_address("10.0.0.8")),
                ),
            ),
        ),
    ],
)  # fmt: skip
def test_a_virtual_router_has_the_value(load_text: Load, line: str, field: str, value: Any) -> None:
    found = configuration(load_text, NAMES + instance(line)).routers[0]
    assert getattr(found, field) == value
    keyword = line.split()[0]
    assert found.origins[keyword].line > NAMES.count("\n")


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("vrrp_down_timer_adverts 4", "down_timer_adverts", 4),
        ("vrrp_strict", "strict", True),
        ("vrrp_higher_prio_send_advert", "higher_priority_advert", True),
        ("vrrp_skip_check_adv_addr", "skip_check_addresses", True),
        ("vrrp_check_unicast_src", "check_unicast_source", True),
        ("smtp_alert_vrrp on", "smtp_alert", True),
        ("vmac_prefix v", "virtual_mac", VirtualMac("v.51")),
        ("vrrp_min_garp", "announcements", Announcements(1, 0, lower_delay_ns=0, lower_repeat=1)),
        ("vrrp_garp_master_repeat 2", "announcements", Announcements(2, lower_repeat=2)),
        ("vrrp_garp_lower_prio_repeat 2", "announcements", Announcements(lower_repeat=2)),
    ],
)
def test_a_virtual_router_has_the_value_of_global_defs(load_text: Load, line: str, field: str, value: Any) -> None:
    found = configuration(load_text, f"global_defs {{\n{line}\n}}\n" + instance("use_vmac")).routers[0]
    assert getattr(found, field) == value


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("vrrp_mcast_group4 224.0.0.99", "multicast_group4", ip_address("224.0.0.99")),
        ("vrrp_mcast_group6 ff02::99", "multicast_group6", ip_address("ff02::99")),
        ("default_interface e", "default_interface", "e"),
        ("vrrp_startup_delay 5.5", "startup_delay_ns", 5_500_000_000),
        ("vrrp_delay_after_boot 90", "boot_delay_ns", 90_000_000_000),
        ("vrrp_garp_interval 0.001", "arp_interval_ns", 1_000_000),
        ("vrrp_gna_interval 0.000001", "na_interval_ns", 1_000),
        ("dynamic_interfaces", "dynamic_interfaces", "yes"),
        ("dynamic_interfaces allow_if_changes", "dynamic_interfaces", "allow_if_changes"),
        ('notify_fifo /f u g\nnotify_fifo_script "/s a" v', "fifo", Fifo("/f", User("u", "g"), ("/s", "a"), User("v"))),
        ("vrrp_notify_fifo /f", "vrrp_fifo", Fifo("/f")),
        ("fifo_write_vrrp_states_on_reload", "fifo_write_on_reload", True),
        ("notification_email {\na@b\nc@d\n}", "mail", Mail(("a@b", "c@d"))),
        ("smtp_server m 2525\nsmtp_helo_name h", "mail", Mail(server="m", port=2525, helo_name="h")),
        ("no_email_faults\nsmtp_connect_timeout 5", "mail", Mail(faults=False, timeout_ns=5 * S)),
        ("vrrp_rt_priority 50", "settings", (Setting("vrrp_rt_priority", 50, HERE),)),
        ("vrrp_no_swap", "settings", (Setting("vrrp_no_swap", True, HERE),)),
        ("vrrp_cpu_affinity 0 1", "settings", (Setting("vrrp_cpu_affinity", ("0", "1"), HERE),)),
    ],
)
def test_global_defs_have_the_value(load_text: Load, line: str, field: str, value: Any) -> None:
    assert getattr(configuration(load_text, f"global_defs {{\n{line}\n}}\n").globals, field) == value


@pytest.mark.parametrize(
    "text, field, value",
    [
        (
            "garp_group {\ngarp_interval 0.5\ninterface e\n}",
            "garp_groups",
            (GarpGroup(interfaces=("e",), arp_interval_ns=S // 2, place=HERE),),
        ),
        (
            "garp_group {\ngna_interval 1\ninterfaces {\na\nb\n}\n}",
            "garp_groups",
            (GarpGroup(interfaces=("a", "b"), na_interval_ns=S, place=HERE),),
        ),
        (
            "interface_up_down_delays {\na 1\nb 1 0.5\nc\n}",
            "interface_delays",
            (InterfaceDelay("a", S, S), InterfaceDelay("b", S, S // 2), InterfaceDelay("c")),
        ),
        ("linkbeat_interfaces {\na\nb MII\n}", "linkbeat", (("a", None), ("b", "MII"))),
        (
            "static_ipaddress {\n10.0.0.9/24 dev e track_group g\n}",
            "static",
            StaticConfig(addresses=(VirtualAddress(ip_interface("10.0.0.9/24"), "e", track_group="g"),)),
        ),
        (
            "static_routes {\n10.9.0.0/16 via 10.0.0.2\n}",
            "static",
            StaticConfig(routes=(route("10.9.0.0/16 via 10.0.0.2"),)),
        ),
        (
            "static_rules {\nfrom 10.9.0.0/16 pref 1\n}",
            "static",
            StaticConfig(rules=(rule("from 10.9.0.0/16 pref 1"),)),
        ),
        ("track_group g {\ngroup {\na b\n}\n}", "static", StaticConfig(groups=(("g", ("a", "b")),))),
    ],
)
def test_a_scope_of_its_own_has_the_value(load_text: Load, text: str, field: str, value: Any) -> None:
    assert getattr(configuration(load_text, text), field) == value


@pytest.mark.parametrize(
    "kind, lines, expected",
    [
        ("track_file", "file /f", ("/f", 1, None, False)),
        ("vrrp_track_file", 'file "/f g"\nweight -3\ninit_file 7 overwrite', ("/f g", -3, 7, True)),
        ("track_file", "file /f\ninit_file", ("/f", 1, 0, False)),
    ],
)
def test_a_tracked_file_has_its_values(load_text: Load, kind: str, lines: str, expected: tuple[object, ...]) -> None:
    (file,) = configuration(load_text, f"{kind} F {{\n{lines}\n}}").files
    assert (file.file, file.weight, file.initial_value, file.overwrite) == expected


def test_a_tracked_process_has_its_values(load_text: Load) -> None:
    lines = 'process "/a b" c\nweight 5\nquorum 2\nquorum_max 3\ndelay 1.5\nfull_command\nparam_match partial'
    (process,) = configuration(load_text, f"vrrp_track_process P {{\n{lines}\n}}").processes
    assert (process.command, process.match, process.full_command) == (("/a b", "c"), "partial", True)
    assert (process.weight, process.quorum, process.quorum_max) == (5, 2, 3)
    assert process.fork_delay_ns == process.terminate_delay_ns == 1_500_000_000


def test_a_tracked_process_has_defaults(load_text: Load) -> None:
    (process,) = configuration(load_text, "vrrp_track_process P {\nprocess p\n}").processes
    assert (process.weight, process.reverse, process.quorum, process.quorum_max) == (0, False, 1, None)
    assert (process.match, process.full_command, process.fork_delay_ns, process.terminate_delay_ns) == (
        "exact",
        False,
        0,
        0,
    )


def test_a_script_can_recover_and_stop(load_text: Load) -> None:
    text = script('recover "/r a"', "recover_attempts 2", "recover_timeout 5", "on_failure stop")
    (found,) = configuration(load_text, text).scripts
    assert (found.recover, found.recover_attempts, found.recover_timeout_ns) == (("/r", "a"), 2, 5 * S)
    assert found.on_failure == "stop"


def test_a_sync_group_has_its_members_notifies_and_trackers(load_text: Load) -> None:
    two = instance(name="A") + instance("virtual_router_id 52", name="B").replace(".100", ".101")
    lines = "group {\nA B\n}\nnotify_master /m\ntrack_interface {\ne\n}\nsmtp_alert\nsync_group_tracking_weight"
    (group,) = configuration(load_text, two + f"vrrp_sync_group G {{\n{lines}\n}}").sync_groups
    assert group.members == ("A", "B")
    assert group.notify == Notify(master=("/m",))
    assert group.interfaces == (TrackedInterface("e"),)
    assert group.smtp_alert
    assert group.member_weights


def test_virtual_macs_have_names_of_their_own(load_text: Load) -> None:
    text = instance("use_vmac", name="A") + instance("use_vmac", "interface eth1", name="B").replace(".100", ".101")
    devices = [found.virtual_mac for found in configuration(load_text, text).routers]
    assert devices == [VirtualMac("vrrp.51"), VirtualMac("vrrp1.51")]
    six = text.replace("10.0.0.100/24", "fe80::9").replace("10.0.0.101/24", "fe80::a")
    devices = [found.virtual_mac for found in configuration(load_text, six).routers]
    assert devices == [VirtualMac("vrrp.51"), VirtualMac("vrrp6.51")]  # keepalived 2.2.7 names them so


def test_the_other_family_is_on_the_interface_beside_the_vmac(load_text: Load) -> None:
    """As in keepalived 2.2.7, with `dev` of the own interface too."""
    lines = "virtual_ipaddress_excluded {\n2001:db8::1\n2001:db8::2 dev eth0\n10.0.0.102\n}"
    (router,) = configuration(load_text, instance("use_vmac", lines)).routers
    assert [router.device_of(one) for one in router.excluded] == ["eth0", "eth0", "vrrp.51"]


def test_a_value_that_is_the_default_anyway_is_not_spoken_of(load_text: Load) -> None:
    loaded = load_text(instance("strict_mode off", "skip_check_adv_addr no", "down_timer_adverts 3"))
    assert loaded.findings == ()
    assert router(loaded).down_timer_adverts == 3
