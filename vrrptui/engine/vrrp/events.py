"""What virtual routers report, for the engine to handle when no deadline is near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.engine.trackers.trackers import Tracker
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.actions import Transition


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A virtual router has made a transition, and its effects are done."""

    instance: Instance
    transition: Transition


@dataclass(frozen=True, slots=True)
class LowerPriorityHeard:
    """A master has heard an advert of lower priority."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class PriorityMoved:
    """The effective priority of a virtual router is another; `state` is the one that it was in then."""

    name: str
    state: str
    priority: int


@dataclass(frozen=True, slots=True)
class TrackerReported:
    """A tracker has a result."""

    tracker: Tracker


@dataclass(frozen=True, slots=True)
class InstancesChanged:
    """There is something for `Instances.take_changed`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line about a virtual router, with its level of logging."""

    name: str
    level: int
    text: str


InstanceEvent = StateChanged | LowerPriorityHeard | PriorityMoved | TrackerReported | InstancesChanged | Logged


class ChangedInstances:
    """The virtual routers of which something has changed since it was last asked."""

    def __init__(self, report: Callable[[InstanceEvent], None]) -> None:
        self._report = report
        self._changed: set[Instance] = set()

    def add(self, instance: Instance) -> None:
        """Something of it has changed: reported once until `take`."""
        if not self._changed:
            self._report(InstancesChanged())
        self._changed.add(instance)

    def take(self) -> set[Instance]:
        """Those that have changed since the last time."""
        changed, self._changed = self._changed, set()
        return changed
