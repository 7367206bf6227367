"""The console in a real terminal: its keys work, it leaves no trace, and it does not outlive its terminal."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engine.capture_bytes import ETHERNET, pcap
from tests.processes import gone_within
from tests.tmux import ROOT, Tmux
from vrrptui.cli.commands import start

PLAY = [sys.executable, "-m", "tests.console.play"]
pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


def play_engine(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([*PLAY, "--engine", str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.fixture
def engine(tmp_path):
    path = tmp_path / "engine.sock"
    process = play_engine(path)
    yield path
    process.terminate()
    process.wait(5)


@pytest.fixture
def tmux(tmp_path):
    tmux = Tmux(tmp_path)
    yield tmux
    tmux.run("kill-server")


def console(engine: Path, pid_file: Path, before: str = "") -> str:
    """The shell command that runs the console and leaves its process number in a file."""
    return f"{before} sh -c 'echo $$ > {pid_file}; exec {' '.join(PLAY)} {engine}'; echo left with $?"


def test_keys_work_and_q_leaves_the_terminal_as_it_was(engine, tmux, tmp_path):
    tmux.start("echo before; " + console(engine, tmp_path / "pid"))
    assert "DUAL MASTER" in tmux.until("LIVE")
    tmux.keys("4")
    tmux.until("WHAT HAPPENED")
    tmux.keys("1", "S")
    tmux.until("Stop eth0/51")
    tmux.keys("Escape")
    tmux.until_gone("Stop eth0/51")
    tmux.keys("q")
    screen = tmux.until("left with 0")
    assert "before" in screen
    assert "the engine keeps running (pid 4121)" in screen
    tmux.keys("echo typed", "Enter")
    tmux.until("\ntyped")


def test_the_way_from_a_problem_to_its_adverts_and_what_happened(engine, tmux, tmp_path):
    before = f"cd {tmp_path}; export PYTHONPATH={ROOT}; unset COLUMNS LINES; "
    tmux.start(before + console(engine, tmp_path / "pid"), columns=120, rows=36)
    tmux.until("Expected")
    tmux.keys("Enter")
    page = tmux.until("who was master")
    for words in ("Master down", "routers heard", "priority: how 90 is made", "configuration seen", "SECOND MASTER"):
        assert words in page
    tmux.keys("a")
    tmux.until("filter: vrid 51 if eth0")
    tmux.keys("3")
    assert "120 − 30 = 90; best other heard 100 (10.0.0.3): local cannot win" in tmux.until("failed (×)")
    tmux.keys("4")
    tmux.until("changes of master")
    tmux.keys("e")
    tmux.until("9 events written to")
    (written,) = tmp_path.glob("vrrptui-events-*.txt")
    assert "MASTER LOST" in written.read_text(encoding="utf-8")
    tmux.keys("j", "Enter")
    tmux.until("Groups › eth0/12")
    tmux.keys("Escape")
    tmux.until("sort: severity")
    tmux.keys("q")
    tmux.until("left with 0")


def test_sigterm_restores_the_terminal(engine, tmux, tmp_path):
    tmux.start("echo before; " + console(engine, tmp_path / "pid"))
    tmux.until("LIVE")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    assert "before" in tmux.until("left with 143")
    assert tmux.run("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").strip() == "0 0"
    assert start.answers(engine)


@pytest.mark.parametrize("before", ["", "nohup"], ids=["hang-up is deadly", "hang-up is ignored"])
def test_a_closed_terminal_ends_the_console_within_two_seconds(engine, tmux, tmp_path, before):
    ignore = "trap '' HUP; " if before else ""
    tmux.start(ignore + console(engine, tmp_path / "pid"))
    tmux.until("LIVE")
    pid = int((tmp_path / "pid").read_text())
    tmux.run("kill-session")
    assert gone_within(pid, 2)
    assert start.answers(engine), "the engine does not notice"


def test_a_console_comes_and_goes_and_the_engine_stays(engine, tmux, tmp_path):
    for _ in range(2):
        if not (tmp_path / "tmux.sock").exists():
            tmux.start(console(engine, tmp_path / "pid"))
        else:
            tmux.keys("clear; " + console(engine, tmp_path / "pid"), "Enter")
        tmux.until("LIVE")
        tmux.keys("q")
        tmux.until("left with 0")
    assert start.answers(engine)


def test_an_engine_that_starts_again_is_found_again(tmux, tmp_path):
    path = tmp_path / "engine.sock"
    first = play_engine(path)
    try:
        tmux.start(console(path, tmp_path / "pid"))
        tmux.until("LIVE")
        first.terminate()
        first.wait(5)
        path.unlink(missing_ok=True)
        screen = tmux.until("RECONNECTING")
        assert "eth0" in screen, "the last picture stays"
        second = play_engine(path)
        try:
            tmux.until("LIVE", 2 + 8)  # within 2 s on an idle machine
        finally:
            second.terminate()
            second.wait(5)
    finally:
        first.kill()
        first.wait(5)


def test_a_capture_is_played_and_moved(tmux, tmp_path):
    capture = tmp_path / "a.pcap"
    begins = 1_700_000_000
    capture.write_bytes(pcap([((begins + second) * 10**9, ETHERNET) for second in range(600)]))
    tmux.start(f"{sys.executable} -m vrrptui --read-only -r {capture}; echo left with $?")
    tmux.until("CAPTURE x1", 40)
    tmux.keys("p")
    tmux.until("CAPTURE ‖")
    screen = tmux.until("10.0.0.254")
    before = clock_on(screen)
    tmux.keys(".")
    wait_until(lambda: clock_on(tmux.screen()) == before + 10)
    tmux.keys(",")
    wait_until(lambda: clock_on(tmux.screen()) == before)
    tmux.keys("p", "+")
    tmux.until("CAPTURE x2")
    tmux.keys("+")
    tmux.until("CAPTURE x4")
    tmux.keys("q")
    tmux.until("left with 0")


def clock_on(screen: str) -> int:
    """The seconds of the day that the first row shows."""
    hours, minutes, seconds = map(int, re.findall(r"(\d\d):(\d\d):(\d\d)Z", screen)[0])
    return hours * 3600 + minutes * 60 + seconds


def wait_until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come in time"
        time.sleep(0.05)


def test_an_idle_console_costs_next_to_nothing(engine, tmp_path):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [*PLAY, str(engine)])
    os.set_blocking(terminal, False)
    try:
        read_for(terminal, 3)
        before = cpu_seconds(child)
        written = read_for(terminal, 5)
        spent = cpu_seconds(child) - before
        assert spent / 5 < 0.05, f"{spent / 5:.1%} of a core"
        assert written / 5 < 10_000, f"{written / 5:.0f} bytes a second"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def read_for(terminal: int, seconds: float) -> int:
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            count += len(os.read(terminal, 65536))
        except BlockingIOError:
            time.sleep(0.02)
    return count


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("options", [{"TERM": "dumb"}, {}], ids=["dumb", "no terminal"])
def test_where_no_screen_can_be_it_says_so_in_one_line(options, tmp_path):
    environment = {**os.environ, "TERM": "xterm", **options}
    if options:
        command = ["script", "-qec", " ".join([*PLAY, "none.sock"]), "/dev/null"]
        if shutil.which("script") is None:
            pytest.skip("script is not installed")
    else:
        command = [*PLAY, "none.sock"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    said = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode == 2
    assert len(said) == 1
    assert said[0].startswith("vrrptui: console: ")
    assert "vrrptui watch" in said[0]
