"""One clock for the console, the log and the commands: local time, with a Z where that is UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from vrrptui.cli.printing.event_text import moment
from vrrptui.client import playback_commands
from vrrptui.console.text import prose
from vrrptui.control.snapshots import PlaybackSnapshot

WHEN = 1_795_317_164.25  # 2026-11-22 03:12:44.250 UTC


@pytest.fixture(params=["UTC", "Asia/Kolkata", "America/St_Johns"])
def zone(request, monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


LOCAL = {"UTC": "03:12:44", "Asia/Kolkata": "08:42:44", "America/St_Johns": "23:42:44"}


def test_the_console_has_the_time_of_the_commands_and_the_log(zone):
    z = "Z" if zone == "UTC" else ""
    assert prose.clock_time(WHEN) == LOCAL[zone] + z
    assert prose.clock_millis(WHEN) == moment(WHEN) == f"{LOCAL[zone]}.250"
    assert time.strftime("%H:%M:%S", time.localtime(WHEN)) == LOCAL[zone], "as logging does"
    assert prose.clock_minute(WHEN) == LOCAL[zone][:5] + z
    assert len(prose.day_or_clock(WHEN, WHEN + 5)) == len(prose.day_or_clock(WHEN, WHEN + 500_000)) == 10
    assert len(prose.day_or_millis(WHEN, WHEN + 5)) <= 13
    offset = {"UTC": "Z", "Asia/Kolkata": "+0530", "America/St_Johns": "-0330"}[zone]
    assert prose.date_time(WHEN).endswith(f" {LOCAL[zone]}.250{offset}")
    assert prose.file_time(WHEN).endswith(f"T{LOCAL[zone].replace(':', '')}{offset}")


def test_a_time_typed_in_is_local_unless_it_has_a_z(zone):
    played = PlaybackSnapshot(file="a", begins=WHEN - 3600, ends=WHEN + 3600, position=WHEN, speed=1, playing=False)
    assert playback_commands.moment(LOCAL[zone], played, WHEN) == int(WHEN)
    assert playback_commands.moment("03:12:44Z", played, WHEN) == int(WHEN)
