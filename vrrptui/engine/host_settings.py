"""Settings of the host under /proc/sys/net that a virtual router needs otherwise, and puts back when it leaves."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import ClassVar

SYSCTLS = Path("/proc/sys/net")

log = logging.getLogger(__name__)


class HostSettings:
    """What one virtual router needs; a setting is put back when nobody needs it any more."""

    _changed: ClassVar[dict[str, tuple[str, list[HostSettings]]]] = {}  # path: the value before, who needs another

    def change(self, path: str, value: str) -> None:
        """Set `path` (as ipv4/conf/eth0/rp_filter) to `value`, if it is there and is another."""
        before = read_setting(path)
        if before == "" or (before == value and path not in self._changed):
            return
        needed_by = self._changed.setdefault(path, (before, []))[1]
        if self not in needed_by:
            needed_by.append(self)
        if before != value:
            write_setting(path, value)

    def put_back(self) -> None:
        """Need nothing any more."""
        for path, (before, needed_by) in list(self._changed.items()):
            if self in needed_by:
                needed_by.remove(self)
                if not needed_by:
                    del self._changed[path]
                    write_setting(path, before)


def read_setting(path: str) -> str:
    """The value of a setting; empty if there is no such."""
    try:
        return (SYSCTLS / path).read_text().strip()
    except OSError:
        return ""


def write_setting(path: str, value: str) -> None:
    """Set it; what the kernel refuses is one line in the log."""
    try:
        (SYSCTLS / path).write_text(value)
    except OSError as error:
        log.warning("cannot set %s to %s: %s", os.path.join(SYSCTLS, path), value, error.strerror)
