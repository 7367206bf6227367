"""Time and timers for virtual routers, which a test replaces by virtual ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.engine.runtime.timer import Timer

EARLY_NS = 4_000_000  # a takeover's timer fires this much early; the rest is spent preparing and spinning


@dataclass(frozen=True, slots=True)
class Clock:
    """`early_ns` is how long before a takeover the timer fires, in nanoseconds."""

    loop: asyncio.AbstractEventLoop
    now_ns: Callable[[], int] = time.monotonic_ns
    wall_s: Callable[[], float] = time.time
    timer: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Timer] = Timer
    early_ns: int = EARLY_NS
