"""Every key on every screen, on a console that talks to an engine over its socket."""

import pytest
from textual.widgets import Button, Input

from tests.console import world
from tests.console.scripted_engine import refuse
from vrrptui.console.dialogs.help import HELP, HelpDialog
from vrrptui.console.dialogs.router_actions import DropDialog, RestoreDialog, ShutdownDialog, StartDialog, StopDialog
from vrrptui.console.screens.groups import GroupScreen
from vrrptui.console.settings import theme
from vrrptui.console.settings.keymap import Keymap
from vrrptui.control.messages import Removed, SetPriority, Shutdown, StartRouter, StopRouter, Subscribe, Synced

KEYS = ["plus", "minus", "full_stop", "comma", *"pnNsryxfaeTDRSWXAML[]<> /?:GmtwY", "pageup", "enter", "tab"]


BRACKETS = {
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "<": "less_than_sign",
    ">": "greater_than_sign",
}


def key_of(key):
    names = {" ": "space", "/": "slash", "?": "question_mark", ":": "colon"}
    return names.get(key, BRACKETS.get(key, key))


@pytest.mark.parametrize("tab", ["1", "2", "3", "4", "5", "enter"])
async def test_no_key_on_any_screen_breaks_the_console(play, tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # `e` writes a file where the console was started
    async with play(size=(60, 18)) as played:
        for key in KEYS:
            await played.pilot.press("escape", tab, key_of(key))
            assert played.app._exception is None, key
        await played.press("escape", "escape", "1")
        assert "vrrptui" in played.text().splitlines()[0]


@pytest.mark.parametrize(
    ("action", "there"),
    [
        ("help", "#about"),
        ("tab('adverts')", "#filter"),
        ("tab('events')", "#strip"),
        ("act('drop')", "#confirm"),
        ("reload", "#confirm"),
        ("shutdown", "#confirm"),
        ("command_palette", "#--input"),
    ],
)
async def test_what_opens_a_screen_is_done_when_the_screen_is_complete(play, action, there):
    """The next key may have been typed already, and is the new screen's."""
    async with play() as played:
        await played.app.run_action(action, default_namespace=played.app)
        assert played.app.screen.query(there)


async def test_a_groups_page_is_complete_once_it_is_open(play):
    async with play() as played:
        await played.app.open_group("eth0/51")
        assert played.app.screen.query("#page")
        await played.app.screen.run_action("scroll(1)")


@pytest.mark.parametrize("size", [(20, 5), (59, 12), (300, 100)], ids=["20x5", "59x12", "300x100"])
async def test_every_screen_survives_a_strange_size(play, size):
    async with play(size=size) as played:
        for key in (
            *"23451",
            "enter",
            "escape",
            "D",
            "escape",
            "S",
            "escape",
            "question_mark",
            "escape",
        ):
            await played.press(key)
            assert len(played.text().splitlines()) == size[1], key
        assert "51" in played.text()


@pytest.mark.parametrize(
    ("key", "word"),
    [("1", "ADDRESSES"), ("2", "SOURCE"), ("3", "WEIGHT"), ("4", "WHAT HAPPENED"), ("5", "capture and timing")],
)
async def test_numbers_go_to_the_screens(play, key, word):
    async with play() as played:
        await played.press(key)
        assert word in played.text()


async def test_the_first_rows_say_what_is_true_and_what_is_worst(play):
    async with play() as played:
        first, second = played.text().splitlines()[:2]
        for word in ("lb1", "LIVE", "11.4 adv/s", "drop 0", "4121", "operate", "03:12:44Z"):
            assert word in first
        assert "2 CRITICAL" in second
        assert "eth0/51 DUAL MASTER" in second


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j"], 2),
        (["down", "down", "k"], 2),
        (["G"], 8),
        (["end", "up"], 7),
        (["G", "g"], 1),
        (["pagedown"], 8),
        (["G", "pageup"], 1),
        (["k"], 1),
        (["n"], 2),
        (["n", "n", "n"], 1),
        (["N"], 3),
    ],
)
async def test_the_cursor_moves(play, keys, row):
    async with play() as played:
        await played.press(*keys)
        assert played.app.screen.table.position == (row, 8)


async def test_enter_opens_the_group_and_escape_leaves_it(play):
    async with play() as played:
        await played.press("enter")
        assert isinstance(played.app.screen, GroupScreen)
        assert "base 120 − 30 (chk_http) = 90" in played.text()
        await played.press("right_square_bracket")
        assert played.app.screen.group_key == "eth1.20/77"
        await played.press("escape")
        assert not isinstance(played.app.screen, GroupScreen)


async def test_enter_on_an_event_opens_its_group(play):
    async with play() as played:
        await played.press("4", "down", "enter")
        assert played.app.screen.group_key == "eth0/12"


