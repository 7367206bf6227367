"""Default paths: the control socket and the state directory."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from vrrptui.cli.printing.complain import complain

SYSTEM_SOCKET = Path("/run/vrrptui/engine.sock")
SYSTEM_STATE = Path("/var/lib/vrrptui")
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class NotOursError(Exception):
    """A default directory belongs to another user, or others can write to it."""


def default_socket() -> Path:
    """Return the default socket, in a directory of this user only. Raises NotOursError."""
    return SYSTEM_SOCKET if os.geteuid() == 0 else _own_socket(_runtime_dir())


def engine_socket() -> Path:
    """Return `default_socket` for starting an engine, and create the directory of an ordinary user."""
    base = _runtime_dir()
    if os.geteuid() != 0 and base.parent.is_dir() and not os.environ.get("XDG_RUNTIME_DIR"):
        with contextlib.suppress(OSError):  # it exists, or the engine will report why it cannot be created
            base.mkdir(mode=0o700)  # before another user does
    return default_socket()


def client_socket() -> Path:
    """Return the socket for a client: the user's own, or the system's if only that exists.

    A directory that other users can write to is not used; without a system engine that raises NotOursError.
    """
    if os.geteuid() == 0:
        return SYSTEM_SOCKET
    try:
        own = _own_socket(_runtime_dir())
    except NotOursError as error:
        if not SYSTEM_SOCKET.exists():
            raise
        complain("socket", f"{error}; {SYSTEM_SOCKET} is used")
        return SYSTEM_SOCKET
    return SYSTEM_SOCKET if not own.exists() and SYSTEM_SOCKET.exists() else own


def state_dir() -> Path:
    """Return the default directory for an engine's lock, record and history."""
    if os.geteuid() == 0:
        return SYSTEM_STATE
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "vrrptui"


def missing(socket: Path | None, state: Path | None = None) -> str:
    """Return a line about a missing directory: that of a socket, or the parent of a state directory."""
    for folder in (socket and socket.parent, state and state.absolute().parent):
        if folder is not None and not folder.is_dir():
            return f"directory {folder} does not exist: create it, or correct the path"
    return ""


def _own_socket(base: Path) -> Path:
    """Return the socket in `base`, if no other user can have created it. Raises NotOursError."""
    for folder in (base, base / "vrrptui"):
        try:
            status = folder.lstat()  # a symbolic link would lead to another place
        except OSError:
            break  # it does not exist yet
        why = ""
        if not stat.S_ISDIR(status.st_mode):
            why = "is not a directory"
        elif status.st_uid != os.geteuid():
            why = f"belongs to user {status.st_uid}"
        elif status.st_mode & OTHERS_MAY_WRITE:
            why = f"can be written by others (mode {stat.S_IMODE(status.st_mode):o})"
        if why:
            raise NotOursError(f"{folder} {why}: remove it, or name a --socket")
    return base / "vrrptui" / "engine.sock"


def _runtime_dir() -> Path:
    named = os.environ.get("XDG_RUNTIME_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("TMPDIR") or "/tmp") / f"vrrptui-{os.getuid()}"  # noqa: S108
