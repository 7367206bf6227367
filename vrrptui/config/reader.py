"""Files to lines and braces, with `include` followed. The only part of the configuration that touches files.

Everything is bounded: bytes in all files together, depth, number of files; a file that includes itself is reported.
"""

from __future__ import annotations

import errno
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
FILES_MAX = 1000

_INCLUDE = re.compile(r"include([rmwba]?)[ \t]+([^#!]*[^#! \t])")


class Reader:
    """Reads one configuration: the main file and what it includes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._bytes_left = BYTES_MAX
        self._files = 0
        self._open: list[str] = []  # real paths, outermost first

    def read(self, path: str) -> Iterator[Line | Brace]:
        """The lines and braces of the file `path` in order; errors go to the report."""
        yield from self._file(path, Place(path, 1))

    def _file(self, path: str, cause: Place) -> Iterator[Line | Brace]:
        real = os.path.realpath(path)
        self._files += 1
        if real in self._open:
            self._report.error(cause, "include-cycle", f"{shown(path)} includes itself")
        elif len(self._open) > DEPTH_MAX:
            self._report.error(cause, "include-depth", f"files are included more than {DEPTH_MAX} deep")
        elif self._files > FILES_MAX:
            self._report.error(cause, "too-many-files", f"more than {FILES_MAX} files are included")
        elif (text := self._text(path, cause)) is not None:
            self._open.append(real)
            for content, place in lines(text, path, self._report):
                if include := _INCLUDE.match(content):
                    yield from self._include(include, os.path.dirname(path), place)
                else:
                    yield from tokens(content, place, self._report)
            self._open.pop()

    def _include(self, include: re.Match[str], directory: str, place: Place) -> Iterator[Line | Brace]:
        strict, pattern = include.groups()
        if "{" in pattern or "$" in pattern:
            text = "braces and variables in the name of an included file are not supported yet"
            self._report.error(place, "not-supported-yet", text, "write one include line for each file")
            return
        paths = sorted(glob.glob(os.path.join(directory, pattern)))
        if not paths and strict:
            self._report.error(place, "include-missing", f"no file matches {shown(pattern)}")
        elif not paths and not glob.has_magic(pattern):
            self._report.warning(place, "include-missing", f"there is no file {shown(pattern)}")
        for path in paths:
            yield from self._file(path, place)

    def _text(self, path: str, cause: Place) -> str | None:
        """The text of a file, or None with an error reported."""
        try:
            data = _contents(path, self._bytes_left)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._report.error(cause, "unreadable", f"{shown(path)} cannot be read: {reason}")
            return None
        if len(data) > self._bytes_left:
            self._report.error(cause, "too-large", f"{shown(path)} makes the configuration larger than 4 MiB")
            return None
        self._bytes_left -= len(data)
        return data.decode("utf-8", "surrogateescape")


def _contents(path: str, limit: int) -> bytes:
    """At most `limit` + 1 bytes of a regular file. Raises OSError or ValueError when there is none to read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise ValueError("it is not a regular file")
        if mode & 0o111:
            # keepalived passes over executable files too: they are scripts put in the wrong place.
            raise ValueError("it is executable")
        return file.read(limit + 1)
