"""`python -m tests.bench [NAME...]`: runs the measurements and prints a table for each."""

from __future__ import annotations

import os
import shutil
import sys

from tests.bench import captures, failover

MEASUREMENTS = {"failover": failover.run, "captures": captures.run}
NEEDS_ROUTERS = {"failover"}  # in network namespaces


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"bench: unknown measurement {unknown[0]}; there are: {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    chosen = names or list(MEASUREMENTS)
    if NEEDS_ROUTERS & set(chosen) and (os.geteuid() != 0 or shutil.which("keepalived") is None):
        print("bench: needs root and keepalived: the routers run in network namespaces", file=sys.stderr)
        return 2
    for name in chosen:
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
