"""The keywords of track_file and vrrp_track_process."""

from __future__ import annotations

from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import tracking, unsupported
from vrrptui.config.language import settings, values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Place, TrackFileConfig, TrackProcessConfig

_DELAYS = ("0.000001", "3600")  # seconds

PROCESS: settings.Table = {
    "process": ("command", settings.words),
    "param_match": ("match", settings.choice({"initial": "initial", "partial": "partial"})),
    "full_command": ("full_command", settings.flag()),
    "quorum": ("quorum", settings.number(1, 65535)),
    "quorum_max": ("quorum_max", settings.number(0, 65535)),
    "fork_delay": ("fork_delay_ns", settings.period(*_DELAYS)),
    "terminate_delay": ("terminate_delay_ns", settings.period(*_DELAYS)),
    "delay": ("delay_ns", settings.period(*_DELAYS)),
}
FILE: settings.Table = {"file": ("file", settings.text)}


def read_file(statement: Statement, name: Word, report: Report) -> TrackFileConfig | None:
    """Return a track_file block; None with a warning if it has no file, in which case keepalived drops it."""
    fields, places = _read(statement, FILE, report)
    if not fields.get("file"):
        report.warning(name.place, "no-file", f"track_file {name.shown} has no file: it is left out", "write file PATH")
        return None
    return TrackFileConfig(name=name.text, place=statement.place, origins=places, **fields)


def read_process(statement: Statement, name: Word, report: Report) -> TrackProcessConfig | None:
    """Return a vrrp_track_process block; None with a warning if it has no process, as keepalived drops it."""
    fields, places = _read(statement, PROCESS, report)
    if not fields.get("command"):
        text = f"vrrp_track_process {name.shown} has no process: it is left out"
        report.warning(name.place, "no-process", text, "write process NAME")
        return None
    if (delay := fields.pop("delay_ns", None)) is not None:
        fields |= {"fork_delay_ns": delay, "terminate_delay_ns": delay}
        places |= {"fork_delay": places["delay"], "terminate_delay": places["delay"]}
    quorum_max = fields.get("quorum_max")
    if quorum_max and quorum_max < fields.get("quorum", 1):
        text = f"quorum_max {quorum_max} is below the quorum, so that no number of processes would do"
        report.error(places["quorum_max"], "bad-value", text)
    return TrackProcessConfig(name=name.text, place=statement.place, origins=places, **fields)


def _read(statement: Statement, table: settings.Table, report: Report) -> tuple[dict[str, Any], dict[str, Place]]:
    fields: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for inner in statement.block or []:
        places[inner.name] = inner.values[0].place if inner.values else inner.place
        if inner.name in table:
            settings.read(inner, table, fields, report)
        elif inner.name == "weight":
            _weight(inner, fields, report)
        elif inner.name == "init_file" and table is FILE:
            _init_file(inner, fields, report)
        else:
            own = ("weight", "init_file") if table is FILE else ("weight",)
            unsupported.report_unhandled(inner, {}, report, (*table, *own))
    return fields, places


def _weight(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    if words := values.at_least_one(statement, report):
        number, reverse = tracking.read_weight(words, tracking.FILE_WEIGHT_MAX, report)
        if number is not None:
            fields |= {"weight": number, "reverse": bool(reverse)}


def _init_file(statement: Statement, fields: dict[str, Any], report: Report) -> None:
    fields["initial_value"] = 0
    for word in statement.values:
        if word.text == "overwrite":
            fields["overwrite"] = True
        else:
            fields["initial_value"] = values.whole(word, -(2**31), 2**31 - 1, "init_file", report)
