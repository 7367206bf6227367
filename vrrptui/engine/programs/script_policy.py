"""Which scripts may run on this host, and as which user: script_user and enable_script_security.

Inspects files and the user database only.
"""

from __future__ import annotations

import os
import shutil
import stat

from vrrptui.config.lint.script_safety import DEFAULT_USER, unsafe_part, user_exists
from vrrptui.config.model.configuration import GlobalConfig, User
from vrrptui.engine.programs.subprocess_run import ENVIRONMENT, Account

ROOT = 0


class ScriptPolicy:
    """The rules of global_defs for scripts on this host.

    A script without a user runs as script_user, else as `keepalived_script` if that user exists, else as the engine's
    user. With enable_script_security, root's scripts must not be writable by other users.
    """

    def __init__(self, general: GlobalConfig) -> None:
        self._strict = general.script_security
        self._default = Account(general.script_user, general.script_group)
        self._homeless = False  # no user is available for scripts without one
        if general.script_user is None and os.geteuid() == ROOT:
            if user_exists(DEFAULT_USER):
                self._default = Account(DEFAULT_USER)
            else:
                self._homeless = self._strict

    def account(self, user: User | None) -> Account:
        """Return the account for a script; `user` is its own user, if configured."""
        return self._default if user is None else Account(user.name, user.group)

    def refusal(self, command: tuple[str, ...], user: User | None = None) -> str | None:
        """Return why this command must not run; None if it may."""
        if not self._strict:
            return None
        if user is None and self._homeless:
            return f"enable_script_security needs script_user, or a user {DEFAULT_USER}"
        path = shutil.which(command[0], path=ENVIRONMENT["PATH"])
        if path is None or not (_as_root(self.account(user)) or _becomes_root(path)):
            return None
        reason = unsafe_part(path)
        return f"it is not safe to run as root: {reason}" if reason else None


def _as_root(account: Account) -> bool:
    try:
        ids = account.ids()
    except LookupError:
        return False  # which cannot be executed
    user, group = (os.geteuid(), os.getegid()) if ids is None else ids[:2]
    return ROOT in (user, group)


def _becomes_root(path: str) -> bool:
    """Whether the file is setuid or setgid root."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    by_user = status.st_mode & stat.S_ISUID and status.st_uid == ROOT
    return bool(by_user or (status.st_mode & stat.S_ISGID and status.st_gid == ROOT))
