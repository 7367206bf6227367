"""Time and timers of virtual routers: the kernel's in an engine, virtual ones in a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.engine.runtime.timer import Timer

EARLY_NS = 4_000_000  # woken this long before a takeover is due, and spun to the moment


@dataclass(frozen=True, slots=True)
class Clock:
    """`early_ns` is how long before a takeover the timer rings: the rest is waited for without sleeping."""

    loop: asyncio.AbstractEventLoop
    now_ns: Callable[[], int] = time.monotonic_ns
    wall_s: Callable[[], float] = time.time
    timer: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Timer] = Timer
    early_ns: int = EARLY_NS
