"""The packet of an advert as lines: its bytes, and the text in the list. No Textual here."""

from __future__ import annotations

from collections.abc import Collection

from vrrptui.console.text.dissector import MASK
from vrrptui.console.text.prose import Line, Span
from vrrptui.control.messages import AdvertLine

WIDE_DUMP = 16  # bytes per line
NARROW_DUMP = 8


def dump_width(bytes_a_line: int) -> int:
    """Return the width of a dump in cells."""
    return 7 + 3 * bytes_a_line + bytes_a_line // 8 + bytes_a_line


def dump(frame: bytes, start: int, end: int, secret: Collection[int], bytes_a_line: int = WIDE_DUMP) -> list[Line]:
    """Return offset, bytes and characters; `start` to `end` are highlighted, those in `secret` hidden."""
    lines: list[Line] = []
    for at in range(0, len(frame), bytes_a_line):
        places = range(at, min(at + bytes_a_line, len(frame)))
        line: list[Span] = [(f" {at:04x}  ", "muted")]
        for place in places:
            text = MASK * 2 if place in secret else f"{frame[place]:02x}"
            marked = start <= place < end
            joined = marked and place + 1 < end and place + 1 in places
            line.append((text, "tab" if marked else "text"))
            line.append((" " if place % 8 != 7 else "  ", "tab" if joined else "text"))
        cells = 3 * len(places) + len(places) // 8
        line.append((" " * (3 * bytes_a_line + bytes_a_line // 8 - cells), "text"))
        for place in places:
            shown = MASK if place in secret else chr(frame[place]) if 32 <= frame[place] < 127 else "."
            line.append((shown, "tab" if start <= place < end else "muted"))
        lines.append(tuple(line))
    return lines or [((" the engine kept no bytes of it", "muted"),)]


def info(line: AdvertLine) -> Span:
    """Return the last cell of the list: the problem, else the addresses."""
    if line.problems:
        return ("✖ " + ", ".join(line.problems), "critical")
    if line.priority == 0:
        return ("▲ resigns: " + " ".join(line.addresses), "warning")
    return (" ".join(line.addresses), "text")
