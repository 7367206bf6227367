"""A blocking client of the control socket for one question or command, with limits.

A question has one deadline for the whole answer, and one limit for its size: the other end may be broken or forged, and
never stop sending.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

from vrrptui import peer
from vrrptui.client.view import View
from vrrptui.control import codec
from vrrptui.control.messages import Command, Done, FromEngine, Refused, Synced

ANSWER_S = 5.0  # seconds to connect and to receive the whole state
COMMAND_S = 10.0  # seconds for the answer to a command, such as a reload of many virtual routers
ANSWER_BYTES = 32 << 20  # an engine with 2,000 virtual routers and their groups sends less than 10 MB


class EngineUnreachableError(Exception):
    """No engine answers, or it refuses the user."""


class Connection:
    """A connection to the engine at `path`. Raises EngineUnreachableError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = codec.engine_reader()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(ANSWER_S)
        try:
            self._socket.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            text = f"no engine answers on {path}; start one with `vrrptui engine`, or name its --socket"
            raise EngineUnreachableError(text) from None
        except OSError as error:
            raise EngineUnreachableError(f"cannot connect to {path}: {error.strerror or error}") from error
        if why := peer.stranger(self._socket, str(path)):
            self._socket.close()
            raise EngineUnreachableError(why)
        self._waiting: list[FromEngine] = []  # received with an answer, and not yet read

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def known(self) -> list[FromEngine]:
        """Return the messages with the engine's whole state."""
        found: list[FromEngine] = []
        for message in self._answer(ANSWER_S):
            if isinstance(message, Synced):
                return found
            if isinstance(message, Refused):
                raise EngineUnreachableError(message.why)
            found.append(message)
        raise EngineUnreachableError(f"the engine on {self._path} hung up")

    def view(self) -> View:
        """Return the engine's state as a view.

        Raises EngineUnreachableError, also if the engine sends no snapshot of itself.
        """
        view = View()
        for message in self.known():
            view.apply(message)
        view.apply(Synced())
        if view.picture.engine is None:
            raise EngineUnreachableError(f"the engine on {self._path} is not ready yet")
        return view

    def ask(self, command: Command) -> Done | Refused:
        """Send a command and return its answer."""
        self._socket.settimeout(COMMAND_S)
        try:
            self._socket.sendall(codec.encode(command))
        except codec.ProtocolError as error:
            return Refused(id=command.id, why=str(error))
        except OSError as error:
            raise EngineUnreachableError(f"the engine on {self._path}: {error.strerror or error}") from error
        for message in self._answer(COMMAND_S):
            if isinstance(message, Done | Refused) and message.id in (command.id, 0):
                return message
        raise EngineUnreachableError(f"the engine on {self._path} hung up")

    def until(self, deadline_s: float) -> Iterator[FromEngine]:
        """Yield the engine's messages until this monotonic time. Raises EngineUnreachableError."""
        waiting, self._waiting = self._waiting, []
        yield from waiting
        while (left := deadline_s - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(1 << 16)
                messages = self._reader.feed(data)
            except TimeoutError:
                return
            except (OSError, codec.ProtocolError) as error:
                raise EngineUnreachableError(f"the engine on {self._path}: {error}") from error
            if not data:
                raise EngineUnreachableError(f"the engine on {self._path} hung up")
            yield from messages

    def _answer(self, seconds: float) -> Iterator[FromEngine]:
        """Yield the messages of an answer until the engine closes. Raises EngineUnreachableError at either limit."""
        ends, left_bytes = time.monotonic() + seconds, ANSWER_BYTES
        while True:
            while self._waiting:
                yield self._waiting.pop(0)
            left_s = ends - time.monotonic()
            try:
                if left_s <= 0:
                    raise TimeoutError
                self._socket.settimeout(left_s)
                data = self._socket.recv(1 << 16)
                self._waiting = self._reader.feed(data)
            except TimeoutError:
                text = f"the engine on {self._path} does not answer within {seconds:.0f} s"
                raise EngineUnreachableError(text) from None
            except (OSError, codec.ProtocolError) as error:
                raise EngineUnreachableError(f"the engine on {self._path}: {error}") from error
            if not data:
                return
            left_bytes -= len(data)
            if left_bytes < 0:
                text = f"the engine on {self._path} does not stop talking: more than {ANSWER_BYTES >> 20} MiB"
                raise EngineUnreachableError(text)


def view_at(path: Path) -> View:
    """Return the state of the engine at `path`. Raises EngineUnreachableError."""
    with Connection(path) as connection:
        return connection.view()
