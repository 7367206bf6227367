"""One client of the control socket: what is sent to it, what it asks for, and what both may cost in a turn of the loop.

A read takes some KiB, and some commands are obeyed after it. A client that may only look is read again after a pause.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator

from vrrptui.control import codec
from vrrptui.control.messages import Command, Done, FromClient, FromEngine, Refused, Subscribe, Synced
from vrrptui.engine.serve.peers import Operator

log = logging.getLogger(__name__)

QUEUE_BYTES = 4 << 20  # more than this unsent: the client is too slow, and is cut off
LOOKERS_QUEUE_BYTES = 1 << 20  # the same of one that may only look
BEHIND_BYTES = 256 << 10  # with more than this unsent, a client hears how things are only once it has caught up
MOST_LATER = 8192  # snapshots; an engine knows fewer things
CATCH_UP_S = 0.1
SENT_AT_ONCE = 64 << 10  # bytes
READ_AT_ONCE = 4 << 10  # bytes
OBEYED_AT_ONCE = 4  # commands
LOOKERS_PAUSE_S = 0.05  # between two reads
GREETED_NS = 500_000  # how long a piece of the greeting may take

Subject = tuple[str, str]  # what a snapshot is of: its kind, and its key
Obey = Callable[[Command, Operator], Done | Refused]


class Client:
    """One connection. `changed` is called when it wants other things than before, and when it has gone."""

    def __init__(
        self, connection: socket.socket, operator: Operator, obey: Obey, changed: Callable[[Client], None]
    ) -> None:
        connection.setblocking(False)
        self.operator = operator
        self.wants_adverts = False
        self.is_open = True
        self._loop = asyncio.get_running_loop()
        self._socket = connection
        self._obey = obey
        self._changed = changed
        self._most_unsent = QUEUE_BYTES if operator.may_operate else LOOKERS_QUEUE_BYTES
        self._unsent = bytearray()
        self._reader = codec.client_reader()
        self._asked: deque[FromClient] = deque()  # what it asked for, and what waits to be obeyed
        self._pause: asyncio.TimerHandle | asyncio.Handle | None = None
        self._greeting: Iterator[FromEngine] | None = None
        self._after = bytearray()  # what is said once, and came during the greeting
        self._later: dict[Subject, bytes] = {}  # what it is yet to hear, the latest of each
        self._catching_up: asyncio.TimerHandle | None = None
        self._loop.add_reader(connection.fileno(), self._on_readable)

    # What is sent to it.

    def greet(self, messages: Iterator[FromEngine]) -> None:
        """`messages` are said first, as `go_on_greeting` is called; what happens meanwhile comes after them."""
        self._greeting = messages

    def go_on_greeting(self) -> bool:
        """Say a piece of the greeting, no more than a client that reads takes; whether there is more of it."""
        until_ns = time.monotonic_ns() + GREETED_NS
        while self._greeting is not None and self.is_open:
            if self._is_behind:
                return True
            message = next(self._greeting, None)
            if message is None:
                self._greeting = None
                self._write(codec.encode(Synced()) + b"".join((*self._later.values(), self._after)))
                self._later.clear()
                self._after.clear()
                break
            self._write(codec.encode(message))
            if time.monotonic_ns() > until_ns:
                return True
        return False

    @property
    def waits(self) -> bool:
        """Whether it has to read before it can be greeted on."""
        return self.is_open and self._greeting is not None and self._is_behind

    def tell(self, subject: Subject | None, line: bytes) -> None:
        """Say how `subject` is now; to a client that is behind, later and only the latest. None: a thing said once."""
        if not self.is_open:
            return
        if subject is None:
            self._say_once(line)
        elif self._greeting is not None or self._later or self._is_behind:
            if self._greeting is None and self._catching_up is None:
                self._catching_up = self._loop.call_later(CATCH_UP_S, self._catch_up)
            self._later.pop(subject, None)
            self._later[subject] = line
            if len(self._later) > MOST_LATER:  # what comes and goes meanwhile is sent as removed, and adds up
                self._cut_off()
        else:
            self._send(line)

    def _say_once(self, line: bytes) -> None:
        if self._greeting is None:
            self._send(line)
            return
        self._after += line
        if len(self._after) > self._most_unsent:
            self._cut_off()

    def refuse(self, why: str) -> None:
        """Say why not, and hang up."""
        self._send(codec.encode(Refused(id=0, why=why)))
        self.close()

    def _send(self, line: bytes) -> None:
        """Queue a line; a client that does not read is cut off."""
        if len(self._unsent) > self._most_unsent:
            self._cut_off()
        elif self.is_open:
            self._write(line)

    def _write(self, data: bytes) -> None:
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self._socket.fileno(), self._on_writable)

    def _on_writable(self) -> None:
        try:
            with memoryview(self._unsent) as unsent:
                sent = self._socket.send(unsent[:SENT_AT_ONCE])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())

    def _cut_off(self) -> None:
        log.warning("control client %s reads too slowly: cut off", self.operator)
        self.close()

    @property
    def _is_behind(self) -> bool:
        return len(self._unsent) > BEHIND_BYTES

    def _catch_up(self) -> None:
        self._catching_up = None
        if self._is_behind:
            self._catching_up = self._loop.call_later(CATCH_UP_S, self._catch_up)
            return
        self._send(b"".join(self._later.values()))
        self._later.clear()

    # What it asks for.

    def _on_readable(self) -> None:
        try:
            data = self._socket.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        try:
            self._asked.extend(self._reader.feed(data))
        except codec.ProtocolError as error:
            self.refuse(f"not understood: {error}")
            return
        self._obey_some()

    def _obey_some(self) -> None:
        """Obey some commands, and go on with the others, and with reading, in another turn of the loop."""
        self._pause = None
        for _ in range(min(OBEYED_AT_ONCE, len(self._asked))):
            self._take(self._asked.popleft())
            if not self.is_open:
                return
        if self.operator.may_operate and not self._asked:
            return
        self._loop.remove_reader(self._socket.fileno())
        if self.operator.may_operate:
            self._pause = self._loop.call_soon(self._go_on)
        else:
            self._pause = self._loop.call_later(LOOKERS_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._socket.fileno(), self._on_readable)
        if self._asked:
            self._obey_some()

    def _take(self, message: FromClient) -> None:
        if isinstance(message, Subscribe):
            if message.adverts is not self.wants_adverts:
                self.wants_adverts = message.adverts
                self._changed(self)
            return
        who = Operator(self.operator.user, self.operator.may_operate, message.terminal[:64])
        if not who.may_operate:
            answer: Done | Refused = Refused(id=message.id, why=f"user {who.user} may look but not operate")
        else:
            answer = self._obey(message, who)
        self._say_once(codec.encode(answer))

    def close(self) -> None:
        """Hang up; what was not sent yet is dropped, and nothing of the client is kept."""
        if not self.is_open:
            return
        self.is_open = self.wants_adverts = False
        for waiting in (self._pause, self._catching_up):
            if waiting is not None:
                waiting.cancel()
        self._pause = self._catching_up = self._greeting = None
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for kept in (self._unsent, self._after, self._later, self._asked):
            kept.clear()
        self._changed(self)
