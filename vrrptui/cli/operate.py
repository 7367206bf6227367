"""`vrrptui priority`, `stop`, `start`, `reload`, `shutdown`: one command to the engine, one line back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vrrptui.cli.client import Connection, EngineUnreachableError
from vrrptui.cli.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.control.messages import Command, Refused, Reload, SetPriority, Shutdown, StartRouter, StopRouter


def run(name: str, socket_path: Path, group: str = "", value: str = "") -> int:
    """Carry out the command `name`. Exit 0 done, 1 refused, 2 no engine or not understood."""
    try:
        command = _command(name, group, value)
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
    print(answer.text)
    return EXIT_GOOD


def _command(name: str, group: str, value: str) -> Command:
    at = terminal()
    match name:
        case "priority":
            return _priority(group, value, at)
        case "stop":
            return StopRouter(id=1, router=group, terminal=at)
        case "start":
            return StartRouter(id=1, router=group, terminal=at)
        case "reload":
            return Reload(id=1, terminal=at)
        case "shutdown":
            return Shutdown(id=1, terminal=at)
    raise ValueError(f"no such command: {name}")


def _priority(group: str, value: str, at: str) -> SetPriority:
    if value == "reset":
        return SetPriority(id=1, router=group, terminal=at)
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"{value} is no priority: N, +N, -N or reset") from None
    if value[0] in "+-":
        return SetPriority(id=1, router=group, delta=number, terminal=at)
    return SetPriority(id=1, router=group, priority=number, terminal=at)


def terminal() -> str:
    """The terminal we are on, for the history; empty without one."""
    try:
        return os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, ValueError):
        return ""
