"""`python -m tests.fuzz [RUNS]`: every target in turn, so many executions each; ends at the first that breaks."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.fuzz.fuzzing import targets

RUNS = 1_000_000


def main(runs: int) -> int:
    for name in targets():
        began = time.monotonic()
        command = [sys.executable, "-m", f"tests.fuzz.fuzz_{name}", f"-runs={runs}", "-verbosity=0"]
        done = subprocess.run([*command, f"-artifact_prefix=fuzz-{name}-"], check=False)
        print(f"{name}: {runs:,} executions in {time.monotonic() - began:.0f} s, status {done.returncode}", flush=True)
        if done.returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
