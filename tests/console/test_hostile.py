"""What others wrote appears as text on every screen, and acts on nothing."""

import pytest

from tests.console import world
from vrrptui.control.messages import Done, HistoryEvent, Synced
from vrrptui.control.snapshots import CheckSnapshot, Contribution

EVIL = "[bold red]x[/] \x1b]52;c;aGk=\x07\x1b[2J\u202e\r\n[@click=app.bell]y[/]"


def hostile_greeting():
    heard = world.heard(EVIL, 100, source_mac=EVIL, auth=EVIL, checksum=EVIL)
    group = world.group(
        66,
        "10.6.6.6",
        heard,
        addresses=[EVIL],
        severity="critical",
        problems=[EVIL],
        explanations=[EVIL],
        last_cause=EVIL,
        listeners=[EVIL],
    )
    own = world.router(66, "backup", 100, Contribution(name=EVIL, amount=-5, state="down"), name=EVIL, reason=EVIL)
    check = CheckSnapshot(
        name=EVIL,
        kind="script",
        state="down",
        weight=-5,
        rise=1,
        fall=1,
        run=(1, 1),
        last_output=EVIL,
        command=EVIL,
        routers=[EVIL],
    )
    event = HistoryEvent(seq=1, time=world.NOW, group="eth0/66", kind=EVIL, severity="critical", text=EVIL, by=EVIL)
    hello = world.hello()
    return [hello, world.engine(host=EVIL, interfaces=[EVIL]), group, own, check, event, Synced()]


@pytest.mark.parametrize("keys", [(), ("enter",), ("3",), ("4",), ("D",), ("S",), ("y",)])
async def test_hostile_text_is_only_text(play, keys):
    async with play(hostile_greeting()) as played:
        await played.press(*keys)
        await played.settle()
        text = played.text()
        assert all(line.isprintable() for line in text.splitlines())
        assert "[bold red]x" in text


async def test_hostile_answers_are_only_text(play):
    async with play(hostile_greeting(), answer=lambda command: [Done(id=command.id, text=EVIL)]) as played:
        await played.press("S")
        await played.confirm()
        await played.until(lambda: any("[bold red]" in note.message for note in played.app._notifications))
        await played.settle()
        assert all(line.isprintable() for line in played.text().splitlines())
        assert all(note.message.isprintable() and not note.markup for note in played.app._notifications)


async def test_hostile_adverts_are_only_text(play):
    async with play() as played:
        played.engine.adverts = [world.advert(1, source=EVIL, interface=EVIL, addresses=[EVIL], problems=[EVIL])]
        await played.press("2")
        await played.until(lambda: played.app.session.view.adverts.received)
        await played.settle()
        assert all(line.isprintable() for line in played.text().splitlines())
        assert "[bold red]x" in played.text()
