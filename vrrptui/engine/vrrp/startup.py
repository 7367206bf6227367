"""When a virtual router begins: after the delays of the configuration, and the first results of what it tracks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from vrrptui.config.model.configuration import GlobalConfig
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.advert import NS_PER_SECOND


class Startup:
    """`again` is called when the delay is over (vrrp_startup_delay, vrrp_delay_after_boot)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, again: Callable[[], None]) -> None:
        self._loop = loop
        self._again = again
        self._at_s: float | None = None

    def delay(self, general: GlobalConfig) -> None:
        """Let the first start wait; a reload delays nobody."""
        if self._at_s is None:
            since_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            delay_s = max(general.startup_delay_ns, general.boot_delay_ns - since_boot_ns) / NS_PER_SECOND
            self._at_s = self._loop.time() + delay_s
            self._loop.call_later(delay_s, self._again)

    def waits_for(self, members: Iterable[Instance]) -> str:
        """What a router waits for that begins with these, itself among them; empty when it may begin."""
        waiting = [one.name for member in members for one in member.tracked if one.weight == 0 and one.up is None]
        if waiting:
            return f"waiting for the first result of {', '.join(waiting)}"
        if (self._at_s or 0.0) > self._loop.time():
            return "waiting for vrrp_startup_delay or vrrp_delay_after_boot"
        return ""
