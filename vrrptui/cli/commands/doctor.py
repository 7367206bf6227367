"""`vrrptui doctor`: problems of this host, as text or JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from vrrptui.cli.places import paths
from vrrptui.cli.printing.complain import complain
from vrrptui.cli.printing.output import put, put_json
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Loaded
from vrrptui.engine.doctor import checks, exposure
from vrrptui.engine.doctor.checks import Finding

GOOD, WARNINGS, ERRORS = 0, 1, 2


def run(config_file: str | None, socket: Path | None, state: Path | None, as_json: bool, out: TextIO) -> int:
    """Examine this host, and what a configuration needs. Exit status: 0 good, 1 warnings, 2 errors.

    `socket` and `state` are the engine's socket and state directory; None: the defaults.

    JSON is one object: `{"result": "good"|"warnings"|"errors", "findings": [{"level": "error"|"warning"|"note", "code",
    "subject", "what", "remedy"}]}`. Notes do not affect the result.
    """
    loaded: Loaded | None = None
    if config_file is not None:
        loaded = load(config_file)
        if loaded.configuration is None:
            return complain("doctor", f"{config_file} cannot be run: see vrrptui check", ERRORS)
    try:
        found = _examine(loaded, socket, state or paths.state_dir())
    except OSError as error:
        return complain("doctor", f"cannot look at this host: {error.strerror}", ERRORS)
    levels = {ailment.level for ailment in found}
    status = ERRORS if "error" in levels else WARNINGS if "warning" in levels else GOOD
    if as_json:
        result = {GOOD: "good", WARNINGS: "warnings", ERRORS: "errors"}[status]
        put_json(out, {"result": result, "findings": [asdict(ailment) for ailment in found]})
        return status
    for one in found:
        put(out, f"{one.level}: {one.code} {one.subject}: {one.what}; {one.remedy}")
    if status == GOOD:
        put(out, "good")
    return status


def _examine(loaded: Loaded | None, socket: Path | None, state: Path) -> list[Finding]:
    found = checks.examine(loaded.configuration if loaded else None)
    if socket is None:
        try:
            socket = paths.default_socket()
        except paths.NotOursError as error:
            found.append(Finding("warning", "SOCKET_DIRECTORY", "socket", *str(error).rsplit(": ", 1)))
            return found
    return [*found, *exposure.examine(loaded, socket, state)]
