"""The dialog that asks for a time in the capture."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from vrrptui.client import playback_commands
from vrrptui.console.dialogs.router_actions import INDENT, dialog_width, label
from vrrptui.console.state.session import Session
from vrrptui.console.text.prose import Line, date_time, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady


class SeekDialog(Steady, ModalScreen[float | None]):
    """Returns a time, seconds since 1970, or None."""

    AUTO_FOCUS = "#time"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Lines(id="about")
            field = Input(id="time", placeholder="03:12:44   2026-11-22 03:12   +90   -5m   +2h", compact=True)
            field.cursor_blink = False  # an idle console writes nothing
            yield field
            yield Lines(id="effect")

    def on_mount(self) -> None:
        self.show()

    def show(self) -> None:
        """Show the capture's times, and what is wrong with the input."""
        played, width = self.session.clock.playback, dialog_width(self.app.size)
        if played is None:
            return
        about: list[Line] = [(("Go to a time of the capture", "title"),), ()]
        for word, when in (("From", played.begins), ("To", played.ends), ("Now", self.session.clock())):
            about += wrap([(date_time(when), "text")], width, indent=INDENT, first=label(word))
        self.query_one("#about", Lines).set_lines([*about, ()])
        self._wanted(width)

    def _wanted(self, width: int) -> float | None:
        text, played = self.query_one("#time", Input).value.strip(), self.session.clock.playback
        said: list[Line] = [()]
        at: float | None = None
        if text and played is not None:
            try:
                at = playback_commands.moment(text, played, self.session.clock())
            except ValueError as error:
                said += wrap([(str(error), "warning")], width)
            else:
                said += wrap([(f"enter goes to {date_time(at)}", "strong")], width)
        else:
            said += wrap([("enter goes there, esc stays here", "muted")], width)
        self.query_one("#effect", Lines).set_lines(said)
        return at

    def on_input_changed(self) -> None:
        self.show()

    def on_input_submitted(self) -> None:
        at = self._wanted(dialog_width(self.app.size))
        if at is not None:
            self.dismiss(at)

    def action_cancel(self) -> None:
        self.dismiss(None)
