"""The size of the terminal, as screens and dialogs are laid out for it."""

from __future__ import annotations

from textual import events
from textual.command import CommandPalette
from textual.geometry import Size

NARROWEST, WIDEST, FRAME = 20, 72, 6


def dialog_width(terminal: Size) -> int:
    """The cells of a line in a dialog."""
    return max(NARROWEST, min(WIDEST, terminal.width) - FRAME)


class OfThisSize:
    """A screen that is laid out for the terminal's size alone, and for no size that it had before.

    To be mixed into a Screen. Textual's screens tell themselves each new size that they were laid out for. With two
    sizes on their way, each layout would call for the other one, for ever: nothing would be painted any more.
    """

    def on_resize(self, event: events.Resize) -> None:
        if event.size != self.app.size:  # type: ignore[attr-defined]
            event.prevent_default()


class Palette(OfThisSize, CommandPalette):
    """The command palette, which survives a storm of sizes as well."""
