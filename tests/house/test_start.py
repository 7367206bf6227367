"""What a start costs, and what it must not load."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from vrrptui import __version__

VERSION_CPU_S = 0.1


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running `code`."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import vrrptui.engine.engine",
        "import vrrptui.cli.commands.start",
        "from vrrptui.cli.arguments import build_parser; build_parser().parse_args(['engine'])",
    ],
)
def test_the_engine_never_loads_a_screen(code):
    loaded = loaded_by(code)
    assert "vrrptui" in loaded
    assert not {name for name in loaded if name.split(".")[0] in ("textual", "rich", "scapy")}


def test_the_console_loads_no_engine():
    loaded = loaded_by("import vrrptui.console.app")
    assert not {name for name in loaded if name.startswith(("vrrptui.engine", "vrrptui.config", "pyroute2"))}


def test_the_version_is_said_at_once():
    def cpu_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "vrrptui", "--version"], capture_output=True, text=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.stdout == f"vrrptui {__version__}\n"
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu_s() for _ in range(5)) <= VERSION_CPU_S
