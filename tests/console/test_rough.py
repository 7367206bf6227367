"""Rough terminals: sizes that change all the time, few colours or none, texts that attack; by the bytes on a pty."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import re
import subprocess
import sys

import pytest
from rich.style import Style
from textual.command import CommandList
from textual.events import Callback, Click, Resize
from textual.geometry import Size

from tests.console import hostile, world
from tests.console.pty_terminal import PtyTerminal
from tests.tmux import ROOT

PLAY = [sys.executable, "-m", "tests.console.play"]
pytestmark: list[pytest.MarkDecorator] = [pytest.mark.terminal]
KEPT = ("PATH", "HOME", "LANG", "XDG_CONFIG_HOME", "PYTHONPATH")
# What Textual writes: styles, places, modes, questions, and the shape of the mouse's pointer.
OURS = re.compile(r"\x1b\[[?>=<]?[0-9;:]*\$?[A-Za-z]|\x1b\]22;[a-z-]*\x07")
SGR = re.compile(r"\x1b\[([0-9;]*)m")


@pytest.fixture
def start_engine(tmp_path):
    path, processes = tmp_path / "engine.sock", []

    def started(*how: str) -> str:
        process = subprocess.Popen([*PLAY, "--engine", *how, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return str(path)

    yield started
    for process in processes:
        process.terminate()
        process.wait(5)


@pytest.fixture
def terminal():
    opened = []

    def started(socket: str, *options: str, columns: int = 120, rows: int = 36, **environment: str) -> PtyTerminal:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        command = [sys.executable, "-m", "vrrptui", "--socket", socket, *options]
        opened.append(PtyTerminal(command, {"TERM": "xterm-256color", **kept, **environment}, columns, rows))
        return opened[-1]

    yield started
    for one in opened:
        one.end()


def test_a_storm_of_sizes_while_adverts_come(start_engine, terminal):
    socket, sizes = start_engine("--busy"), random.Random(4)
    one = terminal(socket)
    one.until("LIVE")
    for number in range(300):
        one.resize(sizes.randint(20, 300), sizes.randint(5, 100))
        if number % 30 == 0:
            one.type("2134D\x1b?\x1b"[number // 30 % 8])
        one.read(0.01)
    one.type("1")
    one.resize(90, 30)
    one.read(0.5)
    one.forget()
    one.resize(100, 30)
    one.until("LIVE")
    one.until("ADDRESSES")
    assert one.alive
    assert b"Traceback" not in one.data
    places = [tuple(map(int, found)) for found in re.findall(rb"\x1b\[(\d+);(\d+)H", bytes(one.data))]
    assert places
    assert all(row <= 30 and column <= 100 for row, column in places), "written outside the terminal"
    one.type("q")
    one.until("\x1b[?1049l")


@pytest.mark.parametrize("key", ["1", "2", "D", "question_mark", "colon"])
async def test_of_two_sizes_on_their_way_the_terminals_own_is_laid_out(play, key):
    async with play(world.greeting(), size=(120, 36)) as played:
        await played.press(key)
        screen, layouts = played.app.screen, []

        def laid_out(_: object) -> None:
            layouts.append(screen.size)
            if len(layouts) > 9:
                played.app.exit()

        screen.screen_layout_refresh_signal.subscribe(screen, laid_out, immediate=True)
        for size in (Size(90, 30), Size(120, 36)):
            screen.post_message(Resize(size, size))
            screen.post_message(Callback(lambda: None))  # neighbours would be made one
        for _ in range(200):
            await asyncio.sleep(0)
        assert 1 <= len(layouts) <= 3
        assert screen.size == (120, 36)


@pytest.mark.parametrize("keys", ["D", "R", "question_mark", "colon", "2 w"])
async def test_a_dialog_that_is_left_twice_at_once_goes_alone(play, keys):
    async with play(world.greeting()) as played:
        await played.press("enter", *keys.split())
        below, dialog = played.app.screen_stack[:-1], played.app.screen
        dialog.dismiss(None)
        dialog.dismiss(None)  # as by a click and an escape, both typed before the first was obeyed
        await played.settle()
        assert played.app.screen_stack == below


async def test_a_click_on_what_a_palette_shows_no_longer_is_none(play):
    async with play(world.greeting(), size=(80, 24)) as played:
        await played.press("colon", "down", "down")
        palette = played.app.screen
        commands = palette.query_one(CommandList)
        await played.press(*"drain")
        await played.until(lambda: commands.option_count < 5, "the list of what matches")
        commands.post_message(Click(commands, 5, 20, 0, 0, 1, False, False, False, style=Style(meta={"option": 10})))
        palette.post_message(Click(palette, 100, 30, 0, 0, 1, False, False, False))
        await played.settle()
        assert (played.app.screen, played.app._exception) == (palette, None)


@pytest.mark.parametrize("key", ["pagedown", "pageup", "down", "end", "enter"])
async def test_a_palette_without_room_for_its_list_bears_every_key(play, key):
    async with play(world.greeting(), size=(20, 4)) as played:
        await played.press("colon", "down", key)
        assert played.app._exception is None
        await played.pilot.resize_terminal(80, 24)
        await played.press("escape", "escape")
        assert "ADDRESSES" in played.text()


@pytest.mark.parametrize(
    ("environment", "wanted", "unwanted"),
    [
        ({"COLORTERM": "truecolor"}, r"[34]8;2;", r"[34]8;5;"),
        ({"TERM": "xterm-256color"}, r"[34]8;5;", r"[34]8;2;"),
        ({"TERM": "linux"}, r"(^|;)(3[0-7]|9[0-7])(;|$)", r"[34]8;[25];"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, r"(^|;)[17](;|$)", r"(^|;)([349][0-8]|10[0-7])(;|$)"),
    ],
    ids=["true colour", "256", "16", "NO_COLOR"],
)
def test_no_more_colours_are_written_than_the_terminal_has(start_engine, terminal, environment, wanted, unwanted):
    one = terminal(start_engine(), **environment)
    one.until("LIVE")
    one.until("ADDRESSES")
    one.read(0.3)
    styles = SGR.findall(one.data.decode())
    assert any(re.search(wanted, style) for style in styles)
    assert [style for style in styles if re.search(unwanted, style)] == []


@pytest.mark.parametrize(("options", "asked"), [((), True), (("--no-mouse",), False)], ids=["mouse", "no mouse"])
def test_the_mouse_can_be_left_to_the_terminal(start_engine, terminal, options, asked):
    one = terminal(start_engine(), *options)
    one.until("LIVE")
    assert (b"\x1b[?1000h" in one.data) == asked


def test_hostile_texts_reach_the_terminal_as_text_alone(start_engine, terminal):
    one = terminal(start_engine("--hostile"), columns=200, rows=70)
    one.until("LIVE")
    for key in ["\r", "\x1b", *"3421D", "\x1b", "S", "\x1b", "?", "\x1b", *"3GM", "\x1b", *"4G"]:
        one.type(key)
        one.read(0.4)
    written = one.data.decode()
    left = OURS.sub("", written)
    assert [sign for sign in left if not sign.isprintable() and sign not in "\r\n"] == []
    for number, text in enumerate(hostile.ATTEMPTS):
        assert text not in written or text.isprintable(), text
        assert f"E{number:02}<" in left, f"{text!r} was never shown"
    assert r"\x1b]52;c;" in left
    assert "[bold red]x" in left


def test_a_copied_line_is_plain_text_on_the_clipboard(start_engine, terminal):
    one = terminal(start_engine("--hostile"))
    one.until("LIVE")
    one.type("y")
    one.until("\x1b]52;c;")
    one.read(0.3)
    (packed,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", bytes(one.data))
    copied = base64.b64decode(packed).decode()
    assert copied.isprintable()
    assert "VRRPv3" in copied


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24), (300, 100)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_and_dialog_at_every_size(play, size):
    keys = [
        "2",
        "x",
        "3",
        "M",
        "escape",
        "4",
        "5",
        "1",
        "enter",
        "escape",
        "question_mark",
        "escape",
        "slash",
        "escape",
    ]
    acts = [key for act in "DRSWXALM" for key in (act, "escape")]
    async with play(world.greeting(), size=size) as played:
        for key in (*keys, *acts, "G", "S", "escape", "colon", "escape", "T", "space"):
            await played.press(key)
            assert played.app._exception is None, key
            assert len(played.text().splitlines()) == size[1], key
