"""The names of tests: each is a claim that fits in a line of pytest's report."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house.rooms import CHECKOUT

LONGEST = 60


def _named() -> Iterator[tuple[Path, str]]:
    """Every test function with its file."""
    for path in sorted((CHECKOUT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield path, node.name


def test_no_name_of_a_test_is_too_long():
    assert [name for _, name in _named() if len(name) > LONGEST] == []


def test_no_test_of_a_file_hides_another():
    assert [(path.name, name) for (path, name), count in Counter(_named()).items() if count > 1] == []
