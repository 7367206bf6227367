"""Scripts, files and processes whose state moves priorities or is a fault, and how virtual routers track them.

Times are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vrrptui.config.model.finding import Place
from vrrptui.protocol.advert import NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class TrackedScript:
    """A script as one virtual router tracks it; its own weight wins over the script's."""

    name: str
    weight: int | None = None  # -253 to 253; 0: its failure is a fault
    place: Place | None = field(default=None, compare=False)
    reverse: bool | None = None  # success counts as failure; None: as the script says


@dataclass(frozen=True, slots=True)
class TrackedInterface:
    """An interface whose loss is a fault (weight 0) or moves the priority."""

    name: str
    weight: int = 0  # -253 to 253
    place: Place | None = field(default=None, compare=False)
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """A file, a process or a BFD session as one virtual router tracks it; its own weight wins."""

    name: str
    weight: int | None = None  # -254 to 254, for BFD -253 to 253; 0: its failure is a fault
    place: Place | None = field(default=None, compare=False)
    reverse: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConfig:
    """One vrrp_script."""

    name: str
    command: tuple[str, ...]  # the argument vector
    interval_ns: int = NS_PER_SECOND
    timeout_ns: int = NS_PER_SECOND  # defaults to the interval
    rise: int = 1
    fall: int = 1
    weight: int = 0  # -253 to 253; 0: its failure is a fault
    init_fail: bool = False
    user: str | None = None  # None: script_user, or the engine's
    group: str | None = None
    reverse: bool = False  # success counts as failure
    opens: str | None = None  # </path: the check is whether this file can be opened; there is no command then
    recover: tuple[str, ...] = ()  # run when the script has failed, before its failure counts
    recover_attempts: int = 1  # 1-100, in a row
    recover_timeout_ns: int = 10 * NS_PER_SECOND  # of one attempt
    on_failure: Literal["fault", "stop"] = "fault"  # stop: until an operator or the recovered script starts it
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFileConfig:
    """One track_file: a number in a file that moves priorities."""

    name: str
    file: str
    weight: int = 1  # -254 to 254; 0: any number but 0 is a fault
    reverse: bool = False
    initial_value: int | None = None  # written at start if there is no such file; None: not
    overwrite: bool = False  # also if there is one
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackProcessConfig:
    """One vrrp_track_process: a process of which a number must run."""

    name: str
    command: tuple[str, ...]
    match: Literal["exact", "initial", "partial"] = "exact"  # of its parameters
    full_command: bool = False
    weight: int = 0  # -254 to 254; 0: too few or too many is a fault
    reverse: bool = False
    quorum: int = 1  # 1-65535
    quorum_max: int | None = None  # 0-65535; None: any number
    fork_delay_ns: int = 0  # up to an hour, before enough count as up
    terminate_delay_ns: int = 0  # up to an hour, before too few count as down
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
