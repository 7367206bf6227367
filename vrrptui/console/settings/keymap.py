"""Which key each command has: the table's, or the one an operator chose for it. No Textual here.

A command is named by what it does: `act.drop`, `tab.groups`, `problem.next`, `pause`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vrrptui.console.settings.commands import COMMANDS

NAMES = {" ": "space", "/": "slash", "+": "plus", "-": "minus", ".": "full_stop", ",": "comma", "?": "question_mark"}
NAMES |= {"<": "less_than_sign", ">": "greater_than_sign", "[": "left_square_bracket", "]": "right_square_bracket"}
NAMES |= {"@": "at"}
SHORT = {"space": "spc"}  # as the last row of a screen has it
STEPS = {"1": "next", "-1": "previous"}
MOVES = ("j", "k", "g", "G", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "ctrl+f")
LEAVES = ("enter", "escape", "tab", "shift+tab", "ctrl+c", "ctrl+q", "ctrl+p", ":", "colon")
BESIDES = ("[", "]", ">")  # what they do depends on the screen
FIXED = {*MOVES, *LEAVES, *BESIDES, *(NAMES[key] for key in BESIDES)}  # no command can be given one of these
_NAMED = re.compile(r"((ctrl|alt|shift)\+)*([a-z0-9]|f[1-9][0-2]?|space|insert|delete|backspace)")


def identify(action: str) -> str:
    """The id of an action: `app.act('drop')` is `act.drop`, `screen.problem(1)` is `problem.next`."""
    name, _, argument = action.removeprefix("app.").removeprefix("screen.").partition("(")
    argument = argument.rstrip(")").strip("'")
    return f"{name}.{STEPS.get(argument, argument)}" if argument else name


def is_key(key: str) -> bool:
    """Whether a keyboard has it: one sign, or ctrl+x, f5, space and the like."""
    return len(key) == 1 and key.isprintable() if len(key) < 2 else _NAMED.fullmatch(key) is not None


def textual_name(key: str) -> str:
    """A key as bindings name it."""
    return NAMES.get(key, key)


@dataclass(frozen=True, slots=True)
class Keymap:
    """The operator's keys by the command's id; what is not there has the table's key."""

    changed: Mapping[str, str] = field(default_factory=dict)

    def key(self, action: str) -> str:
        """The key of a command's action; empty for none."""
        command = identify(action)
        return self.changed.get(command, _DEFAULTS.get(command, ""))

    def shown(self, default: str) -> str:
        """The key that does what `default` does in the table."""
        for command in _BY_KEY.get(NAMES.get(default, default), ()):
            if command in self.changed:
                key = self.changed[command]
                return SHORT.get(key, key) if default in SHORT.values() else key
        return default

    def in_words(self, sentence: str) -> str:
        """A sentence of ours that names acting keys, with these keys."""
        return re.sub(r"\b[A-Z]\b", lambda found: self.shown(found[0]), sentence)

    def explained(self, text: str) -> str:
        """A line of the help page with these keys: entries apart by two blanks, each begins with its keys."""
        parts = re.split(r"( {2,})", text)
        return "".join(self._entry(part) for part in parts)

    def _entry(self, entry: str) -> str:
        words = entry.split(" ")
        for place, word in enumerate(words):
            if NAMES.get(word, word) not in _BY_KEY:
                break
            words[place] = self.shown(word)
        return " ".join(words)


_DEFAULTS = {identify(action): key for _, key, action in COMMANDS}
_BY_KEY: dict[str, list[str]] = {}
for _id, _key in _DEFAULTS.items():
    if _key:
        _BY_KEY.setdefault(textual_name(_key), []).append(_id)
_BY_KEY["spc"] = _BY_KEY.get("space", [])


def accept(wanted: Mapping[str, str]) -> tuple[Keymap, list[str]]:
    """A keymap of what can be had, and a line for each key that cannot: what is wrong, and what to do."""
    changed: dict[str, str] = {}
    refused: list[str] = []
    for command, key in wanted.items():
        if command not in _DEFAULTS:
            refused.append(f"keys.{command}: no such command; `vrrptui config --keys` lists them")
        elif not is_key(key):
            refused.append(f'keys.{command}: {key!r} is no key; one sign, or such as "ctrl+d", "f5", "space"')
        elif key in FIXED:
            refused.append(f"keys.{command}: {key} moves or leaves on every screen; choose another")
        else:
            changed[command] = key
    while clash := _clash(changed):
        command, other = clash
        refused.append(f"keys.{command}: {changed.pop(command)} is the key of {other} already; choose another")
    return Keymap(changed), refused


def _clash(changed: Mapping[str, str]) -> tuple[str, str] | None:
    """A changed command and another one of the same key, the last changed first."""
    held = {command: textual_name(key) for command, key in (_DEFAULTS | dict(changed)).items() if key}
    for command in reversed(list(changed)):
        for other, key in held.items():
            if other != command and key == held[command]:
                return command, other
    return None
