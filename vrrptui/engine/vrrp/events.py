"""Events that virtual routers report, for the engine to handle when no deadline is near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.engine.trackers.trackers import Tracker
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.actions import Transition


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A virtual router changed state, or the reason for its state changed. All effects are done."""

    instance: Instance
    transition: Transition


@dataclass(frozen=True, slots=True)
class LowerPriorityHeard:
    """A master received an advert with a lower priority."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class PriorityMoved:
    """The effective priority of a virtual router changed; `state` is its state at that time."""

    name: str
    state: str
    priority: int


@dataclass(frozen=True, slots=True)
class TrackerReported:
    """A tracker has a new result. `news` is its text for the history, empty for none; `good` is whether it is good.

    The text is that of this result: the tracker may have another by the time the event is handled.
    """

    tracker: Tracker
    news: str = ""
    good: bool = False


@dataclass(frozen=True, slots=True)
class InstancesChanged:
    """Some virtual routers changed: see `ChangedInstances.take`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A log line about a virtual router."""

    name: str
    level: int
    text: str


InstanceEvent = StateChanged | LowerPriorityHeard | PriorityMoved | TrackerReported | InstancesChanged | Logged


class ChangedInstances:
    """The virtual routers that changed since the last `take`."""

    def __init__(self, report: Callable[[InstanceEvent], None]) -> None:
        self._report = report
        self._changed: set[Instance] = set()

    def add(self, instance: Instance) -> None:
        """Record a change. The first one after `take` is reported."""
        if not self._changed:
            self._report(InstancesChanged())
        self._changed.add(instance)

    def take(self) -> set[Instance]:
        """Return the changed virtual routers and start again with none."""
        changed, self._changed = self._changed, set()
        return changed
