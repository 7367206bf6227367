"""The keywords of global_defs: values for all virtual routers and scripts, and for the process.

They may follow the blocks that use them, so they are collected and applied after the whole file is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import announcements, notify, unsupported
from vrrptui.config.language import settings, values
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Fifo, GlobalConfig, HostScript, Mail, Place, Setting, User
from vrrptui.protocol.advert import NS_PER_SECOND

PERIOD_MAX_S = "4294"
HOST_SCRIPT_MAX_S = 1000
PREFIX_MAX = 7  # characters of vmac_prefix, to keep device names short


@dataclass(slots=True)
class GlobalDefs:
    """The values from global_defs read so far."""

    fields: dict[str, Any] = field(default_factory=dict)  # by field of GlobalConfig
    inherited: dict[str, Any] = field(default_factory=dict)  # by field of VirtualRouterConfig
    announcements: dict[str, Any] = field(default_factory=dict)  # by field of Announcements
    mail: dict[str, Any] = field(default_factory=dict)  # by field of Mail
    settings: dict[str, Setting] = field(default_factory=dict)  # by keyword
    places: dict[str, Place] = field(default_factory=dict)  # by keyword
    checksum_as_v2: bool | None = None
    devices: set[str] = field(default_factory=set)  # names of devices given out so far

    @property
    def version(self) -> int:
        version: int = self.fields.get("version", 2)
        return version

    @property
    def mac_prefix(self) -> str:
        """The prefix of the names of virtual MAC devices."""
        prefix = self.settings.get("vmac_prefix")
        return str(prefix.value) if prefix else "vrrp"

    @property
    def address_mac_prefix(self) -> str:
        """The prefix of the names of virtual MAC devices on other interfaces."""
        prefix = self.settings.get("vmac_addr_prefix")
        return str(prefix.value) if prefix else self.mac_prefix

    def config(self) -> GlobalConfig:
        return GlobalConfig(
            mail=Mail(**self.mail), settings=tuple(self.settings.values()), origins=self.places, **self.fields
        )

    def inherited_origins(self) -> dict[str, Place]:
        """Return the places of the values that virtual routers inherit, by the virtual router's keyword."""
        own = {keyword.removeprefix("vrrp_"): place for keyword, place in self.places.items()}
        renamed = {"strict": "strict_mode", "smtp_alert_vrrp": "smtp_alert"}
        return own | {new: own[old] for old, new in renamed.items() if old in own}


