"""Processes of which a number must run: all of /proc is looked through every second, beside the loop.

What a process is called, and which of its parameters matter, is keepalived's vrrp_track_process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vrrptui.config.model import TrackProcessConfig
from vrrptui.control.snapshots import CheckSnapshot, CheckState
from vrrptui.protocol.priority import Tracked

log = logging.getLogger(__name__)

LOOK_S = 1.0
NAME_BYTES = 15  # of a process that the kernel keeps


class ProcessCheck:
    """One vrrp_track_process, counted while it is started. `changed(check)` is told when it turns up or down."""

    def __init__(self, config: TrackProcessConfig, changed: Callable[[ProcessCheck], None]) -> None:
        self.config = config
        self.up: bool | None = None
        self.since = time.time()
        self.turned = False
        self.news = ""
        self._count = 0
        self._other_since_s: float | None = None  # when the number began to say the opposite of `up`
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return f"process {self.config.name}"

    @property
    def definition(self) -> tuple[object, ...]:
        """All it is made of; one of the same definition need not begin anew."""
        return (self.config,)

    def go_on_from(self, before: object) -> None:
        """Take over the state of this one, which is replaced."""
        if isinstance(before, ProcessCheck):
            self.up = before.up

    def counts(self, weight: int, reverse: bool) -> Tracked:
        """What it is to a virtual router that tracks it with this weight."""
        return Tracked(self.name, weight, self.up, reverse)

    def start(self) -> None:
        """Count the processes now, and then every second."""
        self._task = asyncio.get_running_loop().create_task(self._look_on())

    def stop(self) -> None:
        """Count them no more."""
        if self._task is not None:
            self._task.cancel()

    async def _look_on(self) -> None:
        while True:
            count = await asyncio.to_thread(count_processes, self.config)
            self.take(count, time.monotonic())
            await asyncio.sleep(LOOK_S)

    def take(self, count: int, now_s: float) -> None:
        """So many run now, on the monotonic clock; it turns when that was so for as long as its delay says."""
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
        """What a console shows of it; `routers` are the names of the virtual routers it moves."""
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


def count_processes(config: TrackProcessConfig) -> int:
    """How many processes of this host are the one that is meant; those that have ended and wait are not."""
    return sum(_is_meant(Path(entry.path), config) for entry in os.scandir("/proc") if entry.name.isdigit())


def _is_meant(folder: Path, config: TrackProcessConfig) -> bool:
    name, *wanted = map(os.fsencode, config.command)
    with suppress(OSError):
        by_path = config.full_command or b"/" in name
        if not by_path and (folder / "comm").read_bytes().rstrip(b"\n") != name[:NAME_BYTES]:
            return False
        words = (folder / "cmdline").read_bytes().split(b"\0")[:-1]
        if not words or (by_path and words[0] != name):  # without words: a zombie, or the kernel's own
            return False
        return _parameters_fit(words[1:], wanted, config.match)
    return False


def _parameters_fit(has: list[bytes], wanted: list[bytes], match: str) -> bool:
    """Without wanted parameters any will do; `initial` and `partial` compare the beginning, the latter as text."""
    if not wanted:
        return True
    match match:
        case "initial":
            return has[: len(wanted)] == wanted
        case "partial":
            return b"\0".join(has).startswith(b"\0".join(wanted))
        case _:
            return has == wanted
