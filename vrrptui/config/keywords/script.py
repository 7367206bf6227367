"""The keywords of vrrp_script, a command that runs periodically and whose result changes priorities or is a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import tracking, unsupported
from vrrptui.config.language import settings, values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Place, ScriptConfig
from vrrptui.protocol.advert import NS_PER_SECOND

INTERVAL_MAX_S = 4294
LEAST_S = "0.001"  # since keepalived 2.3.2; earlier versions accept whole seconds only
COUNT_MAX = 2**31 - 1
ATTEMPTS_MAX = 100


def read(statement: Statement, name: Word, report: Report) -> ScriptConfig | None:
    """Return a vrrp_script block; None with a warning if it has no command, in which case keepalived drops it."""
    fields: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for inner in statement.block or []:
        places[inner.name] = inner.values[0].place if inner.values else inner.place
        if inner.name in PLAIN:
            settings.read(inner, PLAIN, fields, report)
        elif inner.name not in _HANDLERS:
            unsupported.report_unhandled(inner, {}, report, (*PLAIN, *_HANDLERS))
            continue
        elif inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        else:
            _HANDLERS[inner.name](inner, fields, report)
    if "command" not in fields:
        report.warning(name.place, "no-script", f"vrrp_script {name.shown} has no script: it is left out")
        return None
    for keyword in ("recover_attempts", "recover_timeout") if "recover" not in fields else ():
        if keyword in places:
            text = f"{keyword} has no effect without recover"
            report.warning(places[keyword], "no-effect", text, 'write recover "COMMAND"')
            fields.pop(PLAIN[keyword][0], None)
    fields.setdefault("timeout_ns", fields.get("interval_ns", NS_PER_SECOND))
    place = Place(name.place.file, statement.place.line, statement.place.column)
    return ScriptConfig(name=name.text, place=place, origins=places, **fields)


def _command(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    found = values.command(statement, report)
    if found is None:
        return
    fields["command"], extra = found
    if extra:
        hint = "put the command and its arguments in double quotes"
        text = "only the first word is the command, what follows is not passed to it"
        report.warning(statement.values[0].place, "extra-words", text, hint)
    if fields["command"][0].startswith("<"):
        fields["opens"] = fields["command"][0][1:]


def _recover(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    found = values.command(statement, report)
    if found is None:
        return
    fields["recover"], extra = found
    if extra:
        text = "only the first word is the command, what follows is not passed to it"
        hint = "put the command and its arguments in double quotes"
        report.warning(statement.values[0].place, "extra-words", text, hint)


def _weight(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    if words := values.at_least_one(statement, report):
        number, reverse = tracking.read_weight(words, tracking.WEIGHT_MAX, report)
        fields |= {"weight": number or 0, "reverse": bool(reverse)}


def _user(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    words = values.at_least_one(statement, report)
    if words:
        fields |= {"user": words[0].text, "group": words[1].text if len(words) > 1 else None}
    if len(words) > 2:
        values.extra_words(statement, words[2], report)


def _on_failure(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    value = settings.choice({"fault": "fault", "stop": "stop"})(statement, report)
    if value is not None:
        fields["on_failure"] = value


def _seconds(statement: Statement, report: Report) -> int | None:
    word = values.one(statement, report)
    number = values.whole(word, 1, INTERVAL_MAX_S, statement.name, report) if word else None
    return None if number is None else number * NS_PER_SECOND


PLAIN: settings.Table = {
    "interval": ("interval_ns", settings.period(LEAST_S, str(INTERVAL_MAX_S))),
    "timeout": ("timeout_ns", settings.period(LEAST_S, str(INTERVAL_MAX_S))),
    "rise": ("rise", settings.number(1, COUNT_MAX)),
    "fall": ("fall", settings.number(1, COUNT_MAX)),
    "init_fail": ("init_fail", settings.flag()),
    "recover_attempts": ("recover_attempts", settings.number(1, ATTEMPTS_MAX)),
    "recover_timeout": ("recover_timeout_ns", _seconds),
}
_HANDLERS: dict[str, Callable[[Statement, dict[str, Any], Report], None]] = {
    "script": _command,
    "weight": _weight,
    "user": _user,
    "recover": _recover,
    "on_failure": _on_failure,
}
