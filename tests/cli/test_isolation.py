"""Nothing of the current directory, of PYTHON* or of PATH runs: neither in a command nor in what it starts.

Every module name that Python could ask for is planted in the directory, and every helper in front of PATH; what runs
leaves a trace, and no trace is right: the directory may be another user's, and the command root's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.cli.test_private_engine import ADVERT
from tests.tmux import ROOT, Tmux
from vrrptui import children
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureWriter

VRRPTUI = str(Path(sys.executable).parent / "vrrptui")
HELPERS = ("nft", "iptables-save", "keepalived", "git", "sh", "ldconfig", "gcc", "ld", "objdump", "uname", "ip")
PRIVATE = (
    "from vrrptui.cli.commands import start\nwith start.private_observer(start.Observed(capture={capture!r})): pass"
)
VENDORS = (
    "import asyncio\nfrom vrrptui.cli.printing.vendors import looked_up_beside\n"
    "print(asyncio.run(looked_up_beside(['00:00:0c:01:02:03'])))"
)
LAB = "from vrrptui.cli.commands.lab import open_lab\nwith open_lab(): pass"
FIREWALL = (
    "from vrrptui.engine.doctor import firewall\nfrom vrrptui.engine.host import accept_filter\n"
    "accept_filter.remove_left()\n"
    "try: firewall.read_rules()\nexcept firewall.FirewallUnreadableError as error: print(error)"
)
CONFIGURATION = "vrrp_instance V {\n interface lo\n virtual_router_id 7\n virtual_ipaddress {\n 192.0.2.7/32\n }\n}\n"


class Trap:
    """A directory in which everything leaves a trace that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "trap"
        self.folder.mkdir()
        self.trace = folder / "trace"
        planted = f"with open({str(self.trace)!r}, 'a') as trace: trace.write(__name__ + '\\n')\nraise ImportError\n"
        for name in {*sys.stdlib_module_names, *packages_distributions(), "vrrptui", "sitecustomize", "usercustomize"}:
            (self.folder / f"{name}.py").write_text(planted)
        for name in HELPERS:
            program = self.folder / name
            program.write_text(f"#!/bin/sh\necho {name} >> {self.trace}\nexit 1\n")
            program.chmod(0o755)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": f":{self.folder}:{os.environ['PATH']}"} | variables
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert self.caught() == []
        return done

    def caught(self) -> list[str]:
        return self.trace.read_text().split() if self.trace.exists() else []


@pytest.fixture
def trap(tmp_path) -> Trap:
    return Trap(tmp_path)


@pytest.fixture
def capture(tmp_path) -> str:
    path = tmp_path / "one.pcap"
    with path.open("wb") as file:
        CaptureWriter(file).write(CapturedFrame(1_700_000_000_000_000_000, ADVERT))
    return str(path)


def test_the_trap_catches(trap):
    """A command started with plain -m runs what lies there."""
    command = [sys.executable, "-m", "vrrptui", "--version"]
    subprocess.run(command, cwd=trap.folder, capture_output=True, check=False)
    assert trap.caught() != []


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["check", "FILE"],
        ["groups", "-r", "CAPTURE"],
        ["watch", "-r", "CAPTURE"],
        ["status", "--socket", "none.sock"],
        ["doctor", "-f", "FILE"],
        ["config"],
        ["explain", "DUAL_MASTER"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_runs_nothing_of_the_directory(trap, capture, tmp_path, words):
    file = tmp_path / "a.conf"
    file.write_text(CONFIGURATION)
    places = {"FILE": str(file), "CAPTURE": capture}
    done = trap.run(VRRPTUI, *(places.get(word, word) for word in words))
    assert "Traceback" not in done.stderr


def test_an_engine_of_the_console_runs_nothing_of_the_directory(trap, capture):
    done = trap.run(sys.executable, "-P", "-c", PRIVATE.format(capture=capture))
    assert (done.returncode, done.stderr) == (0, "")


def test_card_makers_are_looked_up_and_no_file_there_runs(trap):
    done = trap.run(sys.executable, "-P", "-c", VENDORS)
    assert "Cisco" in done.stdout


@pytest.mark.netns
def test_the_lab_runs_nothing_of_the_directory(trap):
    done = trap.run(sys.executable, "-P", "-c", LAB)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.netns
def test_the_firewall_is_read_and_written_by_the_systems_nft(trap):
    done = trap.run("/usr/bin/unshare", "-n", sys.executable, "-P", "-c", FIREWALL)
    assert done.returncode == 0


@pytest.mark.terminal
def test_a_console_runs_nothing_of_the_directory(trap, capture, tmp_path):
    tmux = Tmux(tmp_path)
    try:
        tmux.start(f"cd {trap.folder}; {VRRPTUI} -r {capture}; echo left with $?")
        tmux.until("Groups")
        tmux.keys("Enter")
        tmux.keys("q")
        tmux.until("left with 0")
    finally:
        tmux.run("kill-server")
    assert trap.caught() == []


def test_a_child_gets_no_python_variable_and_the_fixed_path(monkeypatch, trap):
    monkeypatch.setenv("PYTHONPATH", f":{trap.folder}")
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    monkeypatch.setenv("PATH", ":/nonexistent")
    environment = children.environment()
    assert [name for name in environment if name.startswith("PYTHON")] == []
    assert environment["PATH"] == children.PATH
    command = children.module_command("vrrptui", "--version")
    assert command[1] == "-I"
    done = subprocess.run(command, cwd=trap.folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("vrrptui ")
    assert trap.caught() == []


def test_a_package_along_pythonpath_is_found_by_its_children(trap, capture):
    """As when it runs from a checkout that is installed nowhere: -S leaves the site-packages out."""
    packages = next(path for path in map(Path, sys.path) if (path / "msgspec").is_dir())
    code = (
        "import os, site, subprocess; site.getusersitepackages = lambda: '/nonexistent'\n"
        "from vrrptui import children\n"
        "os.environ['PYTHONPATH'] = ':' + os.environ['PYTHONPATH']\n"
        "command = children.module_command('vrrptui', '--version')\n"
        "command.insert(1, '-S'); print(command[2])\n"
        "print(subprocess.run(command, env=children.environment(), capture_output=True, text=True).stdout)"
    )
    done = trap.run(sys.executable, "-P", "-S", "-c", code, PYTHONPATH=f"{ROOT}:{packages}")
    assert done.stdout.split()[:2] == ["-P", "vrrptui"], done.stderr
