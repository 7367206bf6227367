"""The key of each action: its default, or the operator's choice. No Textual here.

An action is identified by its id: `act.drop`, `tab.groups`, `problem.next`, `pause`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vrrptui.console.settings.actions import ACTIONS, Action

NAMES = {" ": "space", "/": "slash", "+": "plus", "-": "minus", ".": "full_stop", ",": "comma", "?": "question_mark"}
NAMES |= {"<": "less_than_sign", ">": "greater_than_sign", "[": "left_square_bracket", "]": "right_square_bracket"}
NAMES |= {"@": "at"}
SHORT = {"space": "spc"}  # as shown in the last row
MOVES = ("j", "k", "g", "G", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "ctrl+f")
LEAVES = ("enter", "escape", "tab", "shift+tab", "ctrl+c", "ctrl+q", "ctrl+p", ":", "colon")
BESIDES = ("[", "]", ">")  # their meaning depends on the screen
FIXED = {*MOVES, *LEAVES, *BESIDES, *(NAMES[key] for key in BESIDES)}  # cannot be assigned
_PLACE = re.compile(r"\{([a-z_.]+)\}")
_NAMED = re.compile(r"((ctrl|alt|shift)\+)*([a-z0-9]|f[1-9][0-2]?|space|insert|delete|backspace)")


def is_key(key: str) -> bool:
    """Whether this is a key: one character, or ctrl+x, f5, space and similar names."""
    return len(key) == 1 and key.isprintable() if len(key) < 2 else _NAMED.fullmatch(key) is not None


def textual_name(key: str) -> str:
    """Return Textual's name of a key."""
    return NAMES.get(key, key)


@dataclass(frozen=True, slots=True)
class Keymap:
    """The operator's keys by action; other actions have their default."""

    changed: Mapping[str, str] = field(default_factory=dict)

    def key(self, action: Action) -> str:
        """Return the key of an action; empty for none."""
        return self.changed.get(action.id, action.key)

    def short(self, action: Action) -> str:
        """Return the key as shown in the last row."""
        key = self.key(action)
        return SHORT.get(key, key)

    def fill(self, text: str) -> str:
        """Return a text with keys in place of action ids in braces, such as `{act.drop}`."""
        return _PLACE.sub(lambda found: self.key(_BY_ID[found[1]]), text)


_BY_ID = {action.id: action for action in ACTIONS}


def accept(wanted: Mapping[str, str]) -> tuple[Keymap, list[str]]:
    """Return a keymap of the valid keys, and a line about each invalid one."""
    changed: dict[str, str] = {}
    refused: list[str] = []
    for command, key in wanted.items():
        if command not in _BY_ID:
            refused.append(f"keys.{command}: no such command; `vrrptui config --keys` lists them")
        elif not is_key(key):
            refused.append(
                f'keys.{command}: {key!r} is not a key; use one character, or a name such as "ctrl+d", "f5", "space"'
            )
        elif key in FIXED:
            refused.append(f"keys.{command}: {key} moves or leaves on every screen; choose another")
        else:
            changed[command] = key
    while clash := _clash(changed):
        command, other = clash
        refused.append(f"keys.{command}: {changed.pop(command)} is already the key of {other}; choose another")
    return Keymap(changed), refused


def _clash(changed: Mapping[str, str]) -> tuple[str, str] | None:
    """Return a changed command and another one with the same key, the last changed first."""
    keys = {action.id: action.key for action in ACTIONS} | dict(changed)
    held = {command: textual_name(key) for command, key in keys.items() if key}
    for command in reversed(list(changed)):
        for other, key in held.items():
            if other != command and key == held[command]:
                return command, other
    return None
