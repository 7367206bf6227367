"""The pages name files that exist, their links lead somewhere, and the map shows every room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.rooms import CHECKOUT
from tests.house.test_arrows import ARROWS, SUB_ARROWS

PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / ".github").rglob("*.md")])
FILE = re.compile(r"`((?:vrrptui|tests|engine|console|config|control|client|cli|protocol|segment|lab)/[\w./]*\w\.py)`")
MAP = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_file_that_a_page_names_is_there(page):
    paths = FILE.findall(text_of(page))
    assert [
        path for path in paths if not (CHECKOUT / path).is_file() and not (CHECKOUT / "vrrptui" / path).is_file()
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_link_leads_to_a_file(page):
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page))]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_page_in_docs_is_in_the_index():
    index = text_of(CHECKOUT / "docs" / "README.md")
    pages = {path.name for path in (CHECKOUT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


def test_every_decision_is_in_its_index_and_has_its_parts():
    folder = CHECKOUT / "docs" / "decisions"
    decisions = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    index = text_of(folder / "README.md")
    assert re.findall(r"\]\(([^)]+)\)", index) == [path.name for path in decisions]
    assert [int(path.name[:3]) for path in decisions] == list(range(1, len(decisions) + 1))
    parts = ["Context", "Decision", "Cost"]
    assert {path.name for path in decisions if re.findall(r"^## (.*)$", text_of(path), re.MULTILINE) != parts} == set()


def test_the_map_has_every_room_and_its_arrows():
    rooms = {room: rooms for room, rooms in ARROWS.items() if room}
    assert {room for room in rooms if f"| `{room}/` |" not in MAP} == set()
    lines = re.findall(r"^(\w+)(?: +► (.*))?$", MAP, re.MULTILINE)
    assert {room: set(filter(None, arrows.split(", "))) for room, arrows in lines if room in rooms} == rooms
    for top, subs in SUB_ARROWS.items():
        (block,) = re.findall(rf"^{top}/\n((?:  .*\n)+)", MAP, re.MULTILINE)
        shown = dict(re.findall(r"^  (\w+) .*?(?:► (.*))?$", block, re.MULTILINE))
        assert {sub: set(filter(None, arrows.split(", "))) for sub, arrows in shown.items() if sub in subs} == subs
