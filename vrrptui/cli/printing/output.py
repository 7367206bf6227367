"""The one way in which a command prints what it has to say: plain lines, and JSON whose signs are escaped.

Names, texts and outputs come from packets, configurations and scripts. A test holds that no other module of the command
line writes to a stream; `watch`, whose lines have colours, makes each field plain itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from vrrptui.control.plain import json_text, plain


def put(out: TextIO, *lines: str) -> None:
    """Print lines, each of them plain and on one line of its own."""
    out.writelines(f"{plain(line)}\n" for line in lines)


def put_json(out: TextIO, value: object, indent: int = 0) -> None:
    """Print a value as one JSON document, on one line unless there is an `indent`."""
    out.write(json_text(value, indent) + "\n")


def put_file(out: TextIO, text: str) -> None:
    """Print a text that is to be read again, as it is; to a terminal plain, line by line."""
    if out.isatty():
        put(out, *text.removesuffix("\n").split("\n"))
    else:
        out.write(text)


def put_lines_of_fields(out: TextIO, lines: Iterable[str]) -> None:
    """Print lines that were made of plain fields, with their ends and with colours, as they are."""
    out.write("".join(lines))