def read(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    """Read a global_defs block into `defs`; a file may have several."""
    for inner in statement.block or []:
        defs.places[inner.name] = inner.values[0].place if inner.values else inner.place
        bare = inner.name.removeprefix("vrrp_")
        if inner.name in PLAIN:
            settings.read(inner, PLAIN, defs.fields, report)
        elif inner.name in INHERITED:
            settings.read(inner, INHERITED, defs.inherited, report)
        elif inner.name in MAIL:
            settings.read(inner, MAIL, defs.mail, report)
        elif inner.name in SETTINGS:
            _setting(inner, defs, report)
        elif bare in announcements.PLAIN and bare != inner.name:
            table = {inner.name: announcements.PLAIN[bare]}
            settings.read(inner, table, defs.announcements, report)
        elif inner.name not in _HANDLERS:
            unsupported.report_unhandled(inner, unsupported.GLOBALS, report, _valid())
            continue
        elif inner.block is not None and inner.name != "notification_email":
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        else:
            _HANDLERS[inner.name](inner, defs, report)
        if inner.name in unsupported.GLOBALS:
            unsupported.report_unhandled(inner, unsupported.GLOBALS, report)
    if statement.block is None:
        report.error(statement.place, "missing-block", "'global_defs' needs a block in braces")


def _setting(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    found: dict[str, Any] = {}
    settings.read(statement, SETTINGS_TABLE, found, report)
    if statement.name in found:
        value = found[statement.name]
        defs.settings[statement.name] = Setting(statement.name, value, defs.places[statement.name])


def _script_user(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    words = values.at_least_one(statement, report)
    if words:
        defs.fields |= {"script_user": words[0].text, "script_group": words[1].text if len(words) > 1 else None}
    if len(words) > 2:
        values.extra_words(statement, words[2], report)


def _checksum_as_v2(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.checksum_as_v2 = values.boolean(statement, report)


def _min_garp(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    if values.boolean(statement, report):
        defs.announcements = announcements.MINIMAL | defs.announcements


def _smtp_server(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    if words := values.at_least_one(statement, report):
        defs.mail["server"] = words[0].text
    if len(words) > 1:
        defs.mail["port"] = values.whole(words[1], 1, 65535, "port", report) or 25
    if len(words) > 2:
        values.extra_words(statement, words[2], report)


def _notification_email(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    lines = values.block(statement, report)
    defs.mail["to"] = tuple(word.text for inner in lines for word in (inner.keyword, *inner.values))


def _fifo(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    """Read notify_fifo PATH [USER [GROUP]] or its script; with the prefix vrrp_ those for VRRP events only."""
    name = "vrrp_fifo" if statement.name.startswith("vrrp_") else "fifo"
    fifo = defs.fields.get(name, Fifo())
    if fifo.script if statement.name.endswith("_script") else fifo.path:
        values.written_twice(statement, report)
        return
    if statement.name.endswith("_script"):
        if found := notify.command_and_user(statement, report):
            fifo = replace(fifo, script=found[0], script_user=found[1])
    elif words := values.at_least_one(statement, report):
        texts = [word.text for word in words[1:3]]
        fifo = replace(fifo, path=words[0].text, user=User(*texts) if texts else None)
    defs.fields[name] = fifo


def _host_script(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    """Read startup_script or shutdown_script COMMAND [USER [GROUP]], or its timeout."""
    name = statement.name.split("_")[0]
    script = defs.fields.get(name, HostScript())
    if statement.name.endswith("_script") and script.command:
        values.written_twice(statement, report)
        return
    if statement.name.endswith("_timeout"):
        word = values.one(statement, report)
        number = values.whole(word, 1, HOST_SCRIPT_MAX_S, statement.name, report) if word else None
        script = script if number is None else replace(script, timeout_ns=number * NS_PER_SECOND)
    elif found := notify.command_and_user(statement, report):
        script = replace(script, command=found[0], user=found[1])
    defs.fields[name] = script


def _valid() -> tuple[str, ...]:
    garp = (f"vrrp_{keyword}" for keyword in announcements.PLAIN)
    return (*PLAIN, *INHERITED, *MAIL, *SETTINGS, *_HANDLERS, *garp)


PLAIN: settings.Table = {
    "router_id": ("router_id", settings.text),
    "vrrp_version": ("version", settings.number(2, 3)),
    "enable_script_security": ("script_security", settings.flag()),
    "vrrp_mcast_group4": ("multicast_group4", settings.group(4)),
    "vrrp_mcast_group6": ("multicast_group6", settings.group(6)),
    "default_interface": ("default_interface", settings.interface),
    "vrrp_startup_delay": ("startup_delay_ns", settings.period("0", PERIOD_MAX_S)),
    "vrrp_delay_after_boot": ("boot_delay_ns", settings.period("0", PERIOD_MAX_S)),
    "vrrp_garp_interval": ("arp_interval_ns", settings.period("0", PERIOD_MAX_S)),
    "vrrp_gna_interval": ("na_interval_ns", settings.period("0", PERIOD_MAX_S)),
    "dynamic_interfaces": (
        "dynamic_interfaces",
        settings.choice({"": "yes", "allow_if_changes": "allow_if_changes"}),
    ),
    "fifo_write_vrrp_states_on_reload": ("fifo_write_on_reload", settings.flag()),
}
INHERITED: settings.Table = {
    "vrrp_strict": ("strict", settings.flag()),
    "vrrp_lower_prio_no_advert": ("lower_priority_advert", settings.switch(inverted=True)),
    "vrrp_higher_prio_send_advert": ("higher_priority_advert", settings.switch()),
    "vrrp_owner_ignore_adverts": ("owner_ignores_adverts", settings.switch()),
    "vrrp_check_unicast_src": ("check_unicast_source", settings.flag()),
    "vrrp_skip_check_adv_addr": ("skip_check_addresses", settings.flag()),
    "vrrp_down_timer_adverts": ("down_timer_adverts", settings.number(1, 100)),
    "vrrp_notify_priority_changes": ("notify_priority_changes", settings.switch()),
    "smtp_alert": ("smtp_alert", settings.switch()),
    "smtp_alert_vrrp": ("smtp_alert", settings.switch()),
}
MAIL: settings.Table = {
    "notification_email_from": ("sender", settings.text),
    "smtp_helo_name": ("helo_name", settings.text),
    "smtp_connect_timeout": ("timeout_ns", settings.period("1", PERIOD_MAX_S)),
    "no_email_faults": ("faults", settings.flag(False)),
}
_BYTES = settings.number(1, 2**31 - 1)
SETTINGS: dict[str, settings.Reader] = {
    "vrrp_priority": settings.number(-20, 19),
    "vrrp_rt_priority": settings.number(1, 99),
    "vrrp_no_swap": settings.flag(),
    "vrrp_cpu_affinity": settings.words,
    "vrrp_rlimit_rttime": settings.number(1, 2**31 - 1),  # microseconds
    "max_auto_priority": settings.words,
    "min_auto_priority_delay": settings.number(1, 10_000_000),  # microseconds
    "process_names": settings.flag(),
    "process_name": settings.text,
    "vrrp_process_name": settings.text,
    "disable_local_igmp": settings.flag(),
    "log_unknown_vrids": settings.flag(),
    "vmac_prefix": settings.matching(rf"[^/.\s]{{1,{PREFIX_MAX}}}", f"at most {PREFIX_MAX} characters"),
    "vmac_addr_prefix": settings.matching(rf"[^/.\s]{{1,{PREFIX_MAX}}}", f"at most {PREFIX_MAX} characters"),
    "nftables": settings.words,
    "nftables_priority": settings.number(-(2**31), 2**31 - 1),
    "nftables_counters": settings.flag(),
    "nftables_ifindex": settings.flag(),
    "vrrp_iptables": settings.words,
    "vrrp_ipsets": settings.words,
    "snmp_socket": settings.text,
    **dict.fromkeys(
        ("enable_traps", "enable_snmp_vrrp", "enable_snmp_rfc", "enable_snmp_rfcv2", "enable_snmp_rfcv3"),
        settings.flag(),
    ),
    "enable_dbus": settings.flag(),
    "dbus_service_name": settings.text,
    "vrrp_netlink_cmd_rcv_bufs": _BYTES,
    "vrrp_netlink_cmd_rcv_bufs_force": settings.switch(),
    "vrrp_netlink_monitor_rcv_bufs": _BYTES,
    "vrrp_netlink_monitor_rcv_bufs_force": settings.switch(),
    "process_monitor_rcv_bufs": _BYTES,
    "process_monitor_rcv_bufs_force": settings.switch(),
    "vrrp_rx_bufs_policy": settings.matching(r"MTU|ADVERT|[0-9]{1,10}", "MTU, ADVERT or a number of bytes"),
    "vrrp_rx_bufs_multiplier": settings.number(1, 2**32 - 1),
    "umask": settings.matching(
        r"[0-7]{1,4}|0x[0-9a-fA-F]{1,3}|I[RWX](?:USR|GRP|OTH)(?:\|I[RWX](?:USR|GRP|OTH))*", "a number, or IWGRP|IWOTH"
    ),
    "random_seed": settings.number(0, 2**32 - 1),
    "reload_check_config": settings.words,
    "reload_time_file": settings.text,
    "reload_repeat": settings.flag(),
    "reload_file": settings.words,
    "config_save_dir": settings.text,
    "tmp_config_directory": settings.text,
    "data_use_instance": settings.switch(),
}
SETTINGS_TABLE: settings.Table = {keyword: (keyword, reader) for keyword, reader in SETTINGS.items()}

# Keywords of the outermost level.
ROOT: settings.Table = {"child_wait_time": ("child_wait_ns", settings.period("0", "4294"))}

_HANDLERS: dict[str, Callable[[Statement, GlobalDefs, Report], None]] = {
    "script_user": _script_user,
    "v3_checksum_as_v2": _checksum_as_v2,
    "vrrp_min_garp": _min_garp,
    "smtp_server": _smtp_server,
    "notification_email": _notification_email,
    "notify_fifo": _fifo,
    "notify_fifo_script": _fifo,
    "vrrp_notify_fifo": _fifo,
    "vrrp_notify_fifo_script": _fifo,
    "startup_script": _host_script,
    "startup_script_timeout": _host_script,
    "shutdown_script": _host_script,
    "shutdown_script_timeout": _host_script,
}
