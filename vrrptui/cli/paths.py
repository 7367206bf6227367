"""Where things are by default: the control socket and the state directory."""

from __future__ import annotations

import os
from pathlib import Path

SYSTEM_SOCKET = Path("/run/vrrptui/engine.sock")
SYSTEM_STATE = Path("/var/lib/vrrptui")


def engine_socket() -> Path:
    """Where an engine listens unless told otherwise."""
    if os.geteuid() == 0:
        return SYSTEM_SOCKET
    return _runtime_dir() / "vrrptui" / "engine.sock"


def client_socket() -> Path:
    """Where a client looks for an engine: the user's own one, or the system's if only that is there."""
    own = engine_socket()
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
            return f"there is no directory {folder}: make it, or correct the path"
    return ""


def _runtime_dir() -> Path:
    named = os.environ.get("XDG_RUNTIME_DIR")
    return Path(named or os.environ.get("TMPDIR") or "/tmp") / ("" if named else f"vrrptui-{os.getuid()}")  # noqa: S108
