"""Clients and sockets that other users made: none is believed, and none is put into another user's directory."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rights import needs_two_users
from tests.tmux import ROOT
from vrrptui.cli.places import paths
from vrrptui.client.blocking import Connection, EngineUnreachableError
from vrrptui.client.connection import EngineClient
from vrrptui.control import codec
from vrrptui.control.messages import PROTOCOL, Done, Hello, Reload, Synced

OTHER = 5002
HELLO = codec.encode(Hello(protocol=PROTOCOL, version="0", pid=1, may_operate=True))
ENDLESS = codec.encode(Done(id=99, text="x" * 200)) * 500


class FalseEngine:
    """Listens at a path, and says what `talk` has it say to the first who connects."""

    def __init__(self, path: Path, talk: Callable[[socket.socket], None]) -> None:
        self.heard = b""
        self._talk = talk
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        path.chmod(0o777)
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            one, _ = self._listening.accept()
            with one:
                self._talk(one)
        except OSError:
            pass

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(15)


@pytest.fixture
def false_engine(tmp_path) -> Iterator[Callable[[Callable[[socket.socket], None]], Path]]:
    started = []

    def start(talk: Callable[[socket.socket], None]) -> Path:
        path = tmp_path / "s"
        started.append(FalseEngine(path, talk))
        return path

    yield start
    for one in started:
        one.close()


def endless(one: socket.socket) -> None:
    one.sendall(HELLO)
    while True:
        one.sendall(ENDLESS)


def slow(one: socket.socket) -> None:
    one.sendall(HELLO)
    while True:
        one.sendall(b" ")
        time.sleep(0.05)


def endless_after_the_greeting(one: socket.socket) -> None:
    one.sendall(HELLO + codec.encode(Synced()))
    one.recv(4096)
    while True:
        one.sendall(ENDLESS)


def slow_after_the_greeting(one: socket.socket) -> None:
    one.sendall(HELLO + codec.encode(Synced()))
    slow(one)


@pytest.mark.parametrize(
    ("talk", "why"),
    [(endless, "does not stop talking: more than 1 MiB"), (slow, "does not answer within 1 s")],
)
def test_a_question_has_one_deadline_and_one_limit(false_engine, monkeypatch, talk, why):
    monkeypatch.setattr("vrrptui.client.blocking.ANSWER_S", 1.0)
    monkeypatch.setattr("vrrptui.client.blocking.ANSWER_BYTES", 1 << 20)
    began = time.monotonic()
    with pytest.raises(EngineUnreachableError, match=why), Connection(false_engine(talk)) as engine:
        engine.known()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("talk", "why"),
    [
        (endless_after_the_greeting, "does not stop talking: more than 1 MiB"),
        (slow_after_the_greeting, "does not answer within 1 s"),
    ],
)
def test_a_command_has_one_deadline_and_one_limit(false_engine, monkeypatch, talk, why):
    monkeypatch.setattr("vrrptui.client.blocking.COMMAND_S", 1.0)
    monkeypatch.setattr("vrrptui.client.blocking.ANSWER_BYTES", 1 << 20)
    began = time.monotonic()
    with Connection(false_engine(talk)) as engine:
        engine.known()
        with pytest.raises(EngineUnreachableError, match=why):
            engine.ask(Reload(id=1))
    assert time.monotonic() - began < 3


def test_what_comes_with_the_answer_is_not_lost(false_engine):
    def talk(one: socket.socket) -> None:
        one.sendall(HELLO + codec.encode(Synced()) + codec.encode(Done(id=1, text="a")) + codec.encode(Synced()))
        one.recv(4096)

    with Connection(false_engine(talk)) as engine:
        engine.known()
        assert engine.ask(Reload(id=1)) == Done(id=1, text="a")
        assert next(engine.until(time.monotonic() + 1)) == Synced()


# Who serves.

SERVE = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
one = socket.socket(socket.AF_UNIX); one.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); one.listen()
print("listening", flush=True)
connection, _ = one.accept()
try:
    connection.sendall(sys.argv[3].encode())
    print(connection.recv(4096), flush=True)
except ConnectionError:  # the client was gone without a word
    print(b"", flush=True)
"""


