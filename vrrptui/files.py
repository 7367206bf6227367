"""Opening files that are not vrrptui's own: never waiting, regular files only, and no descriptor left behind.

What is written, often as root, is opened without following a link that somebody else can have put there: any directory
on the way in which others can write is entered, and the file in it opened, with O_NOFOLLOW.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

NOT_REGULAR = "it is not a regular file"
_ALWAYS = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def open_regular(path: str | Path, flags: int = os.O_RDONLY, mode: int = 0o640, directory: int | None = None) -> int:
    """The descriptor of a regular file; a FIFO is not waited for. Raises OSError, for any other kind of file too."""
    descriptor = os.open(path, flags | _ALWAYS, mode, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: str | Path, limit: int) -> tuple[os.stat_result, bytes]:
    """The status of a regular file and at most `limit` of its bytes. Raises OSError as `open_regular`."""
    descriptor = open_regular(path)
    with open(descriptor, "rb") as file:
        return os.fstat(descriptor), file.read(limit)


def read_text(path: str | Path, limit: int) -> str:
    """The text of a regular file in UTF-8. Raises OSError, also when it is larger than `limit` bytes, or ValueError."""
    _, data = read_regular(path, limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit} bytes", str(path))
    return data.decode("utf-8")


def open_to_write(path: str | Path, flags: int, mode: int = 0o640) -> int:
    """The descriptor of a regular file with one name, for writing; O_TRUNC is obeyed once that is known.

    Raises OSError, ELOOP among them where a link is that somebody else can have put there.
    """
    *folders, name = Path(path).absolute().parts[1:]
    directory = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            enter = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | _nofollow(directory)
            inner = os.open(folder, enter, dir_fd=directory)
            os.close(directory)
            directory = inner
        descriptor = open_regular(name, flags & ~os.O_TRUNC | _nofollow(directory), mode, directory)
    finally:
        os.close(directory)
    try:
        if os.fstat(descriptor).st_nlink > 1:
            raise OSError(errno.EMLINK, "it has another name as well", str(path))
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _nofollow(directory: int) -> int:
    """O_NOFOLLOW if others than root and this user can make a link in this directory."""
    status = os.fstat(directory)
    safe = status.st_uid in (0, os.geteuid()) and not status.st_mode & _OTHERS_MAY_WRITE
    return 0 if safe else os.O_NOFOLLOW
