"""The keywords of vrrp_script: a command that is run from time to time and what its result counts for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.config import keywords, values
from vrrptui.config.lexer import Word
from vrrptui.config.model import Place, ScriptConfig
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement
from vrrptui.protocol.advert import NS_PER_SECOND

WEIGHT_MAX = 253  # so that no weight moves a priority out of 1 to 254
INTERVAL_MAX_S = 4294
COUNT_MAX = 2**31 - 1


@dataclass(slots=True)
class _Draft:
    command: tuple[str, ...] = ()
    interval_ns: int = NS_PER_SECOND
    timeout_ns: int | None = None
    rise: int = 1
    fall: int = 1
    weight: int = 0
    init_fail: bool = False
    user: str | None = None
    group: str | None = None


def read(statement: Statement, name: Word, report: Report) -> ScriptConfig | None:
    """The script of one vrrp_script block; None with a warning when it has no command, as keepalived drops it."""
    draft = _Draft()
    for inner in statement.block or []:
        handler = _HANDLERS.get(inner.name)
        if handler is None:
            keywords.report_unhandled(inner, {}, report)
        elif inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        else:
            handler(inner, draft, report)
    if not draft.command:
        report.warning(name.place, "no-script", f"vrrp_script {name.shown} has no script: it is left out")
        return None
    return ScriptConfig(
        name=name.text,
        command=draft.command,
        interval_ns=draft.interval_ns,
        timeout_ns=draft.timeout_ns or draft.interval_ns,
        rise=draft.rise,
        fall=draft.fall,
        weight=draft.weight,
        init_fail=draft.init_fail,
        user=draft.user,
        group=draft.group,
        place=Place(name.place.file, statement.place.line, statement.place.column),
    )


def weight(words: tuple[Word, ...], report: Report) -> int | None:
    """A weight of -253 to 253 with nothing after it.

    `reverse` turns the meaning of the result round. To run the script without it would do the opposite of what is
    written, so it is an error until it is supported.
    """
    number = values.whole(words[0], -WEIGHT_MAX, WEIGHT_MAX, "weight", report)
    for word in words[1:]:
        if word.text == "reverse":
            report.error(word.place, "not-supported-yet", "'reverse' is not supported yet", "write a negated check")
        elif word.text != "noreverse":
            report.error(word.place, "bad-value", f"{word.shown} is no option of a weight")
    return number


def _command(statement: Statement, draft: _Draft, report: Report) -> None:
    found = values.command(statement, report)
    if found is None:
        return
    draft.command, extra = found
    if extra:
        hint = "put the command and its arguments in double quotes"
        text = "only the first word is the command, what follows is not passed to it"
        report.warning(statement.values[0].place, "extra-words", text, hint)
    if draft.command[0].startswith("<"):
        text = "a script that only opens a file (<FILE) is not supported yet"
        report.error(statement.place, "not-supported-yet", text, 'write "test -r FILE"')


def _interval(statement: Statement, draft: _Draft, report: Report) -> None:
    if number := _seconds(statement, "interval", report):
        draft.interval_ns = number * NS_PER_SECOND


def _timeout(statement: Statement, draft: _Draft, report: Report) -> None:
    if number := _seconds(statement, "timeout", report):
        draft.timeout_ns = number * NS_PER_SECOND


def _seconds(statement: Statement, what: str, report: Report) -> int | None:
    word = values.one(statement, report)
    return values.whole(word, 1, INTERVAL_MAX_S, what, report) if word else None


def _rise(statement: Statement, draft: _Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.rise = values.whole(word, 1, COUNT_MAX, "rise", report) or draft.rise


def _fall(statement: Statement, draft: _Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.fall = values.whole(word, 1, COUNT_MAX, "fall", report) or draft.fall


def _weight(statement: Statement, draft: _Draft, report: Report) -> None:
    if words := values.at_least_one(statement, report):
        draft.weight = weight(words, report) or 0


def _user(statement: Statement, draft: _Draft, report: Report) -> None:
    words = values.at_least_one(statement, report)
    if words:
        draft.user = words[0].text
        draft.group = words[1].text if len(words) > 1 else None
    if len(words) > 2:
        values.extra_words(statement, words[2], report)


def _init_fail(statement: Statement, draft: _Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.init_fail = True


_HANDLERS: dict[str, Callable[[Statement, _Draft, Report], None]] = {
    "script": _command,
    "interval": _interval,
    "timeout": _timeout,
    "rise": _rise,
    "fall": _fall,
    "weight": _weight,
    "user": _user,
    "init_fail": _init_fail,
}
