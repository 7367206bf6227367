"""vrrp_track_process: a number of processes that must run.

The kernel reports the end of a process by a pidfd, and the start of one by the process connector if available. All of
/proc is also scanned every second, in a thread. Names and parameters are compared as keepalived does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vrrptui.config.model.configuration import TrackProcessConfig
from vrrptui.control.snapshots import CheckSnapshot, CheckState
from vrrptui.engine.trackers.proc_connector import ProcessEvents
from vrrptui.protocol.priority import Tracked

log = logging.getLogger(__name__)

LOOK_S = 1.0
WATCHED_MOST = 64  # processes per tracker whose end is reported at once
LOOKED_AT_MOST = 50  # processes that started together; after more, all of /proc is scanned
NAME_BYTES = 15  # the name of a process in the kernel


class ProcessTracker:
    """One vrrp_track_process. `changed(tracker)` is called when it turns up or down."""

    def __init__(
        self, config: TrackProcessConfig, changed: Callable[[ProcessTracker], None], events: ProcessEvents | None = None
    ) -> None:
        self.config = config
        self.up: bool | None = None
        self.since = time.time()
        self.turned = False
        self.news = ""
        self._count = 0
        self._other_since_s: float | None = None  # since when the number of processes contradicts `up`
        self._changed = changed
        self._events = events
        self._known: set[int] = set()  # the known matching processes
        self._watched: dict[int, int] = {}  # their pidfds
        self._look_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return f"process {self.config.name}"

    @property
    def definition(self) -> tuple[object, ...]:
        """What identifies its configuration: a tracker with the same definition is kept across a reload."""
        return (self.config,)

    def go_on_from(self, before: object) -> None:
        """Take over the state of the tracker that this one replaces."""
        if isinstance(before, ProcessTracker):
            self.up = before.up

    def counts(self, weight: int, reverse: bool) -> Tracked:
        """Return its effect on a virtual router that tracks it with this weight."""
        return Tracked(self.name, weight, self.up, reverse)

    def start(self) -> None:
        """Count the processes now, and whenever one starts or ends."""
        if self._events is not None:
            self._events.listen(self._on_begun)
        self._task = asyncio.get_running_loop().create_task(self._look_on())

    def stop(self) -> None:
        """Stop counting."""
        if self._task is not None:
            self._task.cancel()
        if self._events is not None:
            self._events.forget(self._on_begun)
        for number in list(self._watched):
            self._unwatch(number)

    async def _look_on(self) -> None:
        while True:
            self._look_now.clear()
            self._know(await asyncio.to_thread(find_processes, self.config))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), self._pause_s(time.monotonic()))

    def _pause_s(self, now_s: float) -> float:
        """Return the seconds until the next scan: one, or less if a delay ends before."""
        if self._other_since_s is None:
            return LOOK_S
        delay_ns = self.config.terminate_delay_ns if self.up else self.config.fork_delay_ns
        return min(LOOK_S, max(0.001, self._other_since_s + delay_ns / 1e9 - now_s))

    def _know(self, numbers: set[int]) -> None:
        """Set the matching processes and open their pidfds."""
        self._known = numbers
        for number in self._watched.keys() - numbers:
            self._unwatch(number)
        for number in numbers - self._watched.keys():
            if len(self._watched) >= WATCHED_MOST:
                break
            self._watch(number)
        self.take(len(self._known), time.monotonic())

    def _watch(self, number: int) -> None:
        try:
            descriptor = os.pidfd_open(number)
        except OSError:  # it has ended, or there is no descriptor
            return
        self._watched[number] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._on_end, number)

    def _unwatch(self, number: int) -> None:
        descriptor = self._watched.pop(number)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)

    def _on_end(self, number: int) -> None:
        """Handle the end of one process."""
        self._know(self._known - {number})
        if self._other_since_s is not None:
            self._look_now.set()  # start its delay now

    def _on_begun(self, numbers: set[int] | None) -> None:
        """Handle processes that have started or executed another program."""
        if numbers is None or len(numbers) > LOOKED_AT_MOST:
            self._look_now.set()
            return
        meant = {number for number in numbers if _is_meant(Path(f"/proc/{number}"), self.config)}
        now = (self._known - numbers) | meant
        if now != self._known:
            self._know(now)
            if self._other_since_s is not None:
                self._look_now.set()

    def take(self, count: int, now_s: float) -> None:
        """Set the number of running processes. `up` changes when its delay has passed."""
        self._count = count
        most = self.config.quorum_max
        enough = count >= self.config.quorum and (most is None or count <= most)
        if enough == self.up:
            self._other_since_s = None
            return
        if self._other_since_s is None:
            self._other_since_s = now_s
        delay_ns = self.config.fork_delay_ns if enough else self.config.terminate_delay_ns
        if self.up is not None and (now_s - self._other_since_s) * 1e9 < delay_ns:
            return
        self.up, self.turned, self._other_since_s, self.since = enough, True, None, time.time()
        self.news = f"{self.name} {'is good' if enough else 'failed'}: {self._numbers}"
        log.info("%s", self.news)
        self._changed(self)

    @property
    def _numbers(self) -> str:
        most = self.config.quorum_max
        wanted = f"{self.config.quorum} or more" if most is None else f"{self.config.quorum} to {most}"
        return f"{self._count} of {wanted}"

    def snapshot(self, routers: list[str]) -> CheckSnapshot:
        """Return its snapshot. `routers` are the names of the virtual routers that track it."""
        state: CheckState = "unknown" if self.up is None else "up" if self.up else "down"
        return CheckSnapshot(
            name=self.name,
            kind="process",
            state=state,
            weight=self.config.weight,
            rise=1,
            fall=1,
            run=(0, 1),
            last_output=self._numbers,
            command=" ".join(self.config.command),
            interval=LOOK_S,
            since=self.since,
            routers=routers,
        )


def find_processes(config: TrackProcessConfig) -> set[int]:
    """Return the matching processes of this host, without zombies."""
    with os.scandir("/proc") as entries:
        return {int(entry.name) for entry in entries if entry.name.isdigit() and _is_meant(Path(entry.path), config)}


def _is_meant(folder: Path, config: TrackProcessConfig) -> bool:
    name, *wanted = map(os.fsencode, config.command)
    with suppress(OSError):
        by_path = config.full_command or b"/" in name
        if not by_path and (folder / "comm").read_bytes().rstrip(b"\n") != name[:NAME_BYTES]:
            return False
        words = (folder / "cmdline").read_bytes().split(b"\0")[:-1]
        if not words or (by_path and words[0] != name):  # no parameters: a zombie or a kernel thread
            return False
        return _parameters_fit(words[1:], wanted, config.match)
    return False


def _parameters_fit(has: list[bytes], wanted: list[bytes], match: str) -> bool:
    """Whether the parameters match. `initial` and `partial` compare the beginning, `partial` as text."""
    if not wanted:
        return True
    match match:
        case "initial":
            return has[: len(wanted)] == wanted
        case "partial":
            return b"\0".join(has).startswith(b"\0".join(wanted))
        case _:
            return has == wanted
