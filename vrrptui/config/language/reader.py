"""Reads the files of a configuration into lines and braces, following `include`. The only module here with effects.

Total size, depth and number of files are limited; a file that includes itself is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping

from vrrptui.config.findings.report import Report, shown, visible
from vrrptui.config.language import wildcard
from vrrptui.config.language.expand import Expander
from vrrptui.config.language.foreign import without_tags
from vrrptui.config.language.lexer import Brace, Line, lines, tokens
from vrrptui.config.model.configuration import Place
from vrrptui.files import read_regular

BYTES_MAX = 64 << 20  # of all files together
DEPTH_MAX = 16
INCLUDES_MAX = 20_000  # a generated configuration may have one file per virtual router
STANDARD_INPUT = "-"  # as the main file

_INCLUDE = re.compile(r"include([rmwba]?)[ \t]+([^#!]*[^#! \t])")


class Reader:
    """Reads one configuration, the main file and its included files, as the host named `config_id`."""

    def __init__(self, report: Report, config_id: str, environment: Mapping[str, str]) -> None:
        self._report = report
        self._expander = Expander(config_id, environment, report)
        self._bytes_left = BYTES_MAX
        self._includes = 0
        self.sources: dict[str, None] = {}  # files read, and directories searched for wildcards
        self._open: list[tuple[int, int]] = []  # device and inode of the files being read, outermost first

    def read(self, path: str) -> Iterator[Line | Brace]:
        """Yield the lines and braces of the file `path` in order; errors go to the report."""
        yield from self._file(path, Place(path, 1), _standard_input if path == STANDARD_INPUT else _contents)

    def _file(self, path: str, cause: Place, contents: _Contents | None = None) -> Iterator[Line | Brace]:
        try:
            identity, data = (contents or _contents)(path, self._bytes_left)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._report.error(cause, "unreadable", f"'{visible(path)}' cannot be read: {reason}")
            return
        if identity in self._open:
            self._report.error(cause, "include-cycle", f"'{visible(path)}' includes itself")
            return
        if len(data) > self._bytes_left:
            self._report.error(
                cause, "too-large", f"{shown(path)} makes the configuration larger than {BYTES_MAX >> 20} MiB"
            )
            return
        self._bytes_left -= len(data)
        self.sources[path] = None
        self._open.append(identity)
        directory = os.path.dirname(path)
        absolute = os.path.realpath(directory)
        for content, place in lines(data.decode("utf-8", "surrogateescape"), path, self._report):
            if self._expander.exhausted:
                break
            readable = without_tags(content, place, self._report)
            for text in self._expander.expand(readable, place, absolute):
                if include := _INCLUDE.match(text):
                    yield from self._include(include, directory, place)
                elif not self._report.passing_over or "{" in text or "}" in text:
                    yield from tokens(text, place, self._report, "" if text is content else content)
        self._open.pop()

    def _include(self, include: re.Match[str], directory: str, place: Place) -> Iterator[Line | Brace]:
        variant, pattern = include.groups()
        if len(self._open) > DEPTH_MAX:
            self._report.error(place, "include-depth", f"files are included more than {DEPTH_MAX} deep")
            return
        try:
            found = [(name, wildcard.matches(name, directory)) for name in wildcard.braces(pattern)]
        except wildcard.TooManyError as error:
            self._report.error(place, "too-many-includes", f"{shown(pattern)} cannot be followed: {error}")
            return
        paths = [path for _, matching in found for path in matching]
        for name, _ in found:
            if wildcard.has_magic(name):
                self.sources[os.path.join(directory, wildcard.fixed_part(name))] = None
        self._includes += max(len(found), len(paths))  # expanded names count even if they do not exist
        if self._includes > INCLUDES_MAX:
            self._report.error(place, "too-many-includes", f"more than {INCLUDES_MAX} files are included")
            return
        self._report_missing(variant, pattern, found, place)
        for path in paths:
            yield from self._file(path, place)

    def _report_missing(self, variant: str, pattern: str, found: list[tuple[str, list[str]]], place: Place) -> None:
        """Report missing files, as an error or a warning depending on the variant of `include`.

        All variants except plain include require a file for a name without wildcards; includew also for one with
        wildcards, includeb for each alternative in braces, includea for all of these.
        """
        missing = [name for name, matching in found if not matching]
        for name in missing if len(found) > 1 and len(missing) < len(found) else []:
            self._missing(name, variant in ("b", "a"), place)
        if len(missing) == len(found):
            magic = wildcard.has_magic(pattern)
            if not magic or variant in ("w", "a"):
                self._missing(pattern, variant != "", place)

    def _missing(self, pattern: str, fatal: bool, place: Place) -> None:
        if fatal:
            self._report.error(place, "include-missing", f"no file matches {shown(pattern)}")
        else:
            self._report.warning(place, "include-missing", f"there is no file {shown(pattern)}")


_Contents = Callable[[str, int], tuple[tuple[int, int], bytes]]


def _standard_input(path: str, limit: int) -> tuple[tuple[int, int], bytes]:
    """Return the contents of standard input, of any kind; as `_contents`."""
    status = os.fstat(0)
    with open(0, "rb", closefd=False) as file:
        return (status.st_dev, status.st_ino), file.read(limit + 1)


def _contents(path: str, limit: int) -> tuple[tuple[int, int], bytes]:
    """Return the device and inode of a regular file, and at most `limit` + 1 of its bytes.

    Raises OSError or ValueError, with the reason, if it cannot be read.
    """
    status, data = read_regular(path, limit + 1)
    if status.st_mode & 0o111:
        # keepalived skips executable files too, because they are scripts in the wrong place.
        raise ValueError("it is executable")
    return (status.st_dev, status.st_ino), data
