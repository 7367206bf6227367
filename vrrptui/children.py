"""How vrrptui starts programs: its own modules, and helpers of the system such as nft. Every such command is made here.

A command often runs as root in a directory, and with an environment, that somebody else has a hand in. So a child that
is Python is isolated: no module comes from the current directory, and no PYTHON* variable from outside reaches it. A
helper is looked up along a fixed PATH, and is given that PATH and no other variable.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_ROOT = str(Path(__file__).parents[1])  # where the package that runs was found


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package, isolated; start it with `environment`."""
    # -I would leave out a package that is only in a user's own site-packages, or along PYTHONPATH.
    isolated = ["-I"] if _found_when_isolated() else ["-P"]
    return [sys.executable, *isolated, "-m", module, *arguments]


def environment() -> dict[str, str]:
    """This process's environment for `module_command`: without PYTHON*, and with the fixed PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    kept["PATH"] = PATH
    if not _found_when_isolated():
        # Relative parts, the empty one too, would mean the current directory.
        given = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(part)]
        kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys((_ROOT, *given)))
    return kept


def helper(name: str) -> str | None:
    """The absolute path of a program of the system; None if it is not installed."""
    return shutil.which(name, path=PATH)


def run_helper(name: str, *arguments: str, seconds: float, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of the system in / with `text` as its input, for so many seconds at most.

    Raises FileNotFoundError when it is not installed, subprocess.TimeoutExpired, OSError.
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
    """Whether `python -I` finds the package where this process found it."""
    here = 0 if sys.flags.safe_path else 1  # sys.path[0] is the current directory, or that of the program's file
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep) if not sys.flags.ignore_environment else []
    outside = {os.path.realpath(part) for part in given if part} | {os.path.realpath(site.getusersitepackages())}
    return _ROOT in {os.path.realpath(part) for part in sys.path[here:]} - outside
