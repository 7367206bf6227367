"""A capture that the engine plays: the console goes by its time, and moves it."""

import pytest

from tests.console import world
from vrrptui.control.messages import Play
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
    return [world.hello(), playing(**changes), world.Synced()]


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


async def test_a_capture_is_moved_in_read_only_too_for_it_acts_on_nobody(play):
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
        assert any("no capture to play" in note.message for note in played.app._notifications)
