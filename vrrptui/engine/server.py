"""The control socket: who may connect, what each client is told, and a limit on how slow one may be.

Knows the vocabulary and the peers' credentials; what a command does is decided by the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import socket
import stat
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from vrrptui import __version__
from vrrptui.control import codec
from vrrptui.control.messages import (
    PROTOCOL,
    Adverts,
    Command,
    Done,
    FromClient,
    FromEngine,
    Hello,
    Refused,
    Removed,
    Subscribe,
    Synced,
)
from vrrptui.control.snapshots import CheckSnapshot, EngineSnapshot, GroupSnapshot, VirtualRouterSnapshot

log = logging.getLogger(__name__)

GROUP_NAME = "vrrptui"
MAX_CLIENTS = 32
QUEUE_BYTES = 4 << 20  # more than this unsent, the greeting apart: the client is too slow, and is cut off
BEHIND_BYTES = 256 << 10  # with more than this unsent, a client hears how things are only once it has caught up
MOST_LATER = 8192  # snapshots; an engine knows fewer things
CATCH_UP_S = 0.1
PROBE_S = 1.0

Subject = tuple[str, str]  # what a snapshot is of: its kind, and its key


class SocketError(Exception):
    """Another engine answers on the control socket, or it cannot be made."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who sent a command: for the permission and for the history."""

    user: str
    may_operate: bool
    terminal: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.terminal}" if self.terminal else self.user


