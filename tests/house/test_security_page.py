"""SECURITY.md names tests for what it claims: each of them is there, and the README leads to the page."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.rooms import CHECKOUT

PAGE = (CHECKOUT / "SECURITY.md").read_text(encoding="utf-8")
TESTS = {
    node.name
    for path in (CHECKOUT / "tests").rglob("test_*.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
}
SECTIONS = PAGE.split("\n## ")[1:]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\btest_\w+", PAGE))))
def test_a_test_that_the_page_names_is_there(name):
    assert name in TESTS


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition("\n")[0])
def test_every_section_names_tests(section):
    assert len(re.findall(r"`test_\w+`", section.partition("\nTests: ")[2])) >= 2


def test_everybody_in_the_table_has_a_section():
    rows = re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)[1:]
    assert len(rows) == len(SECTIONS) == 8


def test_it_is_one_page_and_the_readme_leads_to_it():
    assert len(PAGE.splitlines()) <= 110
    assert "](SECURITY.md)" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
