"""Who answers on a control socket: a client believes root, its own user, and the owner of the socket's directory.

Everybody who can write in a directory can put a socket there, so that the path alone says little. The directory's
owner is believed because only a directory that the user named, or one that `cli/paths.py` has checked, comes here: an
engine may run as a user of its own, in a directory of its own.
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
    """The user and the group of the process at the other end (SO_PEERCRED)."""
    _, uid, gid = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid, gid


def stranger(connection: _Connected, path: str) -> str:
    """Why the process that listens at `path` is not to be believed (SO_PEERCRED); empty if it is."""
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
