"""The encoding of messages: one JSON object per line in both directions, with a limit on the line."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from vrrptui.control.messages import FromClient, FromEngine
from vrrptui.control.shorten import shortened

MAX_LINE_BYTES = 64 * 1024

Message = TypeVar("Message")


class ProtocolError(Exception):
    """The other side sent an invalid message: too long, not JSON, or unknown."""


def encode(message: FromEngine | FromClient) -> bytes:
    """Encode a message as a line with its newline, within the reader's limit.

    Messages of an engine are shortened for that. Raises ProtocolError for a command, which must not be shortened.
    """
    data = msgspec.json.encode(message)
    if len(data) > MAX_LINE_BYTES:
        if isinstance(message, FromClient):
            raise ProtocolError(f"a command of {len(data)} bytes is too long: at most {MAX_LINE_BYTES}")
        data = shortened(message, MAX_LINE_BYTES)
    return data + b"\n"


class LineReader(Generic[Message]):
    """Decodes received bytes into messages. After a ProtocolError the connection is unusable."""

    def __init__(self, decoder: msgspec.json.Decoder[Message]) -> None:
        self._decoder = decoder
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes, in order."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if any(len(line) > MAX_LINE_BYTES for line in (*lines, self._rest)):
            raise ProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
        try:
            return [self._decoder.decode(line) for line in lines if line]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(str(error)) from error


def engine_reader() -> LineReader[FromEngine]:
    """Return a reader for messages of an engine."""
    return LineReader(msgspec.json.Decoder(FromEngine))


def client_reader() -> LineReader[FromClient]:
    """Return a reader for messages of a client."""
    return LineReader(msgspec.json.Decoder(FromClient))
