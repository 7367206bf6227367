"""`vrrptui groups`: what the segment model knows after reading a capture, in the capture's own time."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

import msgspec

from vrrptui.cli.complain import EXIT_GOOD, complain
from vrrptui.control.snapshots import GroupSnapshot, HeardSnapshot
from vrrptui.engine.capture_file import CaptureError, read_capture
from vrrptui.engine.link_layer import AdvertReader
from vrrptui.engine.overheard import overhear
from vrrptui.engine.publish import group_snapshot
from vrrptui.segment.events import SegmentEvent
from vrrptui.segment.group import HeardFrame
from vrrptui.segment.segment import Segment


class Replay:
    """A segment model fed from a capture file, and what happened meanwhile."""

    def __init__(self) -> None:
        self.segment = Segment()
        self.events: list[SegmentEvent] = []
        self._reader = AdvertReader()
        self.time_ns = 0  # of the last frame; a capture's clock may step back, the model's never does

    def read(self, path: str) -> None:
        """Feed the whole file. Raises CaptureError after what was whole."""
        for captured in read_capture(path):
            self.time_ns = max(self.time_ns, captured.time_ns)
            self._tick()
            read = self._reader.read(captured.data, captured.link_type, captured.vlan)
            if read is None:
                for said in overhear(captured.data, captured.link_type, captured.vlan, captured.interface):
                    self.events += self.segment.overhear(self.time_ns, said)
                continue
            frame, advert = read
            heard = HeardFrame(
                advert=advert,
                interface=captured.interface,
                vlan=frame.vlan,
                source_mac=frame.source_mac,
            )
            self.events += self.segment.hear(self.time_ns, heard)

    def snapshots(self) -> list[GroupSnapshot]:
        """The groups as of the last frame, in the order of their keys."""
        listeners = self.segment.listeners
        groups = (
            group_snapshot(group, self.time_ns, listeners=listeners.of(group.key.place, group.key.family, self.time_ns))
            for group in self.segment.groups.values()
        )
        return sorted(groups, key=lambda g: (g.interface or "", g.vlan or 0, g.family, g.vrid))

    def _tick(self) -> None:
        """Let every deadline before the frame pass at its own time, so that losses are dated rightly."""
        while (due_ns := self.segment.next_deadline_ns()) is not None and due_ns <= self.time_ns:
            self.events += self.segment.tick(due_ns)


def run(path: str, as_json: bool, out: TextIO) -> int:
    """Print the groups of a capture: a JSON array of the objects of `status`, or text. Returns the exit status.

    What a damaged file held before the damage is printed, and the damage told on stderr.
    """
    replay = Replay()
    status = EXIT_GOOD
    try:
        replay.read(path)
    except CaptureError as error:
        status = complain(path, str(error))
    groups = replay.snapshots()
    if status and not groups:
        return status
    if as_json:
        out.write(msgspec.json.format(msgspec.json.encode(groups), indent=2).decode() + "\n")
    else:
        out.writelines(line + "\n" for group in groups for line in _lines(group))
    out.flush()
    return status


def _lines(group: GroupSnapshot) -> list[str]:
    names = ", ".join(f"{m.source} ({m.priority})" for m in group.masters) or "nobody"
    lines = [
        f"{group.key}  VRRPv{group.version} {group.family}  {group.severity}",
        f"    master     {names}" + (f" since {_time(group.since)}, {group.last_cause}" if group.masters else ""),
        f"    addresses  {', '.join(group.addresses) or 'none'}",
    ]
    lines += [f"    heard      {_router(router)}" for router in group.routers]
    lines += [f"    {code}: {sentence}" for code, sentence in zip(group.problems, group.explanations, strict=True)]
    return lines


def _router(router: HeardSnapshot) -> str:
    return (
        f"{router.source} ({router.priority}) {router.role}, v{router.version}, every {router.interval:g} s, "
        f"{router.adverts} adverts, last {_time(router.last_seen)}"
    )


def _time(time_s: float) -> str:
    try:
        return datetime.fromtimestamp(time_s).strftime("%H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError, OSError):  # a capture may carry any number
        return f"{time_s:.3f}"
