"""Writes the global parts of a configuration: global_defs, interfaces, static addresses, routes and rules."""

from __future__ import annotations

from vrrptui.config.model.configuration import (
    Configuration,
    Fifo,
    GlobalConfig,
    HostScript,
    Mail,
    Setting,
    User,
    VirtualAddress,
)
from vrrptui.config.render.text import Text, command, seconds, switch, word, words


def global_defs(text: Text, configuration: Configuration) -> None:
    """Write the global_defs block, without values that every virtual router repeats."""
    general = configuration.globals
    text.origins = general.origins
    with text.block("global_defs"):
        text.put_if(general.router_id is not None, "router_id", word(general.router_id or ""))
        text.put("vrrp_version", str(general.version))
        if general.script_user is not None:
            text.put("script_user", words(filter(None, (general.script_user, general.script_group))))
        text.put_if(general.script_security, "enable_script_security")
        text.put_if(general.multicast_group4, "vrrp_mcast_group4", str(general.multicast_group4))
        text.put_if(general.multicast_group6, "vrrp_mcast_group6", str(general.multicast_group6))
        text.put_if(general.default_interface != "eth0", "default_interface", word(general.default_interface))
        text.put_if(general.startup_delay_ns, "vrrp_startup_delay", seconds(general.startup_delay_ns))
        text.put_if(general.boot_delay_ns, "vrrp_delay_after_boot", seconds(general.boot_delay_ns))
        text.put_if(general.arp_interval_ns, "vrrp_garp_interval", seconds(general.arp_interval_ns))
        text.put_if(general.na_interval_ns, "vrrp_gna_interval", seconds(general.na_interval_ns))
        if general.dynamic_interfaces != "no":
            text.put("dynamic_interfaces", *(["allow_if_changes"] if general.dynamic_interfaces != "yes" else []))
        _fifo(text, "notify_fifo", general.fifo)
        _fifo(text, "vrrp_notify_fifo", general.vrrp_fifo)
        text.put_if(general.fifo_write_on_reload, "fifo_write_vrrp_states_on_reload")
        _host_script(text, "startup_script", general.startup)
        _host_script(text, "shutdown_script", general.shutdown)
        _mail(text, configuration)
        for setting in general.settings:
            _setting(text, setting)
    text.put_if(general.linkbeat_polling, "linkbeat_use_polling")
    default_ns = GlobalConfig().child_wait_ns
    text.put_if(general.child_wait_ns != default_ns, "child_wait_time", seconds(general.child_wait_ns))


def _fifo(text: Text, keyword: str, fifo: Fifo) -> None:
    text.put_if(fifo.path, keyword, word(fifo.path or ""), *_user(fifo.user))
    text.put_if(fifo.script, f"{keyword}_script", command(fifo.script), *_user(fifo.script_user))


def _host_script(text: Text, keyword: str, script: HostScript) -> None:
    text.put_if(script.command, keyword, command(script.command), *_user(script.user))
    if script.timeout_ns != HostScript().timeout_ns:
        text.put(f"{keyword}_timeout", seconds(script.timeout_ns))


def _user(user: User | None) -> list[str]:
    return [words(filter(None, (user.name, user.group)))] if user else []


def _mail(text: Text, configuration: Configuration) -> None:
    mail = configuration.globals.mail
    text.lines("notification_email", ((word(address), None) for address in mail.to))
    text.put_if(mail.sender is not None, "notification_email_from", word(mail.sender or ""))
    text.put_if(mail.server is not None, "smtp_server", word(mail.server or ""), str(mail.port))
    text.put_if(mail.helo_name is not None, "smtp_helo_name", word(mail.helo_name or ""))
    text.put_if(mail.server or mail.timeout_ns != Mail().timeout_ns, "smtp_connect_timeout", seconds(mail.timeout_ns))
    text.put_if(not mail.faults, "no_email_faults")


def _setting(text: Text, setting: Setting) -> None:
    value = setting.value
    if value is True:
        text.put(setting.keyword)
    elif value is False:
        text.put(setting.keyword, switch(value))
    elif isinstance(value, tuple):
        text.put(setting.keyword, words(value))
    else:
        text.put(setting.keyword, word(str(value)))


def surroundings(text: Text, configuration: Configuration) -> None:
    """Write the blocks about interfaces and the static ones."""
    text.origins = None
    for group in configuration.garp_groups:
        with text.block("garp_group", origin=group.place):
            text.put_if(group.arp_interval_ns, "garp_interval", seconds(group.arp_interval_ns))
            text.put("gna_interval", seconds(group.na_interval_ns))
            text.lines("interfaces", ((word(name), None) for name in group.interfaces))
    delays = ((f"{word(d.name)} {seconds(d.down_ns)} {seconds(d.up_ns)}", None) for d in configuration.interface_delays)
    text.lines("interface_up_down_delays", delays)
    linkbeat = ((" ".join(filter(None, (word(name), kind))), None) for name, kind in configuration.linkbeat)
    text.lines("linkbeat_interfaces", linkbeat)
    static = configuration.static
    for name, members in static.groups:
        with text.block("track_group", word(name)):
            text.lines("group", ((word(member), None) for member in members))
    text.lines("static_ipaddress", ((address_line(address), None) for address in static.addresses))
    text.lines("static_routes", ((words(route.words), None) for route in static.routes))
    text.lines("static_rules", ((words(rule.words), None) for rule in static.rules))


def address_line(address: VirtualAddress) -> str:
    """Return a line of a block of addresses."""
    line = [address.interface.with_prefixlen]
    for option, value in (
        *(("brd", address.broadcast), ("dev", address.device), ("scope", address.scope), ("label", address.label)),
        *(("peer", address.peer), ("preferred_lft", address.preferred_lifetime_s)),
        ("track_group", address.track_group),
    ):
        line += [] if value is None else [option, word(str(value))]
    line += address.flags
    line += ["use_vmac"] * address.virtual_mac + ["no_track"] * (not address.tracked)
    return " ".join(line)
