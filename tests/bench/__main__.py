"""`python -m tests.bench [--quick] [NAME...]`: runs the measurements and prints a table for each, in Markdown."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

from tests.bench import captures, console, live, mass, stalls, start, takeover, timing

# What each measurement is given, whole and quick: rounds, or seconds.
MEASUREMENTS: dict[str, tuple[Callable[..., None], tuple[int, ...], tuple[int, ...]]] = {
    "takeover": (takeover.run, (30,), (4,)),
    "stalls": (stalls.run, (200,), (20,)),
    "mass": (mass.run, (5,), (1,)),
    "timing": (timing.run, (8,), (2,)),
    "start": (start.run, (10,), (2,)),
    "captures": (captures.run, (), ()),
    "live": (live.run, (), ()),
    "console": (console.run, (10, 12), (3, 4)),
}
NEEDS_NAMESPACES = {"takeover", "stalls", "mass", "timing", "start", "live"}


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"]
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"bench: unknown measurement {unknown[0]}; there are: {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    chosen = names or list(MEASUREMENTS)
    if NEEDS_NAMESPACES & set(chosen) and (os.geteuid() != 0 or shutil.which("keepalived") is None):
        print("bench: needs root and keepalived: the routers run in network namespaces", file=sys.stderr)
        return 2
    for name in chosen:
        measure, whole, short = MEASUREMENTS[name]
        measure(*(short if quick else whole))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
