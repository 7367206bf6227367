"""The time shown on the screens: wall clock, or that of a played capture."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.control.snapshots import PlaybackSnapshot


class SessionClock:
    """The current time, in seconds since 1970.

    For a capture, it continues at the capture's speed from the position that the engine last sent.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._played: tuple[PlaybackSnapshot, float] | None = None  # and when it was received
        self.runs = False  # whether the engine that plays is connected

    @property
    def playback(self) -> PlaybackSnapshot | None:
        """The capture being played, as last received; None for a live segment."""
        return self._played[0] if self._played else None

    def take(self, playback: PlaybackSnapshot | None) -> None:
        """Set the engine's playback, or an assumed one until the engine sends it."""
        self._played = (playback, self._wall()) if playback else None

    def __call__(self) -> float:
        if self._played is None:
            return self._wall()
        played, said_at = self._played
        gone = (self._wall() - said_at) * played.speed if played.playing and self.runs else 0.0
        return min(max(played.ends, played.position), played.position + max(0.0, gone))
