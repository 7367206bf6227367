"""What is recorded before it is done to the host, in a real state directory."""

from __future__ import annotations

import os
import stat

import pytest

from vrrptui.engine.state.host_changes import HostChanges, make_fifo, remove_fifo
from vrrptui.engine.state.ownership_record import Owned, OwnershipRecord, SettingChange
from vrrptui.engine.state.state_dir import StateDir, StateError

PATH = "ipv4/conf/lan0/arp_ignore"


@pytest.fixture
def state(tmp_path):
    made = StateDir(tmp_path / "state")
    yield made
    made.release()


def test_a_plan_keeps_what_was_done_before(state):
    changes = HostChanges(state)
    changes.will_set([(PATH, SettingChange("0", "1"))])
    changes.will_make("/run/fifo")
    changes.plan(OwnershipRecord([Owned("lan0", "192.0.2.100/24")]))
    record = state.read_owned()
    assert record.addresses == [Owned("lan0", "192.0.2.100/24")]
    assert record.settings == {PATH: SettingChange("0", "1")}
    assert record.fifos == ["/run/fifo"]


def test_what_is_undone_leaves_the_record(state):
    changes = HostChanges(state)
    changes.will_set([(PATH, SettingChange("0", "1"))])
    changes.will_make("/run/fifo")
    changes.is_back(PATH)
    changes.is_gone("/run/fifo")
    changes.is_gone("/run/never")
    assert state.read_owned() == OwnershipRecord()


def test_a_fifo_is_recorded_before_it_is_made(state, tmp_path, monkeypatch):
    path, recorded = str(tmp_path / "fifo"), []
    real = os.mkfifo

    def mkfifo(path: str, mode: int) -> None:
        recorded.append(state.read_owned().fifos)
        real(path, mode)

    monkeypatch.setattr(os, "mkfifo", mkfifo)
    assert make_fifo(path, 0o600, HostChanges(state))
    assert (recorded, stat.filemode(os.stat(path).st_mode)) == ([[path]], "prw-------")


def test_what_is_there_is_not_made_and_not_recorded(state, tmp_path):
    path = tmp_path / "file"
    path.touch()
    assert not make_fifo(str(path), 0o600, HostChanges(state))
    assert state.read_owned() == OwnershipRecord()


def test_a_fifo_that_cannot_be_made_leaves_the_record(state, tmp_path):
    path = str(tmp_path / "nowhere/fifo")
    with pytest.raises(FileNotFoundError):
        make_fifo(path, 0o600, HostChanges(state))
    assert state.read_owned().fifos == []


def test_only_fifos_are_removed_after_a_kill(tmp_path):
    file, fifo = tmp_path / "file", tmp_path / "fifo"
    file.touch()
    os.mkfifo(fifo)
    assert [remove_fifo(str(path)) for path in (file, fifo, fifo)] == [False, True, False]
    assert (file.exists(), fifo.exists()) == (True, False)


def test_a_full_disk_stops_a_plan_and_no_change(state, monkeypatch, caplog):
    def full(_: OwnershipRecord) -> None:
        raise StateError("no space")

    monkeypatch.setattr(state, "write_owned", full)
    changes = HostChanges(state)
    with pytest.raises(StateError):
        changes.plan(OwnershipRecord())
    changes.will_set([(PATH, SettingChange("0", "1"))])
    assert "no space: if the engine is killed, kernel settings will stay as it is" in caplog.text
