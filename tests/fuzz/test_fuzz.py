"""The fuzz targets, a moment each: from good inputs, and from those that once broke something. `make fuzz` goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fuzz.fuzzing import INSTALLED, targets

RUNS = 4_000


@pytest.mark.skipif(not INSTALLED, reason="atheris is not installed: it is for x86-64 and Python 3.11 alone")
@pytest.mark.parametrize("name", targets())
def test_nothing_breaks_in_a_short_run(name, tmp_path):
    command = [sys.executable, "-m", f"tests.fuzz.fuzz_{name}", f"-runs={RUNS}", "-max_total_time=4", "-seed=112"]
    done = subprocess.run([*command, f"-artifact_prefix={tmp_path}/"], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
