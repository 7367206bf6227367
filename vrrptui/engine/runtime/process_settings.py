"""How the engine's process is scheduled and kept in memory, in keepalived's words (global_defs, `vrrp_...`).

Set once, at start. What the engine starts later (scripts, threads) has neither its real-time priority nor its locked
memory, and runs on the same CPUs.
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

_descriptors: list[tuple[int, int]] = []  # the soft and the hard limit, before they were raised

Value = bool | int | str | tuple[str, ...]


def apply(settings: Iterable[Setting]) -> list[str]:
    """Set what `settings` say of the process; returns a line for each that was refused. The others are set."""
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
    """Let this process open as many files as it may at all: a socket or two for each interface, and the clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _descriptors.append((soft, hard))
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:
            log.warning("no more than %d descriptors: %s", soft, error)


def as_started(pid: int) -> None:
    """Give a program that this process has started the limit on descriptors that this process was started with.

    Programs that use select(2), or that close whatever there may be, work with few alone.
    """
    if _descriptors:
        with contextlib.suppress(OSError):  # it has ended already
            resource.prlimit(pid, resource.RLIMIT_NOFILE, _descriptors[0])


def _real_time(value: Value) -> None:
    """SCHED_RR at a priority of 1 to 99, for this thread alone: a script that hangs must not take a CPU with it."""
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_number(value)))


def _niceness(value: Value) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, _number(value))


def _no_swap(_: Value) -> None:
    """Pages stay in memory from their first use on; stacks are not filled for it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _affinity(value: Value) -> None:
    words = value if isinstance(value, tuple) else ()
    os.sched_setaffinity(0, {_number(word) for word in words})


def _real_time_limit(value: Value) -> None:
    """Microseconds of computing without a pause. More are told and not punished: a collection may take longer."""
    signal.signal(signal.SIGXCPU, _too_long)
    resource.setrlimit(RLIMIT_RTTIME, (_number(value), resource.getrlimit(RLIMIT_RTTIME)[1]))


def _too_long(_number_of_signal: int, _frame: FrameType | None) -> None:
    log.warning("computed longer than vrrp_rlimit_rttime without a pause")


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
