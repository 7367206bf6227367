"""Whether an interface counts as up, from the kernel's state, link polling and configured delays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.config.model.configuration import Configuration, InterfaceDelay
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.linkbeat import beats
from vrrptui.protocol.advert import NS_PER_SECOND

LINKBEAT_S = 1.0


@dataclass(slots=True)
class _Debounced:
    """The state that an interface counts as, and since when its real state differs."""

    up: bool
    differs_since_s: float | None = None


class LinkWatch:
    """`changed` is called when a delay ends or the result of polling changes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, changed: Callable[[], None]) -> None:
        self._loop = loop
        self._changed = changed
        self._delays: dict[str, InterfaceDelay] = {}
        self._debounced: dict[str, _Debounced] = {}
        self._ways: dict[str, str | None] = {}  # how to poll each polled interface
        self._beats: dict[str, bool] = {}
        self._timer: asyncio.TimerHandle | None = None

    def apply(self, configuration: Configuration) -> None:
        """Use the delays and polled interfaces of this configuration."""
        self._delays = {one.name: one for one in configuration.interface_delays}
        everywhere = configuration.globals.linkbeat_polling
        polled = {one.interface for one in configuration.routers if one.linkbeat_polling or everywhere}
        self._ways = dict.fromkeys(sorted(polled)) | dict(configuration.linkbeat)
        self.close()
        self._beats = {}
        self._ask()

    def up(self, link: Link) -> bool:
        """Whether the link counts as up."""
        is_up = link.up and self._beats.get(link.name, True)
        delay = self._delays.get(link.name)
        if delay is None:
            return is_up
        one = self._debounced.setdefault(link.name, _Debounced(is_up))
        if is_up is one.up:
            one.differs_since_s = None
            return is_up
        wait_s = (delay.up_ns if is_up else delay.down_ns) / NS_PER_SECOND
        now_s = self._loop.time()
        if one.differs_since_s is None:
            one.differs_since_s = now_s
            self._loop.call_later(wait_s, self._changed)
        if now_s - one.differs_since_s >= wait_s:
            one.up, one.differs_since_s = is_up, None
        return one.up

    def close(self) -> None:
        """Stop polling."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ask(self) -> None:
        if not self._ways:
            return
        before, self._beats = self._beats, {name: beats(name, way) for name, way in self._ways.items()}
        self._timer = self._loop.call_later(LINKBEAT_S, self._ask)
        if before and before != self._beats:
            self._changed()
