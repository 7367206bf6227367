"""The fuzzer of the configuration, run for a few seconds; `make fuzz` runs it for long."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 8


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed on this system")
def test_no_bytes_that_the_fuzzer_finds_make_the_parser_raise(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz_configuration", str(tmp_path / "corpus")]
    done = subprocess.run(
        [*command, f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    tried = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert tried, done.stderr[-2000:]
    assert int(tried[1]) > 100
