"""The page of requirements is what the tests say, and nothing that can be proved without a network is forgotten."""

from __future__ import annotations

import re

import pytest

from tests.conformance.claims import TESTS, Claim, claims, claims_in
from tests.conformance.left_out import LEFT_OUT
from tests.conformance.page import PAGE, TITLES, in_order, page

LIST = TESTS.parents[1] / "shared" / "CONFORMANCE.md"
ROW = re.compile(r"\| (?P<id>\S+-\d+) \|(?: .*\|) (?P<kind>\w+) \| (?P<positive>[^|]*) \| (?P<negative>[^|]*) \|")
EXCUSED = {requirement for ids in LEFT_OUT.values() for requirement in ids}


def proved() -> dict[str, set[str]]:
    """The halves that are proved, by requirement."""
    halves: dict[str, set[str]] = {}
    for claim in claims():
        halves.setdefault(claim.requirement, set()).add(claim.half)
    return halves


def owed() -> dict[str, set[str]]:
    """The halves that every requirement of the list is owed; none for a half without a counter-case."""
    rows = [row for line in LIST.read_text(encoding="utf-8").splitlines() if (row := ROW.fullmatch(line))]
    return {row["id"]: {half for half in ("positive", "negative") if not row[half].startswith("-")} for row in rows}


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(claims()), "run: python -m tests.conformance.page"


def test_every_claim_is_on_the_page():
    assert {claim.requirement.split("-")[0] for claim in claims()} <= TITLES.keys()


def test_nothing_is_left_out_that_is_proved():
    assert sorted(r for r, halves in proved().items() if len(halves) == 2 and r in EXCUSED) == []


def test_nothing_is_left_out_twice():
    assert len(EXCUSED) == sum(map(len, LEFT_OUT.values()))


@pytest.mark.skipif(not LIST.is_file(), reason="the list of requirements is not beside the checkout")
def test_every_requirement_is_proved_both_ways_or_left_out():
    halves, wanted = proved(), owed()
    assert len(wanted) > 200, "the list was not understood"
    missing = {r: sorted(wanted[r] - halves.get(r, set())) for r in wanted.keys() - EXCUSED}
    assert {r: missing[r] for r in sorted(missing, key=in_order) if missing[r]} == {}


@pytest.mark.skipif(not LIST.is_file(), reason="the list of requirements is not beside the checkout")
def test_no_test_names_a_requirement_that_there_is_not():
    assert sorted((proved().keys() | EXCUSED) - owed().keys()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('row("9568-6.1-1 positive: the default")', [("9568-6.1-1", "positive", "the default")]),
        ('f"9568-6.1-1 negative: TTL {x} refused"', [("9568-6.1-1", "negative", "TTL … refused")]),
        (
            'def test_a():\n    """9568-1-1 positive: one\n    line\n    3768-6.1-1 negative: two\n\n    Not this."""',
            [("9568-1-1", "positive", "one line"), ("3768-6.1-1", "negative", "two")],
        ),
        ('"see 9568-6.1-1 positive: a mention"', []),
        ('"9568-6.1-1: no half"', []),
        ("# 9568-6.1-1 positive: a comment is no proof", []),
    ],
)
def test_a_claim_is_found_where_it_stands(source, found):
    assert list(claims_in(source)) == [Claim(*one) for one in found]


def test_ids_stand_in_the_order_of_their_sections():
    ids = ["9568-6.4.2-10", "9568-10-1", "9568-6.4.2-2", "9568-6.1-1"]
    assert sorted(ids, key=in_order) == ["9568-6.1-1", "9568-6.4.2-2", "9568-6.4.2-10", "9568-10-1"]
