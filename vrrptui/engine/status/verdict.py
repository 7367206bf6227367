"""The reaction of a virtual router of this host to an advert, as text."""

from __future__ import annotations

from collections.abc import Iterable

from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.advert import PRIORITY_RESIGN, Advert
from vrrptui.protocol.receive import SECTIONS, judge
from vrrptui.protocol.states import Backup, Master
from vrrptui.protocol.virtual_router import VirtualRouter


def verdict(routers: Iterable[Instance], advert: Advert, interface: str, sent: bool = False) -> str:
    """Return how one of `routers` reacts to an advert received on `interface`; empty if none has its VRID.

    `sent`: this host sent it, so it is the router's own.
    """
    for router in routers:
        config = router.config
        if (config.interface, config.family, config.vrid) != (interface, advert.family, advert.vrid):
            continue
        if sent:
            return f"sent by {config.name}"
        judgement = judge(advert, router.machine.settings.expected, router.machine.source)
        if judgement.refused:
            return f"refused by {config.name}: {judgement.refused.value} ({SECTIONS[judgement.refused]})"
        notes = ", ".join(note.value for note in judgement.notes)
        return f"accepted by {config.name}" + (f", with {notes}" if notes else "") + _deed(router.machine, advert)
    return ""


def _deed(machine: VirtualRouter, advert: Advert) -> str:
    """Return the consequence for a router in its state after the advert: it receives adverts before the observer."""
    resigns, priority = advert.priority == PRIORITY_RESIGN, advert.priority or 0
    match machine.state:
        case Backup() if resigns:
            return ", which waits no longer than its skew time (RFC 9568 §6.4.2)"
        case Backup(preempt_at_ns=waits):
            lower = priority < machine.priority and (machine.settings.preempt or machine.settings.owner)
            if lower and waits is None:
                return f", whose timer runs on: its own priority {machine.priority} is higher (RFC 9568 §6.4.2)"
            return f", whose master down timer restarts{' for its preempt delay' if lower else ''} (RFC 9568 §6.4.2)"
        case Master() if resigns:
            return ", which answers with an advert at once (RFC 9568 §6.4.3)"
        case Master():
            return f", which stays master: its priority {machine.priority} or its address is higher (RFC 9568 §6.4.3)"
    return f", which is in {machine.state_name} and takes no part"
