"""`vrrptui check`: what is wrong with configuration files, for a person or as JSON. Knows the configuration only."""

from __future__ import annotations

import json
from typing import Any, TextIO

from vrrptui.config.model import Finding, Loaded
from vrrptui.config.parser import load
from vrrptui.config.report import visible

GOOD, WARNINGS, ERRORS = 0, 1, 2
_RESULTS = {GOOD: "good", WARNINGS: "warnings", ERRORS: "errors"}


def run(files: list[str], as_json: bool, out: TextIO, err: TextIO) -> int:
    """Check each of `files` and return the exit status: 0 all are good, 1 there are warnings, 2 there are errors.

    Text has one line per finding, `file:line:column: error|warning: what; hint`. JSON is one object:
    `{"files": [{"file": ..., "result": "good"|"warnings"|"errors", "findings": [{"level", "file", "line", "column",
    "code", "text", "hint"}]}]}`. A file that cannot be read has one line on `err` as well, and counts as an error.
    """
    loaded = [(file, load(file)) for file in files]
    if as_json:
        json.dump({"files": [_as_object(file, found) for file, found in loaded]}, out)
        out.write("\n")
    for file, found in loaded:
        for finding in found.findings:
            if finding.code == "unreadable" and finding.place.file == file:
                err.write(f"vrrptui: {visible(finding.text)}\n")
            elif not as_json:
                out.write(_as_line(finding) + "\n")
    return max((_status(found) for _, found in loaded), default=GOOD)


def _status(loaded: Loaded) -> int:
    if loaded.configuration is None:
        return ERRORS
    return WARNINGS if loaded.findings else GOOD


def _as_line(finding: Finding) -> str:
    hint = f"; {finding.hint}" if finding.hint else ""
    return visible(f"{finding.place}: {finding.level.value}: {finding.text}{hint}")


def _as_object(file: str, loaded: Loaded) -> dict[str, Any]:
    return {
        "file": visible(file),
        "result": _RESULTS[_status(loaded)],
        "findings": [
            {
                "level": finding.level.value,
                "file": visible(finding.place.file),
                "line": finding.place.line,
                "column": finding.place.column,
                "code": finding.code,
                "text": finding.text,
                "hint": finding.hint,
            }
            for finding in loaded.findings
        ],
    }
