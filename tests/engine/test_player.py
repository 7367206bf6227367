"""A capture played over a control socket: it goes on by the clock, pauses, hurries, and goes to any time and back."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from tests.engine.capture_bytes import ETHERNET, pcap
from vrrptui.client.blocking import Connection
from vrrptui.control.messages import Done, HistoryEvent, Play, Refused, Reload
from vrrptui.control.snapshots import EngineSnapshot, GroupSnapshot
from vrrptui.engine.playback.player import Player
from vrrptui.protocol.advert import NS_PER_SECOND

BEGINS = 1_700_000_000
SECONDS = 600
SILENT_FROM = 300  # and nobody takes over


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "a.pcap"
    times = [second for second in range(SECONDS) if second < SILENT_FROM or second == SECONDS - 1]
    path.write_bytes(pcap([((BEGINS + second) * NS_PER_SECOND, ETHERNET) for second in times]))
    return path


def started(capture, socket, *before: str) -> subprocess.Popen[bytes]:
    """A player that answers."""
    command = [sys.executable, "-m", "vrrptui", "engine", "-r", str(capture), "--socket", str(socket)]
    process = subprocess.Popen([*before, *command])
    ends = time.monotonic() + 30
    while not socket.exists():
        assert process.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.05)
    return process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "status"), [(("env", "--default-signal=HUP"), -signal.SIGHUP), (("nohup",), 0)], ids=["plain", "nohup"]
)
def test_it_goes_with_its_terminal_unless_told_not_to(capture, tmp_path, before, status):
    process = started(capture, tmp_path / "player.sock", *before)
    process.send_signal(signal.SIGHUP)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20 if status else 2)
    process.terminate()
    assert process.wait(20) == status


@pytest.fixture
def playing(capture, tmp_path):
    socket = tmp_path / "player.sock"
    process = started(capture, socket)
    yield socket
    process.terminate()
    assert process.wait(20) == 0


def told(socket, **how) -> tuple[EngineSnapshot, list[GroupSnapshot], list[HistoryEvent]]:
    """What a client is told, after a command if there is one."""
    if how:
        with Connection(socket) as connection:
            connection.known()
            answer = connection.ask(Play(id=1, **how))
            assert isinstance(answer, Done), answer
    with Connection(socket) as connection:
        known = connection.known()
    (engine,) = (message for message in known if isinstance(message, EngineSnapshot))
    groups = [message for message in known if isinstance(message, GroupSnapshot)]
    return engine, groups, [message for message in known if isinstance(message, HistoryEvent)]


def wait_at(socket, position: float):
    ends = time.monotonic() + 20
    while (state := told(socket))[0].playback.position < position:
        assert time.monotonic() < ends
        time.sleep(0.05)
    return state


def test_it_goes_on_by_the_clock_and_stands_still_when_told(playing):
    engine, _, _ = told(playing, playing=False)
    stood = engine.playback.position
    assert (engine.playback.begins, engine.playback.ends) == (BEGINS, BEGINS + SECONDS - 1)
    assert told(playing)[0].playback.position == stood
    told(playing, playing=True, speed=100.0)
    began = time.monotonic()
    engine, groups, _ = wait_at(playing, stood + 100)
    assert engine.playback.position - stood <= 100 * (time.monotonic() - began + 5)
    assert [group.routers[0].adverts for group in groups] > [100]
    assert engine.adverts_heard == groups[0].routers[0].adverts
    assert engine.adverts_per_second == pytest.approx(1.0, abs=0.2)


def test_any_time_is_gone_to_and_the_past_is_as_it_was(playing):
    told(playing, playing=False, at=BEGINS + 400.0)
    _, groups, events = wait_at(playing, BEGINS + 400.0)
    assert [group.problems for group in groups] == [["NO_MASTER"]]
    assert [(event.kind, event.time) for event in events] == [("MASTER", BEGINS), ("MASTER_LOST", BEGINS + 303.0)]
    told(playing, at=BEGINS + 100.5)
    engine, groups, events = wait_at(playing, BEGINS + 100.5)
    assert engine.playback.position == BEGINS + 100.5
    assert [(group.problems, group.routers[0].adverts) for group in groups] == [([], 101)]
    assert [event.kind for event in events] == ["MASTER"]


def test_it_ends_where_the_capture_ends(playing):
    told(playing, at=BEGINS + SECONDS - 1.5, speed=1000.0)
    engine, groups, _ = wait_at(playing, BEGINS + SECONDS - 1)
    assert (engine.playback.position, engine.playback.playing) == (BEGINS + SECONDS - 1, False)
    assert [len(group.masters) for group in groups] == [1]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Play(id=1, speed=0.0), "speed 0 is not 0.1 to 1000"),
        (Play(id=1, speed=float("1e9")), "speed 1e+09 is not 0.1 to 1000"),
        (Reload(id=1), "this engine plays a capture: it has nothing to operate"),
    ],
)
def test_what_cannot_be_is_refused(playing, command, why):
    with Connection(playing) as connection:
        connection.known()
        assert connection.ask(command) == Refused(id=1, why=why)


def test_a_file_that_is_no_capture_is_one_line(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"nothing of the kind")
    command = [sys.executable, "-m", "vrrptui", "engine", "-r", str(path), "--socket", str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, f"vrrptui: {path}: neither a pcap nor a pcapng file\n")


async def test_a_damaged_file_is_played_as_far_as_it_is_whole(capture, tmp_path):
    capture.write_bytes(capture.read_bytes()[:-1])
    player = Player(str(capture), tmp_path / "s")
    assert player.ends_ns == (BEGINS + SILENT_FROM - 1) * NS_PER_SECOND
    (snapshot, *_) = player._everything()
    assert snapshot.playback.damage.startswith("cut short")
