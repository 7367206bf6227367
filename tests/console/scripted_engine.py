"""An engine that plays a fixed list of messages on a real Unix socket and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.console import world
from vrrptui.control.codec import client_reader, encode
from vrrptui.control.messages import Command, Done, FromClient, FromEngine, Refused, Subscribe

Answer = Callable[[Command], Sequence[FromEngine]]


def carry_out(command: Command) -> Sequence[FromEngine]:
    return [Done(id=command.id, text=f"{type(command).__name__} done")]


def refuse(command: Command) -> Sequence[FromEngine]:
    return [Refused(id=command.id, why="not today")]


class ScriptedEngine:
    """`async with ScriptedEngine(path, greeting)`: says the greeting to every client, and `adverts` on subscription."""

    def __init__(
        self,
        path: Path,
        greeting: Sequence[FromEngine],
        *,
        adverts: Sequence[world.Spoken] = (),
        answer: Answer = carry_out,
    ) -> None:
        self.path = path
        self.greeting = list(greeting)
        self.adverts = list(adverts)
        self.answer = answer
        self.asked: list[FromClient] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ScriptedEngine:
        self._server = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go away, as a crashed engine does."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    def say(self, *messages: FromEngine) -> None:
        """Tell every client something."""
        for writer in self._writers:
            writer.write(b"".join(encode(message) for message in messages))

    def commands(self) -> list[FromClient]:
        return [message for message in self.asked if not isinstance(message, Subscribe)]

    def _accept(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.create_task(self._serve(stream, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        reader = client_reader()
        writer.write(b"".join(encode(message) for message in self.greeting))
        try:
            while data := await stream.read(65536):
                for message in reader.feed(data):
                    self._hear(message, writer)
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _hear(self, message: FromClient, writer: asyncio.StreamWriter) -> None:
        self.asked.append(message)
        if isinstance(message, Subscribe):
            if message.adverts and self.adverts:
                writer.write(encode(world.adverts_told(self.adverts)))
            return
        for said in self.answer(message):
            writer.write(encode(said))
