"""Runs cases that are drawn from a seed in several pairs of worlds at once, and keeps what fails."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import random
import signal
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.twins import case as cases
from tests.twins import events, grammar, refused
from tests.twins.case import Case, Outcome
from tests.twins.shrink import shrink

SHRINK_S = 150.0  # for one failure
OUT = Path(".twins")


@dataclass
class Total:
    """What came of a run."""

    configurations: int = 0
    steps: int = 0
    not_at_rest: int = 0
    unsure: int = 0  # failures that did not come again
    known: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)  # when each known difference was met first
    failures: list[str] = field(default_factory=list)


def drawn(seed: int) -> Case:
    """The case of a seed; its configuration is one that vrrptui runs."""
    chance = random.Random(seed)
    while refused.refused_for(tree := grammar.draw(chance)) or grammar.contradicts(tree):
        pass
    return Case(tree, events.draw(chance, tree), f"seed {seed}")


def run(seconds: float, seed: int, jobs: int, out: Path = OUT, say=print) -> Total:
    """Draw and run for so many seconds; what fails is made smaller and written to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    total, results = Total(), multiprocessing.Queue()
    began, seen = time.monotonic(), multiprocessing.Manager().dict()
    workers = [
        multiprocessing.Process(
            target=_work, args=(seed * 1_000_000 + number, jobs, began + seconds, results, seen, out)
        )
        for number in range(jobs)
    ]
    for worker in workers:
        worker.start()
    try:
        while any(worker.is_alive() for worker in workers) or not results.empty():
            try:
                _take(total, results.get(timeout=0.3), time.monotonic() - began, say)
            except queue.Empty:
                continue
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        for worker in workers:
            if worker.is_alive():
                os.kill(worker.pid, signal.SIGINT)
        for worker in workers:
            worker.join()
    return total


def _take(total: Total, result: dict[str, Any], seconds: float, say) -> None:
    if "failure" in result:
        if result["whole"]:
            total.failures.append(result["failure"])
        say(f"{seconds:5.0f} s, {total.steps} steps: {result['failure']}", flush=True)
        return
    total.configurations += 1
    total.steps += result["steps"]
    total.not_at_rest += result["not_at_rest"]
    total.unsure += result["unsure"]
    total.known.update(result["known"])
    for name in result["known"]:
        total.first.setdefault(name, f"first within {seconds:.0f} s, {total.steps} steps")


def _work(seed: int, stride: int, ends: float, results, seen, out: Path) -> None:
    """One pair of worlds after the other."""
    with contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < ends:
            try:
                _one(seed, ends, results, seen, out)
            except Exception:  # a fault of the harness is one too
                results.put({"failure": f"seed {seed}: {traceback.format_exc()}", "whole": True})
            seed += stride


def _one(seed: int, ends: float, results, seen, out: Path) -> None:
    case = drawn(seed)
    outcome = cases.run(case)
    unsure = 0
    if outcome.unknown and _way(outcome) not in seen:
        again = cases.run(case)
        unsure = int(not again.kinds & outcome.kinds)
        if not unsure and _way(again) not in seen:
            seen[_way(again)] = seed
            _keep(case, again, ends, results, out, seed)
    results.put({"steps": outcome.steps, "known": outcome.known, "unsure": unsure,
                 "not_at_rest": outcome.not_at_rest})  # fmt: skip


def _way(outcome: Outcome) -> tuple[str, ...]:
    """In which way a case failed; each is made smaller once in a run."""
    return (*outcome.unknown[0].kind, outcome.step.event[0])


def _keep(case: Case, outcome: Outcome, ends: float, results, out: Path, seed: int) -> None:
    first = outcome.unknown[0]
    path = out / f"{first.look}-{seed}.json"
    path.write_text(case.written())
    path.with_suffix(".log").write_text(outcome.logs)  # of the whole case, as it may not come again
    results.put({"failure": f"{first} (to be made smaller: {path})", "whole": False})
    small, came = shrink(case, outcome, cases.run, min(SHRINK_S, max(30.0, ends - time.monotonic())))
    small.note = str(came.unknown[0])
    path.write_text(small.written())
    text = f"{came.unknown[0]}; {len(small.events)} events: python -m tests.twins --replay {path}"
    results.put({"failure": text, "whole": True})
