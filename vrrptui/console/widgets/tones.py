"""Styles for the tones of a theme.

Computed from the theme's variables and not by the stylesheet, which would match every tone of every widget against
every rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

# The variables of its colour, background and text style; a style that is not a variable begins with "=".
TONES: dict[str, tuple[str, str, str]] = {
    "text": ("foreground", "", ""),
    "muted": ("tone-muted", "", "tone-muted-style"),
    "strong": ("foreground", "", "=bold"),
    "title": ("tone-title", "", "tone-title-style"),
    "ok": ("success", "", ""),
    "warning": ("warning", "", "tone-warning-style"),
    "critical": ("error", "", "tone-critical-style"),
    "off": ("state-stopped", "", ""),
    "pending": ("tone-pending", "", "tone-pending-style"),
    "key": ("tone-key", "", "=bold"),
    "bar": ("tone-bar", "", ""),
    "tab": ("tone-tab-foreground", "tone-tab-background", "tone-tab-style"),
    "master": ("state-master", "", "=bold"),
    "backup": ("state-backup", "", ""),
    "fault": ("state-fault", "", "tone-critical-style"),
    "stopped": ("state-stopped", "", ""),
    "stale": ("state-stale", "", "tone-muted-style"),
    "cursor": ("", "tone-cursor", "tone-cursor-style"),
}


class Palette:
    """The styles of one theme's tones, each computed when first used."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self._styles: dict[str, Style] = {}

    def style(self, tone: str) -> Style:
        """Return the style of a tone, to be applied over the widget's own."""
        style = self._styles.get(tone)
        if style is None:
            style = self._styles[tone] = self._made(*TONES[tone])
        return style

    def _made(self, colour: str, background: str, words: str) -> Style:
        said = words[1:] if words.startswith("=") else self.variables.get(words, "")
        style = Style(
            color=Color.parse(self.variables[colour]).rich_color if colour else None,
            bgcolor=Color.parse(self.variables[background]).rich_color if background else None,
        )
        return style + Style.parse(said) if said else style
