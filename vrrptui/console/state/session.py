"""One operator at one console: the view, whether it is paused, what was asked for and not yet answered.

Given to every screen. Knows the clock it is handed and nothing of Textual.
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
    """What all screens share. `clock` gives wall-clock seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        read_only: bool = False,
        preferences: Preferences | None = None,
        host: str = "",
    ) -> None:
        self.wall = clock
        self.clock = SessionClock(clock)  # by the time of what is shown
        self.host = host  # what the engine is called where there are several
        self.preferences = preferences or Preferences()
        self.read_only = read_only
        self.view = View()
        self.pending: dict[str, str] = {}  # what was asked of a router, by its key
        self.terminal = _terminal_name()
        self.banner = ""  # a line that whoever started the console keeps above the keys
        self._connected = False
        self._why_not = "not connected yet"
        self._last_line_at = clock()
        self._paused: tuple[View, float] | None = None

    def take(self, message: FromEngine) -> None:
        """Fold what the engine said; the adverts of one of several go into the joined view alone."""
        self._last_line_at = self.wall()
        if isinstance(message, EngineSnapshot):
            self.clock.take(message.playback)
        if not (self.host and isinstance(message, Adverts)):
            self.view.apply(message)

    def take_from(self, session: Session, message: FromEngine) -> None:
        """Fold what one of the engines said."""
        session.take(message)

    @property
    def engines(self) -> Sequence[Session]:
        """A session for each engine."""
        return (self,)

    def owner(self, key: str | None) -> tuple[Session | None, str]:
        """The session of the engine that something belongs to, and the key by which the engine knows it."""
        return self, key or ""

    def host_of(self, row: object) -> str:
        """Whose a row of any list is; empty when there is one engine."""
        return ""

    def is_gone(self, host: str) -> bool:
        """Whether what is shown of one of several engines is old."""
        return False

    def link(self, connected: bool, why_not: str = "") -> None:
        """Remember whether the engine is there."""
        self._connected, self._why_not = connected, why_not
        self.clock.runs = connected
        self._last_line_at = self.wall()

    @property
    def paused(self) -> bool:
        return self._paused is not None

    def toggle_pause(self) -> None:
        """Freeze what the screens show, or go on."""
        self._paused = None if self._paused else (self.view.frozen(), self.clock())

    @property
    def shown(self) -> View:
        """The view the screens show: the live one, or the one at the pause."""
        return self._paused[0] if self._paused else self.view

    @property
    def now(self) -> float:
        """The time ages are reckoned from: a paused picture does not age."""
        return self._paused[1] if self._paused else self.clock()

    @property
    def may_act(self) -> bool:
        """Whether acting keys exist at all."""
        return self.view.may_operate and not self.read_only

    @property
    def old_picture(self) -> bool:
        """Whether what is shown is from before the engine went away."""
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
