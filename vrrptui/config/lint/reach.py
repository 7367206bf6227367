"""Computes how far the weights of a virtual router can move its priority.

As in keepalived the weights are added, and the sum is limited to 1 to 254.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vrrptui.config.model.configuration import Configuration, Place, TrackFileConfig, VirtualRouterConfig

Own = Mapping[str, tuple[int, bool]]  # weight and reverse of each tracker

LOWEST, HIGHEST = 1, 254  # effective priorities; the address owner's 255 never changes


@dataclass(frozen=True, slots=True)
class Weighted:
    """A tracker that changes a priority. `weight` is the change, the negative of the configured one with `reverse`."""

    kind: str  # script, interface, process, file
    name: str
    weight: int
    place: Place


@dataclass(frozen=True, slots=True)
class Reach:
    """The range of effective priorities of one virtual router."""

    lowest: int
    highest: int
    certain: bool = True  # False: a tracked file or BFD session can change it by any amount


def weighted(router: VirtualRouterConfig, configuration: Configuration) -> Iterator[Weighted]:
    """Yield the trackers with a weight; the virtual router's weight takes precedence over the tracker's own."""
    scripts: Own = {script.name: (script.weight, script.reverse) for script in configuration.scripts}
    processes: Own = {process.name: (process.weight, process.reverse) for process in configuration.processes}
    for kind, all_of_them, own in (
        ("script", router.scripts, scripts),
        ("interface", router.interfaces, {}),
        ("process", router.processes, processes),
    ):
        for tracked in all_of_them:
            weight = _change(*own.get(tracked.name, (0, False)), tracked.weight, tracked.reverse)
            if weight:
                yield Weighted(kind, tracked.name, weight, tracked.place or router.place)
    files: Mapping[str, TrackFileConfig] = {file.name: file for file in configuration.files}
    for tracked_file in router.files:
        file = files.get(tracked_file.name)
        own_weight, reverse = (file.weight, file.reverse) if file is not None else (1, False)
        weight = _change(own_weight, reverse, tracked_file.weight, tracked_file.reverse)
        if weight:
            yield Weighted("file", tracked_file.name, weight, tracked_file.place or router.place)


def _change(own: int, own_reverse: bool, weight: int | None, reverse: bool | None) -> int:
    """Return the change of a priority: what a line says takes precedence over the tracker's own values."""
    weight = own if weight is None else weight
    return -weight if (own_reverse if reverse is None else reverse) else weight


def reach(router: VirtualRouterConfig, configuration: Configuration) -> Reach:
    """Return the priorities from all trackers failed to all successful; files and BFD sessions make it uncertain."""
    if router.owner:
        return Reach(router.priority, router.priority)
    movers = list(weighted(router, configuration))
    certain = not any(mover.kind == "file" for mover in movers) and not router.bfd_sessions
    low = router.priority + sum(mover.weight for mover in movers if mover.weight < 0)
    high = router.priority + sum(mover.weight for mover in movers if mover.weight > 0)
    return Reach(_clamped(low), _clamped(high), certain)


def _clamped(priority: int) -> int:
    return min(max(priority, LOWEST), HIGHEST)