class Client:
    """One connection."""

    def __init__(self, server: ControlServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self.wants_adverts = False
        self.operator = credentials(writer.get_extra_info("socket"))
        self._most_unsent = QUEUE_BYTES
        self._later: dict[Subject, bytes] = {}  # what it is yet to hear, the latest of each

    def greet(self, messages: Iterable[FromEngine]) -> None:
        """Say all that is known. It is bounded by what an engine knows, and counts as no slowness of the client."""
        lines = b"".join(map(codec.encode, messages))
        self._most_unsent = QUEUE_BYTES + len(lines)
        self._writer.write(lines)

    def refuse(self, why: str) -> None:
        """Say why not, and hang up."""
        self._writer.write(codec.encode(Refused(id=0, why=why)))
        self.hang_up()

    def hang_up(self) -> None:
        self._writer.close()

    def send(self, line: bytes) -> None:
        """Queue a line; a client that does not read is cut off."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > self._most_unsent:
            self._cut_off()
            return
        transport.write(line)

    def _cut_off(self) -> None:
        log.warning("control client %s reads too slowly: cut off", self.operator)
        self._writer.transport.abort()
        self._later.clear()

    def tell(self, subject: Subject | None, line: bytes) -> None:
        """Say how `subject` is now; to a client that is behind, later and only the latest. None: a thing said once."""
        if subject is None:
            self.send(line)
        elif self._writer.transport.is_closing():
            return
        elif self._later or self._is_behind:
            if not self._later:
                asyncio.get_running_loop().call_later(CATCH_UP_S, self._catch_up)
            self._later[subject] = line
            if len(self._later) > MOST_LATER:  # what comes and goes meanwhile is told as gone, and adds up
                self._cut_off()
        else:
            self.send(line)

    @property
    def _is_behind(self) -> bool:
        return self._writer.transport.get_write_buffer_size() > BEHIND_BYTES

    def _catch_up(self) -> None:
        if self._writer.transport.is_closing():
            return
        if self._is_behind:
            asyncio.get_running_loop().call_later(CATCH_UP_S, self._catch_up)
            return
        self.send(b"".join(self._later.values()))
        self._later.clear()

    async def serve(self) -> None:
        """Say what is known, then obey until the client goes."""
        reader = codec.client_reader()
        try:
            while data := await self._reader.read(codec.MAX_LINE_BYTES):
                for message in reader.feed(data):
                    self._take(message)
        except codec.ProtocolError as error:
            self.send(codec.encode(Refused(id=0, why=f"not understood: {error}")))
        except OSError:
            pass
        finally:
            self.hang_up()

    def _take(self, message: FromClient) -> None:
        if isinstance(message, Subscribe):
            self.wants_adverts = message.adverts
            self._server.subscriptions_changed()
            return
        who = Operator(self.operator.user, self.operator.may_operate, message.terminal[:64])
        if not who.may_operate:
            answer: Done | Refused = Refused(id=message.id, why=f"user {who.user} may look but not operate")
        else:
            answer = self._server.obey(message, who)
        self.send(codec.encode(answer))


class ControlServer:
    """Listens on a Unix socket and keeps every client up to date."""

    def __init__(
        self,
        path: Path,
        snapshots: Callable[[], Iterable[FromEngine]],
        obey: Callable[[Command, Operator], Done | Refused],
        watched: Callable[[bool], None],
    ) -> None:
        """`snapshots` gives all a new client must know; `watched` is told whether anybody wants adverts."""
        self.path = path
        self.clients: set[Client] = set()
        self.obey = obey
        self._snapshots = snapshots
        self._watched = watched
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen. Raises SocketError."""
        take_over_path(self.path)
        try:
            made = not self.path.parent.exists()
            self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._server = await asyncio.start_unix_server(self._accept, sock=listening_at(self.path))
        except OSError as error:
            raise SocketError(f"cannot listen on {self.path}: {error.strerror or error}") from error
        with contextlib.suppress(KeyError, PermissionError):
            for path in (self.path, self.path.parent) if made else (self.path,):
                os.chown(path, -1, grp.getgrnam(GROUP_NAME).gr_gid)

    async def stop(self) -> None:
        """Let all clients go and remove the socket."""
        if self._server is not None:
            self._server.close()
            self.path.unlink(missing_ok=True)
        for client in list(self.clients):
            client.hang_up()

    def publish(self, messages: Iterable[FromEngine]) -> None:
        """Tell every client. Adverts go to those who asked for them."""
        if not self.clients:
            return
        for message in messages:
            line, subject = codec.encode(message), _subject(message)
            for client in self.clients:
                if not isinstance(message, Adverts) or client.wants_adverts:
                    client.tell(subject, line)

    def subscriptions_changed(self) -> None:
        self._watched(any(client.wants_adverts for client in self.clients))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, reader, writer)
        if client.operator.user == "":
            client.refuse(f"only root and the group {GROUP_NAME} may connect")
            return
        if len(self.clients) >= MAX_CLIENTS:
            client.refuse(f"{MAX_CLIENTS} clients are connected: no more are let in")
            return
        hello = Hello(protocol=PROTOCOL, version=__version__, pid=os.getpid(), may_operate=client.operator.may_operate)
        client.greet((hello, *self._snapshots(), Synced()))
        self.clients.add(client)
        try:
            await client.serve()
        finally:
            self.clients.discard(client)
            self.subscriptions_changed()


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
    """A socket for root and the group. Whoever finds the path can connect: it is there only once somebody listens."""
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
    """Remove a socket that nobody listens on any more. Raises SocketError when somebody does, or it is no socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            if not stat.S_ISSOCK(path.stat().st_mode):
                raise SocketError(f"cannot use {path}: there is something else than a socket")
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise SocketError(f"cannot use {path}: {error.strerror or error}") from error
    raise SocketError(f"another engine answers on {path}; choose another --socket")


def credentials(connection: socket.socket) -> Operator:
    """Who is at the other end (SO_PEERCRED); an empty user when that one may not even read."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, gid = struct.unpack("iII", data)
    try:
        name = pwd.getpwuid(uid).pw_name
        groups = os.getgrouplist(name, gid)
    except KeyError:
        name, groups = f"uid {uid}", [gid]
    if uid in (0, os.geteuid()):
        return Operator(name, may_operate=True)
    try:
        if grp.getgrnam(GROUP_NAME).gr_gid in groups:
            return Operator(name, may_operate=False)
    except KeyError:
        pass
    return Operator("", may_operate=False)
