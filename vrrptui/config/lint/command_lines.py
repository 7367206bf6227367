"""Lists the commands of a configuration, each with its user and place."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from vrrptui.children import PATH
from vrrptui.config.model.configuration import Configuration, Notify, Place, SyncGroupConfig, User, VirtualRouterConfig
from vrrptui.files import read_regular

# Programs that run the file in their arguments; without the version at the end of their names.
INTERPRETERS = {"sh", "bash", "dash", "ash", "ksh", "zsh", "env", "perl", "python", "pypy", "ruby", "php", "lua"}


@dataclass(frozen=True, slots=True)
class Configured:
    """A configured command. `user` is None if it runs as script_user."""

    keyword: str
    words: tuple[str, ...]
    user: User | None
    place: Place

    @property
    def path(self) -> str | None:
        """The program file, or None if it does not exist here."""
        name = self.words[0]
        if "/" in name:
            return name if os.path.exists(name) else None
        return shutil.which(name, mode=os.F_OK, path=PATH)

    @property
    def files(self) -> tuple[str, ...]:
        """The absolute paths of the files that are run: the program, and the scripts given to an interpreter."""
        program = self.path
        if program is None or not os.path.isabs(program):
            return ()
        given = self.words[1:] if os.path.basename(program).rstrip("0123456789.") in INTERPRETERS else ()
        return (program, *(word for word in given if os.path.isabs(word) and os.path.isfile(word)))


def commands(configuration: Configuration) -> Iterator[Configured]:
    """Yield all commands, except for scripts that only open a file ("<FILE")."""
    for script in configuration.scripts:
        user = User(script.user, script.group) if script.user else None
        for command, keyword in ((script.command, "script"), (script.recover, "recover")):
            if command and not command[0].startswith("<"):
                yield Configured(keyword, command, user, script.origins.get(keyword, script.place))
    general = configuration.globals
    start = Place(configuration.file, 1)
    for keyword, fifo in (("notify_fifo_script", general.fifo), ("vrrp_notify_fifo_script", general.vrrp_fifo)):
        if fifo.script and fifo.path:
            yield Configured(keyword, fifo.script, fifo.script_user, general.origins.get(keyword, start))
    for keyword, own in (("startup_script", general.startup), ("shutdown_script", general.shutdown)):
        if own.command:
            yield Configured(keyword, own.command, own.user, general.origins.get(keyword, start))
    notifying: list[VirtualRouterConfig | SyncGroupConfig] = [*configuration.routers, *configuration.sync_groups]
    for one in notifying:
        for event in Notify.__dataclass_fields__:
            command = getattr(one.notify, event)
            if event not in ("users", "says_deleted") and command:
                keyword = "notify" if event == "any" else f"notify_{event}"
                yield Configured(keyword, command, one.notify.user_of(event), one.origins.get(keyword, one.place))


def beginning(path: str, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file, or None if it cannot be read. Never blocks."""
    try:
        # Opening a device can have side effects, so check the type first.
        return read_regular(path, limit)[1] if stat.S_ISREG(os.stat(path).st_mode) else None
    except (OSError, ValueError):
        return None
