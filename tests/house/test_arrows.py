"""The arrows between the rooms of the house: who may import whom, and which packages live where."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from tests.house.rooms import Module, modules

# Which rooms a room at the top may import from, itself left out.
ARROWS = {
    "": {"cli", "engine"},
    "cli": {"engine", "console", "client", "config", "control", "segment", "protocol"},
    "engine": {"config", "segment", "protocol", "control"},
    "console": {"client", "control", "protocol"},
    "client": {"control"},
    "lab": set(),
    "control": {"protocol"},
    "segment": {"protocol"},
    "config": {"protocol"},
    "protocol": set(),
}
# Which of its brothers a sub-room may import from. The modules beside the sub-rooms may import all of them.
SUB_ARROWS: dict[str, dict[str, set[str]]] = {
    "protocol": {"link": set()},
    "cli": {"printing": set(), "places": {"printing"}, "commands": {"places", "printing"}},
    "config": {
        "model": set(),
        "findings": {"model"},
        "language": {"findings", "model"},
        "lint": {"findings", "model"},
        "keywords": {"language", "findings", "model"},
        "render": {"keywords", "language", "findings", "model"},
        "resolve": {"keywords", "findings", "model"},
    },
    "console": {
        "settings": set(),
        "text": {"settings"},
        "state": {"text", "settings"},
        "widgets": {"text"},
        "files": set(),
        "dialogs": {"files", "state", "text", "widgets", "settings"},
        "screens": {"dialogs", "files", "state", "text", "widgets", "settings"},
    },
    "engine": {
        "host": set(),
        "capture": set(),
        "runtime": set(),
        "serve": set(),
        "programs": {"runtime"},
        "state": {"host"},
        "doctor": {"host", "serve"},
        "addresses": {"host", "state"},
        "notify": {"programs", "state"},
        "trackers": {"host", "programs", "capture"},
        "observer": {"capture", "host", "runtime", "serve"},
        "vrrp": {"addresses", "capture", "host", "runtime", "state", "trackers"},
        "operate": {"vrrp", "serve"},
        "status": {"vrrp", "trackers", "host", "serve"},
        "playback": {"observer", "capture", "runtime", "serve"},
    },
}
PURE = {"protocol", "segment", "config", "control"}
THIRD_PARTY = {  # package: the rooms or modules that may import it
    "msgspec": {"control", "client", "cli", "engine", "console"},
    "textual": {"console"},
    "rich": {"console", "cli"},
    "rich_argparse": {"cli"},
    "pyroute2": {"vrrptui.engine.host.netlink", "vrrptui.lab.network"},
    "scapy": {"vrrptui.console.text.packet", "vrrptui.cli.printing.vendors"},
}
CLOCKS_AND_CHANCE = {"asyncio", "random", "secrets", "socket", "subprocess", "threading", "time", "datetime", "select"}
FILES = {"os", "glob", "stat", "pathlib"}  # config reads its files with these
OS_EFFECTS = {"times", "urandom", "getrandom", "system", "popen", "fork", "kill"}


def test_every_room_has_its_arrows():
    assert {module.top for module in modules()} == ARROWS.keys()
    assert {module.room for module in modules() if "." in module.room} == {
        f"{top}.{sub}" for top, subs in SUB_ARROWS.items() for sub in subs
    }


def _allowed(module: Module) -> set[str]:
    """The rooms that it may import from."""
    above = set(ARROWS[module.top])
    above |= {f"{top}.{sub}" for top in above for sub in SUB_ARROWS.get(top, ())}
    subs = SUB_ARROWS.get(module.top, {})
    beside = subs[module.room.split(".")[1]] if "." in module.room else subs
    return above | {f"{module.top}.{sub}" for sub in beside}


def test_no_arrow_turns():
    turned = {module.name: module.rooms_imported() - _allowed(module) for module in modules()}
    assert {name: rooms for name, rooms in turned.items() if rooms} == {}


@pytest.mark.parametrize("arrows", [ARROWS, *SUB_ARROWS.values()])
def test_arrows_make_no_circle(arrows):
    TopologicalSorter(arrows).prepare()


def test_no_arrow_is_allowed_that_nobody_uses():
    used = {(module.room, room) for module in modules() for room in module.rooms_imported()}
    tops = {(room.split(".")[0], other.split(".")[0]) for room, other in used}
    unused = [(room, other) for room, others in ARROWS.items() for other in others if (room, other) not in tops]
    for top, subs in SUB_ARROWS.items():
        pairs = ((f"{top}.{sub}", f"{top}.{other}") for sub, others in subs.items() for other in others)
        unused += [pair for pair in pairs if pair not in used]
    assert unused == []


def test_a_foreign_package_stays_in_its_room():
    misplaced = [
        (module.name, package)
        for module in modules()
        for package in module.packages_imported() - sys.stdlib_module_names
        if not {module.top, module.name} & THIRD_PARTY.get(package, set())
    ]
    assert misplaced == []


def test_scapy_is_never_imported_whole():
    names = [name for module in modules() for name in module.imports()]
    assert [name for name in names if name.startswith("scapy.all")] == []


def test_a_pure_room_has_no_clock_no_socket_and_no_chance():
    found = []
    for module in (m for m in modules() if m.top in PURE):
        forbidden = CLOCKS_AND_CHANCE | (set() if module.top == "config" else FILES)
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
