"""One console on two engines: whose each row is, whom an act goes to, and what stays when one is gone."""

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.console import world
from tests.console.conftest import Clock, Played
from tests.console.scripted_engine import ScriptedEngine
from tests.console.test_keys import KEYS, key_of
from vrrptui.cli.places import sockets
from vrrptui.console.app import ConsoleApp
from vrrptui.control.messages import MuteCheck, Reload, Removed, StopRouter, Synced


def of_b():
    """The other router of the pair: it hears eth0/1 from lb1, and is master of eth0/51 as well."""
    return [
        world.hello(),
        world.engine(host="lb2", pid=77),
        world.group(1, "10.0.1.1", world.heard("10.0.0.1", 200)),
        world.group(51, "10.0.0.254", world.heard("10.0.0.2", 100, local=True), since=151),
        world.router(1, "backup", 90),
        world.router(51, "master", 100),
        world.checks()[1],
        world.event(1, 100, "eth0/51", "STATE", "ok", "VI_51 became master"),
        Synced(),
    ]


@pytest.fixture
def pair(tmp_path):
    @asynccontextmanager
    async def playing(size=(120, 36), read_only=False):
        async with AsyncExitStack() as stack:
            paths = {"a": str(tmp_path / "a.sock"), "b": str(tmp_path / "b.sock")}
            a = await stack.enter_async_context(
                ScriptedEngine(tmp_path / "a.sock", world.greeting(), adverts=world.adverts()[:3])
            )
            b = await stack.enter_async_context(
                ScriptedEngine(tmp_path / "b.sock", of_b(), adverts=world.adverts()[:2])
            )
            clock = Clock()
            app = ConsoleApp(paths, clock=clock, read_only=read_only)
            pilot = await stack.enter_async_context(app.run_test(size=size))
            played = Played(app, pilot, a, clock)
            await played.until(lambda: all(one.view.synced for one in app.session.engines))
            await played.settle()
            yield played, a, b

    return playing


def rows(played):
    return [row.key for row in played.app.screen.table.rows]


async def test_both_are_in_the_header_and_every_row_has_its_host(pair):
    async with pair() as (played, _, _):
        lines = played.text().splitlines()
        assert "a LIVE ●" in lines[0]
        assert "b LIVE ●" in lines[0]
        assert lines[3].split()[:2] == ["HOST", "VRID"]
        assert {"a:eth0/51", "b:eth0/51", "a:eth0/1", "b:eth0/1"} <= set(rows(played))
        assert rows(played)[:2] == ["a:eth0/51", "b:eth0/51"], "the worst first, and together"
        await played.press("space")
        assert rows(played)[:2] == ["a:eth0/51", "b:eth0/51"]
        await played.press("space", "s")
        assert [key for key in rows(played) if key.endswith("eth0/1")] == ["a:eth0/1", "b:eth0/1"] == rows(played)[:2]


@pytest.mark.parametrize(("tab", "hosts"), [("1", {"a", "b"}), ("2", {"a", "b"}), ("3", {"a", "b"}), ("4", {"a", "b"})])
async def test_every_list_has_a_host_column(pair, tab, hosts):
    async with pair() as (played, _, _):
        await played.press(tab)
        await played.until(lambda: {played.app.session.host_of(row) for row in played.app.screen.table.rows} == hosts)
        await played.settle()
        firsts = [line.split()[0] for line in played.text().splitlines() if line.strip()]
        at = firsts.index("HOST")
        assert set(firsts[at + 1 : at + 13]) & {"a", "b"} == hosts


async def test_an_act_goes_to_its_rows_engine_and_the_dialog_names_it(pair):
    async with pair() as (played, a, b):
        played.app.screen.table.select("b:eth0/51")
        await played.press("S")
        assert "Stop eth0/51 (VI_51) on b" in played.text()
        await played.press("1") if played.app.screen.query("#number") else None
        for field in played.app.screen.query("#number"):
            field.value = "51"
        await played.confirm()
        await played.until(b.commands)
        assert b.commands() == [StopRouter(id=1, router="eth0/51", terminal=b.commands()[0].terminal)]
        assert a.commands() == []


async def test_a_check_is_muted_where_it_runs(pair):
    async with pair() as (played, a, b):
        await played.press("3")
        played.app.screen.table.select("b:chk_disk")
        await played.press("M")
        assert "chk_disk on b" in played.text()
        await played.confirm()
        await played.until(b.commands)
        assert isinstance(b.commands()[0], MuteCheck)
        assert b.commands()[0].check == "chk_disk"
        assert a.commands() == []


async def test_the_configuration_read_again_is_that_of_the_row(pair):
    async with pair() as (played, a, b):
        played.app.screen.table.select("b:eth0/1")
        await played.press("L")
        await played.confirm()
        await played.until(b.commands)
        assert isinstance(b.commands()[0], Reload)
        assert a.commands() == []
        await played.press("5", "L")
        assert any("several engines" in note.message for note in played.app._notifications)


