"""Files to lines and braces, with `include` followed. The only part of the configuration that touches files.

Everything is bounded: bytes in all files together, depth, number of files; a file that includes itself is reported.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator

from vrrptui.config.lexer import Brace, Line, lines, tokens
from vrrptui.config.model import Place
from vrrptui.config.report import Report, shown

BYTES_MAX = 4 * 1024 * 1024  # of all files together
DEPTH_MAX = 16
INCLUDES_MAX = 1000

_INCLUDE = re.compile(r"include([rmwba]?)[ \t]+([^#!]*[^#! \t])")


class Reader:
    """Reads one configuration: the main file and what it includes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._bytes_left = BYTES_MAX
        self._includes = 0
        self._open: list[tuple[int, int]] = []  # device and inode of the files being read, outermost first

    def read(self, path: str) -> Iterator[Line | Brace]:
        """The lines and braces of the file `path` in order; errors go to the report."""
        yield from self._file(path, Place(path, 1))

    def _file(self, path: str, cause: Place) -> Iterator[Line | Brace]:
        try:
            identity, data = _contents(path, self._bytes_left)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._report.error(cause, "unreadable", f"{shown(path)} cannot be read: {reason}")
            return
        if identity in self._open:
            self._report.error(cause, "include-cycle", f"{shown(path)} includes itself")
            return
        if len(data) > self._bytes_left:
            self._report.error(cause, "too-large", f"{shown(path)} makes the configuration larger than 4 MiB")
            return
        self._bytes_left -= len(data)
        self._open.append(identity)
        for content, place in lines(data.decode("utf-8", "surrogateescape"), path, self._report):
            if include := _INCLUDE.match(content):
                yield from self._include(include, os.path.dirname(path), place)
            else:
                yield from tokens(content, place, self._report)
        self._open.pop()

    def _include(self, include: re.Match[str], directory: str, place: Place) -> Iterator[Line | Brace]:
        strict, pattern = include.groups()
        if len(self._open) > DEPTH_MAX:
            self._report.error(place, "include-depth", f"files are included more than {DEPTH_MAX} deep")
            return
        if "{" in pattern or "$" in pattern or glob.has_magic(os.path.dirname(pattern)):
            text = "an included file's name with braces, variables or wildcard directories is not supported yet"
            self._report.error(place, "not-supported-yet", text, "write one include line for each file")
            return
        paths = sorted(glob.glob(os.path.join(directory, pattern)))
        self._includes += max(1, len(paths))
        if self._includes > INCLUDES_MAX:
            self._report.error(place, "too-many-includes", f"more than {INCLUDES_MAX} files are included")
            return
        if not paths and strict:
            self._report.error(place, "include-missing", f"no file matches {shown(pattern)}")
        elif not paths and not glob.has_magic(pattern):
            self._report.warning(place, "include-missing", f"there is no file {shown(pattern)}")
        for path in paths:
            yield from self._file(path, place)


def _contents(path: str, limit: int) -> tuple[tuple[int, int], bytes]:
    """Device and inode of a regular file, and at most `limit` + 1 of its bytes.

    Raises OSError or ValueError, with the reason, when there is none to read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        if status.st_mode & 0o111:
            # keepalived passes over executable files too: they are scripts put in the wrong place.
            raise ValueError("it is executable")
        return (status.st_dev, status.st_ino), file.read(limit + 1)
