"""The lab as a newcomer sees it: it opens, its story works, nothing of it is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rights import needs_two_users
from tests.tmux import ROOT, Tmux
from vrrptui import children
from vrrptui.cli.commands.lab import ask, open_lab
from vrrptui.cli.commands.status import Status
from vrrptui.cli.commands.status import ask as status_of
from vrrptui.lab import world
from vrrptui.lab.namespaces import isolate

NOBODY = 65534


def namespaces_allowed() -> bool:
    child = os.fork()
    if child == 0:
        try:
            isolate()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(not namespaces_allowed(), reason="this system forbids namespaces to this user"),
]


def wait_for(what, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not come in time"
        time.sleep(0.1)


def masters(status: Status) -> list[str]:
    return [master.source for group in status.groups for master in group.masters]


def processes_in(folder: Path) -> list[str]:
    """The command lines of processes that have to do with this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found


def test_the_story():
    """httpd breaks on router 1: the address moves; it is repaired: the address comes back; nothing is left behind."""
    with open_lab() as folder:
        one = folder / "r1.sock"
        wait_for(lambda: masters(status_of(one)) == ["192.0.2.11"])
        wait_for(lambda: '"This is r1."' in ask(folder, "client"))
        ask(folder, "kill-httpd r1")
        wait_for(lambda: "restarted it" in status_of(one).checks[0].last_output)
        assert status_of(one).virtual_routers[0].state == "master", "a web server that restarts moves no address"
        ask(folder, "break-httpd r1")
        wait_for(lambda: '"This is r2."' in ask(folder, "client"))
        assert status_of(one).virtual_routers[0].state == "fault"
        assert "last outage" in ask(folder, "client")
        ask(folder, "repair-httpd r1")
        wait_for(lambda: '"This is r1."' in ask(folder, "client"), 30)
    wait_for(lambda: not processes_in(folder))
    assert not folder.exists()


def test_a_killed_engine_and_a_pulled_cable():
    with open_lab() as folder:
        two = folder / "r2.sock"
        wait_for(lambda: '"This is r1."' in ask(folder, "client"))
        assert "killed" in ask(folder, "kill r1")
        wait_for(lambda: masters(status_of(two)) == ["192.0.2.12"])
        assert "started" in ask(folder, "start r1")
        wait_for(lambda: masters(status_of(two)) == ["192.0.2.11"], 30)
        ask(folder, "unplug r1")
        wait_for(lambda: status_of(folder / "r1.sock").virtual_routers[0].reason == "interface eth0 is down")
        wait_for(lambda: status_of(two).virtual_routers[0].state == "master")
        ask(folder, "plug r1")
        wait_for(lambda: masters(status_of(two)) == ["192.0.2.11"], 30)
        assert ask(folder, "dance r1") == "not understood: dance r1"


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")
def test_a_real_keepalived_as_router_2():
    with open_lab("keepalived") as folder:
        wait_for(lambda: '"This is r1."' in ask(folder, "client"), 30)
        ask(folder, "kill r1")
        wait_for(lambda: '"This is r2."' in ask(folder, "client"), 30)
    wait_for(lambda: not processes_in(folder))


def test_no_keepalived_is_said_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(children, "PATH", "/nonexistent")
    assert world.main(tmp_path, "keepalived") == 1
    assert capsys.readouterr().err.startswith("keepalived is not installed: ")


ORDINARY = """
import sys, time
from vrrptui.cli.commands.lab import ask, open_lab
with open_lab() as folder:
    ends = time.monotonic() + 20
    while '"This is r1."' not in ask(folder, "client"):
        assert time.monotonic() < ends, (folder / "r1" / "engine.log").read_text()
        time.sleep(0.1)
    print("served to uid", __import__("os").getuid())
"""


@needs_two_users
def test_an_ordinary_user_can_open_it(tmp_path_factory):
    python = next((p for p in (sys.executable, "/usr/bin/python3") if usable_by_nobody(p)), None)
    if python is None:
        pytest.skip("no Python here that an ordinary user may run with these packages")
    done = subprocess.run([python, "-c", ORDINARY], capture_output=True, text=True, timeout=60, **as_nobody())
    if "forbids namespaces" in done.stderr:
        pytest.skip("this system forbids user namespaces to an ordinary user")
    assert done.stdout == f"served to uid {NOBODY}\n", done.stderr


def as_nobody() -> dict:
    import msgspec

    packages = Path(msgspec.__file__).parents[1]
    path = f"{ROOT}:{packages}"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "TMPDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "env": environment, "cwd": "/"}


def usable_by_nobody(python: str) -> bool:
    check = "import vrrptui, msgspec, pyroute2, textual"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, timeout=20, **as_nobody()).returncode == 0
    except OSError:
        return False


@pytest.fixture
def tmux(tmp_path):
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    tmux = Tmux(tmp_path)
    yield tmux
    tmux.run("kill-server")


def palette(tmux: Tmux, command: str) -> None:
    """Choose a command from the palette."""
    tmux.keys(":")
    time.sleep(0.5)
    tmux.keys("-l", command)
    tmux.until(f"Lab: {command}")
    time.sleep(0.3)
    tmux.keys("Enter")


def test_the_story_by_keys(tmux):
    """Break httpd from the palette, watch the address move; repair it; drop the priority and watch it move again."""
    tmux.start(f"{sys.executable} -m vrrptui lab; echo left with $?", 120, 36)
    tmux.until("MASTER 150", 30)
    tmux.until('answers "This is r1."')
    palette(tmux, "break httpd on router 1")
    tmux.until("FAULT")
    tmux.until('answers "This is r2."')
    palette(tmux, "repair httpd on router 1")
    tmux.until("MASTER 150", 30)
    tmux.until('answers "This is r1."')
    tmux.keys("D")
    tmux.until("Cancel")
    tmux.keys("-l", "50")
    tmux.until("The next advert says 50. 192.0.2.12 (100) takes over")
    tmux.keys("Enter")
    tmux.keys("Enter")
    tmux.until("BACKUP  50*", 30)
    tmux.until('answers "This is r2."')
    tmux.keys("R")
    tmux.until("takes over from 192.0.2.12 (100)")
    time.sleep(0.5)
    tmux.keys("Tab", "Enter")
    tmux.until("MASTER 150", 30)
    tmux.keys("q")
    tmux.until("left with 0")


def test_a_killed_console_takes_the_lab_with_it(tmux, tmp_path):
    pid_file = tmp_path / "pid"
    tmux.start(f"sh -c 'echo $$ > {pid_file}; exec {sys.executable} -m vrrptui lab'", 120, 36)
    tmux.until("MASTER 150", 30)
    pid = int(pid_file.read_text())
    worlds = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = [Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0") for child in worlds]
    (folder,) = [Path(w[w.index("vrrptui.lab.world") + 1]) for w in lines if "vrrptui.lab.world" in w]
    os.kill(pid, 9)
    wait_for(lambda: not processes_in(folder))
    wait_for(lambda: not folder.exists())
