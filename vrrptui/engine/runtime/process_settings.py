"""Scheduling and memory of the engine's process, as configured in global_defs (`vrrp_...`).

Applied once at the start. Programs and threads started later have neither the real-time priority nor locked memory, but
the same CPUs.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import signal
from collections.abc import Callable, Iterable, Mapping
from types import FrameType

from vrrptui.config.model.configuration import Setting

log = logging.getLogger(__name__)

MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
RLIMIT_RTTIME = 15  # of asm-generic/resource.h

_descriptors: list[tuple[int, int]] = []  # soft and hard limit before they were raised

Value = bool | int | str | tuple[str, ...]


def apply(settings: Iterable[Setting]) -> list[str]:
    """Apply `settings`. Return a line for each that was refused; the others are applied."""
    refused = []
    for setting in settings:
        if setting.keyword not in APPLIED or setting.value is False:
            continue
        try:
            APPLIED[setting.keyword](setting.value)
        except OSError as error:
            refused.append(f"{setting.place}: {setting.keyword} is not set: {error.strerror}")
        except ValueError as error:
            refused.append(f"{setting.place}: {setting.keyword} is not set: {error}")
    return refused


def more_descriptors() -> None:
    """Raise the limit on open files to the maximum: each interface needs one or two sockets, each client one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _descriptors.append((soft, hard))
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:
            log.warning("no more than %d descriptors: %s", soft, error)


def as_started(pid: int) -> None:
    """Give a started program the limit on open files that this process was started with.

    Programs that use select(2), or that close all possible descriptors, need the lower limit.
    """
    if _descriptors:
        with contextlib.suppress(OSError):  # it has ended
            resource.prlimit(pid, resource.RLIMIT_NOFILE, _descriptors[0])


def _real_time(value: Value) -> None:
    """SCHED_RR with priority 1 to 99, for this thread only: a hanging script must not occupy a CPU."""
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_number(value)))


def _niceness(value: Value) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, _number(value))


def _no_swap(_: Value) -> None:
    """Lock pages in memory when they are first used, without filling stacks."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _affinity(value: Value) -> None:
    words = value if isinstance(value, tuple) else ()
    os.sched_setaffinity(0, {_number(word) for word in words})


def _real_time_limit(value: Value) -> None:
    """Limit on microseconds of CPU time without blocking. Exceeding it is only logged: a collection may take longer."""
    signal.signal(signal.SIGXCPU, _too_long)
    resource.setrlimit(RLIMIT_RTTIME, (_number(value), resource.getrlimit(RLIMIT_RTTIME)[1]))


def _too_long(_number_of_signal: int, _frame: FrameType | None) -> None:
    log.warning("ran longer than vrrp_rlimit_rttime without blocking")


def _number(value: Value) -> int:
    if isinstance(value, tuple) or (isinstance(value, str) and not value.isdecimal()):
        raise ValueError(f"{value!r} is no number")
    return int(value)


APPLIED: Mapping[str, Callable[[Value], None]] = {
    "vrrp_rt_priority": _real_time,
    "vrrp_priority": _niceness,
    "vrrp_no_swap": _no_swap,
    "vrrp_cpu_affinity": _affinity,
    "vrrp_rlimit_rttime": _real_time_limit,
}
