"""Settings of the host under /proc/sys/net that a virtual router needs otherwise, and puts back when it leaves."""

from __future__ import annotations

import logging
import os
from pathlib import Path

SYSCTLS = Path("/proc/sys/net")

log = logging.getLogger(__name__)


class HostSettings:
    """What one virtual router changed, with the values before."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}

    def change(self, path: str, value: str) -> None:
        """Set `path` (as ipv4/conf/eth0/rp_filter) to `value`, if it is there and is another."""
        before = read_setting(path)
        if before not in ("", value):
            self._before.setdefault(path, before)
            write_setting(path, value)

    def put_back(self) -> None:
        """Have the values of before."""
        for path, before in self._before.items():
            write_setting(path, before)
        self._before.clear()


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
