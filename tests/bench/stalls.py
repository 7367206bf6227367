"""Which late takeovers are the host's: killed masters at 10 ms, beside a process that does nothing but read the clock.

That process is always runnable, so a gap between two of its readings is time in which the host did not run it. A
takeover is late when its first advert comes more than `LATE_MS` over the formula; the gaps are those between the
master's last advert and that one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Sheet, share, spread
from tests.bench.takeover import NS_PER_MS, TEN_MS, Case, measure

LATE_MS = 1.0
SPIN = """
import time
last = time.time_ns()
while True:
    now = time.time_ns()
    if now - last > 200_000:
        print(now, now - last, flush=True)
        now = time.time_ns()
    last = now
"""


def run(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, _spinning(Path(folder) / "gaps") as file:
        found = measure(Case(TEN_MS.name, TEN_MS, "kill", rounds))
        gaps = [tuple(map(int, line.split())) for line in file.read_text().splitlines()]
    sheet = Sheet(
        "Takeovers at 10 ms beside a spinning process: over the formula in ms, and the host's largest gap meanwhile",
        *("backup", "n", "min", "median", "p99", "max", "gap median", "gap p99", "gap max"),
        *("late", "of them with a gap"),
    )
    for name, one in found.items():
        stalls = [_largest_ms(gaps, *span) for span in one.spans_ns]
        late = [(over, stall) for over, stall in zip(one.late, stalls, strict=True) if over > LATE_MS]
        with_gap = sum(stall > LATE_MS for _, stall in late)
        of_gaps = (f"{value:.2f}" for value in (share(stalls, 0.5), share(stalls, 0.99), max(stalls)))
        sheet.add(name, len(one.late), *spread(one.late), *of_gaps, len(late), with_gap)
        for over, stall in late:
            print(f"{name}: {over:.2f} ms late, the spinning process stood still for {stall:.2f} ms", file=sys.stderr)
    sheet.end()


def _largest_ms(gaps: list[tuple[int, ...]], began_ns: int, ended_ns: int) -> float:
    """The largest gap of which a part lies between these times of the wall clock; 0 for less than 0.2 ms."""
    there = [gap_ns for end_ns, gap_ns in gaps if end_ns >= began_ns and end_ns - gap_ns <= ended_ns]
    return max(there, default=0) / NS_PER_MS


@contextmanager
def _spinning(file: Path) -> Iterator[Path]:
    with file.open("w") as out:
        spinner = subprocess.Popen([sys.executable, "-c", SPIN], stdout=out)
    try:
        yield file
    finally:
        spinner.kill()
        spinner.wait()
