"""`vrrptui forecast`: what would happen to a group, from what the engine knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import msgspec

from vrrptui.cli.printing.complain import EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put, put_json
from vrrptui.client.blocking import EngineUnreachableError, view_at
from vrrptui.client.view import View
from vrrptui.control import forecast_words
from vrrptui.control.forecast import Outcome, Question, Sureness, UnknownRouterError
from vrrptui.control.plain import some_of
from vrrptui.protocol.priority import HIGHEST, LOWEST


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed; one of the three is given."""

    without: str | None = None  # an address, or an instance's name
    priority: int | None = None  # 1-254
    check: str | None = None  # NAME=fail


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of what `forecast --json` prints."""

    group: str
    change: str
    master_now: list[str]
    master_then: str | None  # an address; None when nobody is known
    priority_then: int | None
    after: float | None  # seconds at most until the new master takes over; 0 when nothing moves
    sureness: Sureness
    effect: str  # one sentence
    risks: list[str]  # one sentence each
    alone: bool  # nobody else was ever heard in this group


def run(socket_path: Path, wanted: str, supposed: Supposition, as_json: bool, out: TextIO) -> int:
    """Print the forecast. Exit 0, or 2 when the question cannot be asked."""
    try:
        forecast = answer(view_at(socket_path), wanted, supposed)
    except (EngineUnreachableError, UnknownRouterError) as error:
        return complain("forecast", str(error), EXIT_USAGE)
    if as_json:
        put_json(out, forecast)
    else:
        put(out, *_lines(forecast))
    out.flush()
    return EXIT_GOOD


def answer(view: View, wanted: str, supposed: Supposition) -> Forecast:
    """The forecast for the group or instance `wanted`. Raises UnknownRouterError."""
    row = view.find(wanted)
    if row is None:
        raise UnknownRouterError(f"no virtual router or group {wanted} is known")
    owner = row.router is not None and row.router.owner
    return _in_words(row.key, _outcome(Question(row.key, row.group, row.router), view, supposed, owner))


def _outcome(question: Question, view: View, supposed: Supposition, owner: bool) -> Outcome:
    if supposed.without is not None:
        return question.without(supposed.without)
    if supposed.priority is not None:
        return _at_priority(question, supposed.priority, owner)
    name, _, word = (supposed.check or "").rpartition("=")
    if word != "fail":
        raise UnknownRouterError("--check takes NAME=fail")
    check = view.picture.checks.get(name)
    if check is None:
        names = some_of(view.picture.checks)
        raise UnknownRouterError(f"no check {name} is known; there are: {names}")
    return question.with_check_failing(check)


def _at_priority(question: Question, priority: int, owner: bool) -> Outcome:
    if not LOWEST <= priority <= HIGHEST:
        raise UnknownRouterError(f"a priority is {LOWEST} to {HIGHEST}, not {priority}")
    if owner:
        raise UnknownRouterError("the address owner's priority is always 255")
    return question.at_priority(priority)


def _in_words(key: str, outcome: Outcome) -> Forecast:
    then = outcome.then
    return Forecast(
        group=key,
        change=outcome.change,
        master_now=[one.source for one in outcome.masters],
        master_then=then.source if then else None,
        priority_then=then.priority if then else None,
        after=outcome.after,
        sureness=outcome.sureness,
        effect=forecast_words.effect(outcome),
        risks=[forecast_words.risk(one) for one in outcome.risks],
        alone=outcome.alone,
    )


def _lines(forecast: Forecast) -> list[str]:
    now = ", ".join(forecast.master_now) or "nobody"
    lines = [f"{forecast.group} {forecast.change}: {forecast.effect}", f"  master now: {now}"]
    return [*lines, f"  how sure: {forecast.sureness}", *(f"  {risk}" for risk in forecast.risks)]
