"""What an operator wants of the console: where it comes from, what it changes, and what is said of what is wrong."""

import subprocess
import sys

import msgspec
import pytest
from textual.binding import Binding

from tests.console import world
from vrrptui.client.view import View
from vrrptui.console.app import ConsoleApp
from vrrptui.console.dialogs.router_actions import DropDialog
from vrrptui.console.screens.groups import GroupScreen
from vrrptui.console.screens.tabs import SCREENS, known
from vrrptui.console.settings import keymap, preferences, theme
from vrrptui.console.settings.actions import ACTIONS
from vrrptui.console.settings.preferences import Asked, Known, Preferences
from vrrptui.console.text import check_page
from vrrptui.console.widgets.table import LiveTable

KNOWN = Known(("midnight", "mono", "daylight"), {"groups": ["VRID", "IF", "MASTER"], "events": ["TIME"]})


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "config" / "vrrptui" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return written


@pytest.fixture
def load(write, tmp_path):
    def loaded(text="", asked=Asked(), **environment):  # noqa: B008
        write(text)
        return preferences.load(KNOWN, asked, {"XDG_CONFIG_HOME": str(tmp_path / "config"), **environment})

    return loaded


def test_without_a_file_the_defaults_hold(tmp_path):
    held = preferences.load(KNOWN, Asked(), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert held == Preferences()
    assert held.origin("theme") == "default"


@pytest.mark.parametrize(
    ("asked", "environment", "theme_and_origin"),
    [
        (Asked(), {}, ("daylight", "file")),
        (Asked(), {"NO_COLOR": "1"}, ("mono", "NO_COLOR")),
        (Asked(), {"NO_COLOR": ""}, ("daylight", "file")),
        (Asked(theme="midnight"), {"NO_COLOR": "1"}, ("midnight", "command line")),
    ],
)
def test_the_command_line_beats_no_color_which_beats_the_file(load, asked, environment, theme_and_origin):
    held = load('theme = "daylight"', asked, **environment)
    assert (held.theme, held.origin("theme")) == theme_and_origin


def test_a_switch_of_the_file_can_be_turned_back(load):
    held = load("mouse = false\nascii = true", Asked(ascii=False))
    assert (held.mouse, held.origin("mouse")) == (False, "file")
    assert (held.ascii, held.origin("ascii")) == (False, "command line")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = \n", "line 1"),
        ('theme = "noon"', "theme: unknown theme 'noon'; available: daylight"),
        ("refresh = 0.4", "refresh: 0.4 is not a rate of 0.5 to 10 per second"),
        ("refresh = true", "refresh: True is not a rate"),
        ("refresh = nan", "is not a rate"),
        ("mouse = 1", "mouse: 1 is neither true nor false"),
        ("colour = 1", "colour: unknown setting; available: theme, refresh"),
        ("columns = 3", "columns: must be a table"),
        ("[columns]\nnone = []", "columns.none: unknown screen; available: groups, events"),
        ("[columns]\ngroups = []", "columns.groups: must be a list of titles from VRID, IF"),
        ('[columns]\ngroups = ["NOPE"]', "columns.groups: unknown title 'NOPE'; available: VRID, IF"),
        ('[keys]\nact.drp = "d"', "keys.act.drp: no such command; `vrrptui config --keys`"),
        ('[keys]\nact.drop = "R"', "keys.act.drop: R is already the key of act.restore"),
        ('[keys]\nact.drop = "o"\nsort.next = "o"', "keys.sort.next: o is already the key of act.drop"),
        ('[keys]\nsort.next = "j"', "keys.sort.next: j moves or leaves on every screen"),
        ('[keys]\nsort.next = ""', "keys.sort.next: '' is not a key"),
        ('[keys]\nsort.next = "hyper+q"', "keys.sort.next: 'hyper+q' is not a key"),
        ("[keys]\nsort.next = 3", "keys.sort.next: 3 is not a key"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_rest_holds(load, text, said):
    held = load(text if text == "theme = \n" else f"ascii = true\n{text}")
    (line,) = held.findings
    assert said in line
    assert "config.toml: " in line
    assert held.ascii == (text != "theme = \n")


def test_two_commands_may_change_places(load):
    held = load('[keys]\nact.drop = "R"\n"act.restore" = "D"')
    assert held.findings == ()
    assert held.keymap.changed == {"act.drop": "R", "act.restore": "D"}


def test_a_key_given_back_by_a_refusal_clashes_with_nobody(load):
    held = load('[keys]\nsort.next = "D"\nact.drop = "n"')
    assert held.keymap.changed == {}
    assert len(held.findings) == 2


def test_every_command_has_an_id_of_its_own():
    ids = [action.id for action in ACTIONS]
    assert len(set(ids)) == len(ids)


def test_what_only_moves_is_named_so_that_no_command_takes_it():
    keys = set()
    classes: list[type] = [ConsoleApp, LiveTable, *SCREENS, GroupScreen]
    ours = {kind for one in classes for kind in one.__mro__}
    for kind in ours:
        if kind.__module__.startswith("vrrptui"):
            for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", [])):
                if not binding.id:
                    keys.add(binding.key)
    assert "pagedown" in keys
    assert keys - keymap.FIXED == {
        "n",
        "N",
    }  # on the page of a group they go to the next group, as problems do elsewhere


async def test_a_key_of_ones_own_acts_and_is_shown_everywhere(play):
    mine = keymap.Keymap(
        {
            "act.drop": "ctrl+d",
            "tab.checks": "c",
            "shutdown": "K",
            "play.back": "B",
            "sort.next": ",",
            "act.restore": "b",
        }
    )
    async with play(preferences=Preferences(keymap=mine)) as played:
        assert "ctrl+d Drop" in played.text()
        assert "c Checks" in played.text()
        await played.press("D")
        assert played.app.screen.MODE == "groups"
        await played.press("comma")
        assert "sort: vrid" in played.text()
        await played.press("ctrl+d")
        assert isinstance(played.app.screen, DropDialog)
        await played.until(lambda: "b restores it." in played.text())
        await played.press("escape", "c")
        assert "WEIGHT" in played.text()
        await played.press("question_mark")
        assert "ctrl+d drop priority" in played.text()
        assert "B . 10 s back" in played.text()
        await played.press("escape")
        offered = {one.title: one.help for one in played.app.get_system_commands(played.app.screen)}
        assert offered["Checks"] == "key c"
        await played.until(lambda: "ctrl+d drop" not in played.text())
        await played.press("K")
        await played.until(lambda: "Shut the engine down" in played.text())


async def test_the_adverts_screen_names_keys_of_ones_own(play):
    mine = keymap.Keymap({"follow": "ctrl+f5", "hex": "u", "mark": "i", "act.mute": "z"})
    async with play(size=(80, 24), preferences=Preferences(keymap=mine)) as played:
        await played.press("2")
        await played.until(lambda: played.app.session.view.adverts.received)
        await played.settle()
        await played.press("up", "]")
        assert "ctrl+f5 follows" in played.text()
        assert "u hexdump" in played.text()
        assert any("i marks an advert" in note.message for note in played.app._notifications)
    check = msgspec.structs.replace(world.checks()[0], muted=True, muted_until=None)
    lines = check_page.pane(check, View(), world.NOW, 80, mine)
    assert "until z unmutes it" in "\n".join("".join(text for text, _ in line) for line in lines)


async def test_ctrl_c_leaves_whatever_the_keymap_says(play):
    async with play(preferences=Preferences(keymap=keymap.Keymap({"leave": "Q"}))) as played:
        await played.press("q")
        assert played.app._exit is False
        await played.press("ctrl+c")
        assert played.app._exit is True


async def test_columns_are_those_chosen_in_their_order_at_every_width(play):
    chosen = Preferences(columns={"groups": ("MASTER", "INTVL", "VRID")})
    for size in ((120, 36), (80, 24), (50, 20)):
        async with play(size=size, preferences=chosen) as played:
            titles = played.text().splitlines()[3]
            assert titles.split() == ["MASTER", "INTVL", "VRID"]
            assert any(line.startswith("✖ 2 MASTERS") for line in played.text().splitlines())


async def test_findings_are_shown_and_the_console_is_there(play):
    async with play(preferences=Preferences(findings=tuple(f"line {number} [/]" for number in range(5)))) as played:
        await played.until(lambda: len(played.app._notifications) == 4)
        said = [note.message for note in played.app._notifications]
        assert said[0] == "line 0 [/]"
        assert said[-1] == "2 more; `vrrptui config` shows all"
        assert "LIVE" in played.text()


async def test_the_rate_is_how_often_is_painted(play):
    async with play(preferences=Preferences(refresh=0.5)) as played:
        waits = []
        played.app.set_timer = lambda wait, _: waits.append(wait)
        played.app.paint()
        played.app.paint_soon()
        assert 1.5 < waits[0] <= 2.0


async def test_the_mouse_moves_the_cursor_opens_and_changes_screens(play):
    async with play() as played:
        await played.pilot.click(LiveTable, offset=(20, 3))
        assert played.app.screen.table.position[0] == 3
        await played.pilot.click("#tabs", offset=(14, 0))
        assert played.app.screen.MODE == "adverts"
        await played.pilot.click("#tabs", offset=(2, 0))
        await played.pilot.click(LiveTable, offset=(20, 2), times=2)
        await played.pilot.pause()
        assert played.app.screen.group_key == "eth1.20/77"


# Themes of one's own.


@pytest.fixture
def own_theme(tmp_path):
    def written(name, **changes):
        path = tmp_path / "config" / "vrrptui" / "themes" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = theme.available()["midnight"].read_text()
        for old, new in changes.items():
            text = text.replace(f"{old} =", f"{new} =")
        path.write_text(text)
        return path

    return written


async def test_t_finds_a_later_theme_and_passes_by_a_broken_one(play, own_theme):
    async with play() as played:
        own_theme("midnight-mine")
        broken = own_theme("midnight-broken", primary="primry")
        await played.press("T")
        assert played.app.theme == "midnight-mine"
        assert any(f"{broken}: primary is missing" in note.message for note in played.app._notifications)


@pytest.mark.parametrize("name", ["midnight", "mine"])
async def test_a_broken_theme_in_use_is_said_and_ours_is_taken(play, own_theme, name):
    own_theme(name, primary="primry")
    async with play(preferences=Preferences(theme=name, origins={"theme": "file"})) as played:
        assert played.app.theme == "midnight"
        await played.until(lambda: any("primary is missing" in note.message for note in played.app._notifications))


def test_a_broken_theme_asked_for_on_the_command_line_ends_it(own_theme):
    own_theme("mine", primary="primry")
    with pytest.raises(theme.ThemeError):
        ConsoleApp("none.sock", preferences=Preferences(theme="mine", origins={"theme": "command line"}))


# The command.


def config(*words, **environment):
    command = [sys.executable, "-m", "vrrptui", *words]
    return subprocess.run(command, capture_output=True, text=True, env={**world_environment(), **environment})


def world_environment():
    import os

    return {name: value for name, value in os.environ.items() if name != "NO_COLOR"}


def test_config_shows_what_holds_and_where_it_comes_from(write):
    path = write('theme = "daylight"\nrefresh = 2\n[keys]\nact.drop = "ctrl+d"\n[columns]\ngroups = ["VRID"]')
    done = config("--no-mouse", "config")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["file:", str(path)]
    assert ["theme", "daylight", "file"] in rows
    assert ["refresh", "2", "times", "a", "second", "file"] in rows
    assert ["mouse", "false", "command", "line"] in rows
    assert ["ascii", "false", "default"] in rows
    assert ["keys.act.drop", "ctrl+d", "file"] in rows
    assert ["columns.groups", "VRID", "file"] in rows
    assert ["theme", "mono", "NO_COLOR"] in [
        line.split() for line in config("config", NO_COLOR="1").stdout.splitlines()
    ]


def test_config_says_what_is_wrong(write):
    path = write("theme = \x01")
    done = config("config")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"vrrptui: config: {path}: ")
    assert "line 1" in line
    done = config("config", "--theme", "noon")
    assert (done.returncode, "unknown theme" in done.stderr) == (2, True)


def test_config_lists_keys_and_themes(write, own_theme):
    write('[keys]\nsort.next = "o"')
    rows = [line.split(maxsplit=3) for line in config("config", "--keys").stdout.splitlines()]
    assert ["sort.next", "o", "file", "Sort by the next column"] in rows
    assert len(rows) == len(ACTIONS) + 1
    mine, broken = own_theme("mine"), own_theme("broken", error="eror")
    done = config("config", "--themes", "--theme", "mine")
    assert f"* mine             {mine}" in done.stdout.splitlines()
    assert done.stderr == f"vrrptui: config: theme {broken}: error is missing\n"
    assert done.returncode == 1


def test_the_columns_offered_are_those_of_the_lists(write):
    write('[columns]\ngroups = ["VRID"]\nadverts = ["TIME"]\nchecks = ["CHECK"]\nevents = ["TIME"]')
    assert preferences.load(known(), Asked()).findings == ()
