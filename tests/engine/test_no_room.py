"""An engine that cannot have what it needs, and commands that cannot write: one line, exit 1, and nothing hangs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from vrrptui.control.messages import HistoryEvent
from vrrptui.engine.serve.history_file import HistoryFile
from vrrptui.engine.state.ownership_record import Owned, OwnershipRecord
from vrrptui.engine.state.state_dir import StateDir, StateError

VRRPTUI = [sys.executable, "-m", "vrrptui"]
EVENT = HistoryEvent(seq=1, time=1.0, group="", kind="X", severity="ok", text="x")
NETNS = os.stat("/proc/self/ns/net").st_ino
FULL = 'mount -t tmpfs -o size=64k none "$1" && head -c 4000000 /dev/zero > "$1/fill" 2>/dev/null; shift; exec "$@"'


@pytest.mark.parametrize("name", ["lock", "record", "new record"])
@pytest.mark.parametrize("kind", ["a FIFO", "a directory", "a device"])
def test_a_state_file_that_is_none_is_one_error(tmp_path, name, kind):
    file = {"lock": f"engine-{NETNS}.lock", "record": f"owned-{NETNS}.json", "new record": f"owned-{NETNS}.new"}[name]
    path = tmp_path / file
    if kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(StateError) as raised:
        use_and_release(tmp_path)
    assert "\n" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("kind", ["a FIFO", "a directory", "a device"])
def test_a_history_that_is_none_loses_events_and_nothing_else(tmp_path, kind):
    path = tmp_path / "history.sqlite"
    if kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/full")
    history = HistoryFile(path)
    assert history.read(10) == []
    history.put(EVENT)
    history.close()
    assert history.lost == 1


def use_and_release(folder: Path) -> None:
    state = StateDir(folder)
    try:
        assert state.read_owned() == OwnershipRecord()
        state.write_owned(OwnershipRecord([Owned("eth0", "192.0.2.1/32")]))
    finally:
        state.forget_owned()
        state.release()


def run(command: list[str], files: int | None = None, **options: object) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, preexec_fn=limit, **options)  # type: ignore[call-overload]


def one_line(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    said = [line for line in done.stderr.splitlines() if "vrrptui[" not in line]
    assert (done.returncode, len(said)) == (status, 1), done.stderr
    assert said[0].startswith("vrrptui: ")
    return said[0]


@pytest.mark.netns
@pytest.mark.parametrize("files", range(6, 13))
def test_few_descriptors_are_one_line(tmp_path, files):
    """More make an engine that runs, or whose record cannot be written."""
    command = [*VRRPTUI, "engine", "--socket", str(tmp_path / "s"), "--state-dir", str(tmp_path / "state")]
    said = one_line(run(["unshare", "-n", *command], files))
    assert "Too many open files" in said


@pytest.mark.netns
def test_a_full_state_directory_is_one_line(tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    command = [*VRRPTUI, "engine", "--socket", str(tmp_path / "s"), "--state-dir", str(full / "state")]
    done = run(["unshare", "-n", "-m", "sh", "-c", FULL, "sh", str(full), *command])
    assert "No space left on device" in one_line(done)


@pytest.mark.parametrize(
    "words",
    [["check", "FILE"], ["check", "--json", "FILE"], ["explain", "DUAL_MASTER"], ["config"], ["config", "--keys"]],
)
def test_a_command_that_cannot_write_is_one_line(tmp_path, words):
    file = tmp_path / "a.conf"
    file.write_text("vrrp_instance {\n")
    command = [*VRRPTUI, *(str(file) if word == "FILE" else word for word in words)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    assert "No space left on device" in one_line(done)
