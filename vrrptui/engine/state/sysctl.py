"""Settings of the host under /proc/sys/net that a virtual router needs otherwise, and puts back when it leaves."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.engine.state.ownership_record import SettingChange

SYSCTLS = Path("/proc/sys/net")

log = logging.getLogger(__name__)


Needs = dict[str, tuple[str, list["HostSettings"]]]  # path: the value before, and who needs another


class HostSettings:
    """What one virtual router needs; a setting is put back when nobody needs it any more."""

    def __init__(self, changes: HostChanges | None, needs: Needs | None = None) -> None:
        """`changes` is where a change is written down before it is made; None: nowhere."""
        self._changes = changes
        self._needs: Needs = {} if needs is None else needs

    def another(self) -> HostSettings:
        """Those of another user of the same host's settings."""
        return HostSettings(self._changes, self._needs)

    def change(self, wanted: Mapping[str, str]) -> None:
        """Set each path (as ipv4/conf/eth0/rp_filter) to its value, if it is there and is another."""
        changes: dict[str, SettingChange] = {}
        for path, value in wanted.items():
            before = read_setting(path)
            if before == "" or (before == value and path not in self._needs):
                continue
            former, needed_by = self._needs.setdefault(path, (before, []))
            if self not in needed_by:
                needed_by.append(self)
            if before != value:
                changes[path] = SettingChange(former, value)
        if changes and self._changes is not None:
            self._changes.will_set(changes.items())
        for path, change in changes.items():
            write_setting(path, change.value)

    def put_back(self) -> None:
        """Need nothing any more."""
        for path, (before, needed_by) in list(self._needs.items()):
            if self in needed_by:
                needed_by.remove(self)
                if not needed_by:
                    del self._needs[path]
                    write_setting(path, before)
                    if self._changes is not None:
                        self._changes.is_back(path)


def restore(settings: Mapping[str, SettingChange]) -> list[str]:
    """Put back what a killed engine left changed, and nobody has set otherwise since; returns the paths."""
    left = [path for path, change in settings.items() if read_setting(path) == change.value != change.former]
    for path in left:
        write_setting(path, settings[path].former)
    return left


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
