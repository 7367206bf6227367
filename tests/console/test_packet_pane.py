"""The packet below the list of adverts: its tree, its bytes, what is said of it; times and marks."""

import json

import pytest

from tests.console import world
from vrrptui.client import advert_log
from vrrptui.console.screens.adverts import AdvertsScreen


async def open_adverts(played, *spoken):
    if spoken:
        played.engine.adverts = list(spoken)
    await played.press("2")
    await played.until(lambda: played.app.session.view.adverts.received)
    await played.settle()
    assert isinstance(played.app.screen, AdvertsScreen)
    return played.app.screen


def lines_with(played, text):
    return [line for line in played.text().splitlines() if text in line]


def marked(screen):
    """The bytes that are marked in the hexdump."""
    spans = [span for line in screen.query_one("#dump").lines for span in line]
    return [text for text, tone in spans if tone == "tab" and len(text) == 2 and text.strip()]


async def test_the_field_under_the_cursor_is_marked_in_the_bytes(play):
    async with play() as played:
        screen = await open_adverts(played)
        assert marked(screen) == []
        await played.press("tab")
        while not screen.packet_tree.selected.text.startswith("virtual router 51"):
            await played.press("down")
        assert marked(screen)[0] == "33"
        await played.press("escape")
        assert screen.table.has_focus
        assert marked(screen) == []


async def test_a_finding_marks_the_bytes_that_are_wrong(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("n", "tab", "down")
        assert "TTL is not 255" in screen.packet_tree.selected.text
        assert marked(screen)[0] == "40"  # 64
        assert "RFC 9568 §5.1.1.3" in " ".join(lines_with(played, "RFC"))


@pytest.mark.parametrize("key", ["tab", "enter"])
async def test_into_the_packet_and_back(play, key):
    async with play(size=(80, 24)) as played:
        screen = await open_adverts(played)
        await played.press(key)
        assert screen.packet_tree.has_focus
        assert not screen.following
        number = screen.table.current.number
        await played.press("down", "j", "k", "pagedown", "end", "home", "up")
        assert screen.table.current.number == number
        await played.press("escape")
        assert screen.table.has_focus
        await played.press("tab", "tab")
        assert screen.table.has_focus


async def test_sections_fold_and_stay_so(play):
    async with play(size=(80, 24)) as played:
        screen = await open_adverts(played)
        await played.press("tab", "end")
        assert screen.packet_tree.selected.key == "vrrp"
        assert not lines_with(played, "virtual router 51")
        await played.press("right")
        assert screen.packet_tree.selected.key == "vrrp"
        await played.press("down", "down")
        assert screen.packet_tree.selected.text == "virtual router 51"
        await played.press("left")
        assert screen.packet_tree.selected.key == "vrrp"
        await played.press("enter", "escape", "up")
        assert any(row[0].text == "virtual router 51" for row in screen.packet_tree._rows)


async def test_in_a_narrow_terminal_x_shows_bytes_for_fields(play):
    async with play(size=(80, 24)) as played:
        screen = await open_adverts(played)
        assert not lines_with(played, "0010  ")
        await played.press("x")
        assert lines_with(played, "0010  ")
        assert not lines_with(played, "Ethernet")
        await played.press("x", "tab", "end", "x")
        assert marked(screen)[:2] == ["31", "33"]
        await played.press("x")
        assert screen.packet_tree.has_focus


async def test_the_analysis_names_other_masters_and_our_routers_part(play):
    async with play() as played:
        await open_adverts(played)
        assert lines_with(played, "second master: 10.0.0.2")
        assert lines_with(played, "our router: accepted by VI_51")


async def test_a_takeover_is_no_second_master(play):
    calm = [world.advert(n, priority=100) for n in range(3)]
    better = world.advert(3, source="10.0.0.9", priority=200)
    resigned = [world.advert(4, source="10.0.0.9", priority=0), world.advert(5)]
    for spoken in ([*calm, better], [*calm, better, *resigned]):
        async with play() as played:
            await open_adverts(played, *spoken)
            assert not lines_with(played, "second master")


async def test_n_and_capital_n_go_to_the_bad_ones(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("n")
        assert screen.table.current.line.problems == ["ttl-not-255"]
        await played.press("n")
        assert screen.table.current.line.problems == ["truncated"]
        await played.press("N")
        assert screen.table.current.line.problems == ["ttl-not-255"]


async def test_times_by_the_clock_above_the_start_and_the_mark(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("g", "j", "j")
        row = screen.table.current
        shown = []
        for _ in range(4):
            shown.append(screen.time_of(row))
            await played.press("t")
        assert shown == ["03:12:39.420000", "+0.210000", "+0.420000", "03:12:39.420000"]
        await played.press("k", "m", "t", "t")
        assert screen.time_mode == "mark"
        assert screen.time_of(row) == "+0.210000"
        assert lines_with(played, "+MARK")


async def test_marks_are_set_found_and_taken_away(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("right_square_bracket")
        assert any("no mark" in note.message for note in played.app._notifications)
        await played.press("g", "j", "m", "j", "j", "j", "m", "j")
        assert screen.marks == [2, 5]
        assert "+0.210000 s from the mark" in played.text()
        assert len(lines_with(played, "◆")) == 2
        seen = []
        for key in ("left_square_bracket", "left_square_bracket", "left_square_bracket", "right_square_bracket"):
            await played.press(key)
            seen.append(screen.table.current.number)
        assert seen == [5, 2, 5, 2]
        await played.press("m")
        assert screen.marks == [5]


async def test_a_pause_says_how_many_adverts_are_held(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("space")
        await played.say(world.adverts_told([world.advert(50), world.advert(51), world.advert(52)]))
        assert "3 adverts held" in played.text()
        assert len(screen.table.rows) == 40
        await played.press("space", "f")
        assert screen.table.position == (43, 43)


async def test_what_is_copied_is_the_line_the_field_or_json(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("y")
        assert "10.0.0.3 > 224.0.0.18 eth0 vrid 51" in played.app.clipboard
        await played.press("Y")
        copied = json.loads(played.app.clipboard)
        assert copied["vrid"] == 51
        assert copied["time"] == pytest.approx(screen.table.current.time)
        await played.press("tab", "end", "y")
        assert played.app.clipboard == "10.0.0.253"


async def test_a_filter_is_applied_once_to_what_came_and_goes_on(play):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("slash", *"vrid", "space", *"12", "enter")
        tested, test = [], screen.test
        screen.test = lambda subject: tested.append(subject) or test(subject)
        assert screen.table.position[1] == 2
        await played.say(world.adverts_told([world.advert(50), world.advert(51, vrid=12)]))
        assert screen.table.position[1] == 3
        assert len(tested) == 2


async def test_the_cursor_keeps_its_advert_when_older_ones_leave(play, monkeypatch):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("g", "down", "down")
        await played.press(*["down"] * 20)
        number = screen.table.current.number
        monkeypatch.setattr(advert_log, "MAX_ADVERTS", 40)
        await played.say(world.adverts_told([world.advert(50 + n) for n in range(10)]))
        assert screen.table.current.number == number


async def test_nonsense_about_an_advert_breaks_nothing(play):
    async with play() as played:
        await open_adverts(played)
        told = world.adverts_told([world.advert(50)])
        bad = type(told)(said=[type(told.said[0])(b'{"line": 7}')], heard=told.heard)
        await played.say(bad)
        assert "unreadable" in played.text()