@pytest.fixture
def others_engine() -> Iterator[Callable[..., tuple[Path, subprocess.Popen[str]]]]:
    """A false engine of another user, in a directory like /tmp or in one of that user."""
    folder, started = Path(f"/tmp/vrrptui-test-{os.getpid()}"), []

    def start(owner: int) -> tuple[Path, subprocess.Popen[str]]:
        folder.mkdir()
        folder.chmod(0o1777)
        os.chown(folder, owner, owner)
        path = folder / "e.sock"
        greeting = (HELLO + codec.encode(Synced())).decode()
        command = [sys.executable, "-c", SERVE, str(path), str(OTHER), greeting]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        return path, process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


@needs_two_users
def test_a_command_does_not_go_to_a_strangers_engine(others_engine):
    path, process = others_engine(owner=0)
    with pytest.raises(EngineUnreachableError, match=rf"is served by user {OTHER}, who is neither root nor you"):
        Connection(path)
    assert process.stdout.readline() == "b''\n"


@needs_two_users
async def test_a_console_does_not_talk_to_a_strangers_engine(others_engine):
    path, process = others_engine(owner=0)
    said = []
    client = EngineClient(str(path), lambda message: said.append(message), lambda up, why: said.append((up, why)))
    client.want_adverts(True)
    assert f"is served by user {OTHER}" in await client._converse()
    assert said == []
    assert await asyncio.to_thread(process.stdout.readline) == "b''\n"


@needs_two_users
def test_an_engine_in_a_directory_of_its_user_is_believed(others_engine):
    """An engine under a service user of its own, as systemd starts it, is believed when its path is given."""
    path, _ = others_engine(owner=OTHER)
    with Connection(path) as engine:
        engine.known()


# Directories of others.


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """Where an ordinary user's default is, without an engine of the system."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: OTHER)
    monkeypatch.setattr("os.getuid", lambda: OTHER)
    monkeypatch.setattr(paths, "SYSTEM_SOCKET", tmp_path / "system.sock")
    return tmp_path / f"vrrptui-{OTHER}"


def own(path: Path, mode: int = 0o700) -> None:
    path.mkdir()
    path.chmod(mode)
    os.chown(path, OTHER, OTHER)


@needs_two_users
@pytest.mark.parametrize("kind", ["another's", "writable", "a link", "a file", "another's inside"])
def test_a_directory_that_is_not_ours_alone_is_not_used(elsewhere, kind):
    wrong = elsewhere
    if kind == "another's":
        elsewhere.mkdir(mode=0o700)
    elif kind == "writable":
        own(elsewhere, 0o777)
    elif kind == "a link":
        own(elsewhere.with_name("target"))
        elsewhere.symlink_to(elsewhere.with_name("target"))
    elif kind == "a file":
        elsewhere.touch()
    else:
        own(elsewhere)
        wrong = elsewhere / "vrrptui"
        wrong.mkdir(mode=0o700)
    for find in (paths.client_socket, paths.engine_socket):
        with pytest.raises(paths.NotOursError, match=rf"^{wrong} .*: remove it, or name a --socket$"):
            find()


@needs_two_users
def test_the_systems_engine_is_used_instead_and_that_is_said(elsewhere, capsys):
    elsewhere.mkdir(mode=0o700)
    paths.SYSTEM_SOCKET.touch()
    assert paths.client_socket() == paths.SYSTEM_SOCKET
    said = capsys.readouterr().err
    assert said.startswith(f"vrrptui: socket: {elsewhere} belongs to user 0: ")
    assert said.count("\n") == 1


@needs_two_users
def test_a_directory_of_ours_is_used(elsewhere):
    own(elsewhere)
    own(elsewhere / "vrrptui", 0o750)
    assert paths.client_socket() == paths.engine_socket() == elsewhere / "vrrptui" / "engine.sock"


@needs_two_users
def test_an_engine_makes_no_socket_in_a_directory_of_another(tmp_path):
    """The whole command, as a user that cannot write there: one line, exit 2."""
    folder = Path(f"/tmp/vrrptui-{OTHER}-{os.getpid()}")
    folder.mkdir(mode=0o777)
    folder.chmod(0o1777)
    (folder / f"vrrptui-{OTHER}").mkdir()
    (folder / f"vrrptui-{OTHER}").chmod(0o777)
    try:
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "vrrptui", "engine", "-r", "/dev/null"]
        keep = ["setpriv", "--reuid", str(OTHER), "--clear-groups", "--inh-caps", "+dac_read_search"]
        command = [*keep, "--ambient-caps", "+dac_read_search", *command]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"vrrptui: engine: {folder}/vrrptui-{OTHER} belongs to user 0: remove it, or name a --socket\n"
        )
        assert os.listdir(folder / f"vrrptui-{OTHER}") == []
    finally:
        shutil.rmtree(folder)
