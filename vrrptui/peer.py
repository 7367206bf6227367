"""Checks the server of a control socket: root, the user itself, and the owner of the socket's directory are trusted.

Any user who can write to a directory can create a socket in it, so the path alone proves little. The directory's owner
is trusted because the directory was named by the user or checked by `cli.places`: an engine may run as a user of its
own with a directory of its own.
"""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import Protocol


class _Connected(Protocol):
    def getsockopt(self, level: int, option: int, length: int, /) -> bytes: ...


def credentials(connection: _Connected) -> tuple[int, int]:
    """Return the user and group ID of the process at the other end (SO_PEERCRED)."""
    _, uid, gid = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid, gid


def stranger(connection: _Connected, path: str) -> str:
    """Return why the process that listens at `path` is not trusted (SO_PEERCRED), or "" if it is."""
    uid, _ = credentials(connection)
    if uid in (0, os.geteuid()):
        return ""
    try:
        owner = Path(path).absolute().parent.stat().st_uid
    except OSError:
        owner = -1
    if uid == owner:
        return ""
    return f"{path} is served by user {uid}, who is neither root nor you nor the directory's owner: it is not used"
