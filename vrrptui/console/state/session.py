"""One operator at one console: the view, the pause, and pending requests.

Passed to every screen. Knows nothing of Textual; the clock is passed in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from vrrptui.client.view import View
from vrrptui.console.settings.preferences import Preferences
from vrrptui.console.state.clock import SessionClock
from vrrptui.console.text.header import Truth
from vrrptui.control.messages import Adverts, FromEngine
from vrrptui.control.snapshots import EngineSnapshot


class Session:
    """What all screens share. `clock` returns wall-clock seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        read_only: bool = False,
        preferences: Preferences | None = None,
        host: str = "",
    ) -> None:
        self.wall = clock
        self.clock = SessionClock(clock)  # in the time shown
        self.host = host  # name of the engine, if there are several
        self.preferences = preferences or Preferences()
        self.read_only = read_only
        self.view = View()
        self.pending: dict[str, str] = {}  # pending requests about routers, by key
        self.terminal = _terminal_name()
        self.banner = ""  # a line above the keys, set by the caller of the console
        self._connected = False
        self._why_not = "not connected yet"
        self._last_line_at = clock()
        self._paused: tuple[View, float] | None = None

    def take(self, message: FromEngine) -> None:
        """Apply a message; adverts of one of several engines go into the joined view only."""
        self._last_line_at = self.wall()
        if isinstance(message, EngineSnapshot):
            self.clock.take(message.playback)
        if not (self.host and isinstance(message, Adverts)):
            self.view.apply(message)

    def take_from(self, session: Session, message: FromEngine) -> None:
        """Apply a message of one of the engines."""
        session.take(message)

    @property
    def engines(self) -> Sequence[Session]:
        """A session for each engine."""
        return (self,)

    def owner(self, key: str | None) -> tuple[Session | None, str]:
        """Return the session of the engine that `key` belongs to, and its key in that engine."""
        return self, key or ""

    def host_of(self, row: object) -> str:
        """Return the host of a row; empty with one engine."""
        return ""

    def is_gone(self, host: str) -> bool:
        """Whether the data of one of several engines is old."""
        return False

    def link(self, connected: bool, why_not: str = "") -> None:
        """Record whether the engine is connected."""
        self._connected, self._why_not = connected, why_not
        self.clock.runs = connected
        self._last_line_at = self.wall()

    @property
    def paused(self) -> bool:
        return self._paused is not None

    def toggle_pause(self) -> None:
        """Freeze what the screens show, or resume."""
        self._paused = None if self._paused else (self.view.frozen(), self.clock())

    @property
    def shown(self) -> View:
        """The view to show: the live one, or that of the pause."""
        return self._paused[0] if self._paused else self.view

    @property
    def now(self) -> float:
        """The time from which ages are computed; it stops during a pause."""
        return self._paused[1] if self._paused else self.clock()

    @property
    def may_act(self) -> bool:
        """Whether acting keys are available."""
        return self.view.may_operate and not self.read_only

    @property
    def old_picture(self) -> bool:
        """Whether the data is from before the connection was lost."""
        return not self._connected

    @property
    def truth(self) -> Truth:
        held = self.view.version - self._paused[0].version if self._paused else 0
        silent = max(0.0, self.wall() - self._last_line_at)
        return Truth(self._connected, self._why_not, self.paused, held, silent, self.read_only)


def _terminal_name() -> str:
    try:
        return os.ttyname(0)
    except OSError:
        return ""
