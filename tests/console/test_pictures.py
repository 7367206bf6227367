"""Every screen and every dialog as a picture, in both designed sizes, in the default theme and in mono."""

import re

import pytest

from tests.console import world
from tests.console.conftest import ROOT
from vrrptui.control.messages import Synced
from vrrptui.control.snapshots import PlaybackSnapshot

SIZES = [(80, 24), (120, 36)]
THEMES = {"midnight": "", "mono": "-mono"}  # and what the pictures' names end in
SHOTS = {
    "groups": (),
    "group": ("enter",),
    "group-of-ours": ("down", "down", "enter"),
    "adverts": ("2",),
    "adverts-bad": ("2", "n", "x"),
    "adverts-packet": ("2", "n", "tab", "down"),
    "adverts-marks": ("2", "up", "up", "m", "up", "up", "t", "t", "t"),
    "write-pcap": ("2", "m", "w"),
    "checks": ("3",),
    "events": ("4",),
    "engine": ("5",),
    "filtered": ("slash", *"eth1", "enter"),
    "paused": ("space",),
    "help": ("question_mark",),
    "drop": ("down", "down", "down", "D"),
    "restore": ("down", "down", "down", "R"),
    "stop": ("down", "down", "down", "S"),
    "start": ("G", "S"),
    "maintenance": ("down", "down", "down", "W"),
    "drain": ("down", "down", "down", "X"),
    "announce": ("down", "down", "down", "A"),
    "mute": ("3", "M"),
    "reload": ("L",),
}


in_both_sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x36"])
in_both_themes = pytest.mark.parametrize("theme", THEMES)


@in_both_sizes
@in_both_themes
@pytest.mark.parametrize("name", SHOTS)
async def test_screen(play, picture, name, theme, size):
    async with play(size=size, theme_name=theme) as played:
        keys = SHOTS[name]
        if keys[:1] == ("2",):  # its adverts come first
            await played.press("2")
            await played.until(lambda: played.app.session.view.adverts.received)
            await played.settle()
            keys = keys[1:]
        await played.press(*keys)
        await played.settle()
        picture(played, f"{name}-{size[0]}x{size[1]}{THEMES[theme]}")


@in_both_sizes
@in_both_themes
async def test_shutdown(play, picture, theme, size):
    """Its dialog opens from the palette alone."""
    async with play(size=size, theme_name=theme) as played:
        await played.app.run_action("shutdown")
        await played.settle()
        picture(played, f"shutdown-{size[0]}x{size[1]}{THEMES[theme]}")


@in_both_sizes
@in_both_themes
async def test_going_to_a_time(play, picture, theme, size):
    begins = world.NOW - 300
    capture = PlaybackSnapshot(
        file="a.pcap", begins=begins, ends=begins + 600, position=world.NOW, speed=2.0, playing=False
    )
    greeting = [*world.greeting()[:-1], world.engine(mode="observe", playback=capture), Synced()]
    async with play(greeting, size=size, theme_name=theme) as played:
        await played.press("@", *"03:1")
        await played.settle()
        picture(played, f"seek-{size[0]}x{size[1]}{THEMES[theme]}")


async def test_readme_picture(play, picture):
    async with play(size=(120, 36)) as played:
        picture(played, "groups")


@pytest.mark.parametrize("theme", ["contrast", "daylight", "deuteranopia", "prod", "terminal"])
async def test_theme(play, picture, theme):
    async with play(size=(80, 24), theme_name=theme) as played:
        picture(played, f"groups-{theme}")


async def test_ascii(play, picture):
    async with play(size=(80, 24), ascii_only=True) as played:
        await played.press("D")
        await played.settle()
        assert played.text().isascii()
        picture(played, "drop-ascii")


async def test_engine_gone(play, picture):
    async with play(size=(80, 24)) as played:
        await played.engine.stop()
        await played.until(lambda: played.app.session.old_picture)
        await played.settle()
        picture(played, "reconnecting")


async def test_nothing_heard(play, picture):
    greeting = [world.hello(may_operate=False), world.engine(mode="observe", adverts_per_second=0.0), Synced()]
    async with play(greeting, size=(80, 24)) as played:
        picture(played, "nothing-heard")


def test_the_pictures_of_the_readme_are_those_that_are_compared():
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) == 3
    known = {f"{name}-{width}x{height}" for name in SHOTS for width, height in SIZES} | {"groups"}
    for path in shown:
        assert (ROOT / path).is_file(), path
        assert path.removeprefix("snapshots/").removesuffix(".svg") in known
