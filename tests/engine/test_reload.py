"""What a client hears of a reload: the same as one that connects after it. A whole engine on a host in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine import host
from tests.engine.host import instance, until
from vrrptui.control import codec
from vrrptui.control.messages import Done, FromEngine, Refused, Reload, Removed, Synced
from vrrptui.control.snapshots import CheckSnapshot, VirtualRouterSnapshot
from vrrptui.engine.configuration import read_configuration
from vrrptui.engine.engine import Engine
from vrrptui.engine.options import Options
from vrrptui.engine.state.state_dir import StateDir


class Deaf:
    """An observer that hears nothing; a real one needs packet sockets."""

    def __init__(self, *_: object) -> None:
        self.interfaces: list[str] = []
        self.where = ""
        self.other_protocols: list[str] = []
        self.vhids: list[str] = []
        self.heard = self.evicted = self.drops = 0
        self.changes_left = False
        self.held = self.feed = self

    def watch(self, names: object, alone: bool) -> None:
        pass

    def want_adverts(self, wanted: bool) -> None:
        pass

    def changed(self) -> tuple[list[FromEngine], list[str]]:
        return [], []

    def take(self) -> list[FromEngine]:
        return []

    def snapshots(self) -> list[FromEngine]:
        return []

    def forget_changes(self) -> None:
        pass

    def close(self) -> None:
        pass


class Idle:
    """A collector that leaves the garbage of this process alone."""

    def begin(self) -> None:
        pass

    def look(self, idle_for: object) -> None:
        pass


class Client:
    """Folds what it hears as every client does: the latest of each thing, and nothing of what was removed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.routers: dict[str, VirtualRouterSnapshot] = {}
        self.checks: dict[str, CheckSnapshot] = {}
        self.synced = False
        self.answers: list[FromEngine] = []
        self.removed: set[str] = set()
        self._lines = codec.engine_reader()
        self._task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1 << 16):
            for message in self._lines.feed(data):
                self._take(message)

    def _take(self, message: FromEngine) -> None:
        if isinstance(message, Removed):
            self.removed.add(message.key)
        match message:
            case VirtualRouterSnapshot(key=key):
                self.routers[key] = message
            case CheckSnapshot(name=name):
                self.checks[name] = message
            case Removed(kind="virtual_router", key=key):
                self.routers.pop(key, None)
            case Removed(kind="check", key=key):
                self.checks.pop(key, None)
            case Synced():
                self.synced = True
            case Done() | Refused():
                self.answers.append(message)

    def picture(self) -> tuple[dict, dict]:
        """What does not change by itself, of every router and check."""
        routers = {
            key: (r.name, r.state, r.base_priority, r.effective_priority, r.preempt, r.owner, tuple(r.checks),
                  tuple(r.virtual_addresses), r.advertisement_interval, r.arithmetic)
            for key, r in self.routers.items()
        }  # fmt: skip
        checks = {
            name: (c.kind, c.weight, c.state, tuple(c.routers), tuple(c.effects)) for name, c in self.checks.items()
        }
        return routers, checks

    async def close(self) -> None:
        self.writer.close()
        self._task.cancel()