async def test_rows_of_a_lost_engine_are_stale_and_others_untouched(pair):
    async with pair() as (played, _, b):
        before = rows(played)
        await b.stop()
        await played.until(lambda: played.app.session.is_gone("b"))
        await played.settle()
        assert sorted(rows(played)) == sorted(before)
        text = played.text()
        assert "a LIVE ●" in text.splitlines()[0]
        assert "b RECONNECTING ◌" in text.splitlines()[0]
        stale = [line for line in text.splitlines()[4:20] if line.startswith("STALE b")]
        assert len(stale) == sum(key.startswith("b:") for key in before)
        assert not any(tone == "stale" for tone in tones(played, "a:eth0/51"))
        assert set(tones(played, "b:eth0/51")) == {"stale"}


async def test_picture(pair, picture):
    async with pair() as (played, _, b):
        picture(played, "pair-120x36")
    async with pair(size=(80, 24)) as (played, _, b):
        await b.stop()
        await played.until(lambda: played.app.session.is_gone("b"))
        await played.settle()
        picture(played, "pair-one-gone-80x24")


def tones(played, key):
    row = next(row for row in played.app.screen.table.rows if row.key == key)
    return [tone for _, tone in played.app.screen.table._cells(row)]


async def test_an_engine_that_comes_back_knows_only_what_it_says_now(pair, tmp_path):
    async with pair() as (played, _, b):
        await b.stop()
        await played.until(lambda: played.app.session.is_gone("b"))
        said = [message for message in of_b() if getattr(message, "key", "") != "eth0/1"]
        async with ScriptedEngine(tmp_path / "b.sock", said):
            await played.until(lambda: not played.app.session.is_gone("b") and "b:eth0/1" not in keys(played))
            await played.settle()
            assert "b:eth0/51" in rows(played)
            assert "a:eth0/1" in rows(played)
            assert len([1 for event in played.app.session.view.picture.events.values()]) == len(world.events()) + 1


def keys(played):
    return [row.key for row in played.app.session.view.rows()]


async def test_changes_reach_the_row_of_their_host_alone(pair):
    async with pair() as (played, _, b):
        b.say(Removed(kind="group", key="eth0/1"), Removed(kind="virtual_router", key="eth0/1"))
        await played.until(lambda: "b:eth0/1" not in keys(played))
        assert "a:eth0/1" in keys(played)


async def test_the_page_of_a_group_is_its_hosts(pair):
    async with pair() as (played, _, _):
        played.app.screen.table.select("b:eth0/51")
        await played.press("enter")
        assert played.app.screen.group_key == "b:eth0/51"
        assert "VI_51 became master" in played.text()
        await played.press("escape", "5")
        text = played.text()
        assert "pid 4121" in text
        await played.press("end")
        await asyncio.sleep(0)
        assert "lb2" in "\n".join("".join(t for t, _ in line) for line in played.app.screen.query_one("#page").lines)


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (300, 100)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("tab", ["1", "2", "3", "4", "5", "enter"])
async def test_no_key_on_any_screen_breaks_the_console_of_a_pair(pair, size, tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with pair(size=size) as (played, _, _):
        for key in KEYS:
            await played.pilot.press("escape", tab, key_of(key))
            assert played.app._exception is None, key


async def test_other_times_of_adverts_leave_the_host_column(pair):
    async with pair() as (played, _, _):
        await played.press("2", "t")
        header = played.text().splitlines()[3]
        assert "HOST" in header
        assert "+PREVIOUS" in header
        await played.press("t", "t")
        assert " TIME " in played.text()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["a.sock", "b.sock"], {"a": "a.sock", "b": "b.sock"}),
        (
            ["lb1=a.sock", "x/engine.sock", "y/engine.sock"],
            {"lb1": "a.sock", "engine": "x/engine.sock", "engine-2": "y/engine.sock"},
        ),
        (["./a=b.sock"], {"a_b": "a=b.sock"}),
    ],
)
def test_engines_are_called_by_their_names_or_their_files(words, found):
    assert sockets.by_name([sockets.named(word) for word in words]) == found


@pytest.mark.parametrize("word", ["=a.sock", "a b=c.sock", "a=", "a:b=c", "x" * 21 + "=c"])
def test_a_name_that_cannot_be_is_refused(word):
    import argparse

    with pytest.raises(argparse.ArgumentTypeError, match="invalid NAME=PATH"):
        sockets.named(word)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status"], "vrrptui: usage: --socket is given 2 times; status speaks to one engine"),
        (["-r", "a.pcap"], "vrrptui: console: "),
    ],
)
def test_several_engines_are_for_the_console_alone(words, said):
    command = [sys.executable, "-m", "vrrptui", "--socket", "a", "--socket", "b", *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    (line,) = done.stderr.splitlines()
    assert line.startswith(said)
    assert done.returncode == 2
