"""Makes a failing case smaller: fewer events, fewer lines, as long as it fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace

from tests.twins.case import Case, Outcome
from tests.twins.tree import Node, Tree, paths, read, text_of, without

Run = Callable[[Case], Outcome]


def shrink(case: Case, outcome: Outcome, run: Run, seconds: float) -> tuple[Case, Outcome]:
    """The smallest case that was found in the time, and what came of it."""
    ends, kind = time.monotonic() + seconds, outcome.unknown[0].kind
    smaller = replace(case, events=case.events[: outcome.step.number + 1]) if outcome.step else case
    best, came, going = smaller, outcome, True
    while going:
        going = False
        for candidate in candidates(best):
            if time.monotonic() > ends:
                return best, came
            again = run(candidate)
            if kind in again.kinds:
                shorter = candidate.events[: again.step.number + 1] if again.step else candidate.events
                best, came, going = replace(candidate, events=shorter), again, True
                break
    return best, came


def candidates(case: Case) -> Iterator[Case]:
    """Every case that is a little smaller, those first that leave out most."""
    for number, one in enumerate(case.tree):
        if one.words[0] != "global_defs":
            yield _without_lines(case, (number,))
    for number in range(len(case.events) - 1):
        if case.events[number] != ["start"]:
            yield replace(case, events=case.events[:number] + case.events[number + 1 :])
    for path in sorted(paths(case.tree), key=len):
        if len(path) > 1 or case.tree[path[0]].words[0] == "global_defs":
            yield _without_lines(case, path)
    for number, event in enumerate(case.events):
        if event[0] == "reload":
            yield from _smaller_reloads(case, number)


def _without_lines(case: Case, path: tuple[int, ...]) -> Case:
    """Without a place of the tree, and without the same lines in what is read at a reload."""
    gone = _at(case.tree, path)
    events = deepcopy(case.events)
    for event in events:
        if event[0] == "reload":
            tree = read("\n".join(event[1]))
            same = [other for other in paths(tree) if len(other) == len(path) and _at(tree, other) == gone]
            event[1] = text_of(without(tree, same[0]) if same else tree).splitlines()
    return replace(case, tree=without(case.tree, path), events=events)


def _smaller_reloads(case: Case, number: int) -> Iterator[Case]:
    tree = read("\n".join(case.events[number][1]))
    for path in paths(tree):
        events = deepcopy(case.events)
        events[number][1] = text_of(without(tree, path)).splitlines()
        yield replace(case, events=events)


def _at(tree: Tree, path: tuple[int, ...]) -> Node:
    one = tree[path[0]]
    for number in path[1:]:
        one = (one.block or [])[number]
    return one
