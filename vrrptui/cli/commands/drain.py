"""`vrrptui drain`: hands mastership over before the router stops, and waits for the end."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from vrrptui.cli.commands.operate import duration_s, terminal
from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put
from vrrptui.client.blocking import Connection, EngineUnreachableError
from vrrptui.client.view import Row
from vrrptui.control.forecast import candidates
from vrrptui.control.messages import DrainRouter, Refused, drain_s
from vrrptui.control.snapshots import VirtualRouterSnapshot

SPARE_S = 5.0  # seconds to wait for the engine's report of the end


@dataclass(frozen=True, slots=True)
class How:
    """How to drain: the time for another router, whether to wait, whether to try without a known backup."""

    timeout: str | None = None
    wait: bool = True
    force: bool = False


def run(socket_path: Path, target: str, how: How) -> int:
    """Drain a router. Exit status: 0 stopped, 1 refused or not taken over, 2 no engine or usage error."""
    try:
        seconds = None if how.timeout is None else duration_s(how.timeout)
    except ValueError as error:
        return complain("drain", str(error), EXIT_USAGE)
    command = DrainRouter(id=1, router=target, seconds=seconds, terminal=terminal())
    try:
        with Connection(socket_path) as engine:
            row = engine.view().find(target)
            router = row.router if row else None
            if row and router and router.state == "master" and not how.force and not _others(row):
                why = f"no other router of {router.key} is known, and a backup is silent: --force tries it anyway"
                return complain("drain", why, EXIT_FAILED)
            answer = engine.ask(command)
            if isinstance(answer, Refused):
                return complain("drain", answer.why, EXIT_FAILED)
            if router is None or router.state != "master" or not how.wait:
                put(sys.stdout, answer.text)
                return EXIT_GOOD
            span = seconds or drain_s(router.master_down_interval)
            return _wait(engine, router, time.monotonic() + span + SPARE_S)
    except EngineUnreachableError as error:
        return complain("drain", str(error), EXIT_USAGE)


def _others(row: Row) -> bool:
    """Whether another router was heard in the group, or listens to it."""
    return any(not one.ours for one in candidates(row.group, row.router))


def _wait(engine: Connection, router: VirtualRouterSnapshot, deadline_s: float) -> int:
    for message in engine.until(deadline_s):
        if not isinstance(message, VirtualRouterSnapshot) or message.key != router.key:
            continue
        if message.state == "stopped":
            put(sys.stdout, f"{router.name} stopped: another router has taken over")
            return EXIT_GOOD
        if not message.draining and message.state == "master":
            why = "no other router took over, or an operator intervened"
            return complain("drain", f"drain of {router.name} cancelled: {why}")
        if not message.draining:
            return complain("drain", f"{router.name} is {message.state} now: the drain was ended")
    return complain("drain", f"the engine has not reported how the drain of {router.name} ended; see vrrptui status")
