"""`vrrptui status`: what the engine knows, for a person or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import msgspec

from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.event_text import event_text
from vrrptui.cli.printing.output import put, put_json
from vrrptui.client.blocking import EngineUnreachableError, view_at
from vrrptui.client.view import View
from vrrptui.control.messages import HistoryEvent
from vrrptui.control.snapshots import CheckSnapshot, EngineSnapshot, GroupSnapshot, VirtualRouterSnapshot

OTHER_DAEMON = "OTHER_DAEMON"
EVENTS_SHOWN = 100
EVENTS_PRINTED = 10


class Status(msgspec.Struct, kw_only=True):
    """The whole of what `status --json` prints."""

    engine: EngineSnapshot
    virtual_routers: list[VirtualRouterSnapshot] = []
    groups: list[GroupSnapshot] = []
    checks: list[CheckSnapshot] = []
    events: list[HistoryEvent] = []  # the latest, oldest first

    @property
    def critical(self) -> bool:
        """Whether an address is unserved or served twice, or a router of this host is in fault or not what it says."""
        unwell = any(router.state == "fault" or router.findings for router in self.virtual_routers)
        other = OTHER_DAEMON in self.engine.problems
        return unwell or other or any(group.severity == "critical" for group in self.groups)


def run(socket_path: Path, wanted: str | None, as_json: bool, out: TextIO) -> int:
    """Print the status. Exit 0 all well, 1 something critical, 2 no engine."""
    try:
        status = ask(socket_path)
    except EngineUnreachableError as error:
        return complain("status", str(error), EXIT_USAGE)
    if wanted is not None:
        status.virtual_routers = [r for r in status.virtual_routers if wanted in (r.name, r.key)]
        keys = {wanted, *(router.key for router in status.virtual_routers)}
        status.groups = [group for group in status.groups if group.key in keys]
        status.events = [event for event in status.events if event.group in keys]
        names = {router.name for router in status.virtual_routers}
        tracked = {check for router in status.virtual_routers for check in router.checks}
        status.checks = [one for one in status.checks if one.name in tracked or names & set(one.routers)]
        if not status.virtual_routers and not status.groups:
            return complain("status", f"no virtual router or group {wanted} is known", EXIT_USAGE)
    if as_json:
        put_json(out, status)
    else:
        put(out, *_lines(status))
    return EXIT_FAILED if status.critical else EXIT_GOOD


def ask(socket_path: Path) -> Status:
    """The status of the engine on this socket. Raises EngineUnreachableError."""
    return status_of(view_at(socket_path))


def status_of(view: View) -> Status:
    """What is printed of a view, in which an engine has said of itself what it is."""
    picture = view.picture
    assert picture.engine is not None
    return Status(
        engine=picture.engine,
        virtual_routers=list(picture.routers.values()),
        groups=list(picture.groups.values()),
        checks=list(picture.checks.values()),
        events=view.newest_events()[:EVENTS_SHOWN][::-1],
    )


def _check_lines(check: CheckSnapshot) -> list[str]:
    """A check: its state, what it does to whom, how long it took, what it said."""
    done, needed = check.run
    first = f"check {check.name} {check.state}, {done} of {needed} towards a change, last exit {check.last_exit}"
    if check.durations:
        first += f", took {check.durations[-1] * 1000:.0f} ms (worst {max(check.durations) * 1000:.0f})"
    moved = [str(effect) for effect in check.effects]
    lines = [first, *([f"  moves {'; '.join(moved)}"] if moved else [])]
    said = check.last_output.strip().splitlines()
    lines += [f"  said: {said[-1]}"] if said else []
    return lines + ([f"  {check.hint}"] if check.hint else [])


def _lines(status: Status) -> list[str]:
    engine = status.engine
    lines = [f"engine {engine.version} pid {engine.pid}, {engine.mode}, up {engine.uptime:.0f} s"]
    lines += [f"  {code}: {text}" for code, text in zip(engine.problems, engine.explanations, strict=False)]
    if engine.capture_drops:
        lines.append(f"  the kernel dropped {engine.capture_drops} frames before the observer read them")
    lines += [f"  also heard: {other}, which is not VRRP" for other in engine.other_protocols]
    for router in status.virtual_routers:
        lines.append(
            f"{router.name} {router.key} {router.state.upper()} priority {router.effective_priority}"
            f" ({router.arithmetic}), master {router.master or 'unknown'}: {router.reason}"
        )
        lines += [f"  {finding.code}: {finding.text}" for finding in router.findings]
        for one in router.notified:
            how = "timed out" if one.timed_out else f"ended with {one.exit}"
            lines.append(f"  notify {one.state} {one.command}: {how} after {one.duration * 1000:.0f} ms")
    for group in status.groups:
        masters = ", ".join(f"{m.source} ({m.priority})" for m in group.masters) or "none"
        lines.append(f"group {group.key} v{group.version} {group.severity}: master {masters}")
        lines += [f"  {code}: {text}" for code, text in zip(group.problems, group.explanations, strict=False)]
    for check in status.checks:
        lines += _check_lines(check)
    lines += [event_text(event) for event in status.events[-EVENTS_PRINTED:]]
    return lines
