"""Exporting a list to a new file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vrrptui.control.plain import plain

MOST_NAMES = 100


class ExportError(Exception):
    """The file could not be written. The text is one line with the reason."""


def write(lines: Iterable[str], name: str, folder: Path) -> Path:
    """Write the lines to `name`.txt in `folder`, or to the first free of `name`-2.txt, -3 and so on.

    Raises ExportError.
    """
    text = "".join(f"{plain(line)}\n" for line in lines)  # the file may be printed on a terminal
    for number in range(1, MOST_NAMES):
        path = folder / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            raise ExportError(f"cannot write {path}: {error.strerror or error}; start the console elsewhere") from None
        return path
    raise ExportError(f"{folder} holds {name}.txt to {name}-{MOST_NAMES - 1}.txt already; move them away")
