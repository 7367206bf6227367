"""`vrrptui forecast`: what would happen to a group, from what the engine knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from vrrptui.cli.commands.status import Status, ask
from vrrptui.cli.printing.complain import EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put, put_json
from vrrptui.client.blocking import EngineUnreachableError
from vrrptui.control.forecast import HIGHEST, LOWEST, Forecast, Question, UnknownRouterError
from vrrptui.control.plain import some_of


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed; one of the three is given."""

    without: str | None = None  # an address, or an instance's name
    priority: int | None = None  # 1-254
    check: str | None = None  # NAME=fail


def run(socket_path: Path, wanted: str, supposed: Supposition, as_json: bool, out: TextIO) -> int:
    """Print the forecast. Exit 0, or 2 when the question cannot be asked."""
    try:
        forecast = answer(ask(socket_path), wanted, supposed)
    except (EngineUnreachableError, UnknownRouterError) as error:
        return complain("forecast", str(error), EXIT_USAGE)
    if as_json:
        put_json(out, forecast)
    else:
        put(out, *_lines(forecast))
    out.flush()
    return EXIT_GOOD


def answer(status: Status, wanted: str, supposed: Supposition) -> Forecast:
    """The forecast for the group or instance `wanted`. Raises UnknownRouterError."""
    router = next((r for r in status.virtual_routers if wanted in (r.name, r.key)), None)
    key = router.key if router else wanted
    group = next((g for g in status.groups if g.key == key), None)
    if router is None and group is None:
        raise UnknownRouterError(f"no virtual router or group {wanted} is known")
    question = Question(key, group, router)
    if supposed.without is not None:
        return question.without(supposed.without)
    if supposed.priority is not None:
        return _at_priority(question, supposed.priority, owner=router is not None and router.owner)
    name, _, word = (supposed.check or "").rpartition("=")
    if word != "fail":
        raise UnknownRouterError("--check takes NAME=fail")
    check = next((check for check in status.checks if check.name == name), None)
    if check is None:
        names = some_of(check.name for check in status.checks)
        raise UnknownRouterError(f"no check {name} is known; there are: {names}")
    return question.with_check_failing(check)


def _at_priority(question: Question, priority: int, owner: bool) -> Forecast:
    if not LOWEST <= priority <= HIGHEST:
        raise UnknownRouterError(f"a priority is {LOWEST} to {HIGHEST}, not {priority}")
    if owner:
        raise UnknownRouterError("the address owner's priority is always 255")
    return question.at_priority(priority)


def _lines(forecast: Forecast) -> list[str]:
    now = ", ".join(forecast.master_now) or "nobody"
    lines = [f"{forecast.group} {forecast.change}: {forecast.effect}", f"  master now: {now}"]
    return [*lines, f"  how sure: {forecast.sureness}", *(f"  {risk}" for risk in forecast.risks)]
