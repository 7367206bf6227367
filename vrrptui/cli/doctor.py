"""`vrrptui doctor`: what of this host gets in the way, for a person or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TextIO

from vrrptui.cli.complain import complain
from vrrptui.cli.output import put, put_json
from vrrptui.config.model import Configuration
from vrrptui.config.parser import load
from vrrptui.engine import doctor

GOOD, WARNINGS, ERRORS = 0, 1, 2


def run(config_file: str | None, as_json: bool, out: TextIO) -> int:
    """Examine this host, for a configuration if there is one. Exit status: 0 good, 1 warnings, 2 errors.

    JSON is one object: `{"result": "good"|"warnings"|"errors", "findings": [{"level": "error"|"warning"|"note",
    "code", "subject", "what", "remedy"}]}`. Notes change no result.
    """
    configuration: Configuration | None = None
    if config_file is not None:
        configuration = load(config_file).configuration
        if configuration is None:
            return complain("doctor", f"{config_file} cannot be run: see vrrptui check", ERRORS)
    try:
        found = doctor.examine(configuration)
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
