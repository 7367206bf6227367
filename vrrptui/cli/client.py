"""A client of the control socket for one question or one command: blocking, with a time limit."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

from vrrptui.control import codec
from vrrptui.control.messages import Command, Done, FromEngine, Refused, Synced

ANSWER_S = 5.0


class EngineUnreachableError(Exception):
    """No engine answers, or it does not let us in."""


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
        self._messages = self._receive()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def known(self) -> list[FromEngine]:
        """Everything that the engine knows when one connects."""
        found: list[FromEngine] = []
        for message in self._messages:
            if isinstance(message, Synced):
                return found
            if isinstance(message, Refused):
                raise EngineUnreachableError(message.why)
            found.append(message)
        raise EngineUnreachableError(f"the engine on {self._path} hung up")

    def ask(self, command: Command) -> Done | Refused:
        """Give a command and wait for its answer."""
        self._socket.sendall(codec.encode(command))
        for message in self._messages:
            if isinstance(message, Done | Refused) and message.id in (command.id, 0):
                return message
        raise EngineUnreachableError(f"the engine on {self._path} hung up")

    def until(self, deadline_s: float) -> Iterator[FromEngine]:
        """What the engine says until then, by the monotonic clock. Raises EngineUnreachableError."""
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

    def _receive(self) -> Iterator[FromEngine]:
        while True:
            try:
                data = self._socket.recv(1 << 16)
                messages = self._reader.feed(data)
            except TimeoutError:
                raise EngineUnreachableError(f"the engine on {self._path} does not answer") from None
            except (OSError, codec.ProtocolError) as error:
                raise EngineUnreachableError(f"the engine on {self._path}: {error}") from error
            if not data:
                return
            yield from messages
