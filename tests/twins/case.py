"""One configuration and its events, run in both worlds step by step, written to a file and read back."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.twins.compare import STATE, Difference, Step, breaches, differences
from tests.twins.events import Acts, Event, quiet_s
from tests.twins.known import known
from tests.twins.looks import Heard, excuses, hear, observe
from tests.twins.peer import SILENT, Peer
from tests.twins.tree import Facts, Tree, read, text_of
from tests.twins.world import World, twins

AT_MOST_S = 25.0  # for both to come to rest


@dataclass
class Case:
    """What is run."""

    tree: Tree
    events: list[Event]
    note: str = ""

    def written(self) -> str:
        data = {"note": self.note, "config": text_of(self.tree).splitlines(), "events": self.events}
        return json.dumps(data, indent=1) + "\n"


def read_case(path: Path) -> Case:
    data = json.loads(path.read_text())
    return Case(read("\n".join(data["config"])), data["events"], data["note"])


@dataclass
class Outcome:
    """What came of a case."""

    steps: int = 0
    known: Counter[str] = field(default_factory=Counter)
    unknown: list[Difference] = field(default_factory=list)  # of the first step that has any
    step: Step | None = None
    seconds: float = 0.0
    not_at_rest: int = 0
    logs: str = ""

    @property
    def kinds(self) -> set[tuple[str, ...]]:
        return {difference.kind for difference in self.unknown}


def run(case: Case, say=lambda text: None) -> Outcome:
    """Run a case until its end, or until something differs that is not known."""
    began, outcome = time.monotonic(), Outcome()
    with tempfile.TemporaryDirectory(prefix="tw-") as folder, twins(Path(folder)) as worlds:
        peer = Peer(worlds)
        acts = Acts(worlds, peer, case.tree)
        peer.start()
        try:
            _run(case, worlds, acts, outcome, say)
            outcome.logs = "\n".join(f"--- {path.parent.name}/{path.name}\n{path.read_text(errors='replace')[-6000:]}"
                                     for path in sorted(Path(folder).glob("*/*.log")))  # fmt: skip
        finally:
            peer.close()
            acts.close()
    outcome.seconds = time.monotonic() - began
    return outcome


def _run(case: Case, worlds: tuple[World, World], acts: Acts, outcome: Outcome, say) -> None:
    tree, before, modes = case.tree, [], {}
    trees, listed = [tree], {}
    for number, event in enumerate(case.events):
        if event[0] == "reload":
            tree = read("\n".join(event[1]))
            trees.append(tree)
        if event[0] == "peer":
            modes |= {router.name: event[1] for router in acts.facts.routers if event[2] in ("all", router.name)}
        before.append(event)
        if event[0] == "other":
            modes = {router.name: "keepalived" if event[1] else SILENT for router in acts.facts.routers}
        if event[0] in ("peer", "other"):
            listed |= {
                router.name: len(router.addresses)
                for router in acts.facts.routers
                if event[0] == "other" or modes.get(router.name) == event[1]
            }
        speaks = any(mode != SILENT for mode in modes.values())
        step_ns = time.time_ns()
        acts.do(event)
        if not any(world.running for world in worlds) and "start" not in {done[0] for done in before}:
            continue
        window = quiet_s(event, acts.facts, any(done[:2] == ["peer", "interval"] for done in before))
        step = Step(
            number,
            event,
            tree,
            acts.facts,
            trees=list(trees),
            before=list(before),
            modes=dict(modes),
            listed=dict(listed),
        )
        step.rested = _rest(worlds, window, acts.facts, speaks)
        outcome.steps += 1
        outcome.not_at_rest += not step.rested
        fifo = [world.from_fifo() for world in worlds]
        wrong = _look(worlds, step, step_ns, window, fifo)
        if _of_state(wrong, step) and not step.rested:
            _rest(worlds, window, acts.facts, speaks)
        if _of_state(wrong, step):  # once more: it may have been on its way
            time.sleep(window)
            again = _look(worlds, step, time.time_ns(), window, [[], []])
            kept = {(one.look, one.subject) for one in again}
            wrong = [one for one in wrong if one.look not in STATE or (one.look, one.subject) in kept]
        entries = [(one, known(one, step)) for one in wrong]
        outcome.known.update({entry.id for _, entry in entries if entry is not None})  # once a step
        ends = any(entry is not None and entry.ends for _, entry in entries)  # the rest may be for its sake
        unknown = [] if ends else [one for one, entry in entries if entry is None]
        say(f"{number} {json.dumps(event)[:100]}: {len(wrong)} differ, {len(unknown)} unknown"
            f"{'' if step.rested else ', not at rest'}")  # fmt: skip
        if unknown:
            outcome.unknown, outcome.step = unknown, step
            return
        if ends:
            return


def _of_state(wrong: list[Difference], step: Step) -> bool:
    return any(one.look in STATE and known(one, step) is None for one in wrong)


def _look(worlds: tuple[World, World], step: Step, step_ns: int, window: float, fifo: list[list[str]]):
    longest = max([router.interval_s for router in step.facts.routers], default=0.5)
    rest_ns = time.time_ns() - round(min(window, 2.2 * longest + 0.1) * 1e9)
    step.keepalived, step.vrrptui = (
        observe(world, step.facts, step_ns, rest_ns, lines) for world, lines in zip(worlds, fifo, strict=True)
    )
    heard = hear(worlds[1], rest_ns)
    return breaches(step, heard, rest_ns, excuses(worlds[1])) + differences(step)


def _rest(worlds: tuple[World, World], window: float, found: Facts, speaks: bool) -> bool:
    """Wait until nothing was logged, said or announced for so many seconds; False when that does not come."""
    ends, quiet_from, last = time.monotonic() + max(AT_MOST_S, 3 * window), time.monotonic(), None
    more_s = found.garp_delay_s + 0.25 if found.garp_delay_s <= 1 else 0.3  # until announcements are repeated
    more_s = max(more_s, found.garp_interval_s + 0.3)
    while time.monotonic() < ends:
        heard = [hear(world, time.time_ns() - 1_500_000_000) for world in worlds]
        now = [_print_of(*pair) for pair in zip(worlds, heard, strict=True)]
        announced_ns = max([0, *(at_ns for one in heard for at_ns in one.last.values())])
        if now != last:
            last, quiet_from = now, time.monotonic()
        quiet_s = time.monotonic() - quiet_from
        over = time.time_ns() - announced_ns > more_s * 1e9 or (speaks and quiet_s > 3 * window)  # answers never end
        if quiet_s >= window and (found.refreshed or over):
            return True
        time.sleep(0.1)
    return False


def _print_of(world: World, heard: Heard) -> tuple[object, ...]:
    """What changes as long as a world is not at rest."""
    speaks = sorted((subject, said[-1][1]) for subject, said in heard.priorities.items())
    return world.alive, world.logged(), world.path("/tmp/notify.log").stat().st_size, speaks
