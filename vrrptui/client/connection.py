"""The console's connection to a control socket: receives, sends commands, and reconnects.

Knows nothing of screens. Messages and changes of the link are passed to two callables.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable

from vrrptui import peer
from vrrptui.control.codec import ProtocolError, encode, engine_reader
from vrrptui.control.messages import PROTOCOL, Command, Done, FromClient, FromEngine, Hello, Refused, Subscribe

RETRY_S = 1.0
ANSWER_S = 5.0
READ_BYTES = 256 * 1024


class EngineClient:
    """One connection at a time to the engine at `path`, until it is cancelled."""

    def __init__(
        self,
        path: str,
        on_message: Callable[[FromEngine], None],
        on_link: Callable[[bool, str], None],  # whether it is up, and why not
    ) -> None:
        self.path = path
        self._on_message = on_message
        self._on_link = on_link
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Done | Refused]] = {}
        self._wants_adverts = False

    async def run(self) -> None:
        """Connect, receive until the engine closes, and reconnect. Ends only when cancelled."""
        while True:
            try:
                why = await self._converse()
            except OSError as error:
                reason = error.strerror or type(error).__name__
                gone = isinstance(error, FileNotFoundError | ConnectionRefusedError)
                why = f"no engine listens on {self.path}" if gone else f"{self.path}: {reason}"
            except ProtocolError as error:
                why = f"invalid message from the engine: {error}"
            self._on_link(False, why)
            await asyncio.sleep(RETRY_S)

    async def _converse(self) -> str:
        stream, writer = await asyncio.open_unix_connection(self.path)
        reader = engine_reader()
        if why := peer.stranger(writer.get_extra_info("socket"), self.path):
            writer.close()
            return why
        self._writer = writer
        try:
            while data := await stream.read(READ_BYTES):
                for message in reader.feed(data):
                    self._take(message)
            return "the engine closed the connection"
        finally:
            self._writer = None
            self._give_up_questions()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _take(self, message: FromEngine) -> None:
        match message:
            case Hello():
                if message.protocol != PROTOCOL:
                    raise ProtocolError(f"it speaks protocol {message.protocol}, this console {PROTOCOL}")
                self._on_link(True, "")
                if self._wants_adverts:
                    self._say(Subscribe(adverts=True))
            case Done() | Refused():
                answer = self._asked.pop(message.id, None)
                if answer is not None and not answer.done():
                    answer.set_result(message)
                return
        self._on_message(message)

    def want_adverts(self, wanted: bool) -> None:
        """Subscribe to adverts or unsubscribe, also after a reconnection."""
        if wanted != self._wants_adverts:
            self._wants_adverts = wanted
            self._say(Subscribe(adverts=wanted))

    async def ask(self, command: Callable[[int], Command]) -> Done | Refused:
        """Send the command made from a new number. Return the answer, or a local refusal with the reason."""
        number = next(self._numbers)
        if self._writer is None:
            return Refused(id=number, why="no engine is connected; nothing was sent")
        answer: asyncio.Future[Done | Refused] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self._say(command(number))
            return await asyncio.wait_for(answer, ANSWER_S)
        except ProtocolError as error:
            return Refused(id=number, why=f"{error}; nothing was sent")
        except TimeoutError:
            return Refused(id=number, why=f"no answer in {ANSWER_S:.0f} s; the command may still be carried out")
        finally:
            self._asked.pop(number, None)

    def _say(self, message: FromClient) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode(message))

    def _give_up_questions(self) -> None:
        for number, answer in self._asked.items():
            if not answer.done():
                answer.set_result(
                    Refused(id=number, why="the connection was lost; the command may have been carried out")
                )
        self._asked.clear()
