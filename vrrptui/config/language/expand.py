"""Expands lines before they are parsed: conditions (@id), variables ($NAME), sequences (~SEQ) and lists (~LST).

As in keepalived this works on text, line by line; variables are looked up when used, not when defined. The number of
steps is limited, so that a few lines cannot expand to millions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vrrptui.config.findings.report import Report, shown
from vrrptui.config.language.foreign import shell_expansion, without_references
from vrrptui.config.language.lexer import LINE_MAX, SECRET, uncommented
from vrrptui.config.model.configuration import Place

ALWAYS = "vrrptui"  # a condition that is true here on every host, and in keepalived on none
STEPS_MAX = 50_000  # limit of replacements, repetitions and resulting words,
STEPS_A_LINE = 20  # plus this many for each line, for long generated files

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_DEFINITION = re.compile(rf"\$({_NAME})=[ \t]*(.*)", re.DOTALL)
_CONDITION = re.compile(r"@(\^?)([^ \t]*)[ \t]+(.*)", re.DOTALL)
_REFERENCE = re.compile(rf"\$(?:\{{({_NAME})(?:[ \t]+([^{{}}]*))?\}}|({_NAME})(?=[ \t]|$))")
_REFERENCE_LEFT = re.compile(rf"\$\{{({_NAME})(?:[ \t]+([^{{}}]*))?")
_PARAMETER = re.compile(rf"\$(?:\{{({_NAME})\}}|({_NAME}))")
_SEQUENCE = re.compile(rf"~SEQ(x?)[ \t]*\([ \t]*({_NAME})[ \t]*((?:,[^,()]*){{1,3}})\)[ \t]*(.*)", re.DOTALL)
_LIST = re.compile(r"~LST[ \t]*\(([^()]*)\)[ \t]*(.*)", re.DOTALL)
_LIST_PART = re.compile(r"[ \t]*(?:\{([^{}]*)\}|([^{}, \t\"]*))[ \t]*(?:,|$)")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]{1,15}|[0-9]{1,18})")
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(slots=True)
class _Variable:
    """The value of a variable; one of several lines is only used where the variable ends a line."""

    lines: list[str]
    multiline: bool = False


@dataclass(slots=True)
class _Repetition:
    """The rest of a line, to be read once for each assignment of values to names."""

    assignments: Iterator[dict[str, str]]
    rest: str


@dataclass(slots=True)
class Expander:
    """Expands lines and holds the variables of one configuration, across all its files."""

    config_id: str
    environment: Mapping[str, str]
    report: Report
    _variables: dict[str, _Variable] = field(default_factory=dict)
    _open: _Variable | None = None  # the multi-line definition being read
    _steps: int = 0
    _most_steps: int = STEPS_MAX
    _told: bool = False  # whether the error has been reported

    @property
    def exhausted(self) -> bool:
        """Whether the limit is exceeded, so that reading can stop."""
        return self._steps > self._most_steps

    def expand(self, content: str, place: Place, directory: str) -> Iterator[str]:
        """Yield the lines to which a line of a file in `directory` expands; `content` itself if nothing changes it."""
        if self._open is None and content and content[0] not in "@~" and "$" not in content and content[-1] != "\\":
            yield content
            return
        self._most_steps += STEPS_A_LINE
        found = None if self._counted(place) else uncommented(content, place, self.report)
        if found is None:
            return
        text, continued = found
        if self._open is not None:
            if text:
                self._open.lines.append(text)
            if not continued:
                self._open = None
        elif text or continued:
            for line in self._lines(text + "\\" * continued, place, directory):
                yield content if line == text else line

    def _lines(self, text: str, place: Place, directory: str) -> Iterator[str]:
        pending: list[str | _Repetition] = [text]  # the next one last
        while pending:
            if self._counted(place):
                return
            now = pending.pop()
            if isinstance(now, _Repetition):
                if (values := next(now.assignments, None)) is not None:
                    self._variables |= {name: _Variable([value]) for name, value in values.items()}
                    pending += [now, now.rest]
                continue
            kept = self._if_meant(now, place)
            if not kept or self._define(kept):
                continue
            if kept.startswith(("~SEQ", "~LST")):
                if repetition := self._repetition(self._parameters(kept, directory), place):
                    pending.append(repetition)
            elif (replaced := self._replaced(kept, directory)) is None:
                if self._is_whole(kept, place):
                    self._counted(place, len(kept.split()))
                    yield kept
                elif left := without_references(kept, place):
                    yield left  # for its braces
            elif len(replaced[0]) > LINE_MAX:
                text = f"with its variables the line is longer than {LINE_MAX} characters"
                self.report.error(place, "line-too-long", text)
                return
            else:
                pending += reversed(replaced)

    def _counted(self, place: Place, steps: int = 1) -> bool:
        """Add to the number of steps; return whether the limit is exceeded."""
        self._steps += steps
        if self.exhausted and not self._told:
            self._told = True
            text = f"variables and sequences stand for more than {STEPS_MAX} lines, or for themselves"
            self.report.error(place, "too-large", text)
        return self.exhausted

    def _if_meant(self, text: str, place: Place) -> str:
        """Return the line without its condition, or "" if the condition does not hold."""
        if not text.startswith("@"):
            return text
        condition = _CONDITION.fullmatch(text)
        if condition is None:
            return ""
        negated, wanted, rest = condition.groups()
        if (wanted in (self.config_id, ALWAYS)) == bool(negated):
            if not negated:
                self.report.conditional.setdefault((rest.split() or [""])[0], []).append(wanted)
            return ""
        if rest.startswith("@"):
            self.report.error(place, "bad-condition", "a line has one condition, this is a second")
            return ""
        return rest

    def _define(self, text: str) -> bool:
        """Record the definition of a variable; return whether the line is one."""
        definition = _DEFINITION.fullmatch(text)
        if definition is None:
            return False
        name, value = definition.groups()
        if value.endswith("\\"):
            first = value[:-1].rstrip(" \t")
            self._open = self._variables[name] = _Variable([first] if first else [], multiline=True)
        else:
            self._variables[name] = _Variable([value])
        return True

    def _replaced(self, text: str, directory: str) -> list[str] | None:
        """Return the line with its first known variable replaced, and the further lines of its value, or None."""
        for reference in _REFERENCE.finditer(text):
            name = reference[1] or reference[3]
            variable = self._variables.get(name) or self._predefined(name, reference[2], directory)
            if variable is None or (reference[2] and name != "_ENV"):
                continue
            if variable.multiline and variable.lines and reference.end() != len(text):
                continue
            lines = variable.lines or [""]
            return [text[: reference.start()] + lines[0] + text[reference.end() :], *lines[1:]]
        return None

    def _predefined(self, name: str, parameter: str | None, directory: str) -> _Variable | None:
        """Return a variable that needs no definition, or None."""
        known = {"_PWD": directory, "_INSTANCE": self.config_id, "_HASH": "#", "_BANG": "!"}
        value = self.environment.get((parameter or "").strip()) if name == "_ENV" else known.get(name)
        return None if value is None else _Variable([value.replace("\n", " ")])

    def _is_whole(self, text: str, place: Place) -> bool:
        """Report whether the line is complete, with an error if something in it could not be replaced."""
        if text.endswith("\\"):
            what = "only the definition of a variable goes on in the next line"
            self.report.error(place, "continued-line", what, "write it on one line, without the \\ at its end")
            return False
        # Inside double quotes it may be a variable of the shell that runs the command.
        left = _REFERENCE_LEFT.search(_QUOTED.sub("", text))
        if left is None:
            return True
        name, parameter = left.groups()
        if name == "_RANDOM":
            what = "${_RANDOM} is another number at every reading, so nobody can know what runs"
            self.report.error(place, "random-value", what, "write a number")
        elif name == "_ENV" and parameter:
            what = f"{shown(parameter)} is not set in the environment"
            self.report.error(place, "undefined-variable", what)
        else:
            # On a line with a password it may be part of the password.
            secret = bool(SECRET.search(text))
            what = "this variable" if secret else f"the variable {shown(name)}"
            said, hint = f"{what} is not defined", ""
            if shell := shell_expansion(text):
                said = "this is the shell's" if secret else f"{shown(shell)} is the shell's"
                said, hint = f"{said}: keepalived knows ${{NAME}} alone", "check the file with the value filled in"
            self.report.error(place, "undefined-variable", said, hint)
        return False

    def _parameters(self, text: str, directory: str) -> str:
        """Return a ~SEQ line with the variables in its parameters replaced, written $NAME or ${NAME}."""
        head, end, rest = text.partition(")")
        if not text.startswith("~SEQ") or "$" not in head:
            return text

        def value(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            found = self._variables.get(name) or self._predefined(name, None, directory)
            return found.lines[0] if found and len(found.lines) == 1 else reference[0]

        return _PARAMETER.sub(value, head) + end + rest

    def _repetition(self, text: str, place: Place) -> _Repetition | None:
        found = _sequence(text) if text.startswith("~SEQ") else _list(text)
        if found is None:
            hint = "~SEQ(NAME, START, STEP, END) or ~LST(NAME, VALUE, VALUE)"
            self.report.error(place, "bad-sequence", "this sequence cannot be read", hint)
        return found


def _sequence(text: str) -> _Repetition | None:
    """Parse ~SEQ(name[, start[, step]], end) rest; ~SEQx uses hexadecimal and allows no negative numbers."""
    match = _SEQUENCE.fullmatch(text)
    if match is None:
        return None
    hexadecimal, name, parameters, rest = match.groups()
    words = [word.strip() for word in parameters[1:].split(",")]
    if not all(_NUMBER.fullmatch(word) for word in words):
        return None
    numbers = [_number(word) for word in words]
    end = numbers[-1]
    start = numbers[0] if len(numbers) > 1 else (1 if end >= 0 else -1)
    step = numbers[1] if len(numbers) == 3 else (1 if end >= start else -1)
    if not step or (start != end and (end > start) != (step > 0)) or (hexadecimal and min(start, end) < 0):
        return None
    values = range(start, end + (1 if step > 0 else -1), step)
    return _Repetition(({name: f"{value:x}" if hexadecimal else str(value)} for value in values), rest)


def _number(word: str) -> int:
    """Convert a number as C does: hexadecimal after 0x, octal after 0."""
    digits = word.lstrip("+-")
    if digits[:2] in ("0x", "0X"):
        number = int(digits, 16)
    elif digits.startswith("0") and set(digits) <= set("01234567"):
        number = int(digits, 8)
    else:
        number = int(digits)
    return -number if word.startswith("-") else number


def _list(text: str) -> _Repetition | None:
    """Parse ~LST(name, value, ...) rest or ~LST({name, ...}, {value, ...}, ...) rest; missing values are empty."""
    match = _LIST.fullmatch(text)
    if match is None:
        return None
    inside, rest = match.groups()
    parts: list[list[str]] = []
    at = 0
    while at < len(inside):
        part = _LIST_PART.match(inside, at)
        if part is None:
            return None
        parts.append([part[2]] if part[1] is None else [word.strip() for word in part[1].split(",")])
        at = part.end()
    if len(parts) < 2 or not all(re.fullmatch(_NAME, name) for name in parts[0]):
        return None
    names, *rows = parts
    if any(len(row) > len(names) or row == [""] for row in rows):
        return None
    filled = (row + [""] * (len(names) - len(row)) for row in rows)
    return _Repetition((dict(zip(names, row, strict=True)) for row in filled), rest)
