"""One client of the control socket: messages to it, commands from it, and limits per turn of the loop.

A read takes some KiB, after which some commands are carried out. Reading from a client that may only observe is
followed by a pause.
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

QUEUE_BYTES = 4 << 20  # unsent bytes after which a client is too slow and is disconnected
LOOKERS_QUEUE_BYTES = 1 << 20  # the same for a client that may only observe
BEHIND_BYTES = 256 << 10  # unsent bytes after which only the latest snapshots are kept, to be sent later
MOST_LATER = 8192  # snapshots; an engine has fewer subjects
CATCH_UP_S = 0.1
SENT_AT_ONCE = 64 << 10  # bytes
READ_AT_ONCE = 4 << 10  # bytes
OBEYED_AT_ONCE = 4  # commands
LOOKERS_PAUSE_S = 0.05  # seconds between two reads
GREETED_NS = 500_000  # seconds for a part of the greeting

Subject = tuple[str, str]  # the subject of a snapshot: kind and key
Obey = Callable[[Command, Operator], Done | Refused]


class Client:
    """One connection. `changed` is called when its subscriptions change, and when it is closed."""

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
        self._asked: deque[FromClient] = deque()  # received commands that wait
        self._pause: asyncio.TimerHandle | asyncio.Handle | None = None
        self._greeting: Iterator[FromEngine] | None = None
        self._after = bytearray()  # events during the greeting
        self._later: dict[Subject, bytes] = {}  # the latest snapshot of each subject that waits
        self._catching_up: asyncio.TimerHandle | None = None
        self._loop.add_reader(connection.fileno(), self._on_readable)

    # Sending.

    def greet(self, messages: Iterator[FromEngine]) -> None:
        """Send `messages` first, in parts, by `go_on_greeting`. What is published meanwhile follows."""
        self._greeting = messages

    def go_on_greeting(self) -> bool:
        """Send a part of the greeting, at most what the client reads. Return whether there is more."""
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
        """Whether the client must read before the greeting can continue."""
        return self.is_open and self._greeting is not None and self._is_behind

    def tell(self, subject: Subject | None, line: bytes) -> None:
        """Send a line. For a client that is behind, keep only the latest line for `subject`; None: an event."""
        if not self.is_open:
            return
        if subject is None:
            self._say_once(line)
        elif self._greeting is not None or self._later or self._is_behind:
            if self._greeting is None and self._catching_up is None:
                self._catching_up = self._loop.call_later(CATCH_UP_S, self._catch_up)
            self._later.pop(subject, None)
            self._later[subject] = line
            if len(self._later) > MOST_LATER:  # subjects that come and go meanwhile accumulate as removals
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
        """Send a refusal and disconnect."""
        self._send(codec.encode(Refused(id=0, why=why)))
        self.close()

    def _send(self, line: bytes) -> None:
        """Queue a line. A client that does not read is disconnected."""
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
        log.warning("control client %s reads too slowly: disconnected", self.operator)
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

    # Receiving.

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
            self.refuse(f"invalid command: {error}")
            return
        self._obey_some()

    def _obey_some(self) -> None:
        """Carry out some commands. The others, and reading, continue in another turn of the loop."""
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
            answer: Done | Refused = Refused(id=message.id, why=f"user {who.user} may observe but not operate")
        else:
            answer = self._obey(message, who)
        self._say_once(codec.encode(answer))

    def close(self) -> None:
        """Disconnect and drop everything that was not sent."""
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