async def test_the_filter_keeps_what_it_finds_and_escape_ends_it(play):
    async with play() as played:
        await played.press("slash", *"if", "space", *"eth1.20", "enter")
        assert played.app.screen.table.position == (1, 2)
        assert "filter: if eth1.20" in played.text()
        await played.press("escape")
        assert played.app.screen.table.position[1] == 8


async def test_a_wrong_filter_is_told_and_changes_nothing(play):
    async with play() as played:
        await played.press("slash", *"vrid", "enter")
        assert played.app.screen.table.position[1] == 8
        assert any("needs a value" in note.message for note in played.app._notifications)


async def test_sorting_goes_round(play):
    async with play() as played:
        seen = []
        for _ in range(5):
            seen.append([row.vrid for row in played.app.screen.table.rows])
            await played.press("s")
        assert seen[1] == sorted(seen[1])
        assert seen[0] == seen[4]


async def test_a_pause_freezes_the_picture_and_counts_what_is_held(play):
    async with play() as played:
        await played.press("space")
        await played.say(world.group(200, "10.9.9.9"), world.engine())
        assert "PAUSED ‖ +2" in played.text()
        assert "10.9.9.9" not in played.text()
        await played.press("space")
        assert "LIVE" in played.text()
        assert "10.9.9.9" in played.text()


async def test_a_silent_engine_is_called_stale(play):
    async with play() as played:
        played.clock.now += 7
        await played.settle()
        assert "STALE 7.0s" in played.text()


async def test_copy_puts_the_line_into_the_clipboard(play):
    async with play() as played:
        await played.press("y")
        assert played.app.clipboard.startswith(
            "eth0/51 | VRRPv3 | 10.0.0.254,10.0.0.253 | master 10.0.0.2 (100), 10.0.0.3"
        )


async def test_themes_go_round(play):
    there_are = sorted(theme.available())
    async with play() as played:
        first, seen = played.app.theme, []
        for _ in there_are:
            await played.press("T")
            seen.append(played.app.theme)
        assert sorted(seen) == there_are
        assert seen[-1] == first


async def test_help_opens_and_closes(play):
    async with play(size=(80, 24)) as played:
        await played.press("question_mark")
        assert isinstance(played.app.screen, HelpDialog)
        shown = played.text()
        assert [text for _, text in HELP if Keymap().fill(text) not in shown] == []
        await played.press("escape")
        assert not isinstance(played.app.screen, HelpDialog)


async def test_adverts_are_asked_for_only_while_they_are_shown(play):
    async with play() as played:
        assert played.engine.asked == []
        await played.press("2")
        await played.until(lambda: played.app.session.view.adverts.received == 40)
        await played.press("1")
        await played.until(lambda: len(played.engine.asked) == 2)
        assert played.engine.asked == [Subscribe(adverts=True), Subscribe(adverts=False)]


async def test_following_ends_with_a_move_up_and_begins_again_with_f(play):
    async with play() as played:
        await played.press("2")
        await played.until(lambda: played.app.session.view.adverts.received)
        await played.settle()
        screen = played.app.screen
        assert screen.table.position == (40, 40)
        await played.press("up")
        assert not screen.following
        await played.press("f")
        assert screen.table.position == (40, 40)
        await played.press("n")
        assert screen.table.current.line.problems == ["ttl-not-255"]
        await played.press("slash", *"bad", "enter")
        assert screen.table.position[1] == 2


async def test_q_leaves_with_status_0(play):
    async with play() as played:
        await played.press("q")
        assert played.app.return_code == 0


@pytest.mark.parametrize(
    ("keys", "dialog"),
    [(["D"], DropDialog), (["R"], RestoreDialog), (["S"], StopDialog), (["G", "S"], StartDialog)],
)
async def test_an_act_asks_first_with_the_focus_on_cancel(play, keys, dialog):
    async with play() as played:
        await played.press(*keys)
        assert isinstance(played.app.screen, dialog)
        assert played.app.focused.id == "cancel"
        await played.press("enter")
        assert not isinstance(played.app.screen, dialog)
        assert played.engine.commands() == []


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        (["D"], SetPriority(id=1, router="eth0/51", priority=40, terminal="/dev/pts/2")),
        (["R"], SetPriority(id=1, router="eth0/51", terminal="/dev/pts/2")),
        (["S"], StopRouter(id=1, router="eth0/51", terminal="/dev/pts/2")),
        (["G", "S"], StartRouter(id=1, router="eth0/33", terminal="/dev/pts/2")),
    ],
)
async def test_a_confirmed_act_is_one_command(play, keys, command):
    async with play() as played:
        await played.press(*keys)
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands() == [command]
        await played.until(lambda: any(note.message.endswith("done") for note in played.app._notifications))
        assert not played.app.session.pending


