"""Themes: TOML files in the package, in /etc/vrrptui/themes and in the user's directory; the last one wins.

A theme must define every variable that the screens use, so that no theme can hide a state.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

import vrrptui
from vrrptui.console.settings import preferences
from vrrptui.console.settings.preferences import DEFAULT_THEME, MOST_BYTES
from vrrptui.files import read_text

SYSTEM_THEMES = Path("/etc/vrrptui/themes")
COLOURS = (
    "primary",
    "secondary",
    "accent",
    "background",
    "surface",
    "panel",
    "foreground",
    "success",
    "warning",
    "error",
)
COLOUR_VARIABLES = (
    "state-master",
    "state-backup",
    "state-fault",
    "state-stopped",
    "state-stale",
    "tone-muted",
    "tone-title",
    "tone-pending",
    "tone-key",
    "tone-bar",
    "tone-tab-foreground",
    "tone-tab-background",
    "tone-cursor",
)
STYLE_VARIABLES = (
    "tone-muted-style",
    "tone-title-style",
    "tone-warning-style",
    "tone-critical-style",
    "tone-pending-style",
    "tone-tab-style",
    "tone-cursor-style",
)
TEXT_STYLES = ("none", "not", "bold", "dim", "italic", "underline", "overline", "strike", "reverse", "blink")


class ThemeError(Exception):
    """An unusable theme. The text names the file and the reason."""


def folders() -> list[Path]:
    """Return the directories with themes; later ones win."""
    packaged = Path(vrrptui.__file__).parent / "themes"
    if not packaged.is_dir():  # an editable installation has them beside the package
        packaged = Path(vrrptui.__file__).parents[1] / "themes"
    return [packaged, SYSTEM_THEMES, preferences.folder() / "themes"]


@cache
def shipped_default() -> Theme:
    """Return the default theme of the package, ignoring other directories."""
    return read(folders()[0] / f"{DEFAULT_THEME}.toml")


def available() -> dict[str, Path]:
    """Return the file of each theme by name."""
    return {path.stem: path for folder in folders() for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.glob("*.toml"))
    except OSError:
        return


def load(name: str) -> Theme:
    """Return the theme of this name. Raises ThemeError."""
    path = available().get(name)
    if path is None:
        raise ThemeError(f"unknown theme '{name}'; available: {', '.join(sorted(available()))}")
    return read(path)


def wanted(name: str, insisted: bool) -> tuple[Theme, str]:
    """Return the theme of this name. Unless `insisted`, fall back to the default and return why. Raises ThemeError."""
    try:
        return load(name), ""
    except ThemeError as error:
        if insisted:
            raise
        return shipped_default(), str(error)


def read(path: Path) -> Theme:
    """Read a theme from its file. Raises ThemeError."""
    try:
        data: dict[str, Any] = tomllib.loads(read_text(path, MOST_BYTES))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"theme {path}: {error}") from error
    variables = data.get("variables", {})
    for name, table, known in (
        *((name, data, True) for name in COLOURS),
        *((name, variables, True) for name in COLOUR_VARIABLES),
        *((name, variables, False) for name in STYLE_VARIABLES),
    ):
        value = table.get(name)
        if not isinstance(value, str):
            raise ThemeError(f"theme {path}: {name} is missing")
        if known:
            _colour(path, name, value)
        else:
            _text_style(path, name, value)
    return Theme(
        name=path.stem,
        dark=bool(data.get("dark", True)),
        ansi=bool(data.get("ansi", False)),
        variables={**{name: str(value) for name, value in variables.items()}, "veil": _veil(data)},
        **{name: data[name] for name in COLOURS},
    )


def _veil(data: dict[str, Any]) -> str:
    """Return the colour over the screen below a dialog; a terminal's own colours cannot be mixed."""
    return "transparent" if data.get("ansi") else str(Color.parse(data["background"]).with_alpha(0.6).css)


def _text_style(path: Path, name: str, value: str) -> None:
    odd = [word for word in value.split() if word not in TEXT_STYLES]
    if odd:
        raise ThemeError(f"theme {path}: {name} = {value!r}: {odd[0]!r} is none of {', '.join(TEXT_STYLES)}")


def _colour(path: Path, name: str, value: str) -> None:
    try:
        Color.parse(value)
    except ColorParseError:
        raise ThemeError(f"theme {path}: {name} = {value!r} is not a colour") from None
