"""Commands that act, from `vrrptui priority` to `vrrptui shutdown`: one command to the engine, one line back."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put
from vrrptui.client.blocking import Connection, EngineUnreachableError
from vrrptui.control.messages import (
    AnnounceAgain,
    Command,
    MuteCheck,
    Refused,
    Reload,
    SetPriority,
    Shutdown,
    StartRouter,
    StopRouter,
)

DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
UNITS_S = {"s": 1, "m": 60, "h": 3600}


def run(name: str, socket_path: Path, target: str = "", value: str = "", span: str | None = None) -> int:
    """Carry out the command `name` on a router or check, for a limited time if there is a `span` such as 10m.

    Exit status: 0 done, 1 refused, 2 no engine or usage error.
    """
    try:
        command = _command(name, target, value, None if span is None else duration_s(span))
    except ValueError as error:
        return complain(name, str(error), EXIT_USAGE)
    try:
        with Connection(socket_path) as engine:
            engine.known()
            answer = engine.ask(command)
    except EngineUnreachableError as error:
        return complain(name, str(error), EXIT_USAGE)
    if isinstance(answer, Refused):
        return complain(name, answer.why, EXIT_FAILED)
    put(sys.stdout, answer.text)
    return EXIT_GOOD


def duration_s(text: str) -> float:
    """Return the seconds of 90, 90s, 10m or 2h. Raises ValueError."""
    match = DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        raise ValueError(f"invalid duration '{text}' (use 90s, 10m or 2h)")
    return float(match[1]) * UNITS_S[match[2] or "s"]


def _command(name: str, target: str, value: str, seconds: float | None) -> Command:
    at = terminal()
    match name:
        case "priority":
            return _priority(target, value, seconds, at)
        case "stop":
            return StopRouter(id=1, router=target, seconds=seconds, terminal=at)
        case "start":
            return StartRouter(id=1, router=target, terminal=at)
        case "announce":
            return AnnounceAgain(id=1, router=target, terminal=at)
        case "mute":
            return MuteCheck(id=1, check=target, seconds=seconds, terminal=at)
        case "unmute":
            return MuteCheck(id=1, check=target, muted=False, terminal=at)
        case "reload":
            return Reload(id=1, file=str(Path(target).absolute()) if target else "", terminal=at)
        case "shutdown":
            return Shutdown(id=1, terminal=at)
    raise ValueError(f"no such command: {name}")


def _priority(group: str, value: str, seconds: float | None, at: str) -> SetPriority:
    if value == "reset":
        return SetPriority(id=1, router=group, terminal=at)
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"invalid priority '{value}' (use N, +N, -N or reset)") from None
    if value[0] in "+-":
        return SetPriority(id=1, router=group, delta=number, seconds=seconds, terminal=at)
    return SetPriority(id=1, router=group, priority=number, seconds=seconds, terminal=at)


def terminal() -> str:
    """Return this process's terminal for the history; empty if there is none."""
    try:
        return os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, ValueError):
        return ""
