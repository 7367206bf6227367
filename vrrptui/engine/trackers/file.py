"""track_file: a number in a file that changes priorities.

The file is read at the start, every second, and when its directory changes. The directory is watched instead of the
file, so that a file replaced by rename is noticed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from vrrptui.config.model.configuration import TrackFileConfig
from vrrptui.control.snapshots import CheckSnapshot
from vrrptui.files import open_to_write, read_regular
from vrrptui.protocol.priority import Tracked, counted

log = logging.getLogger(__name__)

LOOK_S = 1.0  # for changes without an event: another directory, a symbolic link elsewhere
FILE_BYTES = 64
OUT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
NUMBER = re.compile(r"\s*([+-]?[0-9]{1,10})")
IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_DELETE = 0x8, 0x40, 0x80, 0x200


class FileTracker:
    """One track_file. `changed(tracker)` is called when its number changes."""

    def __init__(self, config: TrackFileConfig, changed: Callable[[FileTracker], None]) -> None:
        self.config = config
        self.number = 0
        self.since = time.time()
        self.turned = False
        self.news = ""
        self._text = ""
        self._changed = changed
        self._first = True
        self._events = -1
        self._timer: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return f"file {self.config.name}"

    @property
    def definition(self) -> tuple[object, ...]:
        """What identifies its configuration: a tracker with the same definition is kept across a reload."""
        return (self.config,)

    @property
    def up(self) -> bool:
        """Whether its number causes no fault or loss of priority by its own weight."""
        return not self.counts(self.config.weight, self.config.reverse).failed

    def go_on_from(self, before: object) -> None:
        """Take over from another definition: the file's content stays."""
        self._first = False

    def counts(self, weight: int, reverse: bool) -> Tracked:
        """Return its effect on a virtual router that tracks it with this weight."""
        return counted(self.name, weight, self.number, reverse)

    def start(self) -> None:
        """Write the initial value if configured, read the file, and keep reading it."""
        if self._first and self.config.initial_value is not None:
            self._write(self.config.initial_value)
        self.number, self._text = self._read()
        self._look_again()

    def stop(self) -> None:
        """Stop reading."""
        if self._timer is not None:
            self._timer.cancel()
        if self._events >= 0:
            asyncio.get_running_loop().remove_reader(self._events)
            os.close(self._events)
            self._events = -1

    def _write(self, number: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if self.config.overwrite else os.O_EXCL)
        try:
            descriptor = open_to_write(self.config.file, flags, 0o644)
        except FileExistsError:
            return
        except OSError as error:
            log.warning("track_file %s: cannot write %s: %s", self.config.name, self.config.file, error.strerror)
            return
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(f"{number}\n")

    def _look_again(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(LOOK_S, self._look_again)
        if self._events < 0:
            self._events = _watch(Path(self.config.file).parent)
            if self._events >= 0:
                loop.add_reader(self._events, self._on_event)
        self._look()

    def _on_event(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._events, 65536)
        self._look()

    def _look(self) -> None:
        before = self.number
        self.number, self._text = self._read()
        if self.number != before:
            self.turned, self.since = True, time.time()
            self.news = f"{self.name}: {before} is {self.number} now"
            log.info("%s", self.news)
            self._changed(self)

    def _read(self) -> tuple[int, str]:
        """Return the number in the file and an error text. The number is 0 if there is none, as in keepalived.

        The text contains nothing else of the file, which may be readable by root only. A failure of the engine itself,
        such as a missing descriptor, changes no number.
        """
        path = self.config.file
        try:
            _, data = read_regular(path, FILE_BYTES)
        except OSError as error:
            what = f"{path}: {error.strerror}"
            return (self.number if error.errno in OUT_OF else 0), what
        found = NUMBER.match(data.decode("utf-8", "replace"))
        return (int(found[1]), str(int(found[1]))) if found else (0, f"{path} does not begin with a number")

    def snapshot(self, routers: list[str]) -> CheckSnapshot:
        """Return its snapshot. `routers` are the names of the virtual routers that track it."""
        return CheckSnapshot(
            name=self.name,
            kind="file",
            state="up" if self.up else "down",
            weight=self.config.weight,
            rise=1,
            fall=1,
            run=(0, 1),
            last_output=self._text,
            command=self.config.file,
            interval=LOOK_S,
            since=self.since,
            routers=routers,
        )


def _watch(folder: Path) -> int:
    """Return an inotify descriptor for files in this directory, or -1 if that fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    wanted = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE
    if descriptor >= 0 and libc.inotify_add_watch(descriptor, os.fsencode(folder), wanted) < 0:
        os.close(descriptor)
        return -1
    return descriptor
