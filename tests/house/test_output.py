"""What a command prints goes through one door, vrrptui/cli/printing/output.py; complaints go through complain.py."""

from __future__ import annotations

import ast

from tests.house.rooms import modules

DOORS = {"vrrptui.cli.printing.output", "vrrptui.cli.printing.complain"}
STREAMS = {"out", "err", "stdout", "stderr"}


def test_no_command_writes_to_a_stream_itself():
    found = []
    for module in modules():
        if module.room != "cli" or module.name in DOORS:
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id == "print":
                found.append(f"{module.name}:{node.lineno} print")
            if isinstance(called, ast.Attribute) and called.attr in ("write", "writelines"):
                owner = called.value
                name = (
                    owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
                )
                if name in STREAMS:
                    found.append(f"{module.name}:{node.lineno} {name}.{called.attr}")
    assert found == []


def test_no_command_makes_json_itself():
    names = {"msgspec.json.encode", "msgspec.json.format", "json.dump", "json.dumps"}
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.room in ("cli", "lab") and module.name not in DOORS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names
    ]
    assert found == []
