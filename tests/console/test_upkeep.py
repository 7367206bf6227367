"""Maintenance, drain, announcing, muting, reloading and priorities for a time: what is asked, and what is sent."""

import re

import msgspec
import pytest
from textual.widgets import Button, Input

from tests.console import world
from tests.console.conftest import ROOT
from vrrptui.console.dialogs.engine_actions import (
    AnnounceDialog,
    DrainDialog,
    MaintenanceDialog,
    MuteDialog,
    ReloadDialog,
)
from vrrptui.console.dialogs.help import HELP
from vrrptui.console.settings.actions import ACTIONS
from vrrptui.console.settings.keymap import Keymap
from vrrptui.control.messages import AnnounceAgain, DrainRouter, MuteCheck, Reload, SetPriority, StopRouter, Synced

HERE = "/dev/pts/2"
MASTER = ("down", "down", "down")  # from the first row to eth0/1, where we are master


def type_minutes(played, text):
    played.app.screen.query_one("#minutes", Input).value = text


@pytest.mark.parametrize(
    ("keys", "dialog", "minutes", "command"),
    [
        (["W"], MaintenanceDialog, None, StopRouter(id=1, router="eth0/51", seconds=1800.0, terminal=HERE)),
        (["W"], MaintenanceDialog, "5", StopRouter(id=1, router="eth0/51", seconds=300.0, terminal=HERE)),
        (["X"], DrainDialog, None, DrainRouter(id=1, router="eth0/51", terminal=HERE)),
        ([*MASTER, "A"], AnnounceDialog, None, AnnounceAgain(id=1, router="eth0/1", terminal=HERE)),
        (["3", "M"], MuteDialog, None, MuteCheck(id=1, check="chk_http", terminal=HERE)),
        (["3", "M"], MuteDialog, "10", MuteCheck(id=1, check="chk_http", seconds=600.0, terminal=HERE)),
        (["L"], ReloadDialog, None, Reload(id=1, terminal=HERE)),
    ],
)
async def test_it_asks_first_and_a_confirmed_act_is_one_command(play, keys, dialog, minutes, command):
    async with play() as played:
        await played.press(*keys)
        assert isinstance(played.app.screen, dialog)
        assert played.app.focused.id == "cancel"
        if minutes is not None:
            type_minutes(played, minutes)
            await played.settle()
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands() == [command]


@pytest.mark.parametrize("keys", [["W"], ["X"], [*MASTER, "A"], ["3", "M"], ["L"]])
async def test_enter_on_cancel_sends_nothing(play, keys):
    async with play() as played:
        await played.press(*keys, "enter")
        await played.press("1")
        assert played.engine.commands() == []


async def test_a_priority_may_be_for_a_time(play):
    async with play() as played:
        await played.press("D")
        type_minutes(played, "15")
        await played.until(lambda: "restored by itself after 15 min" in played.text())
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands() == [
            SetPriority(id=1, router="eth0/51", priority=40, seconds=900.0, terminal=HERE)
        ]


@pytest.mark.parametrize(("key", "typed"), [("D", "0"), ("W", ""), ("W", "0")])
async def test_minutes_that_are_none_cannot_be_asked(play, key, typed):
    async with play() as played:
        await played.press(key)
        type_minutes(played, typed)
        await played.until(lambda: "9999" in played.text())
        assert played.app.screen.query_one("#confirm", Button).disabled


async def test_muting_says_what_it_moves_and_unmuting_the_other_way(play):
    async with play() as played:
        await played.press("3", "M")
        await played.until(lambda: "loses its -30: 90 becomes 120." in played.text())
        await played.press("escape")
        muted = msgspec.structs.replace(world.checks()[0], muted=True)
        await played.say(muted)
        assert "MUTED" in played.text()
        await played.press("M")
        await played.until(lambda: "VI_51 counts it again" in played.text())
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands() == [MuteCheck(id=1, check="chk_http", muted=False, terminal=HERE)]


async def test_a_muting_is_pending_until_it_is_answered(play):
    async with play(answer=lambda command: []) as played:
        await played.press("3", "M")
        await played.confirm()
        await played.until(played.engine.commands)
        await played.settle()
        assert "◌ ASKED" in played.text()


@pytest.mark.parametrize("key", ["W", "X"])
async def test_the_last_known_router_asks_for_its_vrid(play, key):
    alone = world.group(7, "10.0.7.1", world.heard("10.0.0.1", 200, local=True))
    async with play([world.hello(), world.engine(), alone, world.router(7, "master", 200), Synced()]) as played:
        await played.press(key)
        await played.until(lambda: "No other router was ever heard" in played.text())
        confirm = played.app.screen.query_one("#confirm", Button)
        assert confirm.disabled
        played.app.screen.query_one("#number", Input).value = "7"
        await played.until(lambda: not confirm.disabled)


async def test_only_a_master_announces(play):
    async with play() as played:
        await played.press("A")
        assert played.app.screen.MODE == "groups"
        assert any("only a master announces" in note.message for note in played.app._notifications)


async def test_without_the_right_to_act_a_check_cannot_be_muted(play):
    async with play(read_only=True) as played:
        await played.press("3", "M", "L")
        assert played.app.screen.MODE == "checks"
        assert "M Mute" not in played.text()


MOVES = {"j", "k", "g", "G", "↑", "↓", "PgUp", "PgDn", ">", "enter", "esc", ":"}


async def test_every_key_is_in_the_help_the_readme_and_the_palette(play):
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    keys_of_readme = " ".join(line.split("|")[1] for line in rows)
    of_the_table = re.findall(r"`([^`]+)`", keys_of_readme[keys_of_readme.index("`1`") :])
    assert set(of_the_table) == {action.key for action in ACTIONS if action.key} | MOVES
    help_words = " ".join(Keymap().fill(text) for _, text in HELP).split()
    async with play() as played:
        offered = {command.title for command in played.app.get_system_commands(played.app.screen)}
        await played.press("3")
        offered |= {command.title for command in played.app.get_system_commands(played.app.screen)}
    for action in ACTIONS:
        assert action.title in offered
        if action.key:
            assert f"`{action.key}`" in keys_of_readme, action
            assert action.key in help_words or action.key in "12345", action


@pytest.mark.parametrize(
    ("words", "title", "dialog"),
    [("drain", "Drain: stop once", DrainDialog), ("reload", "Reload configuration", ReloadDialog)],
)
async def test_the_palette_finds_and_runs_what_acts(play, words, title, dialog):
    """It lies over the screen that it acts on."""
    async with play() as played:
        await played.press(*MASTER, "colon", *words)
        await played.until(lambda: title in played.text(), "it is found")
        await played.press("enter")
        await played.until(lambda: isinstance(played.app.screen, dialog), f"it asks: {played.text()}")
