"""The events of the segment model, for the history.

An event is a value; the receiver decides where to show it. Times are the caller's nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vrrptui.segment.codes import Code
from vrrptui.segment.group import GroupKey


class Kind(Enum):
    """The kind of an event, as in the history."""

    MASTER = "MASTER"  # heard for the first time, or again after a silence
    FAILOVER = "FAILOVER"  # another router became master
    ANNOUNCED = "ANNOUNCED"  # a new master's first announcement of an address
    MASTER_LOST = "MASTER_LOST"  # the master is gone, and no router took over in time
    SECOND_MASTER = "SECOND_MASTER"
    SECOND_MASTER_OVER = "SECOND_MASTER_OVER"
    RESIGNED = "RESIGNED"
    PRIORITY = "PRIORITY"
    ADDRESSES = "ADDRESSES"
    PROBLEM = "PROBLEM"
    CLEARED = "CLEARED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEvent:
    """An event in a group."""

    time_ns: int
    group: GroupKey
    kind: Kind
    text: str
    severity: str = "ok"  # ok, warning, critical
    gap_ns: int | None = None  # time without a master, from the resignation if any (MASTER_LOST: so far)
    predicted_ns: int | None = None  # the same according to the RFC's formulas; None if they do not apply
    announced_ns: int | None = None  # for ANNOUNCED: time since the router became master
    cause: str = ""  # for a change of master
    router: str = ""  # for a change of master: the router that became master or ceased to be
    code: Code | None = None  # for PROBLEM and CLEARED
