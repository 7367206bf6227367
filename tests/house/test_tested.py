"""Each module of the engine is imported by a test that an ordinary user can run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.rooms import CHECKOUT, modules

NEED_NAMESPACES = {"interop", "lab", "chaos", "siege", "bench", "twins"}
MOST_EXCEPTIONS = 8
UNTESTED = {  # without root, and why
    "vrrptui.engine.doctor.checks": "reads what only root may see of a host",
    "vrrptui.engine.doctor.exposure": "is about files of two users",
    "vrrptui.engine.observer.packet_socket": "only CAP_NET_RAW may open a packet socket",
    "vrrptui.engine.observer.packet_ring": "a ring belongs to a packet socket",
    "vrrptui.engine.observer.fast_ring": "reads a ring",
    "vrrptui.engine.vrrp.vrrp_socket": "only CAP_NET_RAW may open a raw IP socket",
}


def _imports(path: Path) -> Iterator[str]:
    """The modules that a test file imports, unless the whole file needs root."""
    tree = ast.parse(path.read_text(encoding="utf-8"), path)
    for line in tree.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "pytestmark":
            marks = ast.unparse(line.value)
            if "geteuid" in marks or "netns" in marks:
                return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_each_module_of_the_engine_is_tested_without_root():
    files = [path for path in (CHECKOUT / "tests").rglob("*.py") if path.parent.name not in NEED_NAMESPACES]
    imported = {name for path in files for name in _imports(path)}
    engine = {module.name for module in modules() if module.top == "engine" and module.path.name != "__init__.py"}
    assert engine - imported == UNTESTED.keys()
    assert len(UNTESTED) <= MOST_EXCEPTIONS
