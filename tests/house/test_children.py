"""Programs are started in few places, and commands for them are made in one: vrrptui/children.py."""

from __future__ import annotations

import ast

from tests.house.rooms import modules

# Those that start a program. engine.process starts what a configuration names, along the fixed PATH; check_httpd is a
# script of the lab that knows the standard library only.
STARTERS = {
    "vrrptui.children",
    "vrrptui.cli.commands.start",
    "vrrptui.cli.printing.vendors",
    "vrrptui.engine.programs.subprocess_run",
    "vrrptui.lab.check_httpd",
    "vrrptui.cli.commands.lab",
    "vrrptui.lab.world",
}
STARTS = {"Popen", "run", "call", "check_call", "check_output", "create_subprocess_exec", "create_subprocess_shell"}
STARTS_OF_OS = {"system", "popen", "execv", "execve", "execvp", "execvpe", "execlp", "posix_spawn", "posix_spawnp"}
# The lab writes the interpreter's path into a configuration, and its check starts one with -I.
KNOW_THE_INTERPRETER = {"vrrptui.children", "vrrptui.lab.check_httpd", "vrrptui.lab.world"}


def test_programs_are_started_in_few_places():
    found = set()
    for module in modules():
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute)):
                continue
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (
                owner in ("subprocess", "asyncio") and node.attr in STARTS and (owner, node.attr) != ("asyncio", "run")
            ) or (owner == "os" and node.attr in STARTS_OF_OS):
                found.add(module.name)
    assert found == STARTERS


def test_the_interpreter_is_known_in_one_place():
    found = {
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) == ("sys", "executable")
    }
    assert found == KNOW_THE_INTERPRETER


def test_a_child_of_ours_is_given_an_environment():
    for module in modules():
        if module.name not in STARTERS - {"vrrptui.lab.check_httpd"}:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STARTS:
                if (
                    isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "asyncio"
                    and node.func.attr == "run"
                ):
                    continue
                if isinstance(node.func.value, ast.Name) and node.func.value.id in ("subprocess", "asyncio"):
                    assert "env" in {keyword.arg for keyword in node.keywords}, f"{module.name}:{node.lineno}"
