"""Processes that must run: which ones are meant, and when their number counts."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vrrptui.config.model import Place, TrackProcessConfig
from vrrptui.engine.track_process import ProcessCheck, count_processes

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
    assert count_processes(meant) == count


def test_a_process_that_has_ended_and_waits_does_not_count() -> None:
    process = subprocess.Popen(["/bin/sleep", SPAN])
    wait_until_it_is_sleep(process)
    assert count_processes(config("sleep", SPAN)) == 1
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken notice
    assert count_processes(config("sleep", SPAN)) == 0
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
    check = ProcessCheck(config("p", **limits), lambda one: seen.append((second, one.up)))
    for second, count in enumerate(counts):
        check.take(count, float(second))
    assert seen == turns
