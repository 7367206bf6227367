"""How a fuzz target is run: by atheris, from good bytes on, and from all that was ever found to break something.

A target is a file `fuzz_NAME.py` here that imports what it tries within `instrumented`, and calls `run`. What breaks is
kept in `found/NAME/`, and tried again with every run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
INSTALLED = importlib.util.find_spec("atheris") is not None
LIMITS = ("-timeout=1", "-rss_limit_mb=512", "-max_len=4096")  # a second for one input


def targets() -> list[str]:
    """The names of all targets."""
    return sorted(file.stem.removeprefix("fuzz_") for file in HERE.glob("fuzz_*.py"))


def instrumented() -> contextlib.AbstractContextManager[object]:
    """Around the imports of what is tried, so that atheris sees which ways it takes."""
    import atheris

    return atheris.instrument_imports()


def run(name: str, one: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Try `one` on mutations of `seeds`, as the options on the command line say (those of libFuzzer)."""
    import atheris

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            (Path(folder) / f"seed{number}").write_bytes(seed)
        found = [str(FOUND / name)] if (FOUND / name).is_dir() else []
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], folder, *found], one)
        atheris.Fuzz()
