"""The repository speaks of itself alone, without paths of a machine, and its pages are in plain technical English."""

from __future__ import annotations

import subprocess

import pytest

from tests.house.rooms import CHECKOUT
from tests.house.words import UNWANTED, unwanted_in
from tests.twins.page import section

# Built from parts, so that this file is not found itself.
KEPT_OUT = ["/" + "work/", "/tmp/" + "briefs", "/home" + "/", "/root" + "/", "index" + "-url", "pypi" + ".org/simple"]


@pytest.mark.parametrize("words", KEPT_OUT)
def test_no_tracked_file_has_a_path_of_one_machine(words):
    found = subprocess.run(
        ["git", "grep", "--fixed-strings", "--line-number", "-I", words], cwd=CHECKOUT, capture_output=True, text=True
    )
    if found.returncode > 1:
        pytest.skip(f"not a git checkout: {found.stderr.strip()}")
    assert found.stdout == ""


PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / ".github").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_a_page_has_no_unwanted_phrase(page):
    text = page.read_text(encoding="utf-8")
    if page.name == "compatibility.md":
        text = text.replace(section(), "\n" * section().count("\n"))  # the texts of tests/twins/known.py
    assert unwanted_in(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The engine is told of it.", [(1, "told")]),
        ("A test goes\non.", [(1, "goes on")]),
        ("x\n\n# What was measured", [(3, "# What")]),
        ("An address that\nis no address", [(2, "is no address")]),
        ("There is no peer, and it is no longer there.", []),
        ("`told`\n```\nanew\n```\n", []),
    ],
)
def test_an_unwanted_phrase_is_found(text, found):
    assert [(line, phrase) for line, phrase, _ in unwanted_in(text)] == found


def test_each_unwanted_phrase_has_a_replacement():
    assert all(UNWANTED.values())
