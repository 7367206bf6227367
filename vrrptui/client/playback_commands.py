"""Playback commands for keys, for an engine that plays a capture. Pure; no Textual here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

import msgspec

from vrrptui.control.messages import Play
from vrrptui.control.snapshots import PlaybackSnapshot

STEP_S = 10.0  # seconds of the capture's time
SLOWEST, FASTEST = 0.1, 1000.0  # limits of the engine
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_BY = re.compile(r"([+-]) *(\d+(?:\.\d+)?) *([smh]?)")
_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)[T ])?(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?Z?")


def command(how: str, played: PlaybackSnapshot | None, now: float, terminal: str) -> Callable[[int], Play] | None:
    """Return the command for `how` (toggle, faster, slower, forwards, back), by its number; None without playback."""
    if played is None:
        return None
    match how:
        case "toggle":
            return partial(_play, playing=not played.playing, terminal=terminal)
        case "faster" | "slower":
            speed = played.speed * (2 if how == "faster" else 0.5)
            return partial(_play, speed=min(FASTEST, max(SLOWEST, speed)), terminal=terminal)
        case _:
            at = now + (STEP_S if how == "forwards" else -STEP_S)
            return partial(_play, at=min(played.ends, max(played.begins, at)), terminal=terminal)


def to(at: float, terminal: str) -> Callable[[int], Play]:
    """Return the command to seek to a time, by its number."""
    return partial(_play, at=at, terminal=terminal)


def supposed(played: PlaybackSnapshot, asked: Play, now: float) -> PlaybackSnapshot:
    """Return the playback after this command, so that the next key starts from there."""
    return msgspec.structs.replace(
        played,
        position=now if asked.at is None else asked.at,
        speed=played.speed if asked.speed is None else asked.speed,
        playing=played.playing if asked.playing is None else asked.playing,
    )


def moment(text: str, played: PlaybackSnapshot, now: float) -> float:
    """Parse a time that an operator typed. Return seconds since 1970.

    A time of day is the first such time in the capture, local, or UTC with a Z; + or - is relative to `now`. Raises
    ValueError with a text for the operator.
    """
    by, time = _BY.fullmatch(text.strip()), _TIME.fullmatch(text.strip())
    if by:
        step = float(by[2]) * UNITS[by[3]]
        at = now + (step if by[1] == "+" else -step)
    elif time:
        zone = UTC if text.strip().upper().endswith("Z") else None
        of_day = timedelta(hours=int(time[2]), minutes=int(time[3]), seconds=float(time[4] or 0))
        at = _at(time[1], of_day, played, zone)
    else:
        raise ValueError("a time of day such as 03:12:44, with a date before it, or +90, -5m, +2h")
    if not played.begins <= at <= played.ends:
        raise ValueError("the capture has nothing of that time")
    return at


def _at(date: str | None, of_day: timedelta, played: PlaybackSnapshot, zone: tzinfo | None) -> float:
    """Return the time on a day in a zone (None: local), or the first one in the capture."""
    if date:
        return (datetime.fromisoformat(date).replace(tzinfo=zone) + of_day).timestamp()
    begins = datetime.fromtimestamp(played.begins, zone)
    at = (begins.replace(hour=0, minute=0, second=0, microsecond=0) + of_day).timestamp()
    while at < int(played.begins):
        at += timedelta(days=1).total_seconds()
    return max(at, played.begins)


def _play(
    number: int, playing: bool | None = None, speed: float | None = None, at: float | None = None, terminal: str = ""
) -> Play:
    return Play(id=number, playing=playing, speed=speed, at=at, terminal=terminal)
