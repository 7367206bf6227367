"""The keywords that vrrptui accepts but does not support yet, by block, each with the effect of its absence.

To support a keyword, remove it here. A keyword with an empty text affects neither mastership nor what is sent. A
keyword that is neither here nor read by any module is unknown to keepalived as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vrrptui.config.findings.report import Report
from vrrptui.config.findings.spelling import meant, strange_sign
from vrrptui.config.language.tree import Statement


def report_unhandled(statement: Statement, known: Mapping[str, str], report: Report, valid: Iterable[str] = ()) -> None:
    """Report a keyword that is not supported yet, or not known.

    `known` are the unsupported keywords with the effect of their absence; `valid` are the supported ones.
    """
    if statement.name in known:
        effect = known[statement.name]
        text = f"{statement.keyword.shown} is not supported yet" + (f": {effect}" if effect else "")
        report.once(statement.place, "not-supported-yet", text)
        return
    if report.full:
        return  # suggestions are slow, and a sequence can repeat a line 50,000 times
    word = statement.keyword
    text, hint = f"{word.shown} is no keyword here", ""
    if sign := strange_sign(word.text):
        text += f": {sign}"
    if near := meant(word.text, (*known, *valid)):
        hint = f"did you mean {near}?"
    elif statement.name in BLOCKS:
        hint = "is a } missing before it?"
    elif statement.name in INSIDE and known is ROOT:
        hint = "it belongs into a block: is there a } too many before it?"
    report.warning(statement.place, "unknown-keyword", text, hint)


def _all(effect: str, words: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), effect)


# The blocks of the outermost level, which are not keywords of other blocks.
BLOCKS = frozenset(
    (
        *("global_defs", "vrrp_instance", "vrrp_script", "vrrp_sync_group", "vrrp_track_process", "track_group"),
        *("static_ipaddress", "static_routes", "static_rules", "garp_group", "linkbeat_interfaces"),
        *("interface_up_down_delays", "virtual_server", "virtual_server_group", "bfd_instance", "vrrp_track_file"),
    )
)
# Keywords of those blocks that are often found after a surplus }.
INSIDE = frozenset(
    (
        *("state", "interface", "virtual_router_id", "priority", "advert_int", "authentication", "virtual_ipaddress"),
        *("virtual_ipaddress_excluded", "virtual_routes", "virtual_rules", "unicast_peer", "unicast_src_ip"),
        *("track_script", "track_interface", "track_process", "nopreempt", "preempt_delay", "notify", "notify_master"),
        *("notify_backup", "notify_fault", "notify_stop", "script", "interval", "weight", "fall", "rise", "router_id"),
        *("group", "mcast_src_ip", "smtp_alert", "use_vmac", "auth_type", "auth_pass", "garp_master_delay"),
    )
)

_NO_MAIL = "no mail is sent about server pools"
_NO_POOL = "vrrptui runs no server pools yet, this one is left alone"

ROOT: Mapping[str, str] = {
    **_all("", "instance use_pid_dir namespace_with_ipsets"),
    "net_namespace": "the engine runs in the network namespace it was started in",
    "net_namespace_ipvs": _NO_POOL,
    "bfd_instance": "no BFD session is run",
    "virtual_server": _NO_POOL,
    "virtual_server_group": _NO_POOL,
    "SSL": _NO_POOL,
}

GLOBALS: Mapping[str, str] = {
    **_all(_NO_MAIL, "smtp_alert_checker no_checker_emails"),
    **_all(
        "",
        "process_name process_names vrrp_process_name checker_process_name lvs_process_name bfd_process_name"
        " max_auto_priority min_auto_priority_delay"
        " checker_log_all_failures disable_local_igmp lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop"
        " vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_ipvs nftables_ipvs_priority"
        " nftables_ipvs_start_fwmark nftables_counters"
        " vrrp_rlimit_rtime"
        " checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity checker_rlimit_rttime"
        " checker_rlimit_rtime bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity bfd_rlimit_rttime"
        " bfd_rlimit_rtime snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc"
        " enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_checker enable_dbus dbus_service_name dbus_no_interface_name"
        " vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs"
        " vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs process_monitor_rcv_bufs_force"
        " lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs"
        " lvs_netlink_monitor_rcv_bufs_force rs_init_notifies vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier umask"
        " random_seed reload_check_config reload_time_file reload_repeat reload_file"
        " include_check config_save_dir tmp_config_directory data_use_instance log_unknown_vrids"
        " state_dump_file stats_dump_file json_dump_file json_version"
        " thread_timer_expired lvs_sync_daemon use_symlink_paths set_supplementary_groups"
        " snmp_vs_stats_update_interval snmp_rs_stats_update_interval iproute_usr_dir iproute_etc_dir",
    ),
    **_all("nothing is written to a FIFO", "lvs_notify_fifo lvs_notify_fifo_script"),
    "dynamic_interfaces": "an interface that is missing is waited for",
}

INSTANCE: Mapping[str, str] = {
    **_all(
        "",
        "debug lvs_sync_daemon_interface",
    ),
    "track_bfd": "BFD sessions are not watched, they change no priority",
    "no_virtual_ipaddress": "a virtual router needs an address",
    "timer_expired_backup": "a late timer is handled by reading what was heard meanwhile",
    "auth_hmac": "adverts leave without it, so peers that require it refuse them",
}

SYNC_GROUP: Mapping[str, str] = {
    "track_bfd": INSTANCE["track_bfd"],
}