class Served:
    """A running engine with a configuration file, and clients of its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clients = folder, list[Client]()
        self.path = folder / "test.conf"

    def write(self, *parts: str) -> None:
        self.path.write_text("\n".join(("global_defs {\nvrrp_version 3\n}\n", *parts)))

    async def start(self, *parts: str) -> None:
        self.write(*parts)
        loaded = read_configuration(str(self.path), None)
        assert loaded.configuration is not None, loaded.findings
        self.options = Options(self.folder / "s", self.folder / "state", str(self.path))
        self.state = StateDir(self.options.state_dir)
        self.engine = Engine(self.options, loaded, self.state)
        self.task = asyncio.create_task(self.engine.run())
        await until(lambda: self.options.socket_path.exists() or self.task.done())
        await until(lambda: self.engine._began_routing)

    async def client(self) -> Client:
        one = Client(*await asyncio.open_unix_connection(str(self.options.socket_path)))
        self.clients.append(one)
        await until(lambda: one.synced)
        return one

    async def reload(self, client: Client, *parts: str) -> str:
        self.write(*parts)
        client.answers.clear()
        client.writer.write(codec.encode(Reload(id=7)))
        await until(lambda: client.answers)
        answer = client.answers[0]
        return answer.text if isinstance(answer, Done) else f"refused: {answer.why}"

    async def end(self) -> None:
        for client in self.clients:
            await client.close()
        self.engine._ended.set()
        await self.task
        self.state.release()


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    host.WIRES.clear()
    host.in_place_of_sockets(monkeypatch)
    monkeypatch.setattr("vrrptui.engine.engine.Kernel", host.Host)
    monkeypatch.setattr("vrrptui.engine.publication.PUBLISH_S", 0.01)
    monkeypatch.setattr("vrrptui.engine.engine.Observer", Deaf)
    monkeypatch.setattr("vrrptui.engine.engine.GcScheduler", Idle)
    monkeypatch.setattr("vrrptui.engine.engine.sys.setswitchinterval", lambda _: None)
    one = Served(tmp_path)
    yield one
    await one.end()


def files(folder: Path, *names: str) -> str:
    for name in names:
        (folder / name).write_text("1")
    return "".join(f"track_file {name} {{\nfile {folder / name}\n}}\n" for name in names)


def tracking(*lines: str) -> str:
    text = "\n".join(lines)
    return f"track_file {{\n{text}\n}}"


def stages(folder: Path) -> dict[str, tuple[str, ...]]:
    """Configurations by what they are; each may follow on each."""
    both = files(folder, "one", "two")
    return {
        "plain": (instance("VI_1", 51, 100),),
        "another priority": (instance("VI_1", 51, 90, "nopreempt"),),
        "more addresses": (instance("VI_1", 51, 100, vips=("192.0.2.100/24", "192.0.2.101/24")),),
        "another name": (instance("VI_9", 51, 100),),
        "two routers": (instance("VI_1", 51, 100), instance("VI_2", 52, 110, vips=("192.0.2.102/24",))),
        "the other alone": (instance("VI_2", 52, 110, vips=("192.0.2.102/24",)),),
        "a check": (both, instance("VI_1", 51, 100, tracking("one"))),
        "two checks": (both, instance("VI_1", 51, 100, tracking("one", "two"))),
        "the other check": (both, instance("VI_1", 51, 100, tracking("two"))),
        "another weight": (both, instance("VI_1", 51, 100, tracking("one weight -20"))),
        "a check of two": (
            both,
            instance("VI_1", 51, 100, tracking("one")),
            instance("VI_2", 52, 110, tracking("one weight 5"), vips=("192.0.2.102/24",)),
        ),
    }


@pytest.mark.slow
async def test_clients_before_and_after_a_reload_know_the_same(served, tmp_path):
    """Every configuration after every other one: routers and checks that came, changed and went."""
    every = stages(tmp_path)
    await served.start(*every["plain"])
    steady = await served.client()
    walk = ["plain", *itertools.chain(*((b, a, b) for a, b in itertools.combinations(every, 2)))]
    for before, after in itertools.pairwise(walk):
        there = steady.routers.keys() | steady.checks.keys()
        steady.removed.clear()
        await served.reload(steady, *every[after])
        late = await served.client()
        wanted = late.picture()
        try:
            await until(lambda wanted=wanted: steady.picture() == wanted, within_s=5.0)  # type: ignore[misc]
        except AssertionError:
            assert steady.picture() == wanted, f"{before}, then {after}"
        assert {router.name for router in steady.routers.values()} == {
            part.split()[1] for part in every[after] if part.startswith("vrrp_instance")
        }
        assert steady.removed == there - (late.routers.keys() | late.checks.keys()), f"{before}, then {after}"
        served.clients.remove(late)
        await late.close()


EMPTY = {
    "empty": b"",
    "a comment alone": b"# three routers\n",
    "blanks": b"\n \n",
    "zeros, as a disk leaves them": bytes(300),
    "global_defs alone": b"global_defs {\nvrrp_version 3\n}\n",
    "a check alone": b"vrrp_script one {\nscript /bin/true\n}\n",
}


@pytest.mark.parametrize("damage", EMPTY)
async def test_a_file_without_a_router_is_refused_while_some_run(served, damage):
    """keepalived 2.2.7 removes them all, and their addresses."""
    await served.start(instance("VI_1", 51, 100), instance("VI_2", 52, 110, vips=("192.0.2.102/24",)))
    client = await served.client()
    served.write = lambda *_: served.path.write_bytes(EMPTY[damage])
    said = await served.reload(client)
    assert said.startswith("refused: ")
    if "zeros" not in damage:  # those are an error of their own
        assert said.endswith(
            "would remove all 2 virtual routers: restore the file, or stop the engine instead (vrrptui shutdown)"
        )
    assert {router.name for router in served.engine._routers} == {"VI_1", "VI_2"}


async def test_an_engine_without_routers_takes_a_file_without_any(served):
    await served.start()
    assert await served.reload(await served.client()) == "configuration read again: no virtual router"


async def test_the_answer_names_what_goes_first_and_is_bounded(served):
    names = [f"V{number}{'x' * 66}" for number in range(100)]
    many = [instance(name, number + 1, 100) for number, name in enumerate(names)]
    kept = instance("KEPT", 200, 100, vips=("192.0.2.200/24",))
    await served.start(kept, *many)
    client = await served.client()
    said = await served.reload(client, kept)
    assert said.startswith(f"configuration read again: 100 routers removed: {names[0][:61]}..., ")
    assert said.endswith("..., and 90 more; unchanged: KEPT")
    assert len(said) < 1000
