"""`vrrptui groups`: the groups in a capture, in the capture's own time."""

from __future__ import annotations

from collections import defaultdict
from typing import TextIO

import msgspec

from vrrptui.cli.printing.complain import EXIT_GOOD, complain
from vrrptui.cli.printing.event_text import event_text, moment
from vrrptui.cli.printing.output import put, put_json
from vrrptui.cli.printing.vendors import vendor
from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import GroupSnapshot, HeardSnapshot
from vrrptui.engine.capture.pcap import CaptureError
from vrrptui.engine.observer.replay import Replay
from vrrptui.engine.observer.snapshots import key_text
from vrrptui.protocol.advert import Family
from vrrptui.segment.codes import Code
from vrrptui.segment.group import GroupKey
from vrrptui.segment.segment import Segment


class GroupReport(GroupSnapshot, frozen=True, kw_only=True, tag="group"):
    """A group with its events."""

    events: list[HistoryEvent]


def run(path: str, as_json: bool, out: TextIO) -> int:
    """Print the groups of a capture, as text or as a JSON array of the objects of `status`. Return the exit status.

    For a damaged file, the part before the damage is printed, and the damage reported on stderr.
    """
    replay = Replay()
    status = EXIT_GOOD
    try:
        replay.read(path)
    except CaptureError as error:
        status = complain(path, str(error))
    groups, events = replay.snapshots(), replay.history()
    if status and not groups:
        return status
    groups = [_with_vendors(group) for group in groups]
    if as_json:
        put_json(out, _reports(groups, events), indent=2)
    else:
        lines = [line for group in groups for line in _lines(group)]
        lines += [*_vrid_map(groups, replay.segment), *_not_vrrp(replay.segment), *map(event_text, events)]
        put(out, *lines)
    out.flush()
    return status


def _reports(groups: list[GroupSnapshot], events: list[HistoryEvent]) -> list[GroupReport]:
    of_group: defaultdict[str, list[HistoryEvent]] = defaultdict(list)
    for event in events:
        of_group[event.group].append(event)
    return [GroupReport(**msgspec.structs.asdict(group), events=of_group[group.key]) for group in groups]


def _vrid_map(groups: list[GroupSnapshot], segment: Segment) -> list[str]:
    """Return lines with the VRIDs in use on each interface, and a free one that CARP does not use either."""
    lines = []
    vhids: defaultdict[str, set[int]] = defaultdict(set)
    for where, vhid in segment.vhids:
        vhids[key_text(GroupKey(*where, Family.IPV4, vhid)).split("/")[0]].add(vhid)
    used: defaultdict[str, set[int]] = defaultdict(set)
    for group in groups:
        used[group.key.split("/")[0]].add(group.vrid)
    for place in sorted({*used, *vhids}):
        taken = used[place] | vhids[place]
        free = next((vrid for vrid in range(1, 256) if vrid not in taken), None)
        hint = "none is free" if free is None else f"the first free one is {free}"
        carp = f" (and VHIDs of CARP: {_ranges(sorted(vhids[place]))})" if vhids[place] else ""
        lines.append(f"VRIDs in use on {place}: {_ranges(sorted(used[place])) or 'none'}{carp}; {hint}")
    return lines


def _ranges(numbers: list[int]) -> str:
    """Format 1, 2, 3 and 7 as 1-3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _not_vrrp(segment: Segment) -> list[str]:
    names = [f"{name} of {source}" for _, name, source in segment.others]
    lost = segment.evicted_groups + segment.evicted_routers
    lines = [f"{Code.TABLE_FULL.value}: {lost} groups or routers were forgotten"] if lost else []
    return lines + [f"also heard: {name}, which is not VRRP" for name in names]


def _lines(group: GroupSnapshot) -> list[str]:
    names = ", ".join(f"{m.source} ({m.priority})" for m in group.masters) or "nobody"
    lines = [
        f"{group.key}  {f'VRRPv{group.version}' if group.version else 'VRRP'} {group.family}  {group.severity}",
        f"    master     {names}" + (f" since {moment(group.since)}, {group.last_cause}" if group.masters else ""),
        f"    addresses  {', '.join(group.addresses) or 'none'}",
    ]
    lines += [f"    heard      {_router(router)}" for router in group.routers]
    if group.listeners:
        lines.append(f"    listens    {', '.join(group.listeners)} (on this interface, for whichever VRID)")
    for finding in group.findings:
        lines.append(f"    {finding.code}: {finding.text}")
        lines += [f"        {moment(one.time)} {one.source}: {one.field}" for one in finding.evidence]
    return lines


def _router(router: HeardSnapshot) -> str:
    facts = [
        f"{router.source} ({router.priority}) {router.role}",
        f"v{router.version}",
        f"every {router.interval:g} s (+-{router.jitter_ms:.1f} ms)",
        f"{router.adverts} adverts",
        f"last {moment(router.last_seen)}",
    ]
    if router.source_mac:
        kind = {"virtual": "virtual", "wrong-virtual": "the virtual one of another group"}.get(router.mac_kind or "")
        named = kind or router.vendor
        facts.append(f"from {router.source_mac}" + (f" ({named})" if named else ""))
    if router.auth != "none":
        facts.append(f"auth {router.auth}")
    if router.version == 3:
        facts.append(f"checksum {router.checksum}")
    return ", ".join(facts)


def _with_vendors(group: GroupSnapshot) -> GroupSnapshot:
    """Return the groups with the vendors of the network cards, which are looked up here only."""
    if all(router.mac_kind != "physical" for router in group.routers):
        return group
    routers = [
        msgspec.structs.replace(router, vendor=vendor(router.source_mac))
        if router.source_mac and router.mac_kind == "physical"
        else router
        for router in group.routers
    ]
    return msgspec.structs.replace(group, routers=routers)
