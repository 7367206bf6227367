"""Textual's command palette, protected against errors caused by quick input."""

from __future__ import annotations

from contextlib import suppress

from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.events import Click

from vrrptui.console.widgets.resilient import Steady


class _Commands(CommandList):
    def on_click(self, event: Click) -> None:
        """Ignore a click on a command whose list has been replaced."""
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()
            event.stop()


class Palette(Steady, CommandPalette):
    """The command palette. Each of these overrides prevents an error that would end the console."""

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            yield _Commands() if isinstance(widget, CommandList) else widget

    def on_click(self, event: Click) -> None:
        """Ignore a click outside of a terminal that has become smaller."""
        if not self.region.contains(event.screen_x, event.screen_y):
            event.prevent_default()

    def _action_command_list(self, action: str) -> None:
        """Ignore page keys if the list has no room on the screen."""
        with suppress(KeyError, IndexError):
            super()._action_command_list(action)
