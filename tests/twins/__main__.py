"""`python -m tests.twins`: keepalived and the engine side by side, for so many seconds.

Ends with 1 when something differed that is not in tests/twins/known.py. A seed draws the same cases again.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from pathlib import Path

from tests.twins import case as cases
from tests.twins import files, run
from tests.twins.open_faults import OPEN


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.twins", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long cases are begun")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn")
    parser.add_argument("--jobs", type=int, default=4, help="pairs of worlds at once")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="run the files of a folder instead")
    parser.add_argument("--out", type=Path, default=run.OUT, help="where what fails is kept")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run a case that was written")
    parser.add_argument("--show", type=int, metavar="SEED", help="write the case of one seed")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root, for network namespaces")
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have started it with interrupts ignored
        signal.signal(number, signal.default_int_handler)
    if given.show is not None:
        sys.stdout.write(run.drawn(given.show).written())
        return 0
    if given.replay:
        return _replay(given.replay)
    if given.files:
        rows = files.run(given.files, given.jobs)
        counts = Counter(row.result for row in rows)
        print(", ".join(f"{count} {result}" for result, count in counts.items()))
        return min(counts["differs"], 1)
    total = run.run(given.seconds, given.seed, given.jobs, given.out)
    print(f"{total.configurations} configurations, {total.steps} steps, {total.not_at_rest} of them not at rest")
    for name, count in sorted(total.known.items()):
        kind = "open" if name in {one.id for one in OPEN} else "known"
        print(f"  {kind}: {count} {name}, {total.first[name]}")
    print(f"{len(total.failures)} unknown, {total.unsure} that did not come again")
    for failure in total.failures:
        print(f"  {failure}")
    return min(len(total.failures), 1)


def _replay(path: Path) -> int:
    outcome = cases.run(cases.read_case(path), print)
    print(f"{outcome.steps} steps in {outcome.seconds:.1f} s, known {dict(outcome.known)}")
    for one in outcome.unknown:
        print(f"  {one}")
    if outcome.unknown and os.environ.get("LOGS"):
        print(outcome.logs)
    return min(len(outcome.unknown), 1)


if __name__ == "__main__":
    sys.exit(main())
