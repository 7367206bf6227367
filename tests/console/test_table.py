"""The live table: the cursor's row keeps its identity, and only what changed is painted."""

from dataclasses import dataclass

import pytest
from textual.app import App

from tests.console import world
from vrrptui.console.screens.groups import GroupsScreen
from vrrptui.console.settings import theme
from vrrptui.console.widgets.table import Column, LiveTable


async def test_the_cursor_stays_on_its_group_when_rows_move(play):
    async with play() as played:
        await played.press("down", "down")
        table = played.app.screen.table
        assert table.current.key == "eth0/12"
        played.clock.now += 10
        bad = {"severity": "critical", "problems": ["DUAL_MASTER"]}
        await played.say(*(world.group(vrid, "10.0.90.1", **bad) for vrid in (5, 6, 7)))
        assert table.current.key == "eth0/12"
        assert table.position == (6, 11)


async def test_rows_keep_their_places_while_the_cursor_moves(play):
    async with play() as played:
        await played.press("down")
        before = [row.key for row in played.app.screen.table.rows]
        news = world.group(3, "10.0.3.1", severity="critical", problems=["DUAL_MASTER"])
        await played.say(news)
        assert [row.key for row in played.app.screen.table.rows] == before
        played.clock.now += 3
        await played.settle()
        assert next(row.key for row in played.app.screen.table.rows) == "eth0/3"


async def test_rows_keep_their_places_while_a_dialog_is_open(play):
    async with play() as played:
        groups = played.app.screen
        await played.press("D")
        before = [row.key for row in groups.table.rows]
        await played.say(world.group(3, "10.0.3.1", severity="critical", problems=["DUAL_MASTER"]))
        assert [row.key for row in groups.table.rows] == before
        await played.press("escape")
        await played.settle()
        assert next(row.key for row in groups.table.rows) == "eth0/3"


@dataclass(frozen=True)
class Item:
    name: str
    text: str


class TableApp(App[None]):
    def __init__(self):
        super().__init__()
        self.register_theme(theme.load("midnight"))
        self.theme = "midnight"
        self.table = LiveTable(
            (Column("NAME", 4, 4, 4), Column("TEXT", 10, 10, 10, grows=True)),
            lambda item: item.name,
            lambda item: ((item.name, "strong"), (item.text, "text")),
            clock=lambda: 0.0,
        )

    def get_theme_variable_defaults(self):
        return dict(theme.load("midnight").variables)

    def compose(self):
        yield self.table


async def test_one_changed_cell_paints_one_line():
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        rows = [Item(f"r{number}", "x") for number in range(200)]
        app.table.set_rows(rows)
        await pilot.pause()
        painted = []
        original = app.table.render_line
        app.table.render_line = lambda y: painted.append(y) or original(y)
        app.table.set_rows([*rows[:5], Item("r5", "changed"), *rows[6:]])
        await pilot.pause()
        assert painted == [6]
        painted.clear()
        app.table.set_rows([*rows[:150], Item("r150", "not visible"), *rows[151:]])
        app.table.set_rows([*rows[:5], Item("r5", "changed"), *rows[6:]])
        await pilot.pause()
        assert painted in ([], [6])


@pytest.mark.parametrize("gone", [0, 5, 199])
async def test_when_the_cursors_row_goes_its_place_is_kept(gone):
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        rows = [Item(f"r{number}", "x") for number in range(200)]
        app.table.set_rows(rows)
        app.table.select(f"r{gone}")
        await pilot.pause()
        app.table.set_rows([row for row in rows if row.name != f"r{gone}"])
        await pilot.pause()
        assert app.table.current.name == f"r{min(gone + 1, 198)}"


def order(played):
    groups = next(screen for screen in played.app.screen_stack if isinstance(screen, GroupsScreen))
    return [row.key for row in groups.table.rows]


async def test_nothing_moves_under_a_cursor_that_moves(play):
    async with play() as played:
        before = order(played)
        await played.press("down", "down")
        await played.say(world.group(1, "10.0.1.1", severity="critical", problems=["MASTER_LOST"]))
        assert order(played) == before
        assert played.app.screen.table.current.key == before[2]
        played.clock.now += 3
        await played.settle()
        assert order(played) != before
        assert played.app.screen.table.current.key == before[2]  # and the cursor stays on its group


async def test_nothing_moves_under_an_open_dialog(play):
    async with play() as played:
        before = order(played)
        await played.press("D")
        played.clock.now += 60
        await played.say(world.group(1, "10.0.1.1", severity="critical", problems=["MASTER_LOST"]))
        assert order(played) == before
        await played.press("escape")
        await played.settle()
        assert order(played) != before


async def test_the_order_is_chosen_and_reversed_by_keys(play):
    async with play() as played:
        first = order(played)
        await played.press("greater_than_sign")
        by_vrid = order(played)
        await played.press("r")
        assert order(played) == by_vrid[::-1]
        assert "vrid ▲" in played.text()
        await played.press("r", "less_than_sign")
        assert order(played) == first
