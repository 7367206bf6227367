"""Small configurations that the tests put together: one virtual router, with lines added or taken away."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords.route import read as read_route
from vrrptui.config.keywords.rule import read as read_rule
from vrrptui.config.language.lexer import Word
from vrrptui.config.model.configuration import Loaded, Place, Route, Rule, VirtualRouterConfig

Load = Callable[[str], Loaded]

LINES = ("interface eth0", "virtual_router_id 51", "virtual_ipaddress {\n10.0.0.100/24\n}")
AUTH = "authentication {\nauth_type PASS\nauth_pass secret\n}"
IPV6 = "virtual_ipaddress {\nfe80::100/64\n2001:db8::100/64\n}"


def instance(*lines: str, name: str = "VI_1") -> str:
    """A vrrp_instance with `LINES`, of which a line in `lines` with the same keyword takes the place."""
    keywords = {line.split()[0] for line in lines if line.strip()}
    kept = [line for line in LINES if line.split()[0] not in keywords]
    return "\n".join([f"vrrp_instance {name} {{", *kept, *lines, "}", ""])


def without(keyword: str) -> str:
    """A vrrp_instance that lacks one of `LINES`."""
    kept = [line for line in LINES if line.split()[0] != keyword]
    return "\n".join(["vrrp_instance VI_1 {", *kept, "}", ""])


def script(*lines: str, name: str = "chk") -> str:
    return "\n".join([f"vrrp_script {name} {{", 'script "/bin/true"', *lines, "}", ""])


def router(loaded: Loaded) -> VirtualRouterConfig:
    """The only virtual router of a configuration that loaded without an error."""
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings]
    (only,) = loaded.configuration.routers
    return only


def said(loaded: Loaded) -> list[str]:
    """Findings as short as a table wants them: level code line:column."""
    return [f"{f.level.value} {f.code} {f.place.line}:{f.place.column}" for f in loaded.findings]


# Every keyword of the VRRP scopes that does not exclude another one.
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
vrrp_delay_after_boot 0.5
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


def route(line: str) -> Route:
    found = read_route(_words(line), Report())
    assert found is not None
    return found


def rule(line: str) -> Rule:
    found = read_rule(_words(line), Report())
    assert found is not None
    return found


def _words(line: str) -> tuple[Word, ...]:
    return tuple(Word(text, Place("", 1)) for text in line.split())
