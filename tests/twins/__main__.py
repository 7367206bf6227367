"""`python -m tests.twins`: keepalived and the engine side by side, for so many seconds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.twins import case as cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.replay:
        outcome = cases.run(cases.read_case(given.replay), print)
        print(f"{outcome.steps} steps in {outcome.seconds:.1f} s, known {dict(outcome.known)}")
        for one in outcome.unknown:
            print(f"  {one}")
        return bool(outcome.unknown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
