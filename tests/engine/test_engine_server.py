"""The control socket with real connections: who is let in, what is refused, and that no client can hurt another."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import grp
import os
import pwd
import resource
import socket
import stat
import struct
import weakref
from typing import Any

import msgspec
import pytest

from vrrptui.control import codec
from vrrptui.control.messages import Adverts, Command, Done, HistoryEvent, Removed, StopRouter, Subscribe
from vrrptui.control.snapshots import GroupSnapshot
from vrrptui.engine.serve import control_server as module
from vrrptui.engine.serve import peers, served_client
from vrrptui.engine.serve.control_server import ControlServer, SocketError, listening_at
from vrrptui.engine.serve.peers import MAX_CLIENTS, Operator, Peers, credentials
from vrrptui.engine.serve.served_client import QUEUE_BYTES


class World:
    """A control server, and all that it told the engine."""

    def __init__(self, path) -> None:
        self.path = path
        self.known: list = []
        self.obeyed: list[tuple[Command, Operator]] = []
        self.watched: list[bool] = []
        self.server = ControlServer(path, lambda: self.known, self._obey, self.watched.append)

    def _obey(self, command: Command, who: Operator) -> Done:
        self.obeyed.append((command, who))
        return Done(id=command.id, text="stopped")


class Peer:
    """A client that speaks in lines."""

    def __init__(self, reader, writer) -> None:
        self.reader, self.writer = reader, writer

    async def line(self):
        return msgspec.json.decode(await asyncio.wait_for(self.reader.readline(), 5))

    async def until(self, kind: str):
        while (said := await self.line())["type"] != kind:
            pass
        return said

    async def ended(self) -> bool:
        with contextlib.suppress(ConnectionError):
            while await asyncio.wait_for(self.reader.read(1 << 16), 5):
                pass
        return True


@pytest.fixture
async def world(tmp_path):
    one: Any = World(tmp_path / "run" / "engine.sock")
    await one.server.start()
    peers = []

    async def connect() -> Peer:
        reader, writer = await asyncio.open_unix_connection(str(one.path), limit=1 << 24)
        peers.append(writer)
        return Peer(reader, writer)

    one.connect = connect
    yield one
    for writer in peers:
        writer.close()
    await one.server.stop()
    await asyncio.sleep(0.01)


def event(text: str, seq: int = 1) -> HistoryEvent:
    return HistoryEvent(seq=seq, time=0.0, group="", kind="TEST", severity="ok", text=text)


def group(vrid: int, last_cause: str) -> GroupSnapshot:
    return GroupSnapshot(
        key=f"eth0/{vrid}",
        interface="eth0",
        vlan=None,
        family="ipv4",
        vrid=vrid,
        version=3,
        masters=[],
        addresses=[],
        severity="ok",
        problems=[],
        last_cause=last_cause,
    )


def give_up_rights(monkeypatch, user: str = "somebody", groups: tuple[int, ...] = (4711,)) -> None:
    """The peer is an ordinary user in these groups, as far as the server can see."""
    monkeypatch.setattr("os.geteuid", lambda: 1)
    monkeypatch.setattr("os.getgrouplist", lambda *_: list(groups))
    entry = pwd.struct_passwd((user, "x", 4711, 4711, "", "/", "/bin/sh"))
    monkeypatch.setattr("pwd.getpwuid", lambda _: entry)
    monkeypatch.setattr("vrrptui.peer.credentials", lambda _: (4711, 4711))
    monkeypatch.setattr("grp.getgrnam", lambda _: grp.struct_group(("vrrptui", "x", 990, [])))


def test_the_path_is_there_only_once_somebody_listens(tmp_path, monkeypatch):
    rename, tried = os.rename, []

    def renamed(beside, path):
        with socket.socket(socket.AF_UNIX) as early:
            tried.append((early.connect_ex(str(beside)), path.exists()))
        rename(beside, path)

    monkeypatch.setattr("os.rename", renamed)
    (tmp_path / "engine.sock~").touch()  # what an engine left that was killed between the two
    with listening_at(tmp_path / "engine.sock"):
        assert tried == [(0, False)]
        assert os.listdir(tmp_path) == ["engine.sock"]


async def test_a_client_is_greeted_with_all_that_is_known(world):
    world.known = [event("one"), event("two", 2)]
    peer = await world.connect()
    said = [await peer.line() for _ in range(4)]
    assert [line["type"] for line in said] == ["hello", "event", "event", "synced"]
    assert (said[0]["may_operate"], said[0]["pid"]) == (True, os.getpid())


async def test_a_greeting_larger_than_the_queue_is_not_slowness(world):
    world.known = [event("x" * 60_000, seq) for seq in range(2 * QUEUE_BYTES // 60_000)]
    peer = await world.connect()
    await asyncio.sleep(0.05)  # it is in no hurry
    assert await peer.until("synced")


async def test_a_command_is_answered_with_its_number_and_its_author(world):
    peer = await world.connect()
    peer.writer.write(codec.encode(StopRouter(id=7, router="VI_1", terminal="pts/3")))
    answer = await peer.until("done")
    assert (answer["id"], answer["text"]) == (7, "stopped")
    (command, who) = world.obeyed[0]
    assert command.router == "VI_1"
    assert str(who) == f"{pwd.getpwuid(os.geteuid()).pw_name}@pts/3"


async def test_a_reader_of_the_group_may_look_but_not_operate(world, monkeypatch):
    give_up_rights(monkeypatch, groups=(990,))
    peer = await world.connect()
    assert (await peer.line())["may_operate"] is False
    peer.writer.write(codec.encode(StopRouter(id=7, router="VI_1")))
    assert (await peer.until("refused"))["why"] == "user somebody may observe but not operate"
    assert world.obeyed == []


async def test_anybody_else_is_told_who_may_connect_and_hears_nothing(world, monkeypatch):
    world.known = [event("secret")]
    give_up_rights(monkeypatch)
    peer = await world.connect()
    assert (await peer.line())["why"] == "only root and the group vrrptui may connect"
    assert await peer.reader.read() == b""
    assert world.server.clients == set()


def test_the_credentials_are_those_of_the_other_end():
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        who = credentials(ours)
    assert (who.user, who.may_operate) == (pwd.getpwuid(os.geteuid()).pw_name, True)


async def test_the_socket_is_for_its_user_and_group_alone(world):
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o660
    assert stat.S_IMODE(world.path.parent.stat().st_mode) == 0o750


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\n",
        b"\x00\xff\xfe\n",
        b"{}\n",
        b'{"type":"explode","id":1}\n',
        b'{"type":"stop","id":"x"}\n',
        b"[" * 100_00 + b"\n",
        b"x" * (codec.MAX_LINE_BYTES + 2),
        b'{"type":"stop","id":1,"router":"' + b"x" * codec.MAX_LINE_BYTES + b'"}\n',
    ],
    ids=["word", "bytes", "empty", "unknown", "wrong type", "deep", "no newline", "oversized"],
)
async def test_garbage_is_refused_and_ends_that_connection_only(world, garbage):
    good, bad = await world.connect(), await world.connect()
    await bad.until("synced")
    bad.writer.write(garbage)
    refusal = await bad.until("refused")
    assert refusal["why"].startswith("invalid command: ")
    assert await bad.ended()
    await good.until("synced")
    world.server.publish([event("still here")])
    assert (await good.until("event"))["text"] == "still here"
    assert world.obeyed == []


async def test_a_client_that_does_not_read_is_cut_off_alone(world, caplog):
    slow, good = await world.connect(), await world.connect()
    await good.until("synced")
    slow.writer.transport.pause_reading()
    count = 4 * QUEUE_BYTES // 60_000
    for seq in range(count):
        world.server.publish([event("x" * 60_000, seq)])
        assert (await good.until("event"))["seq"] == seq
    assert "reads too slowly: disconnected" in caplog.text
    assert len(world.server.clients) == 1


async def test_a_client_behind_hears_the_latest_of_each_group(world, caplog):
    slow = await world.connect()
    await slow.until("synced")
    slow.writer.transport.pause_reading()
    rounds = 8 * QUEUE_BYTES // 60_000
    for number in range(rounds):
        world.server.publish([group(vrid, f"{number} ".ljust(30_000, "x")) for vrid in (1, 2)])
        await asyncio.sleep(0)
    world.server.publish([Removed(kind="group", key="eth0/2"), event("the end")])
    slow.writer.transport.resume_reading()
    said = []
    while not said or said[-1]["type"] != "removed":
        said.append(await slow.line())
    numbers = [int(one["last_cause"].split()[0]) for one in said if one["type"] == "group" and one["vrid"] == 1]
    assert numbers == sorted(numbers)
    assert numbers[-1] == rounds - 1
    assert len(numbers) < rounds / 4
    assert "event" in [one["type"] for one in said]
    assert caplog.text == ""
    world.server.publish([group(1, "at once again")])
    assert (await slow.until("group"))["last_cause"] == "at once again"


async def test_a_client_that_never_catches_up_is_cut_off(world, caplog):
    slow = await world.connect()
    await slow.until("synced")
    slow.writer.transport.pause_reading()
    for number in range(served_client.MOST_LATER // 2):
        world.server.publish([Removed(kind="group", key=f"eth0.{number}/{'x' * 200}")])
        if number % 500 == 0:
            await asyncio.sleep(0)
    assert caplog.text == ""
    for number in range(4 * served_client.MOST_LATER):
        world.server.publish([Removed(kind="group", key=f"eth1.{number}/{'x' * 200}")])
    assert caplog.text.count("reads too slowly: disconnected") == 1
    await asyncio.sleep(0.05)
    assert world.server.clients == set()


async def test_the_33rd_client_is_refused_and_a_free_place_given_again(world):
    peers = [await world.connect() for _ in range(MAX_CLIENTS)]
    for peer in peers:
        await peer.until("synced")
    late = await world.connect()
    assert (await late.line())["why"] == "too many clients: 32 are connected"
    assert await late.ended()
    peers[0].writer.close()
    for _ in range(100):
        if len(world.server.clients) < MAX_CLIENTS:
            break
        await asyncio.sleep(0.01)
    assert await (await world.connect()).until("synced")


async def test_lookers_cannot_take_the_places_of_those_who_may_operate(world, monkeypatch):
    with monkeypatch.context() as patched:
        give_up_rights(patched, groups=(990,))
        lookers = [await world.connect() for _ in range(peers.MAX_OF_A_LOOKER)]
        for looker in lookers:
            await looker.until("synced")
        late = await world.connect()
        assert (await late.line())["why"] == "too many clients: 8 of user somebody are connected"
    assert (await (await world.connect()).line())["may_operate"] is True


def test_how_many_of_whom_are_let_in():
    """Users who may only look: 8 of each, 24 in all, 16 at once and 2 a second; the others get all 32 places."""
    known, root = Peers(), Operator("root", may_operate=True)
    users = [Operator(f"user{number}", may_operate=False) for number in range(5)]
    there: list[Operator] = []
    for user in users:
        while (why := known.refusal(user, there, 0.0)) is None:
            there.append(user)
    assert [there.count(user) for user in users] == [8, 8, 8, 0, 0]
    assert why == "too many clients: 24 that may only observe are connected"
    while known.refusal(root, there, 0.0) is None:
        there.append(root)
    assert len(there) == MAX_CLIENTS
    taken = [now for now in range(10) for _ in range(20) if Peers.refusal(known, users[0], (), float(now)) is None]
    assert [taken.count(now) for now in range(10)] == [8, 2, 2, 2, 2, 2, 2, 2, 2, 2], "8 of 16 were used above"
    assert all(known.refusal(root, (), 0.0) is None for _ in range(1000))


async def test_a_turn_obeys_few_commands_and_pauses_for_lookers(world, monkeypatch):
    """All of what waited was worked off in one turn: a flood of one user's kept adverts for half a second."""
    give_up_rights(monkeypatch, groups=(990,))
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    refused: list[int] = []
    one = served_client.Client(theirs, Operator("somebody", may_operate=False), world._obey, lambda _: None)
    monkeypatch.setattr(one, "_say_once", lambda line: refused.append(asyncio.current_task() is None))
    ours.setblocking(False)
    flood = codec.encode(StopRouter(id=7, router="VI_1"))
    ours.send(flood * (100_000 // len(flood)))
    began = asyncio.get_running_loop().time()
    before = 0
    while asyncio.get_running_loop().time() < began + 0.3:
        await asyncio.sleep(0)
        assert len(refused) - before <= served_client.OBEYED_AT_ONCE
        before = len(refused)
    assert 4 <= len(refused) <= served_client.OBEYED_AT_ONCE * 8
    one.close()
    ours.close()


async def test_nothing_is_kept_of_a_connection_that_is_closed(world, monkeypatch):
    """No cycle either: with the collector at rest each one stayed, 230 MB after some seconds of them."""
    world.known = [event("one")]
    kept: list[weakref.ref] = []
    taken = world.server._client_changed

    def changed(one) -> None:
        kept.append(weakref.ref(one))
        taken(one)

    monkeypatch.setattr(world.server, "_client_changed", changed)
    gc.disable()
    try:
        for _ in range(5):
            peer = await world.connect()
            await peer.until("synced")
            peer.writer.close()
            del peer
            await asyncio.sleep(0.02)
        assert len(kept) == 5
        assert [one() for one in kept] == [None] * 5
    finally:
        gc.enable()


async def test_what_happens_during_a_greeting_comes_after_it_and_once(world, monkeypatch):
    monkeypatch.setattr(served_client, "GREETED_NS", 0)  # a message a turn
    world.known = [group(vrid, "before") for vrid in range(1, 50)]
    peer = await world.connect()
    while not world.server.clients:
        await asyncio.sleep(0)
    world.server.publish([group(1, "after"), event("meanwhile"), Removed(kind="group", key="eth0/49")])
    said = []
    while not said or said[-1]["type"] != "event":
        said.append(await peer.line())
    kinds = [one["type"] for one in said]
    assert kinds == ["hello", *["group"] * 49, "synced", "group", "removed", "event"]
    assert said[-3]["last_cause"] == "after"


@pytest.mark.parametrize(
    ("groups", "said"), [(None, '"hello"'), ((990,), "no descriptor is free for clients that may")]
)
async def test_without_a_free_descriptor_root_is_let_in_all_the_same(world, monkeypatch, groups, said):
    if groups:
        give_up_rights(monkeypatch, groups=groups)
    loop, filled = asyncio.get_running_loop(), []
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX) as ours:
        ours.setblocking(False)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (ours.fileno() + 20, before[1]))
            with contextlib.suppress(OSError):
                while True:
                    filled.append(os.dup(ours.fileno()))
            await loop.sock_connect(ours, str(world.path))
            assert said in (await asyncio.wait_for(loop.sock_recv(ours, 4096), 5)).decode()
        finally:
            for descriptor in filled:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_adverts_go_to_those_who_asked_for_them(world):
    asks, does_not = await world.connect(), await world.connect()
    asks.writer.write(codec.encode(Subscribe(adverts=True)))
    for _ in range(100):
        if True in world.watched:
            break
        await asyncio.sleep(0.01)
    world.server.publish([Adverts(said=[], heard=[], skipped=1), event("after")])
    assert await asks.until("adverts")
    await does_not.until("synced")
    assert (await does_not.line())["type"] == "event"
    asks.writer.close()
    for _ in range(100):
        if world.watched[-1] is False:
            break
        await asyncio.sleep(0.01)
    assert world.watched[-1] is False


