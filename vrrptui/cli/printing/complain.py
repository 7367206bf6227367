"""Error messages of the command line: one line on stderr."""

from __future__ import annotations

import sys

from vrrptui.control.plain import plain

EXIT_GOOD, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


def complain(what: str, why: str, status: int = EXIT_FAILED) -> int:
    """Print `vrrptui: what: why`, one line for each line of `why`. Return `status`."""
    for line in why.splitlines() or [""]:
        print(f"vrrptui: {plain(what)}: {plain(line)}", file=sys.stderr)
    return status
