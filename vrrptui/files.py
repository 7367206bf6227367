"""Opens files that others may control: without blocking, regular files only, and without leaking descriptors.

When writing, often as root, symbolic links that another user may have created are not followed: inside a directory that
others can write to, files and directories are opened with O_NOFOLLOW.
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
    """Open a regular file, without waiting on a FIFO; return its descriptor. Raises OSError, also for other files."""
    descriptor = os.open(path, flags | _ALWAYS, mode, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: str | Path, limit: int) -> tuple[os.stat_result, bytes]:
    """Return the status of a regular file and at most `limit` of its bytes. Raises OSError as `open_regular` does."""
    descriptor = open_regular(path)
    with open(descriptor, "rb") as file:
        return os.fstat(descriptor), file.read(limit)


def read_text(path: str | Path, limit: int) -> str:
    """Return the text of a regular UTF-8 file. Raises OSError, also if it exceeds `limit` bytes, or ValueError."""
    _, data = read_regular(path, limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit} bytes", str(path))
    return data.decode("utf-8")


def open_to_write(path: str | Path, flags: int, mode: int = 0o640) -> int:
    """Open a regular file with a single link for writing; O_TRUNC takes effect after these checks.

    Raises OSError; ELOOP for a symbolic link that another user may have created.
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
    """Return O_NOFOLLOW if others than root and this user can create links in this directory, else 0."""
    status = os.fstat(directory)
    safe = status.st_uid in (0, os.geteuid()) and not status.st_mode & _OTHERS_MAY_WRITE
    return 0 if safe else os.O_NOFOLLOW
