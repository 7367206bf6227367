"""A capture that the engine plays: the console goes by its time, and moves it."""

import pytest
from textual.widgets import Input

from tests.console import world
from vrrptui.client import playback_commands
from vrrptui.console.dialogs.seek import SeekDialog
from vrrptui.control.messages import Play, Synced
from vrrptui.control.snapshots import PlaybackSnapshot

BEGINS = 1_700_000_000.0
HERE = "/dev/pts/2"


def playing(**changes):
    fields = {
        "file": "a.pcap",
        "begins": BEGINS,
        "ends": BEGINS + 100,
        "position": BEGINS + 50,
        "speed": 1.0,
        "playing": True,
    }
    return world.engine(playback=PlaybackSnapshot(**(fields | changes)))


def greeting(**changes):
    return [world.hello(), playing(**changes), Synced()]


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("p", Play(id=1, playing=False, terminal=HERE)),
        ("plus", Play(id=1, speed=2.0, terminal=HERE)),
        ("minus", Play(id=1, speed=0.5, terminal=HERE)),
        ("full_stop", Play(id=1, at=BEGINS + 60, terminal=HERE)),
        ("comma", Play(id=1, at=BEGINS + 40, terminal=HERE)),
    ],
)
async def test_a_key_moves_the_capture(play, key, command):
    async with play(greeting()) as played:
        await played.press(key)
        await played.until(played.engine.commands)
        assert played.engine.commands() == [command]


async def test_a_capture_is_moved_in_read_only_too(play):
    async with play(greeting(), read_only=True) as played:
        offered = {command.title for command in played.app.get_system_commands(played.app.screen)}
        assert "Capture: play or stop" in offered
        assert "Drop priority" not in offered
        await played.press("p")
        await played.until(played.engine.commands)
        assert played.engine.commands() == [Play(id=1, playing=False, terminal=HERE)]


async def test_now_is_the_captures_time_and_goes_on_at_its_speed(play):
    async with play(greeting(speed=4.0)) as played:
        session = played.app.session
        assert session.clock() == BEGINS + 50
        played.clock.now += 5
        assert session.clock() == BEGINS + 70
        played.clock.now += 500
        assert session.clock() == BEGINS + 100
        await played.say(playing(playing=False, position=BEGINS + 10))
        played.clock.now += 3
        assert session.clock() == BEGINS + 10
        await played.settle()
        assert "CAPTURE ‖" in played.text().splitlines()[0]


async def test_a_live_segment_has_nothing_to_play(play):
    async with play() as played:
        await played.press("p")
        assert played.engine.commands() == []
        assert any("no capture is played" in note.message for note in played.app._notifications)


async def test_the_next_key_counts_from_what_the_last_one_asked_for(play):
    async with play(greeting()) as played:
        await played.press("plus", "plus", "full_stop", "full_stop")
        await played.until(lambda: len(played.engine.commands()) == 4)
        first, second, third, fourth = played.engine.commands()
        assert (first.speed, second.speed) == (2.0, 4.0)
        assert (third.at, fourth.at) == (BEGINS + 60, BEGINS + 70)


# BEGINS is 2023-11-14 22:13:20 UTC.
@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("22:13:20", 0.0),
        ("22:14", 40.0),
        ("22:14:00.250Z", 40.25),
        ("2023-11-14 22:14:59", 99.0),
        ("2023-11-14T22:14:59", 99.0),
        ("+90s", 90.0 - 40.0),
        ("- 5", 45.0),
        (" -0.5m ", 20.0),
    ],
)
def test_a_time_may_be_said_in_several_ways(text, after):
    played, now = playing().playback, BEGINS + 50
    if text == "+90s":
        now = BEGINS - 40
    assert playback_commands.moment(text, played, now) == pytest.approx(BEGINS + after)


def test_a_time_of_day_is_the_first_one_over_midnight():
    played = playing(ends=BEGINS + 86_400).playback
    assert playback_commands.moment("01:00", played, BEGINS) == BEGINS + 10_000
    assert playback_commands.moment("22:13:19", played, BEGINS) == BEGINS + 86_399


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "a time of day"),
        ("22:12", "nothing of that time"),
        ("25:99", "nothing of that time"),
        ("+1h", "nothing of that time"),
        ("2023-13-40 10:00", "must be in"),
    ],
)
def test_a_time_that_is_none_is_said_to_be_none(text, why):
    with pytest.raises(ValueError, match=why):
        playback_commands.moment(text, playing().playback, BEGINS)


async def test_a_capture_is_moved_to_a_time_typed_in(play):
    async with play(greeting()) as played:
        await played.press("@")
        assert isinstance(played.app.screen, SeekDialog)
        field = played.app.screen.query_one("#time", Input)
        field.value = "21:00"
        await played.until(lambda: "nothing of that time" in played.text())
        await played.press("enter")
        assert isinstance(played.app.screen, SeekDialog)
        field.value = "22:14"
        await played.until(lambda: "goes to 2023-11-14 22:14:00.000Z" in played.text())
        await played.press("enter")
        await played.until(played.engine.commands)
        assert played.engine.commands() == [Play(id=1, at=BEGINS + 40, terminal=HERE)]
        await played.press("@", "escape")
        assert not isinstance(played.app.screen, SeekDialog)


async def test_a_live_segment_has_no_times_to_go_to(play):
    async with play() as played:
        await played.press("@")
        assert not isinstance(played.app.screen, SeekDialog)
