"""The history: numbered, kept across restarts, and never in the engine's way."""

from __future__ import annotations

import sqlite3
import time

import pytest

from vrrptui.control.messages import EventKind, HistoryEvent
from vrrptui.engine.serve import history_file
from vrrptui.engine.serve.history import EVENTS_KEPT, History


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


def told(history: History) -> list[tuple[int, str]]:
    return [(event.seq, event.text) for event in history.events]


def rows(path) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT COUNT(*) FROM events").fetchone()[0]


def test_history_survives_a_restart_and_counting_goes_on(path):
    first = History(path)
    for number in range(3):
        first.add(EventKind.CHECK, f"event {number}", by="check")
    first.close()
    second = History(path)
    assert told(second) == [(1, "event 0"), (2, "event 1"), (3, "event 2")]
    assert second.events[0].by == "check"
    second.add(EventKind.CHECK, "event 3")
    assert second.events[-1].seq == 4
    second.close()
    assert rows(path) == 4


def test_memory_holds_the_latest(path):
    history = History(path)
    for number in range(EVENTS_KEPT + 5):
        history.add(EventKind.CHECK, str(number))
    history.close()
    again = History(path)
    again.close()
    for one in (history, again):
        assert (len(one.events), one.events[0].text, one.events[-1].text) == (EVENTS_KEPT, "5", str(EVENTS_KEPT + 4))


def test_the_oldest_leave_the_disk(path, monkeypatch):
    monkeypatch.setattr(history_file, "EVENTS_ON_DISK", 10)
    history = History(path)
    for number in range(25):
        history.add(EventKind.CHECK, str(number))
    history.close()
    assert rows(path) == 10


def test_events_older_than_ninety_days_leave_the_disk(path):
    history = History(path)
    for days in (91, 89):
        moment = time.time() - days * 86_400
        history.keep(HistoryEvent(seq=1, time=moment, group="", kind="CHECK", severity="ok", text=f"{days} days ago"))
    history.close()
    assert rows(path) == 1


def test_a_file_that_is_no_database_is_set_aside(path):
    path.write_bytes(b"this is not a database, whatever its name" * 100)
    history = History(path)
    assert told(history) == []
    history.add(EventKind.CHECK, "new")
    history.close()
    assert rows(path) == 1
    assert path.with_suffix(".damaged").exists()


def test_a_disk_that_is_full_costs_events_and_nothing_else(path, monkeypatch):
    def full(self):
        raise sqlite3.OperationalError("database or disk is full")

    history = History(path)
    monkeypatch.setattr(history_file.HistoryFile, "_open", full)
    history.add(EventKind.CHECK, "one")
    history.add(EventKind.CHECK, "two")
    history.close()
    assert (history.lost, len(history.events)) == (2, 2)


def test_a_missing_directory_costs_events_and_nothing_else(tmp_path):
    history = History(tmp_path / "missing" / "history.sqlite")
    history.add(EventKind.CHECK, "one")
    history.close()
    assert history.lost == 1


def test_a_disk_that_hangs_never_holds_the_engine_up(path, monkeypatch):
    monkeypatch.setattr(history_file, "MAX_WAITING", 10)
    monkeypatch.setattr(history_file, "CLOSE_S", 0.1)
    monkeypatch.setattr(history_file, "BUSY_S", 0.5)
    history = History(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    for number in range(600):
        history.add(EventKind.CHECK, str(number))
    assert time.monotonic() - began < 0.4
    assert history.lost > 0
    blocker.close()
    history.close()


def test_a_history_without_a_file_is_in_memory_alone():
    history = History()
    history.add(EventKind.CHECK, "one")
    history.close()
    assert (told(history), history.lost) == ([(1, "one")], 0)
