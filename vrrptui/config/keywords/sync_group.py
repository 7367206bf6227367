"""The keywords of vrrp_sync_group, and the final members of the groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from vrrptui.config.findings.report import Report, shown
from vrrptui.config.keywords import notify, static, tracking, unsupported
from vrrptui.config.keywords.tracking import Trackers
from vrrptui.config.language import settings
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Notify, Place, SyncGroupConfig, VirtualRouterConfig

PLAIN: settings.Table = {
    "notify_priority_changes": ("notify_priority_changes", settings.switch()),
    "smtp_alert": ("smtp_alert", settings.switch()),
    "sync_group_tracking_weight": ("member_weights", settings.flag()),
}
_EVENTS = notify.EVENTS.keys() - {"notify_deleted", "notify_master_rx_lower_pri"}


def read(statement: Statement, name: Word, report: Report) -> SyncGroupConfig:
    """Read one vrrp_sync_group block."""
    fields: dict[str, Any] = {}
    trackers, notifies = Trackers(), Notify()
    members: tuple[str, ...] = ()
    places: dict[str, Place] = {}
    for inner in statement.block or []:
        places[inner.name] = inner.values[0].place if inner.values else inner.place
        if inner.name in PLAIN:
            settings.read(inner, PLAIN, fields, report)
        elif inner.name in tracking.KEYWORDS:
            trackers.read(inner, report)
        elif inner.name in _EVENTS:
            notifies = notify.read(inner, notifies, report)
        elif inner.name == "group":
            members += static.members(inner, report)
        elif inner.name == "global_tracking":
            text = "'global_tracking' is not needed: what the group itself tracks holds for all its members"
            report.warning(inner.place, "deprecated", text)
        else:
            valid = (*PLAIN, *tracking.KEYWORDS, *_EVENTS, "group", "global_tracking")
            unsupported.report_unhandled(inner, unsupported.SYNC_GROUP, report, valid)
            continue
        if inner.name in unsupported.SYNC_GROUP:
            unsupported.report_unhandled(inner, unsupported.SYNC_GROUP, report)
    fields |= trackers.as_fields()
    return SyncGroupConfig(
        name=name.text, members=members, notify=notifies, place=statement.place, origins=places, **fields
    )


def settle(
    groups: Iterable[SyncGroupConfig],
    routers: Mapping[str, VirtualRouterConfig],
    refused: Collection[str],
    alerts: bool,
    report: Report,
) -> tuple[SyncGroupConfig, ...]:
    """Return the groups with their existing members; a virtual router may be in one group only.

    `refused` are the names of virtual routers with an error of their own, which are not reported again. `alerts` is the
    default of smtp_alert for the groups.
    """
    settled = []
    taken: dict[str, str] = {}
    for group in groups:
        times = Counter(group.members)
        for name in times:
            if name not in routers and name not in refused:
                text = f"there is no vrrp_instance {shown(name)}: {shown(group.name)} goes without it"
                report.warning(group.origins.get("group", group.place), "unknown-member", text)
            elif taken.setdefault(name, group.name) != group.name or times[name] > 1:
                text = f"{shown(name)} is twice in sync groups"
                report.error(group.origins["group"], "shared-member", text, "a virtual router has one sync group")
                break
        known = tuple(name for name in group.members if name in routers)
        if len(known) < 2 and not any(name in refused for name in group.members):
            text = f"the sync group {shown(group.name)} has {len(known) or 'no'} virtual router{'s' * (not known)}"
            report.warning(group.place, "lonely-group", text, "group { NAME NAME }, with two at least")
        if known:
            mail = group.smtp_alert if "smtp_alert" in group.origins else alerts
            settled.append(replace(group, members=known, smtp_alert=mail))
    return tuple(settled)
