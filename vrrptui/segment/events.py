"""What happened on a segment, to be remembered: the events that the model gives out, in the past tense.

An event is a value; whoever receives it decides where it is shown. Times are the caller's nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vrrptui.segment.codes import Code
from vrrptui.segment.group import GroupKey


class Kind(Enum):
    """The words of the history."""

    MASTER = "MASTER"  # first heard, or back after a silence
    FAILOVER = "FAILOVER"  # another router is master now
    ANNOUNCED = "ANNOUNCED"  # the new master announced an address for the first time
    MASTER_LOST = "MASTER_LOST"  # the master went and nobody took over in time
    SECOND_MASTER = "SECOND_MASTER"
    SECOND_MASTER_OVER = "SECOND_MASTER_OVER"
    RESIGNED = "RESIGNED"
    PRIORITY = "PRIORITY"
    ADDRESSES = "ADDRESSES"
    PROBLEM = "PROBLEM"
    CLEARED = "CLEARED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEvent:
    """Something happened in a group."""

    time_ns: int
    group: GroupKey
    kind: Kind
    text: str
    severity: str = "ok"  # ok, warning, critical
    gap_ns: int | None = None  # for how long nobody was master (MASTER_LOST: so far); from the resignation if any
    predicted_ns: int | None = None  # how long that was to be by the formulas; None when none applies
    announced_ns: int | None = None  # of ANNOUNCED: how long after it became master
    cause: str = ""  # of a change of master
    router: str = ""  # whom a change of master is about: who became master, or is master no more
    code: Code | None = None  # of PROBLEM and CLEARED
