"""Writes a configuration as keepalived.conf text: every value in effect, with its origin as a comment.

Reading the text gives the same configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vrrptui.config.keywords.notify import EVENTS
from vrrptui.config.model.configuration import (
    Configuration,
    Notify,
    Place,
    ScriptConfig,
    SyncGroupConfig,
    Tracked,
    TrackedInterface,
    TrackedScript,
    TrackFileConfig,
    TrackProcessConfig,
    VirtualRouterConfig,
)
from vrrptui.config.render import host
from vrrptui.config.render.host import address_line
from vrrptui.config.render.text import Text, command, seconds, switch, word, words
from vrrptui.protocol.advert import Checksum

MASK = "********"  # replaces a password; eight bytes, so that it is a valid one


def show(configuration: Configuration, passwords: bool = False) -> str:
    """Return the text of `configuration`; without `passwords` each password is masked."""
    text = Text()
    host.global_defs(text, configuration)
    for script in configuration.scripts:
        _script(text, script)
    for file in configuration.files:
        _file(text, file)
    for process in configuration.processes:
        _process(text, process)
    host.surroundings(text, configuration)
    for router in configuration.routers:
        _router(text, router, passwords)
    for group in configuration.sync_groups:
        _sync_group(text, group)
    return str(text)


def _script(text: Text, script: ScriptConfig) -> None:
    text.origins = script.origins
    with text.block("vrrp_script", word(script.name), origin=script.place):
        text.put("script", command(script.command))
        text.put("interval", seconds(script.interval_ns))
        text.put("timeout", seconds(script.timeout_ns))
        text.put("rise", str(script.rise))
        text.put("fall", str(script.fall))
        text.put("weight", _weight(script.weight, script.reverse))
        if script.user is not None:
            text.put("user", words(filter(None, (script.user, script.group))))
        text.put_if(script.init_fail, "init_fail")
        if script.recover:
            text.put("recover", command(script.recover))
            text.put("recover_attempts", str(script.recover_attempts))
            text.put("recover_timeout", seconds(script.recover_timeout_ns))
        text.put_if(script.on_failure != "fault", "on_failure", script.on_failure)


def _file(text: Text, file: TrackFileConfig) -> None:
    text.origins = file.origins
    with text.block("track_file", word(file.name), origin=file.place):
        text.put("file", word(file.file))
        text.put("weight", _weight(file.weight, file.reverse))
        if file.initial_value is not None:
            text.put("init_file", str(file.initial_value), *(["overwrite"] if file.overwrite else []))


def _process(text: Text, process: TrackProcessConfig) -> None:
    text.origins = process.origins
    with text.block("vrrp_track_process", word(process.name), origin=process.place):
        text.put("process", words(process.command))
        text.put_if(process.match != "exact", "param_match", process.match)
        text.put_if(process.full_command, "full_command")
        text.put("weight", _weight(process.weight, process.reverse))
        text.put("quorum", str(process.quorum))
        text.put_if(process.quorum_max is not None, "quorum_max", str(process.quorum_max))
        text.put_if(process.fork_delay_ns, "fork_delay", seconds(process.fork_delay_ns))
        text.put_if(process.terminate_delay_ns, "terminate_delay", seconds(process.terminate_delay_ns))


def _router(text: Text, router: VirtualRouterConfig, passwords: bool) -> None:
    text.origins = router.origins
    with text.block("vrrp_instance", word(router.name), origin=router.place):
        text.put("state", router.initial_state)
        text.put("interface", word(router.interface))
        text.put("virtual_router_id", str(router.vrid))
        text.put("priority", str(router.priority))
        text.put("version", str(router.version))
        text.put("advert_int", seconds(router.interval_ns))
        text.put("preempt" if router.preempt else "nopreempt")
        text.put("preempt_delay", seconds(router.preempt_delay_ns))
        text.put("accept" if router.accept else "no_accept")
        if router.auth_type:
            with text.block("authentication", origin=router.origins.get("authentication")):
                text.origins = {}
                place = router.origins.get("authentication")
                text.put("auth_type", "PASS" if router.auth_type == 1 else "AH", origin=place)
                shown = router.auth_password.decode("utf-8", "surrogateescape") if passwords else MASK
                text.put("auth_pass", word(shown), origin=place)
            text.origins = router.origins
        _wire(text, router)
        _announcements(text, router)
        _interface(text, router)
        text.lines("virtual_ipaddress", ((address_line(address), None) for address in router.addresses))
        text.lines("virtual_ipaddress_excluded", ((address_line(address), None) for address in router.excluded))
        text.lines("virtual_routes", ((words(route.words), None) for route in router.routes))
        text.lines("virtual_rules", ((words(rule.words), None) for rule in router.rules))
        _trackers(text, router)
        _notify(text, router.notify)
        text.put("notify_priority_changes", switch(router.notify_priority_changes))
        text.put("smtp_alert", switch(router.smtp_alert))
        text.put_if(router.lvs_sync_interface, "lvs_sync_daemon_interface", word(router.lvs_sync_interface or ""))
        text.put_if(router.receive_buffer_bytes, "kernel_rx_buf_size", str(router.receive_buffer_bytes))
        text.put_if(router.debug, "debug", str(router.debug))


def _wire(text: Text, router: VirtualRouterConfig) -> None:
    """Write how adverts are sent, and which are accepted."""
    text.put_if(router.unicast_source, "unicast_src_ip", str(router.unicast_source))
    ttls = {limits.peer: f" min_ttl {limits.low} max_ttl {limits.high}" for limits in router.peer_ttls}
    text.lines("unicast_peer", ((f"{peer}{ttls.get(peer, '')}", None) for peer in router.unicast_peers))
    text.put_if(router.check_unicast_source, "check_unicast_src")
    text.put_if(router.fault_without_peers, "unicast_fault_no_peer")
    text.put_if(router.unicast_ttl is not None, "unicast_ttl", str(router.unicast_ttl))
    if router.old_unicast_checksum != "auto":
        text.put("old_unicast_checksum", *(["never"] if router.old_unicast_checksum == "never" else []))
    text.put_if(router.multicast_source, "mcast_src_ip", str(router.multicast_source))
    text.put_if(router.multicast_destination, "mcast_dst_ip", str(router.multicast_destination))
    text.put_if(router.checksum, "v3_checksum_as_v2", switch(router.checksum is Checksum.MESSAGE))
    text.put("strict_mode", switch(router.strict))
    text.put("down_timer_adverts", str(router.down_timer_adverts))
    text.put("lower_prio_no_advert", switch(not router.lower_priority_advert))
    text.put("higher_prio_send_advert", switch(router.higher_priority_advert))
    text.put_if(router.owner_ignores_adverts, "owner_ignore_adverts")
    text.put("skip_check_adv_addr", switch(router.skip_check_addresses))


def _announcements(text: Text, router: VirtualRouterConfig) -> None:
    schedule = router.announcements
    text.put("garp_master_delay", seconds(schedule.delay_ns))
    text.put("garp_master_repeat", str(schedule.repeat))
    if not router.strict:  # strict mode has neither
        text.put("garp_lower_prio_delay", seconds(schedule.lower_delay_ns))
        text.put("garp_lower_prio_repeat", str(schedule.lower_repeat))
    text.put("garp_master_refresh", seconds(schedule.refresh_ns))
    text.put("garp_master_refresh_repeat", str(schedule.refresh_repeat))
    on_all = ["all"] if schedule.extra_all else []
    text.put_if(schedule.extra_ns or on_all, "garp_extra_if", *on_all, seconds(schedule.extra_ns))


def _interface(text: Text, router: VirtualRouterConfig) -> None:
    """Write the settings of the interface and its tracking."""
    if router.virtual_mac:
        text.put("use_vmac", word(router.virtual_mac.name), *filter(None, [router.virtual_mac.address]))
        text.put_if(router.virtual_mac.transmit_from_base, "vmac_xmit_base")
    text.put_if(router.addresses_at_virtual_mac, "use_vmac_addr")
    if router.ipvlan:
        name = word(router.ipvlan.name) if router.ipvlan.name else ""
        address = str(router.ipvlan.address or "")
        text.put("use_ipvlan", *filter(None, [name, address]), router.ipvlan.mode)
    text.put_if(router.vrf, "vrf", word(router.vrf or ""))
    text.put_if(router.track_source, "track_src_ip")
    text.put_if(not router.track_primary, "dont_track_primary")
    text.put_if(router.promote_secondaries, "promote_secondaries")
    text.put_if(router.linkbeat_polling, "linkbeat_use_polling")


def _sync_group(text: Text, group: SyncGroupConfig) -> None:
    text.origins = group.origins
    with text.block("vrrp_sync_group", word(group.name), origin=group.place):
        text.lines("group", ((word(member), None) for member in group.members))
        _trackers(text, group)
        _notify(text, group.notify)
        text.put("notify_priority_changes", switch(group.notify_priority_changes))
        text.put("smtp_alert", switch(group.smtp_alert))
        text.put_if(group.member_weights, "sync_group_tracking_weight")


def _trackers(text: Text, tracking: VirtualRouterConfig | SyncGroupConfig) -> None:
    text.lines("track_script", _tracked(tracking.scripts))
    text.lines("track_interface", _tracked(tracking.interfaces))
    text.lines("track_file", _tracked(tracking.files))
    text.lines("track_process", _tracked(tracking.processes))
    text.lines("track_bfd", _tracked(tracking.bfd_sessions))


def _tracked(all_of_them: Iterable[TrackedScript | TrackedInterface | Tracked]) -> Iterator[tuple[str, Place | None]]:
    for one in all_of_them:
        weight = "" if one.weight is None else f" weight {_weight(one.weight, bool(one.reverse))}"
        # Only the reverse flag of a script, file or process can be overridden; an interface has none.
        takes_back = one.reverse is False and not isinstance(one, TrackedInterface)
        yield word(one.name) + weight + " noreverse" * takes_back, one.place


def _weight(number: int, reverse: bool) -> str:
    return f"{number} reverse" if reverse else str(number)


def _notify(text: Text, notify: Notify) -> None:
    for keyword, event in EVENTS.items():
        arguments: tuple[str, ...] = getattr(notify, event)
        user = notify.user_of(event)
        if arguments:
            text.put(keyword, command(arguments), *([words(filter(None, (user.name, user.group)))] if user else []))
        elif event == "deleted" and notify.says_deleted:
            text.put(keyword)
