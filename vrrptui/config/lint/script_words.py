"""Finds commands that depend on keepalived, or on a shell that does not run them.

A common check restarts a server and, if that fails, stops keepalived to move the address. With vrrptui that has no
effect. The module reads scripts if it may, and runs nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Literal

from vrrptui.children import PATH
from vrrptui.config.findings.report import shown, visible
from vrrptui.config.lint.command_lines import Configured, beginning, commands
from vrrptui.config.model.configuration import Configuration, Finding, Level, Place

SCRIPT_BYTES = 64 * 1024  # read from each script
LINE_CHARACTERS = 4096  # examined of each line; some patterns take quadratic time
ARGUMENTS_READ = 8  # arguments of a command that are examined as files

_Kind = Literal["ask", "signal", "start", "stop"]
_SIGNALS = r"-(?:s\s*|-signal[= ])?(?:SIG)?(?:HUP|USR[12]|1|10|12)\b"
_INIT = r"(?:service\s+|rc-service\s+|invoke-rc\.d\s+|/etc/(?:rc\.d/)?(?:init\.d/)?)keepalived\s+"
_CTL = r"\b(?:systemctl|rcctl|sv|initctl|docker|podman)\s+(?:-\S+\s+)*"
_BEGIN = r"(?:^|[;&|]|\bsudo\s|\bexec\s|\s-c\s)"
_UNIT = r"\s+(?:[^\s;&|]+\s+)*?[^\s;&|]*keepalived"
# The first match determines the kind.
_KINDS: tuple[tuple[_Kind, re.Pattern[str]], ...] = (
    ("ask", re.compile(r"\bp?kill(?:all)?\s+(?:-\S+\s+)*-(?:s\s*)?0\b[^;&|\n]*keepalived")),
    ("signal", re.compile(rf"\bp?kill(?:all)?\s+(?:-\S+\s+)*{_SIGNALS}[^;&|\n]*keepalived")),
    ("stop", re.compile(r"\bp?kill(?:all)?(?:5)?\s[^;&|\n]*keepalived")),
    ("stop", re.compile(rf"{_CTL}(?:stop|kill|disable|down|rm|mask){_UNIT}")),
    ("stop", re.compile(rf"{_INIT}(?:force-)?stop")),
    ("start", re.compile(rf"{_CTL}(?:start|restart|try-restart|reload-or-restart|condrestart|enable|up){_UNIT}")),
    ("start", re.compile(rf"{_INIT}(?:re|cond-?re|try-re|force-re)?start")),
    ("start", re.compile(rf"{_BEGIN}\s*(?:/usr(?:/local)?)?(?:/sbin/)?keepalived(?:\s+-|\s*$)")),
    ("signal", re.compile(rf"{_CTL}reload{_UNIT}|{_INIT}(?:force-)?reload")),
    ("ask", re.compile(rf"{_CTL}(?:is-active|is-failed|is-enabled|status|show|inspect|ps){_UNIT}|{_INIT}status")),
    ("ask", re.compile(r"\b(?:pidof|pgrep)\b[^;&|\n]*keepalived")),
    ("ask", re.compile(r"\bps\b[^;&\n]*grep\b[^;&\n]*keepalived")),
    ("ask", re.compile(r"keepalived\.pid\b")),
)
_SAID: dict[_Kind, tuple[str, str]] = {
    "stop": (
        "stops keepalived, which moves nothing here: the addresses are vrrptui's",
        "let the script exit with 1, and write @vrrptui on_failure stop where the virtual router is to be stopped",
    ),
    "start": (
        "starts keepalived, which would speak VRRP beside vrrptui",
        "take it out; `vrrptui start NAME` starts a virtual router that was stopped",
    ),
    "ask": (
        "asks for keepalived, which does not run where vrrptui does",
        "take it out: an engine that ends gives its addresses up by itself",
    ),
    "signal": ("sends keepalived a signal, which nothing receives here", "vrrptui reload, vrrptui status --json"),
}

# Programs that take such characters as arguments.
SHELLS = frozenset(
    (
        *("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox", "ssh", "su", "find", "xargs", "expr", "test"),
        *("awk", "gawk", "mawk", "sed", "perl", "python", "python3", "ruby", "php", "lua", "node", "jq", "["),
    )
)
_BUILTIN = frozenset(
    (
        *("if", "for", "while", "until", "case", "exit", "cd"),
        *("source", ".", "export", "set", "return", "eval", "exec"),
        *("[[", "((", "{", "(", "!", "function", "local", "declare", "ulimit", "umask", "trap", "wait", "command"),
    )
)
_OPERATOR = re.compile(r"\|{1,2}|&{1,2}|;{1,2}|[0-9&]?(?:>{1,2}|<{1,3})(?:&[0-9-]|\S*)|[0-9]?>&[0-9-]")
_GLUED = re.compile(r"[^\s;]+;$|\|[^\s|]+|\$\(\S*|`\S*|\$\?|&&\S+|\S+&&")
_PIPED = re.compile(r"[^\s|]+\|([A-Za-z][A-Za-z0-9._+-]*)")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=\S*")


def findings(configuration: Configuration) -> list[Finding]:
    """Return a warning for each command that refers to keepalived, itself or in its script, or needs a shell."""
    found: dict[tuple[Place, str, str], Finding] = {}
    for command in commands(configuration):
        for code, text, hint in (*_of_keepalived(command), *_of_a_shell(command)):
            found.setdefault((command.place, code, text), Finding(Level.WARNING, command.place, code, text, hint))
    for process in configuration.processes:
        if os.path.basename(process.command[0]) == "keepalived":
            place = process.origins.get("process", process.place)
            text, hint = _SAID["ask"]
            text = f"the process of {shown(process.name)} is keepalived, which does not run where vrrptui does"
            found[place, "names-keepalived", text] = Finding(Level.WARNING, place, "names-keepalived", text, hint)
    return list(found.values())


def _of_keepalived(command: Configured) -> Iterator[tuple[str, str, str]]:
    """Yield the references to keepalived in a command and its scripts, the first of each kind."""
    texts = [("the command", " ".join(command.words))]
    for word in (command.path or "", *command.words[1 : ARGUMENTS_READ + 1]):
        data = beginning(word, SCRIPT_BYTES) if word.startswith("/") else None
        if data and b"keepalived" in data and b"\0" not in data:
            texts.append((visible(word), data.decode("utf-8", "replace")))
    seen: set[_Kind] = set()
    for what, text in texts:
        for number, line in enumerate(text.replace("\\\n", "  ").splitlines(), 1):
            kind, words = _kind(line)
            if kind is None or kind in seen:
                continue
            seen.add(kind)
            where = what if what == "the command" else f"{what}, line {number},"
            said, hint = _SAID[kind]
            if kind == "stop" and command.keyword not in ("script", "recover"):
                hint = "vrrptui stop NAME, or vrrptui drain NAME"
            yield "names-keepalived", f"{where} {said} ({shown(words)})", hint


def _kind(line: str) -> tuple[_Kind | None, str]:
    """Return the kind of reference to keepalived in a script's line and its text; None if there is none."""
    line = line[:LINE_CHARACTERS]
    if "keepalived" not in line or line.lstrip().startswith("#"):
        return None, ""
    for kind, pattern in _KINDS:
        if match := pattern.search(line):
            return kind, match[0].strip(" ;&|")
    return None, ""


def _of_a_shell(command: Configured) -> Iterator[tuple[str, str, str]]:
    """Yield shell syntax in a command that no shell runs."""
    first = command.words[0]
    hint = "put it into a script, or write \"/bin/sh -c '...'\""
    name = os.path.basename(first)
    if name in SHELLS:
        return
    user = command.user.name if command.user else ""
    if user and _OPERATOR.fullmatch(user) and command.keyword not in ("script", "recover"):
        yield "no-shell", f"{shown(user)} is taken for the user that runs the command: no shell reads it", hint
        return
    if command.path is None and (name in _BUILTIN or _ASSIGNMENT.fullmatch(first)):
        yield "no-shell", f"{shown(first)} is a word of the shell: no shell reads this command", hint
        return
    for word in command.words:
        piped = _PIPED.fullmatch(word)  # may be a pattern, unless a program name follows
        is_one = _OPERATOR.fullmatch(word) or (_GLUED.match(word) and " " not in word)
        if is_one or (piped and shutil.which(piped[1], path=PATH)):
            yield "no-shell", f"{shown(word)} has a sign of the shell: no shell reads this command", hint
            return
