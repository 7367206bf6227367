"""`python -m tests.chaos [SECONDS [SEED]]`: chance at the keyboard of every kind of console, and on an engine's host.

Each kind for so many seconds; ends with 1 if any of them broke. A seed gives the same acts again, at other moments.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos import console, engine

SECONDS = 120.0


def main(seconds: float, seed: int) -> int:
    kinds: dict[str, Any] = {f"console {kind}": partial(console.run, kind) for kind in console.KINDS}
    if os.geteuid() == 0:
        kinds["engine"] = engine.run
    broken = 0
    for name, run in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            done, wrong = run(Path(folder), seed, seconds)
        print(f"{name}: seed {seed}, {done} acts, {'; '.join(wrong) or 'nothing broke'}", flush=True)
        broken += bool(wrong)
    return min(broken, 1)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    sys.exit(main(*given[:1] or [SECONDS], *map(int, given[1:2] or [1])))
