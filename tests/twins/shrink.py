"""Makes a failing case smaller: fewer events, fewer lines, as long as it fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace

from tests.twins.case import Case, Outcome
from tests.twins.refused import refused_for
from tests.twins.tree import Tree, paths, read, text_of, without

Run = Callable[[Case], Outcome]
AT_ONCE = 3  # attempts side by side: they mostly wait
KEPT = {"interface", "virtual_router_id", "virtual_ipaddress"}  # an instance without is refused


def shrink(case: Case, outcome: Outcome, run: Run, seconds: float) -> tuple[Case, Outcome]:
    """The smallest case that was found in the time, and what came of it."""
    ends, kind = time.monotonic() + seconds, outcome.unknown[0].kind
    best, came, at, since = _cut(case, outcome), outcome, 0, 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while time.monotonic() < ends:
            tried = candidates(best)
            if not tried or since >= len(tried):  # all of them, and none failed
                break
            batch = [(at + more) % len(tried) for more in range(min(AT_ONCE, len(tried)))]
            results = list(pool.map(run, (tried[number] for number in batch)))
            failed = [(n, one) for n, one in zip(batch, results, strict=True) if kind in one.kinds]
            if failed:
                at, came = failed[0]
                best, since = _cut(tried[at], came), 0
            else:
                at, since = batch[-1] + 1, since + len(batch)
    return best, came


def _cut(case: Case, outcome: Outcome) -> Case:
    """Without the events after the one that failed."""
    return replace(case, events=case.events[: outcome.step.number + 1]) if outcome.step else case


def candidates(case: Case) -> list[Case]:
    """Every case that is a little smaller, those first that leave out most."""
    last = len(case.events) - 1
    kept = (case.events[-1:], [["start"], case.events[-1]], case.events[last // 2 :])
    found = [replace(case, events=events) for events in kept if len(events) < len(case.events)]
    found += [replace(case, events=case.events[:n] + case.events[n + 1 :]) for n in range(last)]
    found += [_without_lines(case, [(number,)]) for number in range(len(case.tree))]
    for number, one in enumerate(case.tree):
        lines = [(number, n) for n, line in enumerate(one.block or []) if line.words[0] not in KEPT]
        half = len(lines) // 2
        found += [_without_lines(case, part) for part in (lines[half:], lines[:half]) if len(part) > 1]
    found += [_without_lines(case, [path]) for path in sorted(paths(case.tree), key=len) if len(path) > 1]
    for number, event in enumerate(case.events):
        if event[0] == "reload":
            found += _smaller_reloads(case, number)
    return [one for one in found if runs(one)]


def runs(case: Case) -> bool:
    """Whether vrrptui takes the configuration, and what it reads later."""
    trees = [case.tree, *(read("\n".join(event[1])) for event in case.events if event[0] == "reload")]
    return not any(map(refused_for, trees))


def _without_lines(case: Case, gone: list[tuple[int, ...]]) -> Case:
    """Without some places of the tree, and without the same lines in what is read at a reload."""
    lost = [(len(path), _line(case.tree, path)) for path in gone]
    tree, events = case.tree, deepcopy(case.events)
    for path in reversed(gone):
        tree = without(tree, path)
    for event in events:
        if event[0] == "reload":
            event[1] = _without_same(read("\n".join(event[1])), lost)
    return replace(case, tree=tree, events=events)


def _without_same(tree: Tree, lost: list[tuple[int, str]]) -> list[str]:
    for depth, line in lost:
        same = [path for path in paths(tree) if len(path) == depth and _line(tree, path) == line]
        tree = without(tree, same[0]) if same else tree
    return text_of(tree).splitlines()


def _smaller_reloads(case: Case, number: int) -> list[Case]:
    found, tree = [], read("\n".join(case.events[number][1]))
    for path in paths(tree):
        events = deepcopy(case.events)
        events[number][1] = text_of(without(tree, path)).splitlines()
        found.append(replace(case, events=events))
    return found


def _line(tree: Tree, path: tuple[int, ...]) -> str:
    """A line with those around it, as one line may stand in several blocks."""
    words, inner = [], tree
    for number in path:
        words.append(inner[number].text)
        inner = inner[number].block or []
    return " { ".join(words)
