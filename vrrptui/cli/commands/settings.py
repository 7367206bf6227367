"""`vrrptui config`: the console's effective settings with their origin, its keys and themes."""

from __future__ import annotations

import argparse
import sys
from typing import TextIO

from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put
from vrrptui.console.screens.tabs import known
from vrrptui.console.settings import preferences, theme
from vrrptui.console.settings.actions import ACTIONS
from vrrptui.console.settings.preferences import COMMAND_LINE, DEFAULT, FILE, Asked, Preferences
from vrrptui.console.text.signs import first_environment, locale_lacks_signs


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Print the settings. Exit status: 0 all valid, 1 some invalid, 2 the theme asked for is unavailable."""
    lacking = locale_lacks_signs(first_environment(), sys.stdout.encoding)
    held = preferences.load(
        known(), Asked(options.theme, options.mouse, options.ascii, options.utc or None), ascii_locale=lacking
    )
    wrong = list(held.findings)
    if options.keys:
        lines = _keys(held)
    elif options.themes:
        lines, broken = _themes(held)
        wrong += broken
    else:
        lines = _values(held)
    put(out, *lines)
    for finding in wrong:
        complain("config", finding)
    try:
        theme.load(held.theme)
    except theme.ThemeError as error:
        return complain("config", str(error), EXIT_USAGE if held.origin("theme") == COMMAND_LINE else EXIT_FAILED)
    return EXIT_FAILED if wrong else EXIT_GOOD


def _values(held: Preferences) -> list[str]:
    place = preferences.place()
    rows = [
        ("theme", held.theme, held.origin("theme")),
        ("refresh", f"{held.refresh:g} times a second", held.origin("refresh")),
        ("mouse", str(held.mouse).lower(), held.origin("mouse")),
        ("ascii", str(held.ascii).lower(), held.origin("ascii")),
        ("utc", str(held.utc).lower(), held.origin("utc")),
    ]
    rows += [(f"columns.{screen}", " ".join(titles), FILE) for screen, titles in held.columns.items()]
    rows += [(f"keys.{command}", key, FILE) for command, key in held.keymap.changed.items()]
    lines = [f"file: {place}{'' if place.exists() else ' (does not exist: the defaults apply)'}"]
    return lines + [f"{name:<18} {value:<24} {origin}" for name, value, origin in rows]


def _keys(held: Preferences) -> list[str]:
    lines = [f"{'ID':<18} {'KEY':<8} {'FROM':<8} COMMAND"]
    for action in ACTIONS:
        origin = FILE if action.id in held.keymap.changed else DEFAULT
        lines.append(f"{action.id:<18} {held.keymap.key(action) or '-':<8} {origin:<8} {action.title}")
    return lines


def _themes(held: Preferences) -> tuple[list[str], list[str]]:
    """Return a line for each theme, usable or not."""
    good: list[str] = []
    broken: list[str] = []
    for name, path in sorted(theme.available().items()):
        try:
            theme.read(path)
        except theme.ThemeError as error:
            broken.append(str(error))
        else:
            good.append(f"{'*' if name == held.theme else ' '} {name:<16} {path}")
    return good, broken
