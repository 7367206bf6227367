"""The harness itself, without a network; then a few drawn cases, and those that failed once."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.rights import needs_scripts_of_keepalived
from tests.twins import case as cases
from tests.twins import events, grammar, page
from tests.twins.case import Case, Outcome
from tests.twins.compare import Difference, Step, differences
from tests.twins.known import KNOWN, MOST
from tests.twins.open_faults import OPEN
from tests.twins.refused import refused_for
from tests.twins.run import drawn
from tests.twins.shrink import shrink
from tests.twins.tree import facts, read, text_of

FOUND = Path(__file__).parent / "found"
LONG = {"announcements-of-three-in-turn"}  # `make twins` runs them
SMOKE = (112, 123, 167, 197, 211, 214)  # short intervals
SHORT = sorted(path.stem for path in FOUND.glob("*.json") if path.stem not in LONG)
needs_keepalived = pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")


def test_the_page_lists_what_is_known():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.page(text) == text, "run: python -m tests.twins.page"


def test_the_list_is_short_and_every_entry_says_why():
    assert len(KNOWN) <= MOST
    ids = [one.id for one in (*KNOWN, *OPEN)]
    assert len(ids) == len(set(ids))
    assert all(one.what and one.why for one in KNOWN)


def test_every_open_fault_has_its_case():
    assert {one.id for one in OPEN} <= {path.stem for path in FOUND.glob("*.json")}


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_draws_one_case(seed):
    first, second = drawn(seed), drawn(seed)
    assert first.written() == second.written()
    assert refused_for(first.tree) == ""
    assert ["start"] in first.events


@pytest.mark.parametrize("seed", range(30))
def test_a_tree_is_printed_and_read_back(seed):
    chance = random.Random(seed)
    tree = grammar.draw(chance)
    assert read(text_of(tree)) == tree
    assert facts(grammar.edited(chance, tree)).routers


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a { b\n c { d } }\n", "a {\n    b\n    c {\n        d\n    }\n}\n"),
        ("a\n{\n b # c\n}\n", "a {\n    b\n}\n"),
        ('n "x # y" ! z\n', 'n "x # y"\n'),
    ],
)
def test_any_layout_is_read(text, lines):
    assert text_of(read(text)) == lines


@pytest.mark.slow
def test_everything_that_may_be_drawn_is_drawn():
    texts = [text_of(drawn(seed).tree) for seed in range(300)]
    for words in ("dev eth1", "eth0 weight 50", "garp_interval 1\n", "unicast_peer", "use_vmac", "priority 255", "AH"):
        assert any(words in text for text in texts), words
    kinds = {event[0] for seed in range(300) for event in drawn(seed).events}
    assert kinds == {name[1:] for name in dir(events.Acts) if name.startswith("_") and name[1:] in kinds | KINDS}


KINDS = {"start", "stop", "kill", "restart", "pause", "reload", "peer", "link", "cable", "remake", "rename", "shell"}
KINDS = (KINDS | {"drop", "flag", "other", "number", "process_runs"}) - {"kill"}


def test_a_case_is_made_as_small_as_its_fault():
    case = drawn(7)
    needed = next(line for line in text_of(case.tree).splitlines() if "virtual_router_id" in line)

    def run(one: Case) -> Outcome:
        fails = needed in text_of(one.tree) and ["start"] in one.events
        return Outcome(unknown=[Difference("state", "VI_1", "BACKUP", "MASTER")] if fails else [])

    small, _ = shrink(case, run(case), run, 20.0)
    assert small.events == [["start"], case.events[-1]]  # the last is the one that failed
    assert len(text_of(small.tree).splitlines()) <= 9  # what an instance cannot do without, and a group its member


def test_another_fault_does_not_take_its_place():
    def run(one: Case) -> Outcome:
        state = "BACKUP" if "script_user" in text_of(one.tree) else "FAULT"
        return Outcome(unknown=[Difference("state", "VI_1", state, "MASTER")])

    case = drawn(7)
    small, came = shrink(case, run(case), run, 20.0)
    assert came.unknown[0].keepalived == "BACKUP"
    assert "script_user" in text_of(small.tree)


def test_what_is_on_one_side_alone_is_a_difference():
    step = Step(0, ["start"], [], facts([]))
    step.keepalived = {("state", "VI_1"): "MASTER", ("address", "eth0 192.0.2.1/24"): "", ("runs", ""): True}
    step.vrrptui = {("state", "VI_1"): "BACKUP", ("runs", ""): True}
    assert [one.look for one in differences(step)] == ["state", "address"]


def failures(wanted: dict[str, Case]) -> dict[str, list[str]]:
    """What is wrong with each of these cases, some run at once, as they mostly wait."""
    with ThreadPoolExecutor(4) as pool:
        outcomes = dict(zip(wanted, pool.map(cases.run, wanted.values()), strict=True))
    wrong = {name: [str(one) for one in outcome.unknown] for name, outcome in outcomes.items()}
    for name in wanted.keys() & {one.id for one in OPEN}:
        if not outcomes[name].known[name]:
            wrong[name].append("it is mended: take its entry from open_faults.py")
    return {name: one for name, one in wrong.items() if one}


@pytest.mark.netns
@needs_scripts_of_keepalived
@needs_keepalived
@pytest.mark.timeout(180)
def test_both_programs_do_the_same_in_what_failed_once():
    assert failures({name: cases.read_case(FOUND / f"{name}.json") for name in SHORT}) == {}


@pytest.mark.netns
@needs_scripts_of_keepalived
@needs_keepalived
@pytest.mark.timeout(180)
def test_both_programs_do_the_same_in_what_is_drawn():
    assert failures({f"seed {seed}": drawn(seed) for seed in SMOKE}) == {}
