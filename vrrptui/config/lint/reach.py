"""How far the weights of a virtual router can move its priority, and whether that ever matters.

Knows the model only. keepalived's arithmetic: weights are added up, and the sum stays within 1 to 254.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vrrptui.config.model.configuration import Configuration, Place, TrackFileConfig, VirtualRouterConfig

LOWEST, HIGHEST = 1, 254  # of an effective priority; 255 is the address owner's and is never moved


@dataclass(frozen=True, slots=True)
class Weighted:
    """Something that moves a priority by its weight when it succeeds (weight above 0) or fails (below 0)."""

    kind: str  # script, interface, process, file
    name: str
    weight: int
    place: Place


@dataclass(frozen=True, slots=True)
class Reach:
    """The effective priorities that one virtual router can have."""

    lowest: int
    highest: int
    certain: bool = True  # False: a tracked file or a BFD session can move it to anywhere


def weighted(router: VirtualRouterConfig, configuration: Configuration) -> Iterator[Weighted]:
    """What moves the priority of `router`; each with the weight of the virtual router, else its own."""
    scripts: Mapping[str, int] = {script.name: script.weight for script in configuration.scripts}
    processes: Mapping[str, int] = {process.name: process.weight for process in configuration.processes}
    for kind, all_of_them, own in (
        ("script", router.scripts, scripts),
        ("interface", router.interfaces, {}),
        ("process", router.processes, processes),
    ):
        for tracked in all_of_them:
            weight = own.get(tracked.name, 0) if tracked.weight is None else tracked.weight
            if weight:
                yield Weighted(kind, tracked.name, weight, tracked.place or router.place)
    files: Mapping[str, TrackFileConfig] = {file.name: file for file in configuration.files}
    for tracked_file in router.files:
        own_weight = files[tracked_file.name].weight if tracked_file.name in files else 1
        weight = own_weight if tracked_file.weight is None else tracked_file.weight
        if weight:
            yield Weighted("file", tracked_file.name, weight, tracked_file.place or router.place)


def reach(router: VirtualRouterConfig, configuration: Configuration) -> Reach:
    """From all trackers failed to all of them well. A file can hold any number, and a BFD session is not known."""
    if router.owner:
        return Reach(router.priority, router.priority)
    movers = list(weighted(router, configuration))
    certain = not any(mover.kind == "file" for mover in movers) and not router.bfd_sessions
    low = router.priority + sum(mover.weight for mover in movers if mover.weight < 0)
    high = router.priority + sum(mover.weight for mover in movers if mover.weight > 0)
    return Reach(_clamped(low), _clamped(high), certain)


def _clamped(priority: int) -> int:
    return min(max(priority, LOWEST), HIGHEST)
