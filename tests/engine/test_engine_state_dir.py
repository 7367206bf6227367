"""What an engine keeps on disk: the lock and the record."""

from __future__ import annotations

import os

import pytest

from vrrptui.engine.state.ownership_record import Owned, OwnershipRecord
from vrrptui.engine.state.state_dir import StateDir, StateError

OWNED = OwnershipRecord(
    addresses=[Owned("eth0", "192.0.2.100/24"), Owned("eth1.7", "2001:db8::1/64")],
    routes=[["10.1.0.0/16", "dev", "eth0"]],
)


@pytest.fixture
def state(tmp_path):
    one = StateDir(tmp_path / "a" / "state")
    yield one
    one.release()


def test_the_record_comes_back_as_it_was_written(state):
    state.write_owned(OWNED)
    assert state.read_owned() == OWNED
    assert [str(one.virtual_address()) for one in OWNED.addresses] == ["192.0.2.100/24", "2001:db8::1/64"]


def test_without_a_record_nothing_is_owned(state, caplog):
    assert state.read_owned() == OwnershipRecord()
    state.write_owned(OWNED)
    state.forget_owned()
    assert state.read_owned() == OwnershipRecord()
    assert caplog.text == ""


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe", b"[]", b'{"addresses":[{"device":"eth0"}]}', b'{"routes":[1]}'),
        b'{"addresses":[{"device":"eth0","address":"no/such"}]}',
    ],
)
def test_a_record_that_cannot_be_read_is_said_and_owns_nothing(state, caplog, content):
    state.write_owned(OWNED)
    (record,) = state.path.glob("owned-*.json")
    record.write_bytes(content)
    assert state.read_owned() == OwnershipRecord()
    assert "cannot read" in caplog.text


def test_a_second_engine_is_refused_with_the_firsts_pid(state):
    with pytest.raises(StateError) as refused:
        StateDir(state.path)
    assert f"pid {os.getpid()}" in str(refused.value)
    assert str(state.path) in str(refused.value)


def test_a_released_lock_can_be_taken(tmp_path):
    StateDir(tmp_path).release()
    StateDir(tmp_path).release()


def test_another_state_directory_is_another_lock(tmp_path, state):
    StateDir(tmp_path / "other").release()


def test_a_state_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError) as refused:
        StateDir(tmp_path / "file" / "state")
    assert "\n" not in str(refused.value)


def test_a_record_that_cannot_be_written_is_said(state, monkeypatch):
    (record,) = [state.path / f"owned-{os.stat('/proc/self/ns/net').st_ino}.new"]
    record.mkdir()
    with pytest.raises(StateError, match="cannot write"):
        state.write_owned(OWNED)
