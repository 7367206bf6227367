"""The console's end of the control socket."""

import asyncio

from tests.console import world
from tests.console.scripted_engine import ScriptedEngine
from vrrptui.client.connection import EngineClient
from vrrptui.control.codec import encode
from vrrptui.control.messages import PROTOCOL, Done, Hello, Refused, Reload, Subscribe, Synced


class Heard:
    def __init__(self, path):
        self.messages, self.links = [], []
        self.client = EngineClient(str(path), self.messages.append, lambda up, why: self.links.append((up, why)))

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)


async def test_it_is_back_within_two_seconds_and_asks_for_adverts(tmp_path):
    path = tmp_path / "engine.sock"
    heard = Heard(path)
    heard.client.want_adverts(True)
    task = asyncio.create_task(heard.client.run())
    async with ScriptedEngine(path, world.greeting()):
        await heard.until(lambda: (True, "") in heard.links)
    await heard.until(lambda: not heard.links[-1][0])
    started = asyncio.get_running_loop().time()
    async with ScriptedEngine(path, world.greeting()) as engine:
        await heard.until(lambda: heard.links[-1][0] and engine.asked)
        assert asyncio.get_running_loop().time() - started < 2
        assert engine.asked == [Subscribe(adverts=True)]
        task.cancel()


async def test_no_engine_is_said_in_words_and_nothing_is_sent(tmp_path):
    heard = Heard(tmp_path / "none.sock")
    task = asyncio.create_task(heard.client.run())
    await heard.until(lambda: heard.links)
    assert heard.links[0] == (False, f"no engine listens on {tmp_path / 'none.sock'}")
    answer = await heard.client.ask(lambda number: Reload(id=number))
    assert isinstance(answer, Refused)
    assert "nothing was sent" in answer.why
    task.cancel()


async def test_every_question_gets_its_own_answer(tmp_path):
    path = tmp_path / "engine.sock"
    heard = Heard(path)
    held = []

    def answer(command):
        held.append(command)
        return [Done(id=one.id, text=f"number {one.id}") for one in reversed(held)] if len(held) == 3 else []

    async with ScriptedEngine(path, world.greeting(), answer=answer):
        task = asyncio.create_task(heard.client.run())
        await heard.until(lambda: Synced() in heard.messages)
        answers = await asyncio.gather(*(heard.client.ask(lambda number: Reload(id=number)) for _ in range(3)))
        assert [one.text for one in answers] == ["number 1", "number 2", "number 3"]
        task.cancel()


async def test_an_engine_that_dies_before_answering_is_a_refusal(tmp_path):
    path = tmp_path / "engine.sock"
    heard = Heard(path)
    async with ScriptedEngine(path, world.greeting(), answer=lambda command: []) as engine:
        task = asyncio.create_task(heard.client.run())
        await heard.until(lambda: Synced() in heard.messages)
        asked = asyncio.create_task(heard.client.ask(lambda number: Reload(id=number)))
        await heard.until(engine.commands)
        await engine.stop()
        answer = await asked
        assert "connection was lost" in answer.why
        task.cancel()


async def test_what_is_no_message_ends_the_connection_with_a_reason(tmp_path):
    path = tmp_path / "engine.sock"
    said = [b"x" * 70_000 + b"\n", b"{}\n", encode(Hello(protocol=99, version="9", pid=1, may_operate=True))]

    async def babble(_, writer):
        writer.write(said.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(babble, path)
    heard = Heard(path)
    task = asyncio.create_task(heard.client.run())
    await heard.until(lambda: len(heard.links) >= 3)
    task.cancel()
    server.close()
    reasons = [why for _, why in heard.links[:3]]
    assert all(why.startswith("invalid message from the engine") for why in reasons)
    assert f"it speaks protocol 99, this console {PROTOCOL}" in reasons[2]
