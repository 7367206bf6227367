"""A file has one subject and can be read at once: how long files and functions may be."""

from __future__ import annotations

import ast
from collections import Counter

from tests.house.rooms import modules

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_MODULES_OF_A_FOLDER = 16  # beside its __init__ and its sub-folders
MOST_PUBLIC_METHODS = 15  # that a class has itself; more with a reason: "Wide because" in its docstring
NARROW_ROOMS = {"console", "client", "cli"}
OF_TEXTUAL = ("on_", "action_", "watch_", "validate_", "compute_", "compose", "render")  # what it calls by name
UNSPEAKING = {"utils", "util", "helpers", "common", "manager", "base", "misc"}


def test_every_file_can_be_read_at_once():
    lines = {module.name: len(module.source.splitlines()) for module in modules()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES_OF_A_FILE} == {}


def test_every_folder_can_be_overlooked():
    modules_of = Counter(module.path.parent for module in modules() if module.path.name != "__init__.py")
    assert {str(folder): count for folder, count in modules_of.items() if count > MOST_MODULES_OF_A_FOLDER} == {}


def test_every_function_does_one_thing():
    functions = [
        (f"{module.name}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [(name, lines) for name, lines in functions if lines > MOST_LINES_OF_A_FUNCTION] == []


def _public_methods(kind: ast.ClassDef) -> set[str]:
    methods = {node.name for node in kind.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in methods if not name.startswith(("_", *OF_TEXTUAL))}


def test_every_class_has_few_doors():
    kinds = [
        (f"{module.name}.{node.name}", node)
        for module in modules()
        if module.top in NARROW_ROOMS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    ]
    wide = {
        name: len(_public_methods(kind))
        for name, kind in kinds
        if "Wide because" not in (ast.get_docstring(kind) or "")
    }
    assert {name: count for name, count in wide.items() if count > MOST_PUBLIC_METHODS} == {}


def test_every_file_says_what_it_is():
    silent = [module.name for module in modules() if module.source.strip() and not ast.get_docstring(module.tree)]
    assert silent == []


def test_every_file_has_a_speaking_name():
    assert [module.name for module in modules() if UNSPEAKING & set(module.name.split("."))] == []
