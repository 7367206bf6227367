"""Scripts, files, processes and interfaces that change priorities or cause faults, and how they are tracked.

Times are in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vrrptui.config.model.finding import Place
from vrrptui.protocol.advert import NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class TrackedScript:
    """A script tracked by a virtual router or sync group; its weight takes precedence over the script's."""

    name: str
    weight: int | None = None  # -253 to 253; 0: failure is a fault
    place: Place | None = field(default=None, compare=False)
    reverse: bool | None = None  # treat success as failure; None: as the script has it


@dataclass(frozen=True, slots=True)
class TrackedInterface:
    """A tracked interface; its loss is a fault (weight 0) or changes the priority."""

    name: str
    weight: int = 0  # -253 to 253
    place: Place | None = field(default=None, compare=False)
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """A tracked file, process or BFD session; its weight takes precedence over that of the definition."""

    name: str
    weight: int | None = None  # -254 to 254, for BFD -253 to 253; 0: failure is a fault
    place: Place | None = field(default=None, compare=False)
    reverse: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConfig:
    """A check script, from one vrrp_script block."""

    name: str
    command: tuple[str, ...]  # argument vector
    interval_ns: int = NS_PER_SECOND
    timeout_ns: int = NS_PER_SECOND  # by default the interval
    rise: int = 1
    fall: int = 1
    weight: int = 0  # -253 to 253; 0: failure is a fault
    init_fail: bool = False
    user: str | None = None  # None: script_user, or the engine's user
    group: str | None = None
    reverse: bool = False  # treat success as failure
    opens: str | None = None  # for "<PATH": the check is whether PATH can be opened
    recover: tuple[str, ...] = ()  # runs when the script has failed, before the failure counts
    recover_attempts: int = 1  # 1-100, in succession
    recover_timeout_ns: int = 10 * NS_PER_SECOND  # for one attempt
    on_failure: Literal["fault", "stop"] = "fault"  # stop: until an operator or the recovered script starts it
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFileConfig:
    """A file with a number that changes priorities, from one track_file block."""

    name: str
    file: str
    weight: int = 1  # -254 to 254; 0: any number but 0 is a fault
    reverse: bool = False
    initial_value: int | None = None  # written at start if the file does not exist; None: not written
    overwrite: bool = False  # write it even if the file exists
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackProcessConfig:
    """A tracked process, from one vrrp_track_process block."""

    name: str
    command: tuple[str, ...]
    match: Literal["exact", "initial", "partial"] = "exact"  # how the parameters are compared
    full_command: bool = False
    weight: int = 0  # -254 to 254; 0: too few or too many is a fault
    reverse: bool = False
    quorum: int = 1  # 1-65535
    quorum_max: int | None = None  # 0-65535; None: no maximum
    fork_delay_ns: int = 0  # time until enough processes count as up, at most an hour
    terminate_delay_ns: int = 0  # time until too few processes count as down, at most an hour
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
