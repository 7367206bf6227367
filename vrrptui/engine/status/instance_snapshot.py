"""Snapshots of virtual routers of this host."""

from __future__ import annotations

from dataclasses import asdict

from vrrptui.control.snapshots import Contribution, FindingSnapshot, RouterState, VirtualRouterSnapshot
from vrrptui.engine.status.health import Findings
from vrrptui.engine.trackers.trackers import names_of
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.advert import NS_PER_SECOND
from vrrptui.protocol.priority import sum_in_words
from vrrptui.protocol.states import Backup, Master

STATES: dict[str, RouterState] = {
    "master": "master",
    "backup": "backup",
    "fault": "fault",
    "init": "init",
    "stopped": "stopped",
}


def router_snapshot(router: Instance, clock_offset_s: float, findings: Findings) -> VirtualRouterSnapshot:
    """Return the snapshot of a virtual router; `clock_offset_s` converts monotonic to wall-clock seconds."""
    config, machine = router.config, router.machine
    master, master_priority, last_heard = None, None, None
    match machine.state:
        case Master():
            master, master_priority = str(machine.source), machine.priority
        case Backup(master=source, master_priority=priority, heard_at_ns=heard_ns):
            master, master_priority = str(source) if source else None, priority
            last_heard = None if heard_ns is None else round(heard_ns / NS_PER_SECOND + clock_offset_s, 6)
    sent = machine.statistics.advertisement_sent - router.transmitter.unsent_adverts
    return VirtualRouterSnapshot(
        key=router.key,
        name=router.name,
        interface=config.interface,
        family=config.family.value,
        vrid=config.vrid,
        version=config.version,
        state=STATES[machine.state_name],
        reason=machine.reason,
        since=router.since,
        base_priority=config.priority,
        effective_priority=machine.priority,
        override=router.override,
        contributions=[
            Contribution(
                name=one.name,
                amount=one.amount,
                state="unknown" if one.up is None else "up" if one.up else "down",
                fault=one.fault,
            )
            for one in router.tracked
        ],
        arithmetic=sum_in_words(config.priority, router.tracked, router.override),
        preempt=config.preempt,
        owner=config.owner,
        master=master,
        master_priority=master_priority,
        last_heard=last_heard,
        advertisement_interval=config.interval_ns / NS_PER_SECOND,
        skew_time=machine.skew_time_ns / NS_PER_SECOND,
        master_down_interval=machine.master_down_interval_ns / NS_PER_SECOND,
        down_timer_adverts=config.down_timer_adverts,
        virtual_addresses=[str(address) for address in config.all_addresses],
        checks=names_of(config),
        findings=[
            FindingSnapshot(code=code.value, severity="critical", since=since, text=text)
            for code, (since, text) in findings.items()
        ],
        statistics=asdict(machine.statistics) | {"advertisement_sent": sent},
    )
