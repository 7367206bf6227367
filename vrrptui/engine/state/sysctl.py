"""Sysctls under /proc/sys/net that virtual routers change and restore."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.engine.state.ownership_record import SettingChange

SYSCTLS = Path("/proc/sys/net")

log = logging.getLogger(__name__)


Needs = dict[str, tuple[str, list["HostSettings"]]]  # path: the former value, and who needs another


class HostSettings:
    """The sysctls that one user needs. A value is restored when its last user no longer needs it."""

    def __init__(self, changes: HostChanges | None, needs: Needs | None = None) -> None:
        """`changes` records a sysctl before it is changed; None: nothing is recorded."""
        self._changes = changes
        self._needs: Needs = {} if needs is None else needs

    def another(self) -> HostSettings:
        """Return the sysctls of another user on the same host."""
        return HostSettings(self._changes, self._needs)

    def change(self, wanted: Mapping[str, str]) -> None:
        """Set each path, such as ipv4/conf/eth0/rp_filter, to its value, if it exists and differs."""
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
        """Restore all sysctls that no other user needs."""
        for path, (before, needed_by) in list(self._needs.items()):
            if self in needed_by:
                needed_by.remove(self)
                if not needed_by:
                    del self._needs[path]
                    write_setting(path, before)
                    if self._changes is not None:
                        self._changes.is_back(path)


def restore(settings: Mapping[str, SettingChange]) -> list[str]:
    """Restore sysctls that a killed engine changed and nobody has set since. Return their paths."""
    left = [path for path, change in settings.items() if read_setting(path) == change.value != change.former]
    for path in left:
        write_setting(path, settings[path].former)
    return left


def read_setting(path: str) -> str:
    """Return the value of a sysctl; empty if it does not exist."""
    try:
        return (SYSCTLS / path).read_text().strip()
    except OSError:
        return ""


def write_setting(path: str, value: str) -> None:
    """Set a sysctl. A refusal is logged."""
    try:
        (SYSCTLS / path).write_text(value)
    except OSError as error:
        log.warning("cannot set %s to %s: %s", os.path.join(SYSCTLS, path), value, error.strerror)
