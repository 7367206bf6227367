"""Every command explains itself and is in the README."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from tests.house.rooms import CHECKOUT
from vrrptui.cli.arguments import build_parser


def commands() -> dict[str, argparse.ArgumentParser]:
    """The subcommands by their names."""
    (action,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", commands())
def test_every_command_explains_itself(name):
    command = [sys.executable, "-m", "vrrptui", name, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert f"vrrptui {name}" in done.stdout
    description = commands()[name].description
    assert description
    assert description in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_is_explained(name):
    silent = [a.dest for a in commands()[name]._actions if a.option_strings and not a.help]
    assert silent == []


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_readme(name):
    assert f"vrrptui {name}" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
