"""The repository speaks of itself alone: no path of a machine and no address of a package index in what is tracked."""

from __future__ import annotations

import subprocess

import pytest

from tests.house.rooms import CHECKOUT

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
