"""A timer with microsecond precision: a timerfd with absolute times on CLOCK_MONOTONIC.

asyncio rounds its timers up to a millisecond, which is too coarse for adverts every 10 ms.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable

CLOCK_MONOTONIC = 1
TFD_NONBLOCK, TFD_CLOEXEC, TFD_TIMER_ABSTIME = 0o4000, 0o2000000, 1
NS_PER_SECOND = 1_000_000_000

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Timer:
    """Calls `ring` once at the time that was set."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._fd = _libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop = loop
        self._ring = ring
        self._set_ns: int | None = None
        loop.add_reader(self._fd, self._on_readable)

    def set(self, at_ns: int | None) -> None:
        """Ring at `at_ns` (monotonic; a past time rings at once); None: not at all. Replaces the previous time."""
        if at_ns == self._set_ns:
            return
        self._set_ns = at_ns
        seconds, nanoseconds = divmod(max(1, at_ns), NS_PER_SECOND) if at_ns is not None else (0, 0)
        spec = _Itimerspec(_Timespec(0, 0), _Timespec(seconds, nanoseconds))
        if _libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, ctypes.byref(spec), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _on_readable(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:  # set to another time since the wake-up
            return
        self._set_ns = None
        self._ring()
