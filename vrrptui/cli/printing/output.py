"""Output of commands: plain lines, and JSON with escaped characters.

Names and texts come from packets, configurations and scripts. A test ensures that no other module of the command line
writes to a stream; `watch`, whose lines have colours, sanitizes each field itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from vrrptui.control.plain import json_text, plain


def put(out: TextIO, *lines: str) -> None:
    """Print lines, each without control characters."""
    out.writelines(f"{plain(line)}\n" for line in lines)


def put_json(out: TextIO, value: object, indent: int = 0) -> None:
    """Print a value as one JSON document, on one line unless there is an `indent`."""
    out.write(json_text(value, indent) + "\n")


def put_file(out: TextIO, text: str) -> None:
    """Print a text that will be read again, unchanged; on a terminal without control characters."""
    if out.isatty():
        put(out, *text.removesuffix("\n").split("\n"))
    else:
        out.write(text)


def put_lines_of_fields(out: TextIO, lines: Iterable[str]) -> None:
    """Print lines made of sanitized fields, with line ends and colours, unchanged."""
    out.write("".join(lines))
