"""Spans and lines: wrapping, cutting, aligning. Texts for times and ages. No Textual here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]  # text, tone
Line = tuple[Span, ...]

RULE = "─"


def width_of(line: Iterable[Span]) -> int:
    """Return the width of a line in cells."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with an ellipsis if it is longer."""
    if width <= 0:
        return ""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - cells) + text if right else text + " " * (width - cells)


def rule(title: str, width: int) -> Line:
    """Return a titled rule across the pane."""
    head = f"── {title} "
    return (("── ", "bar"), (title, "title"), (" " + RULE * max(0, width - cell_len(head)), "bar"))


def spread(left: Sequence[Span], right: Sequence[Span], width: int) -> Line:
    """Return left spans, a gap, right spans; the left is cut if both do not fit."""
    room = width - width_of(right) - 1
    kept: list[Span] = []
    for text, tone in left:
        if room <= 0:
            break
        cells = cell_len(text)
        kept.append((text if cells <= room else fit(text, room), tone))
        room -= min(cells, room)
    return (*kept, (" " * (room + 1), "text"), *right)


def wrap(spans: Sequence[Span], width: int, *, indent: int = 0, first: Line = ()) -> list[Line]:
    """Break spans at blanks into lines of `width` cells.

    The first line starts with `first`, which takes `indent` cells, the others with `indent` blanks. A word longer than
    a line is cut into pieces.
    """
    room = max(8, width - indent)
    lines: list[Line] = []
    line: list[Span] = []
    used = 0
    for word, tone in _words(spans, room):
        cells = cell_len(word)
        if used + cells > room and line:
            lines.append(tuple(line))
            line, used = [], 0
            word = word.lstrip()
            cells = cell_len(word)
        if word:
            if line and line[-1][1] == tone:
                word = line.pop()[0] + word
            line.append((word, tone))
            used += cells
    if line or not lines:
        lines.append(tuple(line))
    blank: Line = ((" " * indent, "text"),) if indent else ()
    return [((*first, *text) if number == 0 else (*blank, *text)) for number, text in enumerate(lines)]


def labelled(label: str, spans: Iterable[Span], width: int, tone: str = "muted") -> list[Line]:
    """Return spans wrapped behind a label."""
    indent = label_width(width)
    return wrap(list(spans), width - 1, indent=indent, first=((fit(f" {label}", indent), tone),))


def label_width(width: int) -> int:
    """Return the width of labels in a pane of this width."""
    return 15 if width >= 100 else 13 if width >= 40 else 11


def _words(spans: Sequence[Span], room: int) -> Iterable[Span]:
    for text, tone in spans:
        start, longest = 0, room if text.isascii() else room // 2  # a character may take two cells
        while start < len(text):
            end = text.find(" ", start + 1)
            end = len(text) if end < 0 else end
            end = min(end, start + longest)
            yield text[start:end], tone
            start = end


def counted(number: int, noun: str) -> str:
    """Return 1 check, 2 checks."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def age(seconds: float) -> str:
    """Return a short age: 0.1s, 48s, 12m, 3h, 41d."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    for limit, unit, word in ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)}{word}"
    return f"{int(seconds // 86400)}d"


def calm_age(seconds: float) -> str:
    """Return an age that does not change in normal operation: <1s, 4s, 12m, 3h, 41d."""
    return "<1s" if seconds < 1 else f"{int(seconds)}s" if seconds < 60 else age(seconds)


def span_of_time(seconds: float) -> str:
    """Return a longer age: 00:02:31, 3h 05m, 41d 02h."""
    minutes, second = divmod(int(max(0.0, seconds)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour:02}h"
    return f"{hour}h {minute:02}m" if hour else f"00:{minute:02}:{second:02}"


def clock_time(when: float) -> str:
    """Return the local time of day, with a Z if that is UTC."""
    local = _local(when)
    return f"{local:%H:%M:%S}{_z(local)}"


def day_or_clock(when: float, now: float) -> str:
    """Return the local time of day within the last 24 hours, else the date; 10 characters."""
    return f"{clock_time(when):<10}" if abs(now - when) < 86_400 else f"{_local(when):%Y-%m-%d}"


def day_or_millis(when: float, now: float) -> str:
    """Return local time with ms within the last 24 hours, else date and minute; at most 13 characters."""
    local = _local(when)
    return f"{clock_millis(when)}{_z(local)}" if abs(now - when) < 86_400 else f"{local:%m-%d %H:%M}{_z(local)}"


def file_time(when: float) -> str:
    """Return local date and time for a file name: 20261122T031244Z, or 20261122T041244+0100."""
    local = _local(when)
    return f"{local:%Y%m%dT%H%M%S}{_z(local) or f'{local:%z}'}"


def clock_millis(when: float, digits: int = 3) -> str:
    """Return the local time of day with `digits` (3 to 6) decimals, no Z."""
    return f"{_local(when):%H:%M:%S.%f}"[: 9 + digits]


def clock_micros(when: float) -> str:
    """Return the local time of day with microseconds, with a Z if that is UTC."""
    return clock_millis(when, 6) + _z(_local(when))


def clock_minute(when: float) -> str:
    """Return local hour and minute, with a Z if that is UTC."""
    local = _local(when)
    return f"{local:%H:%M}{_z(local)}"


def date_time(when: float) -> str:
    """Return local date and time with milliseconds and offset from UTC."""
    local = _local(when)
    return f"{local:%Y-%m-%d %H:%M:%S.%f}"[:-3] + (_z(local) or f"{local:%z}")


def _local(when: float) -> datetime:
    try:
        return datetime.fromtimestamp(when).astimezone()
    except (ValueError, OverflowError, OSError):  # a damaged capture file may have any number
        return datetime.fromtimestamp(0, UTC)


def _z(local: datetime) -> str:
    return "" if local.utcoffset() else "Z"


def seconds(value: float) -> str:
    """Return an interval: 1.00s, 0.53s, 30s."""
    return f"{value:.2f}s" if value < 10 else f"{value:.0f}s"
