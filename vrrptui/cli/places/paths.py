"""Where things are by default: the control socket and the state directory."""

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
    """A directory that a socket is looked for in by default is somebody else's, or others can write in it."""


def default_socket() -> Path:
    """Where an engine listens by default, in a directory that is this user's alone. Raises NotOursError."""
    return SYSTEM_SOCKET if os.geteuid() == 0 else _own_socket(_runtime_dir())


def engine_socket() -> Path:
    """As `default_socket`, for an engine that is started: the directory of an ordinary user is made."""
    base = _runtime_dir()
    if os.geteuid() != 0 and base.parent.is_dir() and not os.environ.get("XDG_RUNTIME_DIR"):
        with contextlib.suppress(OSError):  # it is there, or the engine says why it cannot be made
            base.mkdir(mode=0o700)  # before anybody else does
    return default_socket()


def client_socket() -> Path:
    """Where a client looks for an engine: the user's own one, or the system's if only that is there.

    A directory that is not the user's own is not looked into; without an engine of the system that raises NotOursError.
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
    """Where an engine keeps its lock, its record and its history unless told otherwise."""
    if os.geteuid() == 0:
        return SYSTEM_STATE
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "vrrptui"


def missing(socket: Path | None, state: Path | None = None) -> str:
    """Which folder of these paths is not there, in one line: a socket's own, and the one a state directory is in."""
    for folder in (socket and socket.parent, state and state.absolute().parent):
        if folder is not None and not folder.is_dir():
            return f"directory {folder} does not exist: create it, or correct the path"
    return ""


def _own_socket(base: Path) -> Path:
    """The socket in `base`, where nobody else can have put one. Raises NotOursError."""
    for folder in (base, base / "vrrptui"):
        try:
            status = folder.lstat()  # a link would lead where somebody else wants
        except OSError:
            break  # nothing is there yet
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
