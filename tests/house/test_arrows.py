"""The arrows between the rooms of the house: who may import whom, and which packages live where."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest
from rooms import Module, modules

# The arrows. `lab` starts the commands as a user would, and complains as they do.
ARROWS = {
    "": {"cli", "engine"},
    "cli": {"engine", "console", "lab", "config", "control", "segment", "protocol"},
    "engine": {"config", "segment", "protocol", "control"},
    "console": {"control"},
    "lab": {"cli", "console"},
    "control": {"protocol", "segment"},
    "segment": {"protocol"},
    "config": {"protocol"},
    "protocol": set(),
}
PURE = {"protocol", "segment", "config", "control"}
THIRD_PARTY = {  # package: the rooms or modules that may import it
    "msgspec": {"control", "cli", "engine", "console"},
    "textual": {"console"},
    "rich": {"console", "cli"},
    "rich_argparse": {"cli"},
    "pyroute2": {"vrrptui.engine.host.netlink", "vrrptui.lab.network"},
    "scapy": {"vrrptui.console.text.packet", "vrrptui.cli.common.vendors"},
}
CLOCKS_AND_CHANCE = {"asyncio", "random", "secrets", "socket", "subprocess", "threading", "time", "datetime", "select"}
FILES = {"os", "glob", "stat", "pathlib"}  # config reads its files with these
OS_EFFECTS = {"times", "urandom", "getrandom", "system", "popen", "fork", "kill"}


def test_every_room_has_its_arrows():
    assert {module.room for module in modules()} == ARROWS.keys()


def test_no_arrow_turns():
    turned = {module.name: module.rooms_imported() - ARROWS[module.room] for module in modules()}
    assert {name: rooms for name, rooms in turned.items() if rooms} == {}


def test_a_foreign_package_stays_in_its_room():
    misplaced = [
        (module.name, package)
        for module in modules()
        for package in module.packages_imported() - sys.stdlib_module_names
        if not {module.room, module.name} & THIRD_PARTY.get(package, set())
    ]
    assert misplaced == []


def test_scapy_is_never_imported_whole():
    names = [name for module in modules() for name in module.imports()]
    assert [name for name in names if name.startswith("scapy.all")] == []


def test_a_pure_room_has_no_clock_no_socket_and_no_chance():
    found = []
    for module in (m for m in modules() if m.room in PURE):
        forbidden = CLOCKS_AND_CHANCE | (set() if module.room == "config" else FILES)
        found += [(module.name, name) for name in module.packages_imported() & forbidden]
        found += [(module.name, f"os.{name}") for name in set(_names_of_os(module)) & OS_EFFECTS]
    assert found == []


def _names_of_os(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            yield node.attr


@pytest.mark.parametrize(
    ("source", "rooms", "packages"),
    [
        ("import time", set(), {"time"}),
        ("def f():\n    from vrrptui.engine import engine", {"engine"}, set()),
        ("from vrrptui import console", {"console"}, set()),
        ("import vrrptui.lab.world as w", {"lab"}, set()),
        ("from vrrptui import __version__", set(), set()),
    ],
)
def test_an_import_is_seen_wherever_it_stands(source, rooms, packages):
    module = Module(modules()[0].path.with_name("protocol") / "made_up.py", source)
    assert (module.rooms_imported(), module.packages_imported()) == (rooms, packages)
