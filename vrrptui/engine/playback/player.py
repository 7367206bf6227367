"""Playing a capture like a live segment, over a control socket: pause, speed, seek by time.

A client sees an observing engine whose snapshot has `playback`. All times are the capture's; `position` is the current
one. Seeking back reads the file again from its beginning.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from vrrptui import __version__
from vrrptui.control.messages import (
    Command,
    Done,
    FromEngine,
    Play,
    Refused,
    Removed,
    Shutdown,
)
from vrrptui.control.snapshots import EngineSnapshot, PlaybackSnapshot
from vrrptui.engine.capture.fast_pcap import read_quickly
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.capture.pcap import CaptureError
from vrrptui.engine.observer.advert_batch import AdvertBatch
from vrrptui.engine.observer.replay import Replay
from vrrptui.engine.observer.snapshots import history_event, key_text
from vrrptui.engine.runtime.lifetime import end_with_console
from vrrptui.engine.serve.control_server import ControlServer, Operator
from vrrptui.engine.serve.history import History
from vrrptui.protocol.advert import NS_PER_SECOND

STEP_S = 0.05
FRAMES_PER_STEP = 5000  # frames between two turns of the loop
PUBLISH_S = 0.25
SLOWEST, FASTEST = 0.1, 1000.0
RATE_NS = NS_PER_SECOND  # the rate of adverts is computed over at least this much of the capture


class Player:
    """Plays one file. Raises CaptureError if it has no readable frame."""

    def __init__(self, path: str, socket_path: Path) -> None:
        self._path = path
        self._damage = ""
        times = [time_ns for time_ns, _ in self._frames()]
        if not times:
            raise CaptureError(self._damage or "it contains no frame")
        self.begins_ns, self.ends_ns = min(times), max(times)
        self.playing, self.speed = True, 1.0
        self._server = ControlServer(socket_path, self._everything, self._obey, self._adverts_wanted)
        self._history = History(None, lambda event: self._server.publish([event]))
        self._held = AdvertBatch()
        self._wants_adverts = False
        self._target_ns: int | None = None  # seeking to this time
        self._ended = asyncio.Event()
        self._began = time.monotonic()
        self._rewind()

    @property
    def position_ns(self) -> int:
        """The current position, in nanoseconds since 1970."""
        return self._position_ns

    async def run(self, tied: bool = False) -> None:
        """Play until SIGTERM, a command, or the end of the console it is `tied` to. Raises SocketError."""
        if tied:
            end_with_console(self._ended.set)
        await self._server.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._ended.set)
        before = published = time.monotonic()
        while not self._ended.is_set():
            now = time.monotonic()
            self._go_on(now - before)
            before = now
            if now - published >= PUBLISH_S:
                published = now
                self._publish()
            await asyncio.sleep(0 if self._target_ns is not None else STEP_S)
        await self._server.stop()

    def _go_on(self, elapsed_s: float) -> None:
        if self._target_ns is not None:
            self._advance(self._target_ns)
            if self._position_ns >= self._target_ns:
                self._target_ns = None
        elif self.playing:
            self._advance(min(self.ends_ns, self._position_ns + round(elapsed_s * self.speed * NS_PER_SECOND)))
            self.playing = self._position_ns < self.ends_ns

    def _rewind(self) -> None:
        self._replay = Replay()
        self._coming = self._frames()
        self._next = next(self._coming, None)
        self._position_ns = self.begins_ns
        self._reckoned = (self.begins_ns, 0)  # time and number of adverts at the last computation of the rate
        self._rate = 0.0
        self._history.events.clear()

    def _frames(self) -> Iterator[tuple[int, DecodedFrame]]:
        try:
            yield from read_quickly(self._path)
        except CaptureError as error:
            self._damage = str(error)

    def _advance(self, to_ns: int) -> None:
        """Process frames up to this time, but at most those of one step."""
        replay = self._replay
        for _ in range(FRAMES_PER_STEP):
            if self._next is None or self._next[0] > to_ns:
                self._position_ns = replay.time_ns = max(to_ns, replay.time_ns)
                replay.tick()
                break
            time_ns, reading = self._next
            replay.take(max(time_ns, replay.time_ns), reading)
            if reading.vrrp and self._wants_adverts and self._target_ns is None:
                self._held.hold(time_ns / NS_PER_SECOND, reading.data, reading)
            self._next = next(self._coming, None)
        self._position_ns = max(self._position_ns, replay.time_ns)
        while replay.events:
            self._history.keep(history_event(replay.events.popleft(), self._history.next_seq()))

    def _reckon(self) -> None:
        """Compute the rate of adverts, in the capture's time."""
        then_ns, before = self._reckoned
        if self._position_ns - then_ns >= RATE_NS:
            self._rate = (self._replay.feed.adverts - before) * NS_PER_SECOND / (self._position_ns - then_ns)
            self._reckoned = (self._position_ns, self._replay.feed.adverts)

    def _publish(self) -> None:
        self._reckon()
        segment = self._replay.segment
        changed = segment.take_changed()
        messages: list[FromEngine] = [self._snapshot()]
        messages += [self._replay.snapshot(segment.groups[key]) for key in changed if key in segment.groups]
        messages += [Removed(kind="group", key=key_text(key)) for key in changed if key not in segment.groups]
        messages += self._held.take()
        self._server.publish(messages)

    def _everything(self) -> Iterator[FromEngine]:
        return iter([self._snapshot(), *self._replay.snapshots(), *self._history.events])

    def _snapshot(self) -> EngineSnapshot:
        return EngineSnapshot(
            pid=os.getpid(),
            version=__version__,
            mode="observe",
            uptime=round(time.monotonic() - self._began, 3),
            capture_drops=0,
            adverts_heard=self._replay.feed.adverts,
            adverts_per_second=self._rate,
            clients=len(self._server.clients),
            other_protocols=self._replay.feed.other_protocols,
            vhids=self._replay.feed.vhids,
            playback=PlaybackSnapshot(
                file=self._path,
                begins=self.begins_ns / NS_PER_SECOND,
                ends=self.ends_ns / NS_PER_SECOND,
                position=self._position_ns / NS_PER_SECOND,
                speed=self.speed,
                playing=self.playing,
                damage=self._damage,
            ),
        )

    def _adverts_wanted(self, wanted: bool) -> None:
        self._wants_adverts = wanted

    def _obey(self, command: Command, who: Operator) -> Done | Refused:
        if isinstance(command, Shutdown):
            self._ended.set()
            return Done(id=command.id, text="the playback ends")
        if not isinstance(command, Play):
            return Refused(id=command.id, why="this engine plays a capture: it has nothing to operate")
        if command.speed is not None and not SLOWEST <= command.speed <= FASTEST:
            return Refused(id=command.id, why=f"speed {command.speed:g} is not {SLOWEST:g} to {FASTEST:g}")
        self.speed = self.speed if command.speed is None else command.speed
        self.playing = self.playing if command.playing is None else command.playing
        if command.at is not None:
            self._seek(min(max(round(command.at * NS_PER_SECOND), self.begins_ns), self.ends_ns))
        self._server.publish([self._snapshot()])
        return Done(id=command.id)

    def _seek(self, at_ns: int) -> None:
        if at_ns < self._position_ns:
            gone = [Removed(kind="group", key=key_text(key)) for key in self._replay.segment.groups]
            self._server.publish(gone)
            self._rewind()
        self._target_ns = at_ns
