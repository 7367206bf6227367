"""Textual's command palette, made to stand what an operator in a hurry does to it."""

from __future__ import annotations

from contextlib import suppress

from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.events import Click

from vrrptui.console.widgets.resilient import Steady


class _Commands(CommandList):
    def on_click(self, event: Click) -> None:
        """A click on a command that another list has taken the place of since is none."""
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()
            event.stop()


class Palette(Steady, CommandPalette):
    """The command palette. Each of these would end the console: it has to outlive its own mistakes."""

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            yield _Commands() if isinstance(widget, CommandList) else widget

    def on_click(self, event: Click) -> None:
        """A click beside a terminal that has become smaller since is no click on the palette's background."""
        if not self.region.contains(event.screen_x, event.screen_y):
            event.prevent_default()

    def _action_command_list(self, action: str) -> None:
        """A list that has no place on the screen has no lines to go to."""
        with suppress(KeyError, IndexError):
            super()._action_command_list(action)
