"""`python -m tests.siege [SECONDS [WORDS]]`: each load for so many seconds, and a table; ends with 1 if one harms.

With WORDS those loads alone whose names have them.
"""

from __future__ import annotations

import os
import shutil
import sys

from tests.bench.figures import Sheet
from tests.siege.field import INTERVAL_S, LOADS, Outcome, field

SECONDS = 10.0
AFTERWARDS_S = 2.0  # in which gaps count as well
MOST_MS = 1.5e3 * INTERVAL_S


def faults(one: Outcome) -> list[str]:
    """What is not as it should be."""
    late = one.loaded_ms > MOST_MS
    return [
        *([f"a gap of {one.loaded_ms:.0f} ms"] if late else []),
        *([f"{one.after_mib - one.before_mib:.0f} MiB not given back"] if one.kept_too_much else []),
        *(["the master changed its state"] if one.changes else []),
        *(["the backup took over"] if one.takeovers else []),
        *([] if one.holds else ["its address is gone"]),
    ]


def main(seconds: float, words: str) -> int:
    """Print a row for each load, and what is wrong on standard error."""
    if os.geteuid() != 0 or shutil.which("keepalived") is None:
        print("siege: needs root and keepalived: the routers run in network namespaces", file=sys.stderr)
        return 2
    wrong = 0
    sheet = Sheet(
        f"A master at {INTERVAL_S * 1000:.0f} ms under siege, {seconds:g} s each: worst gaps in ms, memory in MiB",
        *("load", "done", "gap without", "gap with", "memory before", "maximum", "after", "state changes", "takeovers"),
    )
    with field() as made:
        for load in (load for load in LOADS if words in load.name):
            one = made.try_one(load, seconds, seconds, AFTERWARDS_S)
            memory = (f"{value:.1f}" for value in (one.before_mib, one.most_mib, one.after_mib))
            gaps = (f"{value:.1f}" for value in (one.unloaded_ms, one.loaded_ms))
            sheet.add(load.name, one.did, *gaps, *memory, one.changes, one.takeovers)
            for fault in faults(one):
                print(f"siege: {load.name}: {fault}", file=sys.stderr)
                wrong += 1
    sheet.end()
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else SECONDS, " ".join(sys.argv[2:])))
