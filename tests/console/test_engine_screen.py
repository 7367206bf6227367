"""The engine's screen: what it says of the process, its configuration, and the VRIDs in use."""

import pytest

from tests.console import world
from vrrptui.client.view import View
from vrrptui.console.screens import engine
from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text import check_page, explain
from vrrptui.console.text.prose import width_of
from vrrptui.control.messages import Synced


def text_of(*messages, width=120):
    view = View()
    for message in (world.hello(), *messages, Synced()):
        view.apply(message)
    return "\n".join("".join(text for text, _ in line) for line in engine.page(view, width, ""))


def test_what_cannot_be_trusted_is_said():
    said = text_of(
        world.engine(
            capture_drops=7,
            lateness_ms=41.0,
            history_lost=3,
            problems=["LOCAL_STALL"],
            explanations=["This host stood still for 2 s."],
        )
    )
    for words in (
        "▲ 7 frames dropped",
        "▲ own timers at most 41.0 ms late",
        "▲ 3 events",
        "LOCAL_STALL This host stood",
    ):
        assert words in said


def test_a_sound_engine_has_no_warning():
    said = text_of(world.engine())
    assert "▲" not in said
    assert "no frame dropped" in said


def test_every_warning_of_the_configuration_is_shown():
    said = text_of(world.engine(config_file="/etc/k.conf", config_warnings=["a:1:1: x", "a:2:1: y"]))
    assert "/etc/k.conf" in said
    assert "▲ a:1:1: x" in said
    assert "▲ a:2:1: y" in said


def test_the_map_has_a_cell_for_each_vrid_of_a_segment():
    heard = [world.group(vrid, f"10.0.{vrid}.1", key=f"eth0/{vrid}") for vrid in (1, 2, 255)]
    said = text_of(world.engine(), *heard, world.router(2, "backup", 100))
    assert "VRIDs of eth0 ipv4: 3 used, 252 free" in said
    assert "used 1, 2, 255 · first free 3" in said
    cells = [line[6:] for line in said.splitlines() if set(line[6:].strip()) <= set("LH·") and line[6:].strip()]
    whole = "".join(cells)[1:]
    assert len(whole) == 255
    assert (whole[0], whole[1], whole[2], whole[254]) == ("H", "L", "·", "H")


def test_no_line_is_wider_than_the_screen():
    for width in (40, 60, 80, 120):
        said = text_of(world.engine(), *world.groups(), *world.routers(), width=width)
        lines = [line for line in said.splitlines() if not line.startswith("── ")]  # the widget cuts a rule's title
        assert max(len(line) for line in lines) <= width


async def test_it_scrolls_and_copies(play):
    async with play(size=(80, 14)) as played:
        await played.press("5")
        assert "vrrptui 0.1.0 · pid 4121 · lb1" in played.text()
        await played.press("G")
        await played.until(lambda: "VRIDs of eth1.20 ipv6" in played.text())
        await played.press("g")
        await played.until(lambda: "vrrptui 0.1.0 · pid 4121" in played.text())
        await played.press("y")
        assert played.app.clipboard.startswith("vrrptui 0.1.0 pid 4121 on lb1 operate | up ")


async def test_an_engine_that_only_hears_offers_no_reload(play):
    async with play(world.greeting(may_operate=False)) as played:
        await played.press("5", "L")
        assert played.app.screen.MODE == "engine"
        assert "L Reload" not in played.text()


@pytest.mark.parametrize("width", [20, 30, 60, 80, 120])
def test_a_pane_is_no_wider_than_the_terminal(width):
    view = View()
    for message in world.greeting():
        view.apply(message)
    lines = engine.page(view, width, "")
    for row in view.rows():
        lines += explain.preview(row, world.NOW, width)
    for check in view.picture.checks.values():
        lines += check_page.pane(check, view, world.NOW, width, Keymap())
    told = [line for line in lines if not line[0][0].startswith("──")]  # a title may be cut
    assert [line for line in told if width_of(line) > width] == []
