"""The effective configuration as text: every value with its origin, and reading it gives the same again."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from config_texts import AUTH, IPV6, Load, instance, script
from hypothesis import given, settings
from hypothesis import strategies as st
from test_random_texts import WHOLE
from test_real_files import PUBLIC, SAMPLES

from vrrptui.config.lexer import split_command
from vrrptui.config.model import Configuration
from vrrptui.config.parser import load
from vrrptui.config.show import MASK, show
from vrrptui.config.written import command

EVERYTHING = """\
global_defs {
router_id "a router"
vrrp_version 3
script_user root daemon
enable_script_security
vrrp_mcast_group4 224.0.0.99
vrrp_mcast_group6 ff02::99
default_interface eth1
vrrp_startup_delay 5.5
vrrp_garp_interval 0.001
vrrp_gna_interval 0.000001
vrrp_garp_master_repeat 2
vrrp_down_timer_adverts 4
dynamic_interfaces allow_if_changes
notify_fifo /f u g
notify_fifo_script "/s a" v
vrrp_notify_fifo "/f g"
fifo_write_vrrp_states_on_reload
notification_email {
a@b
}
notification_email_from c@d
smtp_server m 2525
smtp_helo_name h
smtp_connect_timeout 5
no_email_faults
vrrp_rt_priority 50
vrrp_no_swap
vrrp_cpu_affinity 0 1
umask IWGRP|IWOTH
data_use_instance no
startup_script "/x y" root
}
linkbeat_use_polling
vrrp_script "a b" {
script "/x 'a b' \\"c\\" \\x41"
interval 3
timeout 2
weight -5
user u g
init_fail
recover "/r #!{}"
recover_attempts 2
recover_timeout 5
on_failure stop
}
track_file F {
file "/f g"
weight -3
init_file 7 overwrite
}
vrrp_track_process P {
process "/a b" c
weight 5
quorum 2
quorum_max 3
delay 1.5
full_command
param_match partial
}
garp_group {
garp_interval 0.5
interfaces {
eth0
eth1
}
}
interface_up_down_delays {
eth0 1 0.5
}
linkbeat_interfaces {
eth0
eth1 MII
}
track_group g {
group {
A
}
}
static_ipaddress {
10.0.0.9/24 brd + dev e scope link label e:1 track_group g
}
static_routes {
default via 10.0.0.2
}
static_rules {
from 10.9.0.0/16 pref 1
}
vrrp_instance A {
interface eth0
state BACKUP
virtual_router_id 1
priority 150
version 2
advert_int 3
nopreempt
no_accept
authentication {
auth_type PASS
auth_pass "a # b"
}
unicast_src_ip 10.0.0.1
unicast_peer {
10.0.0.2 min_ttl 3
10.0.0.3
}
unicast_ttl 7
check_unicast_src
old_unicast_checksum never
garp_extra_if all 100
use_vmac v 02:00:00:00:00:01
vmac_xmit_base
use_vmac_addr
track_src_ip
dont_track_primary
promote_secondaries
lvs_sync_daemon_interface eth1
kernel_rx_buf_size 1000
debug 2
skip_check_adv_addr
higher_prio_send_advert
lower_prio_no_advert
owner_ignore_adverts
virtual_ipaddress {
10.0.0.100/24 peer 10.0.0.5 -nodad home noprefixroute preferred_lft forever use_vmac no_track
}
virtual_ipaddress_excluded {
fe80::1/64
}
virtual_routes {
blackhole 10.1.0.0/16
}
virtual_rules {
from 10.1.0.0/16 pref 3
}
track_script {
"a b" weight 5 noreverse
}
track_interface {
eth1 weight -5
}
track_file {
F
}
track_process {
P weight 3
}
track_bfd {
B
}
notify "/x y"
notify_master /m
notify_deleted
notify_master_rx_lower_pri "/l 'a b'" u g
smtp_alert
notify_priority_changes
}
vrrp_instance B {
interface eth1
virtual_router_id 2
advert_int 0.25
v3_checksum_as_v2
mcast_src_ip fe80::7
mcast_dst_ip ff02::99
use_ipvlan i 10.0.0.3/24 vepa
unicast_fault_no_peer
preempt_delay 1.5
virtual_ipaddress {
fe80::100/64
}
}
vrrp_sync_group G {
group {
A B
}
track_interface {
eth2
}
notify_fault /f
sync_group_tracking_weight
smtp_alert
}
"""


def again(configuration: Configuration) -> tuple[Configuration, str]:
    """What reading the shown configuration gives, and the text."""
    text = show(configuration, passwords=True)
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        loaded = load(file.name, "other-host")
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings] + [text]
    return loaded.configuration, text


def assert_fixed(configuration: Configuration) -> None:
    """Reading what is shown gives the same configuration and the same text, but for the origins."""
    read, text = again(configuration)
    assert replace(read, file=configuration.file) == configuration
    assert without_origins(show(read, passwords=True)) == without_origins(text)


def without_origins(text: str) -> str:
    return re.sub(r" ?! \S*$", "", text, flags=re.MULTILINE)


def test_every_value_is_shown_and_read_again(load_text: Load) -> None:
    configuration = load_text(EVERYTHING).configuration
    assert configuration is not None
    assert_fixed(configuration)


@pytest.mark.parametrize(
    "text",
    [
        "",
        instance(),
        WHOLE,
        instance(AUTH, "version 2", "state MASTER", "priority 255"),
        instance(IPV6, "advert_int 0.01"),
        script("user root") + instance("track_script {\nchk\n}"),
    ],
    ids=range(6),
)
def test_what_is_shown_is_a_fixed_point(load_text: Load, text: str) -> None:
    configuration = load_text(text).configuration
    assert configuration is not None
    assert_fixed(configuration)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("keepalived.conf*")) + sorted(PUBLIC.glob("*.conf")), ids=str)
def test_a_real_file_is_a_fixed_point(path: Path) -> None:
    configuration = load(str(path)).configuration
    if configuration is None:
        pytest.skip("the file cannot be run")
    assert_fixed(configuration)


ODD = st.text(
    st.characters(exclude_characters="\0", exclude_categories=()) | st.sampled_from("\"'\\ #!{}$@~"), max_size=9
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD.map(lambda text: text.encode("utf-8", "replace").decode()), min_size=1, max_size=5))
def test_any_command_is_written_so_that_it_is_read_again(arguments: list[str]) -> None:
    (once,) = split_command(command(arguments))
    assert split_command(once) == tuple(arguments)


@settings(max_examples=150, deadline=None)
@given(
    command=st.lists(ODD.filter(str.isprintable), min_size=1, max_size=4),
    name=st.text(
        st.characters(categories=("L", "P", "S", "N", "Zs"), exclude_characters='"\\'), min_size=1, max_size=9
    ),
    priority=st.integers(1, 254),
    interval=st.integers(1, 4095),
)
def test_any_values_are_a_fixed_point(command: list[str], name: str, priority: int, interval: int) -> None:
    text = instance("version 3", f"priority {priority}", f"advert_int {interval / 100}")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        configuration = load(file.name).configuration
    assert configuration is not None
    router = configuration.routers[0]
    odd = replace(router, name=name, notify=replace(router.notify, any=("/x", *command)))
    assert_fixed(replace(configuration, routers=(odd,)))


def test_each_value_has_its_origin(load_text: Load) -> None:
    loaded = load_text("global_defs {\nvrrp_garp_master_repeat 2\n}\n" + instance("priority 7"))
    assert loaded.configuration is not None
    text = show(loaded.configuration)
    origins = dict(re.findall(r"^ +([\w ]+?) ! .*?(\d+|default)$", text, re.MULTILINE))
    assert origins["priority 7"] == "10"
    assert origins["garp_master_repeat 2"] == "2"
    assert origins["down_timer_adverts 3"] == "default"


def test_a_password_is_shown_to_those_alone_who_ask(load_text: Load) -> None:
    loaded = load_text(instance(AUTH))
    assert loaded.configuration is not None
    assert "secret" not in show(loaded.configuration)
    assert MASK in show(loaded.configuration)
    assert "secret" in show(loaded.configuration, passwords=True)
