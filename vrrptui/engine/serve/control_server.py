"""The control socket: accepting clients, and sending messages to all of them.

The engine carries out commands. A turn of the loop accepts few connections and sends part of the greeting to one
client, so that no client delays an advert.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import grp
import logging
import os
import socket
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from vrrptui import __version__
from vrrptui.control import codec
from vrrptui.control.messages import PROTOCOL, Adverts, Command, Done, FromEngine, Hello, Refused, Removed
from vrrptui.control.snapshots import CheckSnapshot, EngineSnapshot, GroupSnapshot, VirtualRouterSnapshot
from vrrptui.engine.serve.peers import GROUP_NAME as GROUP_NAME
from vrrptui.engine.serve.peers import MAX_CLIENTS, Peers
from vrrptui.engine.serve.peers import Operator as Operator
from vrrptui.engine.serve.served_client import Client, Subject

log = logging.getLogger(__name__)

TAKEN_AT_ONCE = 2  # connections
SPARE = 2  # descriptors
WITHOUT_DESCRIPTORS_S = 1.0  # seconds until connections are accepted again after a lack of descriptors
GREET_AGAIN_S = 0.02  # seconds until the greeting continues for a client that must read first
PROBE_S = 1.0


class SocketError(Exception):
    """Another engine answers on the control socket, or it cannot be created."""


class ControlServer:
    """Listens on a Unix socket and publishes to all clients."""

    def __init__(
        self,
        path: Path,
        snapshots: Callable[[], Iterable[FromEngine]],
        obey: Callable[[Command, Operator], Done | Refused],
        watched: Callable[[bool], None],
    ) -> None:
        """`snapshots` returns the messages for a new client; `watched` is called with whether any client wants adverts.

        The messages are read in parts, and may change meanwhile: changes are published as well.
        """
        self.path = path
        self.clients: set[Client] = set()
        self._obey = obey
        self._snapshots = snapshots
        self._watched = watched
        self._peers = Peers()
        self._loop = asyncio.get_running_loop()
        self._listening: socket.socket | None = None
        self._spare: list[int] = []  # spare descriptors, closed when a client needs one
        self._greeted: deque[Client] = deque()
        self._greeting: asyncio.Handle | None = None

    async def start(self) -> None:
        """Start listening. Raises SocketError."""
        take_over_path(self.path)
        try:
            made = not self.path.parent.exists()
            self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._listening = listening_at(self.path)
        except OSError as error:
            raise SocketError(f"cannot listen on {self.path}: {error.strerror or error}") from error
        self._listening.setblocking(False)
        self._spare_some()
        self._listen()
        with contextlib.suppress(KeyError, PermissionError):
            for path in (self.path, self.path.parent) if made else (self.path,):
                os.chown(path, -1, grp.getgrnam(GROUP_NAME).gr_gid)

    async def stop(self) -> None:
        """Disconnect all clients and remove the socket."""
        if self._listening is not None:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None
            self.path.unlink(missing_ok=True)
        for client in list(self.clients):
            client.close()
        while self._spare:
            os.close(self._spare.pop())
        if self._greeting is not None:
            self._greeting.cancel()

    def publish(self, messages: Iterable[FromEngine]) -> None:
        """Send to every client. Adverts are sent to those that asked for them."""
        if not self.clients:
            return
        for message in messages:
            line, subject = codec.encode(message), _subject(message)
            for client in tuple(self.clients):  # a client that is cut off removes itself
                if not isinstance(message, Adverts) or client.wants_adverts:
                    client.tell(subject, line)

    def _client_changed(self, client: Client) -> None:
        if not client.is_open:
            self.clients.discard(client)
            self._spare_some()
        self._watched(any(one.wants_adverts for one in self.clients))

    def _spare_some(self) -> None:
        with contextlib.suppress(OSError):
            while len(self._spare) < SPARE and self._listening is not None:
                self._spare.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def _listen(self) -> None:
        if self._listening is not None:
            self._loop.add_reader(self._listening.fileno(), self._on_connection)

    def _on_connection(self) -> None:
        assert self._listening is not None
        for _ in range(TAKEN_AT_ONCE):
            try:
                connection, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no descriptor is free, or no memory
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                if self._spare:
                    os.close(self._spare.pop())
                    continue
                self._loop.remove_reader(self._listening.fileno())
                self._loop.call_later(WITHOUT_DESCRIPTORS_S, self._listen)
                return
            self._let_in(connection)

    def _let_in(self, connection: socket.socket) -> None:
        who = self._peers.credentials(connection)
        why = self._peers.refusal(who, (client.operator for client in self.clients), time.monotonic())
        if why is None and len(self._spare) < SPARE and not who.may_operate:
            why = "no descriptor is free for clients that may only observe"
        if why is not None:
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send(codec.encode(Refused(id=0, why=why)))
            connection.close()
            self._spare_some()
            return
        client = Client(connection, who, self._obey, self._client_changed)
        hello = Hello(protocol=PROTOCOL, version=__version__, pid=os.getpid(), may_operate=who.may_operate)
        client.greet(chain((hello,), self._snapshots()))
        self.clients.add(client)
        self._greeted.append(client)
        if self._greeting is None:
            self._greet_one()

    def _greet_one(self) -> None:
        """Send part of the greeting of one client, and continue in another turn of the loop."""
        self._greeting = None
        client = self._greeted.popleft()
        if client.go_on_greeting():
            self._greeted.append(client)
        if self._greeted:
            all_wait = all(one.waits for one in self._greeted)
            self._greeting = self._loop.call_later(GREET_AGAIN_S if all_wait else 0, self._greet_one)


def _subject(message: FromEngine) -> Subject | None:
    match message:
        case EngineSnapshot():
            return "engine", ""
        case CheckSnapshot(name=name):
            return "check", name
        case VirtualRouterSnapshot(key=key):
            return "virtual_router", key
        case GroupSnapshot(key=key):
            return "group", key
        case Removed(kind=kind, key=key):
            return kind, key
    return None


def listening_at(path: Path) -> socket.socket:
    """Create a socket for root and the group. Its path appears only once it listens."""
    beside = f"{path}~"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    umask = os.umask(0o117)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        listening.bind(beside)
        listening.listen(MAX_CLIENTS)
        os.rename(beside, path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(umask)
    return listening


def take_over_path(path: Path) -> None:
    """Remove a socket that is not in use. Raises SocketError if it is, or if the path is not a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            if not stat.S_ISSOCK(path.stat().st_mode):
                raise SocketError(f"cannot use {path}: it exists and is not a socket")
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise SocketError(f"cannot use {path}: {error.strerror or error}") from error
    raise SocketError(f"another engine answers on {path}; choose another --socket")
