"""Processes that must run: which ones are meant, and when their number counts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vrrptui.config.model.configuration import Place, TrackProcessConfig
from vrrptui.engine.trackers.proc_connector import ProcessEvents, process_of
from vrrptui.engine.trackers.process import ProcessTracker, find_processes

SPAN = f"98765.{os.getpid()}5"  # nobody else sleeps that long
BEGINNING = SPAN[:-1]


def config(*command: str, **more: Any) -> TrackProcessConfig:
    return TrackProcessConfig(name="P", command=command, place=Place("test.conf", 1, 1), **more)


def wait_until_it_is_sleep(process: subprocess.Popen[bytes]) -> None:
    """A started program has its own command line a moment after it was started."""
    ends = time.monotonic() + 10
    while not Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"/bin/sleep\0"):
        assert time.monotonic() < ends
        time.sleep(0.001)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", SPAN, "0.5"]) as process:
        wait_until_it_is_sleep(process)
        yield process
        process.kill()


@pytest.mark.parametrize(
    "meant, count",
    [
        (config("sleep", SPAN, "0.5"), 1),
        (config("sleep", SPAN), 0),
        (config("sleep", SPAN, match="initial"), 1),
        (config("sleep", BEGINNING, match="initial"), 0),
        (config("sleep", BEGINNING, match="partial"), 1),
        (config("/bin/sleep", SPAN, "0.5"), 1),
        (config("sleep", SPAN, "0.5", full_command=True), 0),
        (config("/bin/sleep", SPAN, "0.5", full_command=True), 1),
        (config("sleepless", SPAN, "0.5"), 0),
    ],
)
def test_a_process_is_meant_by_its_name_and_its_parameters(
    sleeper: subprocess.Popen[bytes], meant: TrackProcessConfig, count: int
) -> None:
    assert len(find_processes(meant)) == count


def test_a_process_that_has_ended_and_waits_does_not_count() -> None:
    process = subprocess.Popen(["/bin/sleep", SPAN])
    wait_until_it_is_sleep(process)
    assert len(find_processes(config("sleep", SPAN))) == 1
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken notice
    assert len(find_processes(config("sleep", SPAN))) == 0
    process.wait()


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    "limits, counts, turns",
    [
        ({}, [1, 1, 0, 1], [(0, True), (2, False), (3, True)]),
        ({}, [0, 1], [(0, False), (1, True)]),
        ({"quorum": 2, "quorum_max": 3}, [1, 2, 3, 4], [(0, False), (1, True), (3, False)]),
        ({"quorum": 1, "quorum_max": 1}, [1, 2, 1], [(0, True), (1, False), (2, True)]),
        ({"terminate_delay_ns": 2 * SECOND}, [1, 0, 0, 1, 0, 0, 0], [(0, True), (6, False)]),
        ({"fork_delay_ns": SECOND}, [0, 1, 1, 0, 1, 0], [(0, False), (2, True), (3, False)]),
    ],
)
def test_it_turns_with_its_quorum_when_its_delay_has_passed(
    limits: dict[str, int], counts: list[int], turns: list[tuple[int, bool]]
) -> None:
    seen: list[tuple[int, bool | None]] = []
    check = ProcessTracker(config("p", **limits), lambda one: seen.append((second, one.up)))
    for second, count in enumerate(counts):
        check.take(count, float(second))
    assert seen == turns


# The kernel's word.


class Watch:
    """A started check, and when it turned."""

    def __init__(self, meant: TrackProcessConfig, events: ProcessEvents | None) -> None:
        self.turns: list[tuple[bool | None, float]] = []
        self.turned = asyncio.Event()
        self.check = ProcessTracker(meant, self._changed, events)
        self.check.start()

    def _changed(self, check: ProcessTracker) -> None:
        self.turns.append((check.up, time.monotonic()))
        self.turned.set()

    async def until(self, up: bool) -> float:
        """When it turned to be so."""
        while not self.turns or self.turns[-1][0] is not up:
            self.turned.clear()
            await asyncio.wait_for(self.turned.wait(), 10)
        return self.turns[-1][1]


async def test_a_process_death_is_noticed_before_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vrrptui.engine.trackers.process.LOOK_S", 3600.0)  # so that only the kernel can have told of it
    process = subprocess.Popen(["/bin/sleep", SPAN])
    wait_until_it_is_sleep(process)
    watch = Watch(config("sleep", SPAN), None)
    await watch.until(True)
    killed = time.monotonic()
    process.kill()
    assert await watch.until(False) - killed < 1.0
    watch.check.stop()
    process.wait()


@pytest.fixture
async def events() -> ProcessEvents:
    """The process connector; skipped where the kernel does not give it, which the check then says itself."""
    made = ProcessEvents()
    heard = asyncio.Event()
    made.listen(lambda _: heard.set())
    subprocess.run(["/bin/true"], check=True)
    try:
        await asyncio.wait_for(heard.wait(), 2)
    except TimeoutError:
        pytest.skip("no process connector here: it wants the host's own namespaces and CAP_NET_ADMIN")
    return made


async def test_a_process_that_begins_is_noticed_by_the_connector_alone(
    events: ProcessEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vrrptui.engine.trackers.process.LOOK_S", 3600.0)
    watch = Watch(config("sleep", SPAN), events)
    await watch.until(False)
    for _ in range(3):
        began = time.monotonic()
        process = subprocess.Popen(["/bin/sleep", SPAN])
        assert await watch.until(True) - began < 1.0
        killed = time.monotonic()
        process.kill()
        assert await watch.until(False) - killed < 1.0
        process.wait()
    watch.check.stop()


async def test_a_fork_that_becomes_another_program_counts_as_that(
    events: ProcessEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell forks: the child has its name and words for a moment, and becomes sleep then."""
    monkeypatch.setattr("vrrptui.engine.trackers.process.LOOK_S", 3600.0)
    watch = Watch(config("sleep", SPAN, quorum=1, quorum_max=1), events)
    with subprocess.Popen(
        ["/bin/sh", "-c", f"sleep {SPAN} & echo $!; wait"], stdout=subprocess.PIPE, text=True
    ) as shell:
        await watch.until(True)
        assert shell.stdout is not None
        os.kill(int(shell.stdout.readline()), 9)
        await watch.until(False)
    watch.check.stop()


async def test_in_a_storm_of_processes_the_right_one_is_found(events: ProcessEvents) -> None:
    watch = Watch(config("sleep", SPAN), events)
    storm = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os\nfor _ in range(3000): os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
        ]
    )
    process = subprocess.Popen(["/bin/sleep", SPAN])
    await watch.until(True)
    process.kill()
    await watch.until(False)
    watch.check.stop()
    storm.kill()
    storm.wait()
    process.wait()


async def test_no_descriptor_is_left_open(events: ProcessEvents) -> None:
    def pidfds() -> int:
        links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        return sum(os.readlink(link) == "anon_inode:[pidfd]" for link in links if os.path.islink(link))

    before = pidfds()
    process = subprocess.Popen(["/bin/sleep", SPAN])
    watch = Watch(config("sleep", SPAN), events)
    await watch.until(True)
    assert pidfds() == before + 1
    watch.check.stop()
    assert pidfds() == before
    process.kill()
    process.wait()


@pytest.mark.parametrize("message", [b"", bytes(36), bytes(200), b"\xff" * 200, bytes(36) + b"\1\0\0\0"])
def test_a_message_that_tells_of_nothing_is_passed_over(message: bytes) -> None:
    assert process_of(message) is None
