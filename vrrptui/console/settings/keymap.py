"""Which key each action has: its own, or the one an operator chose for it. No Textual here.

An action is named by its id: `act.drop`, `tab.groups`, `problem.next`, `pause`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vrrptui.console.settings.actions import ACTIONS, Action

NAMES = {" ": "space", "/": "slash", "+": "plus", "-": "minus", ".": "full_stop", ",": "comma", "?": "question_mark"}
NAMES |= {"<": "less_than_sign", ">": "greater_than_sign", "[": "left_square_bracket", "]": "right_square_bracket"}
NAMES |= {"@": "at"}
SHORT = {"space": "spc"}  # as the last row of a screen has it
MOVES = ("j", "k", "g", "G", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "ctrl+f")
LEAVES = ("enter", "escape", "tab", "shift+tab", "ctrl+c", "ctrl+q", "ctrl+p", ":", "colon")
BESIDES = ("[", "]", ">")  # what they do depends on the screen
FIXED = {*MOVES, *LEAVES, *BESIDES, *(NAMES[key] for key in BESIDES)}  # no command can be given one of these
_PLACE = re.compile(r"\{([a-z_.]+)\}")
_NAMED = re.compile(r"((ctrl|alt|shift)\+)*([a-z0-9]|f[1-9][0-2]?|space|insert|delete|backspace)")


def is_key(key: str) -> bool:
    """Whether a keyboard has it: one sign, or ctrl+x, f5, space and the like."""
    return len(key) == 1 and key.isprintable() if len(key) < 2 else _NAMED.fullmatch(key) is not None


def textual_name(key: str) -> str:
    """A key as bindings name it."""
    return NAMES.get(key, key)


@dataclass(frozen=True, slots=True)
class Keymap:
    """The operator's keys by the action's id; what is not there has the action's own key."""

    changed: Mapping[str, str] = field(default_factory=dict)

    def key(self, action: Action) -> str:
        """The key of an action; empty for none."""
        return self.changed.get(action.id, action.key)

    def short(self, action: Action) -> str:
        """The same as the last row of a screen has it."""
        key = self.key(action)
        return SHORT.get(key, key)

    def fill(self, text: str) -> str:
        """A text with the key of each action whose id stands in it in braces, as `{act.drop}`."""
        return _PLACE.sub(lambda found: self.key(_BY_ID[found[1]]), text)


_BY_ID = {action.id: action for action in ACTIONS}


def accept(wanted: Mapping[str, str]) -> tuple[Keymap, list[str]]:
    """A keymap of what can be had, and a line for each key that cannot: what is wrong, and what to do."""
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
    """A changed command and another one of the same key, the last changed first."""
    keys = {action.id: action.key for action in ACTIONS} | dict(changed)
    held = {command: textual_name(key) for command, key in keys.items() if key}
    for command in reversed(list(changed)):
        for other, key in held.items():
            if other != command and key == held[command]:
                return command, other
    return None
