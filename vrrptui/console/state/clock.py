"""What time it is on the screens: the wall's, or that of a capture which the engine plays."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.control.snapshots import PlaybackSnapshot


class SessionClock:
    """Now, in seconds since 1970.

    Of a capture that is what its clock showed when the engine last said so, and on from there at its speed.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._played: tuple[PlaybackSnapshot, float] | None = None  # and when it was said
        self.runs = False  # whether the engine that plays is there

    @property
    def playback(self) -> PlaybackSnapshot | None:
        """The capture that the engine plays, as it last said; None for a live segment."""
        return self._played[0] if self._played else None

    def take(self, playback: PlaybackSnapshot | None) -> None:
        """What the engine says that it plays, or is supposed to play until it says so."""
        self._played = (playback, self._wall()) if playback else None

    def __call__(self) -> float:
        if self._played is None:
            return self._wall()
        played, said_at = self._played
        gone = (self._wall() - said_at) * played.speed if played.playing and self.runs else 0.0
        return min(max(played.ends, played.position), played.position + max(0.0, gone))
