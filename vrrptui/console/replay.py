"""What a key asks of an engine that plays a capture. Values only; no Textual here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vrrptui.control.messages import Play
from vrrptui.control.snapshots import PlaybackSnapshot

STEP_S = 10.0  # of the capture's own time
SLOWEST, FASTEST = 0.1, 1000.0  # what the engine takes


def command(how: str, played: PlaybackSnapshot | None, now: float, terminal: str) -> Callable[[int], Play] | None:
    """The command for `how` (toggle, faster, slower, forwards, back), by its number; None when nothing is played."""
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


def _play(
    number: int, playing: bool | None = None, speed: float | None = None, at: float | None = None, terminal: str = ""
) -> Play:
    return Play(id=number, playing=playing, speed=speed, at=at, terminal=terminal)
