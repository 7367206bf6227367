"""Builds the commands for programs that vrrptui starts: its own modules, and system helpers such as nft.

vrrptui often runs as root, in a directory and environment that other users may influence. Python children are therefore
isolated: they import no module from the current directory and see no PYTHON* variable from outside. Helpers are looked
up in a fixed PATH and get a minimal environment.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_ROOT = str(Path(__file__).parents[1])  # the directory of the running package


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package, isolated; start it with `environment`."""
    # -I would hide a package that is only in the user's site-packages or in PYTHONPATH.
    isolated = ["-I"] if _found_when_isolated() else ["-P"]
    return [sys.executable, *isolated, "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return the environment for `module_command`: without PYTHON* variables from outside, with the fixed PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    kept["PATH"] = PATH
    if not _found_when_isolated():
        # Relative and empty parts would mean the current directory.
        given = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(part)]
        kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys((_ROOT, *given)))
    return kept


def helper(name: str) -> str | None:
    """Return the absolute path of a system program, or None if it is not installed."""
    return shutil.which(name, path=PATH)


def run_helper(name: str, *arguments: str, seconds: float, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a system program in / with `text` as its input, for at most `seconds`.

    Raises FileNotFoundError if it is not installed, subprocess.TimeoutExpired, or OSError.
    """
    program = helper(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed")
    return subprocess.run(
        [program, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={"PATH": PATH, "LANG": "C.UTF-8"},
        cwd="/",
    )


def _found_when_isolated() -> bool:
    """Report whether `python -I` would import the package from the same place."""
    here = 0 if sys.flags.safe_path else 1  # sys.path[0] is the current or the program's directory
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep) if not sys.flags.ignore_environment else []
    outside = {os.path.realpath(part) for part in given if part} | {os.path.realpath(site.getusersitepackages())}
    return _ROOT in {os.path.realpath(part) for part in sys.path[here:]} - outside