async def test_an_act_is_pending_until_answered_and_refused_with_why(play):
    held = []

    def later(command):
        held.append(command)
        return []

    async with play(answer=later) as played:
        await played.press("S")
        await played.confirm()
        await played.until(lambda: held)
        await played.settle()
        assert "◌ PENDING" in played.text()
        played.engine.say(*refuse(held[0]))
        await played.until(lambda: any(note.message == "refused: not today" for note in played.app._notifications))
        assert not played.app.session.pending


async def test_the_buttons_take_10_and_50_and_nothing_below_1(play):
    async with play() as played:
        await played.press("D")
        field = played.app.screen.query_one("#number", Input)
        values = []
        for button in ("less-10", "less-50"):
            played.app.screen.query_one(f"#{button}", Button).press()
            await played.pilot.pause()
            values.append(field.value)
        assert values == ["30", "1"]


@pytest.mark.parametrize("typed", ["", "0", "255", "999"])
async def test_a_priority_out_of_range_cannot_be_asked(play, typed):
    async with play() as played:
        await played.press("D")
        played.app.screen.query_one("#number", Input).value = typed
        await played.until(lambda: "A priority is 1 to 254" in played.text())
        assert played.app.screen.query_one("#confirm", Button).disabled


async def test_stopping_the_last_known_router_asks_for_the_vrid(play):
    alone = world.group(7, "10.0.7.1", world.heard("10.0.0.1", 200, local=True))
    async with play([world.hello(), world.engine(), alone, world.router(7, "master", 200), Synced()]) as played:
        await played.press("S")
        confirm = played.app.screen.query_one("#confirm", Button)
        await played.until(lambda: "may go unserved" in played.text())
        assert confirm.disabled
        played.app.screen.query_one("#number", Input).value = "7"
        await played.pilot.pause()
        assert not confirm.disabled


async def test_a_dialog_keeps_its_target_when_the_rows_change_places(play):
    async with play() as played:
        await played.press("down", "down", "D")
        await played.say(world.group(90, "10.0.90.1", severity="critical", problems=["DUAL_MASTER"]))
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands()[0].router == "eth0/12"


async def test_a_dialog_whose_target_is_gone_can_only_be_left(play):
    async with play() as played:
        await played.press("down", "down", "D")
        await played.say(Removed(kind="virtual_router", key="eth0/12"))
        assert played.app.screen.query_one("#confirm", Button).disabled
        assert "no longer configured" in played.text()


@pytest.mark.parametrize("options", [{"read_only": True}, {"greeting": world.greeting(may_operate=False)}])
async def test_without_the_right_to_act_the_acting_keys_do_not_exist(play, options):
    async with play(**options) as played:
        for key in "DRSWXAML":
            await played.press(key)
            assert played.app.screen.MODE == "groups"
        assert "read-only" in played.text()
        assert "D Drop" not in played.text()


async def test_a_group_that_is_only_heard_cannot_be_acted_on(play):
    async with play() as played:
        await played.press("down", "D")
        assert any("only observed here" in note.message for note in played.app._notifications)


async def test_the_palette_offers_every_act_and_the_shells_commands(play):
    from vrrptui.console.app import ExtraCommand

    extra = ExtraCommand("Stop httpd", "on web1", lambda: "httpd stopped on web1")
    async with play(extra_commands=[extra]) as played:
        offered = {command.title: command for command in played.app.get_system_commands(played.app.screen)}
        assert {"Drop priority", "Restore priority", "Groups", "Stop httpd"} <= set(offered)
        offered["Stop httpd"].callback()
        await played.until(lambda: any("httpd stopped" in note.message for note in played.app._notifications))
        await played.press("colon", *"stop httpd")
        await played.pilot.pause(0.3)
        assert "Stop httpd" in played.text()


async def test_shutting_down_asks_first_and_says_who_is_master(play):
    async with play() as played:
        offered = {command.title: command for command in played.app.get_system_commands(played.app.screen)}
        await offered["Shut the engine down"].callback()
        await played.until(lambda: "VI_1 is master here" in played.text())
        assert isinstance(played.app.screen, ShutdownDialog)
        assert played.app.focused.id == "cancel"
        await played.confirm()
        await played.until(played.engine.commands)
        assert played.engine.commands() == [Shutdown(id=1, terminal="/dev/pts/2")]


async def test_a_configuration_warning_shows_when_nothing_is_worse(play):
    engine = world.engine(config_warnings=["keepalived.conf:7:3: lvs_sync_daemon is not supported"])
    async with play([world.hello(), engine, Synced()]) as played:
        assert "keepalived.conf:7:3" in played.text().splitlines()[1]
