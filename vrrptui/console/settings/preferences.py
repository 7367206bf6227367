"""The effective settings of the console: command line, environment, config.toml. No Textual here.

The command line overrides NO_COLOR, which overrides the file, which overrides the defaults. Errors in the file are
reported, and the rest of it applies.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vrrptui.console.settings import keymap
from vrrptui.console.settings.keymap import Keymap
from vrrptui.files import read_text

MOST_BYTES = 1 << 20  # of config.toml, or of a theme

DEFAULT_THEME = "midnight"
WITHOUT_COLOUR = "mono"
SLOWEST_HZ, FASTEST_HZ = 0.5, 10.0  # paintings of changes per second
DEFAULT, FILE, COMMAND_LINE, NO_COLOR, LOCALE = "default", "file", "command line", "NO_COLOR", "locale"
VALUES = ("theme", "refresh", "mouse", "ascii", "utc")


@dataclass(frozen=True, slots=True)
class Preferences:
    """The effective settings. `refresh` is times a second, 0.5 to 10; `columns` has titles by screen, if chosen."""

    theme: str = DEFAULT_THEME
    refresh: float = 4.0
    mouse: bool = True
    ascii: bool = False
    utc: bool = False
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keymap: Keymap = field(default_factory=Keymap)
    origins: Mapping[str, str] = field(default_factory=dict)  # of the settings above that are not defaults
    findings: Sequence[str] = ()  # errors in the file, a line each

    def origin(self, name: str) -> str:
        """Return the origin of a value."""
        return self.origins.get(name, DEFAULT)


@dataclass(frozen=True, slots=True)
class Asked:
    """Settings from the command line; None if not given."""

    theme: str | None = None
    mouse: bool | None = None
    ascii: bool | None = None
    utc: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The possible values: themes by name, and column titles by screen."""

    themes: Collection[str]
    columns: Mapping[str, Sequence[str]]


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory of the operator's own files."""
    named = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME') or '~'}/.config"
    return Path(os.path.expanduser(named)) / "vrrptui"


def place(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file, whether or not it exists."""
    return folder(environment) / "config.toml"


def load(
    known: Known, asked: Asked, environment: Mapping[str, str] = os.environ, ascii_locale: bool = False
) -> Preferences:
    """Return the effective settings. `ascii_locale`: the locale lacks the console's signs."""
    path = place(environment)
    table, findings = _table(path)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if ascii_locale:
        values["ascii"], origins["ascii"] = True, LOCALE
    for name, test in (
        ("theme", _theme),
        ("refresh", _refresh),
        ("mouse", _switch),
        ("ascii", _switch),
        ("utc", _switch),
    ):
        if name in table:
            why = test(table[name], known)
            if why:
                findings.append(f"{name}: {why}")
            else:
                values[name], origins[name] = table[name], FILE
    if environment.get("NO_COLOR"):
        values["theme"], origins["theme"] = WITHOUT_COLOUR, NO_COLOR
    for name, value in (("theme", asked.theme), ("mouse", asked.mouse), ("ascii", asked.ascii), ("utc", asked.utc)):
        if value is not None:
            values[name], origins[name] = value, COMMAND_LINE
    columns, wrong = _columns(table.get("columns", {}), known)
    keys, refused = _keys(table.get("keys", {}))
    unknown = [f"{name}: unknown setting; available: {', '.join((*VALUES, 'columns', 'keys'))}" for name in _odd(table)]
    said = tuple(f"{path}: {line}" for line in (*findings, *wrong, *refused, *unknown))
    return Preferences(**values, columns=columns, keymap=keys, origins=origins, findings=said)


def _table(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        return tomllib.loads(read_text(path, MOST_BYTES)), []
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{error.strerror}; the defaults apply"]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{error}; the file is ignored"]


def _odd(table: Mapping[str, Any]) -> list[str]:
    return [name for name in table if name not in (*VALUES, "columns", "keys")]


def _theme(value: object, known: Known) -> str:
    good = isinstance(value, str) and value in known.themes
    return "" if good else f"unknown theme {value!r}; available: {', '.join(sorted(known.themes))}"


def _refresh(value: object, _: Known) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and SLOWEST_HZ <= value <= FASTEST_HZ
    return "" if good else f"{value!r} is not a rate of {SLOWEST_HZ} to {FASTEST_HZ:g} per second"


def _switch(value: object, _: Known) -> str:
    return "" if isinstance(value, bool) else f"{value!r} is neither true nor false"


def _columns(table: object, known: Known) -> tuple[dict[str, Sequence[str]], list[str]]:
    if not isinstance(table, dict):
        return {}, ["columns: must be a table with a list of titles for each screen"]
    chosen: dict[str, Sequence[str]] = {}
    wrong: list[str] = []
    for screen, titles in table.items():
        there = known.columns.get(screen)
        if there is None:
            wrong.append(f"columns.{screen}: unknown screen; available: {', '.join(known.columns)}")
        elif not isinstance(titles, list) or not titles:
            wrong.append(f"columns.{screen}: must be a list of titles from {', '.join(there)}")
        else:
            odd = [title for title in titles if title not in there]
            wrong += [f"columns.{screen}: unknown title {title!r}; available: {', '.join(there)}" for title in odd]
            kept = tuple(dict.fromkeys(title for title in titles if title not in odd))
            chosen |= {screen: kept} if kept else {}
    return chosen, wrong


def _keys(table: object) -> tuple[Keymap, list[str]]:
    if not isinstance(table, dict):
        return Keymap(), ["keys: must be a table with a key for each command"]
    flat: dict[str, str] = {}
    wrong: list[str] = []
    for command, key in _leaves(table, ""):
        if isinstance(key, str):
            flat[command] = key
        else:
            wrong.append(f'keys.{command}: {key!r} is not a key such as "d", "ctrl+d", "f5"')
    keys, refused = keymap.accept(flat)
    return keys, wrong + refused


def _leaves(table: Mapping[str, Any], before: str) -> list[tuple[str, Any]]:
    """Yield keys and values of nested tables: TOML makes tables of an unquoted `act.drop`."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _leaves(value, f"{before}{name}.")
        else:
            found.append((before + name, value))
    return found
