"""`vrrptui check`: the findings about configuration files, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TextIO

from vrrptui.cli.printing.output import put, put_file, put_json
from vrrptui.config.findings.report import visible
from vrrptui.config.lint import script_files, script_safety, script_words
from vrrptui.config.lint.peers import compare
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration, Finding, Level, Loaded, Place
from vrrptui.config.render.instances import show

GOOD, WARNINGS, ERRORS = 0, 1, 2
_RESULTS = {GOOD: "good", WARNINGS: "warnings", ERRORS: "errors"}


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How to read the files, and how to print the findings."""

    as_json: bool = False
    config_id: str | None = None  # for conditional lines; None: the host name
    show: bool = False  # print the effective configuration instead of findings
    passwords: bool = False  # in clear
    errors_only: bool = False  # omit warnings


def run(files: list[str], options: CheckOptions, out: TextIO, err: TextIO) -> int:
    """Check each of `files`, and whether they fit together. Exit status: 0 good, 1 warnings, 2 errors.

    Text has one line per finding, `file:line:column: error|warning: what; hint`. JSON is one object: `{"files":
    [{"file": ..., "result": "good"|"warnings"|"errors", "findings": [{"level", "file", "line", "column", "code",
    "text", "hint"}]}]}`. An unreadable file has one line on `err`, and counts as an error. The file "-" is standard
    input. With `show`, the configuration is printed as a file, and findings go to `err`.
    """
    loaded = _with_more(load(file, options.config_id) for file in files)
    if options.errors_only:
        loaded = [replace(one, findings=_errors(one.findings)) for one in loaded]
    if options.as_json:
        put_json(out, {"files": [_as_object(file, found) for file, found in zip(files, loaded, strict=True)]})
    for file, found in zip(files, loaded, strict=True):
        for finding in found.findings:
            if finding.code == "unreadable" and finding.place.file == file:
                put(err, f"vrrptui: {visible(finding.text)}")
            elif not options.as_json:
                put(err if options.show else out, _as_line(finding))
        if options.show and found.configuration:
            put_file(out, show(found.configuration, options.passwords))
    return max((_status(found) for found in loaded), default=GOOD)


def _with_more(loaded: Iterable[Loaded]) -> list[Loaded]:
    """Yield each file with findings about this host, and about what does not fit to the files before it."""
    results = list(loaded)
    by_file = {found.configuration.file: number for number, found in enumerate(results) if found.configuration}
    good = [(number, found.configuration) for number, found in enumerate(results) if found.configuration]
    good = [(number, configuration) for number, configuration in good if by_file[configuration.file] == number]
    more = [(number, finding) for number, configuration in good for finding in _on_this_host(configuration)]
    more += [(good[index][0], finding) for index, finding in compare([configuration for _, configuration in good])]
    for number, _ in good:
        extra = (finding for about, finding in more if about == number)
        findings = sorted((*results[number].findings, *extra), key=lambda each: each.place)
        results[number] = replace(results[number], findings=tuple(findings))
    return results


def _errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.level is Level.ERROR)


def _on_this_host(configuration: Configuration) -> list[Finding]:
    """Return findings about the commands of a configuration, as far as their files exist on this host."""
    every = (script_safety, script_files, script_words)
    found = [finding for one in every for finding in one.findings(configuration)]
    return found if configuration.routers else [_without_router(configuration), *found]


def _without_router(configuration: Configuration) -> Finding:
    """An engine accepts such a file and only observes, but usually the file was truncated by accident."""
    text = "no vrrp_instance: an engine that starts with this file only observes, and one that runs routers refuses it"
    return Finding(Level.WARNING, Place(configuration.file, 1), "no-router", text, "restore the file if it was cut")


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