async def test_a_client_that_hangs_up_within_a_line_is_forgotten(world):
    peer = await world.connect()
    await peer.until("synced")
    peer.writer.write(b'{"type":"stop"')
    peer.writer.close()
    for _ in range(100):
        if not world.server.clients:
            break
        await asyncio.sleep(0.01)
    assert world.server.clients == set()
    assert world.obeyed == []


# The place of the socket.


async def test_the_socket_of_a_dead_engine_is_taken_over(tmp_path):
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    one = World(path)
    await one.server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    assert b"hello" in await reader.readline()
    writer.close()
    await one.server.stop()
    assert not path.exists()


async def test_the_socket_of_a_living_engine_is_refused_and_left_alone(world):
    with pytest.raises(SocketError, match="another engine answers"):
        await World(world.path).server.start()
    assert await (await world.connect()).until("synced")


async def test_an_engine_too_busy_to_accept_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PROBE_S", 0.1)
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as busy, contextlib.ExitStack() as waiting:
        busy.bind(str(path))
        busy.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(str(path))
        with pytest.raises(SocketError, match="cannot use"):
            module.take_over_path(path)
        assert path.exists()


async def test_a_file_in_the_place_of_the_socket_is_never_removed(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(SocketError, match="it exists and is not a socket"):
        await World(path).server.start()
    assert path.read_text() == "data"


async def test_a_socket_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SocketError) as refused:
        await World(tmp_path / "file" / "engine.sock").server.start()
    assert "\n" not in str(refused.value)


def test_what_is_read_of_the_credentials_is_pid_user_and_group():
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        data = ours.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    assert struct.unpack("iII", data) == (os.getpid(), os.geteuid(), os.getegid())
