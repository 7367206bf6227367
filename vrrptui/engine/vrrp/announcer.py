"""When gratuitous ARPs and unsolicited neighbour advertisements are sent: number, repeats and rate.

garp_interval and gna_interval apply to an interface, those of a garp_group to its interfaces together. Without an
interval, a burst is sent at once.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable

from vrrptui.config.model.configuration import Announcements, Configuration
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket
from vrrptui.protocol.actions import Occasion
from vrrptui.protocol.advert import NS_PER_SECOND, Family

Announced = tuple[str, bytes]  # the interface to send on, and the frame


class Pace:
    """Sends frames of several virtual routers at least `gap_ns` apart; 0: without a gap."""

    def __init__(self, loop: asyncio.AbstractEventLoop, gap_ns: int) -> None:
        self._loop = loop
        self.gap_s = gap_ns / NS_PER_SECOND
        self._free_at_s = 0.0
        self._waiting: list[tuple[int, int, VrrpSocket, Announced]] = []  # heap of (round, order, socket, frame)
        self._order = 0
        self._timer: asyncio.TimerHandle | None = None

    def send(self, socket: VrrpSocket, frames: Iterable[Announced]) -> None:
        """Send these frames in turn: the first copy of each frame before the second of any."""
        if not self.gap_s:
            socket.announce(frames)
            return
        rounds: Counter[Announced] = Counter()
        for one in frames:
            self._order += 1
            heapq.heappush(self._waiting, (rounds[one], self._order, socket, one))
            rounds[one] += 1
        if self._timer is None:
            self._next()

    def forget(self, frames: Iterable[Announced]) -> None:
        """Drop these frames if they are still waiting."""
        gone = set(frames)
        self._waiting = [waiting for waiting in self._waiting if waiting[3] not in gone]
        heapq.heapify(self._waiting)

    def _next(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        while self._waiting and self._free_at_s <= now_s:
            *_, socket, one = heapq.heappop(self._waiting)
            socket.announce((one,))
            self._free_at_s = now_s + self.gap_s
        if self._waiting:
            self._timer = self._loop.call_at(self._free_at_s, self._next)


class Paces:
    """Finds the pace for an interface."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._gaps: dict[Family, int] = dict.fromkeys(Family, 0)
        self._groups: dict[tuple[str, Family], tuple[int, int]] = {}  # interface: (garp_group, gap)
        self._paces: dict[tuple[str | int, Family, int], Pace] = {}

    def apply(self, configuration: Configuration) -> None:
        """Use the intervals of this configuration. Frames that wait already keep their pace."""
        defs = configuration.globals
        self._gaps = {Family.IPV4: defs.arp_interval_ns, Family.IPV6: defs.na_interval_ns}
        self._groups = {
            (name, family): (number, gap_ns)
            for number, group in enumerate(configuration.garp_groups)
            for name in group.interfaces
            for family, gap_ns in ((Family.IPV4, group.arp_interval_ns), (Family.IPV6, group.na_interval_ns))
            if gap_ns
        }

    def of(self, interface: str, family: Family) -> Pace:
        """Return the pace for announcements of this family on this interface."""
        who, gap_ns = self._groups.get((interface, family), (interface, self._gaps[family]))
        key = (who, family, gap_ns)
        if key not in self._paces:
            self._paces[key] = Pace(self._loop, gap_ns)
        return self._paces[key]


class Announcer:
    """The announcements of one virtual router while it is master."""

    def __init__(self, loop: asyncio.AbstractEventLoop, paces: Paces) -> None:
        self._loop = loop
        self._paces = paces
        self._socket: VrrpSocket | None = None
        self._schedule = Announcements()
        self._frames: list[Announced] = []
        self._extra: list[Announced] = []
        self._timer: asyncio.TimerHandle | None = None

    def prepare(
        self, socket: VrrpSocket | None, schedule: Announcements, frames: list[Announced], extra: list[Announced]
    ) -> None:
        """Set what to announce. `extra` are the frames that garp_extra_if repeats."""
        repeating = self._timer is not None
        self.stop()
        self._socket, self._schedule, self._frames, self._extra = socket, schedule, frames, extra
        if repeating:
            self._repeat_elsewhere()

    def announce(self, occasion: Occasion) -> None:
        """Send one burst. The first one also starts the repeats on other interfaces."""
        self._send(self._frames * self._count(occasion))
        self.begin_repeats()

    def sendings(self, occasion: Occasion) -> list[Callable[[], object]] | None:
        """Return functions that send a burst at once, or None if a pace forbids that.

        Call `begin_repeats` after sending.
        """
        if self._socket is None or any(self._pace(one).gap_s for one in self._frames):
            return None
        return [self._socket.announcing(one) for one in self._frames] * self._count(occasion)

    def begin_repeats(self) -> None:
        """Start the repeats on other interfaces, unless they are running."""
        if self._timer is None:
            self._repeat_elsewhere()

    def _count(self, occasion: Occasion) -> int:
        schedule = self._schedule
        return {"takeover": schedule.repeat, "conflict": schedule.lower_repeat, "refresh": schedule.refresh_repeat}[
            occasion
        ]

    def _pace(self, one: Announced) -> Pace:
        interface, frame = one
        return self._paces.of(interface, _family(frame))

    def announce_some(self, addresses: Iterable[Announced]) -> None:
        """Send a burst for some addresses only, which were added while the router was master."""
        self._send(list(addresses) * self._schedule.repeat)

    def _repeat_elsewhere(self) -> None:
        if self._extra and self._schedule.extra_ns:
            self._timer = self._loop.call_later(self._schedule.extra_ns / NS_PER_SECOND, self._again)

    def stop(self) -> None:
        """Send nothing more: the addresses are no longer here."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            for pace in {self._pace(one) for one in self._frames}:
                pace.forget(self._frames)

    def _again(self) -> None:
        self._send(self._extra)
        self._repeat_elsewhere()

    def _send(self, frames: list[Announced]) -> None:
        if self._socket is None:
            return
        by_pace: dict[Pace, list[Announced]] = {}
        for one in frames:
            by_pace.setdefault(self._pace(one), []).append(one)
        for pace, some in by_pace.items():
            pace.send(self._socket, some)


def _family(frame: bytes) -> Family:
    return Family.IPV4 if frame[12:14] == b"\x08\x06" else Family.IPV6
