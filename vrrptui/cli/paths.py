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


def _runtime_dir() -> Path:
    named = os.environ.get("XDG_RUNTIME_DIR")
    return Path(named or os.environ.get("TMPDIR") or "/tmp") / ("" if named else f"vrrptui-{os.getuid()}")  # noqa: S108
