"""Floods of reports from the kernel: a turn of the loop takes some of them, and an overrun loses nothing for good."""

from __future__ import annotations

import asyncio
import errno
import time
from collections import deque
from ipaddress import ip_interface
from itertools import pairwise
from typing import Any

import pytest

from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.requests import address_message
from vrrptui.engine.runtime.pacing import AT_ONCE, Paced

ADDRESS = VirtualAddress(ip_interface("192.0.2.100/32"))
MS = 1_000_000


class Reports:
    """In place of the socket: what the kernel has to say. An exception is raised, an empty queue is EAGAIN."""

    def __init__(self, *waiting: object, without_end: bool = False) -> None:
        self.waiting, self.without_end, self.thrown_away = deque(waiting), without_end, 0

    def recvfrom(self, _size: int) -> tuple[object, tuple[int, int]]:
        if not self.waiting:
            raise BlockingIOError
        one = self.waiting[0] if self.without_end else self.waiting.popleft()
        if isinstance(one, OSError):
            raise one
        return one, (0, 0)

    def recv_into(self, _buffer: bytearray) -> int:
        self.recvfrom(1)
        self.thrown_away += 1
        return 1

    def fileno(self) -> int:
        return 0

    def close(self) -> None:
        pass


@pytest.fixture
def kernel():
    """The links of this host, with the index of its loopback."""
    told: list[None] = []
    later: deque = deque()
    one: Any = Kernel(lambda: told.append(None), later.append)
    one.told, one.later = told, later
    one._monitor.close()
    yield one
    one.close()


def report(kernel: Kernel, add: bool) -> bytes:
    return address_message(ADDRESS, kernel.index("lo"), add)


def test_a_turn_ends_though_the_kernel_goes_on_reporting(kernel):
    """It ended never: messages were read until there was none, and 52,832 of them kept the adverts for 5.7 s."""
    kernel._monitor = Reports(report(kernel, add=True), without_end=True)
    began_ns = time.monotonic_ns()
    kernel.read()
    assert time.monotonic_ns() - began_ns < 50 * MS
    assert not kernel.catch_up(), "it is said that there is more"
    assert kernel.holds(ADDRESS, "lo"), "and what was read is known"


def test_after_an_overrun_everything_is_read_again(kernel):
    """What waits behind an overrun is older than what is read again: an address that it names is not there."""
    stale = report(kernel, add=True)
    kernel._monitor = Reports(
        OSError(errno.ENOBUFS, "overrun"), *[stale] * 5000, OSError(errno.ENOBUFS, "again"), stale
    )
    turns = 0
    while not kernel.catch_up() and turns < 1000:
        turns += 1
        while kernel.later:
            kernel.later.popleft()()
    assert kernel._monitor.thrown_away == 5001
    assert not kernel.holds(ADDRESS, "lo")
    fresh = Kernel(lambda: None)
    try:
        assert kernel.links == fresh.links
    finally:
        fresh.close()
    kernel.read()
    assert kernel.told, "the virtual routers are told to look again"


def test_reports_during_a_reading_come_after_it(kernel):
    kernel._monitor = Reports(OSError(errno.ENOBUFS, "overrun"))
    kernel._take_some(0)
    while kernel._dump is None:
        kernel._take_one()
    kernel._monitor.waiting.append(report(kernel, add=True))
    while not kernel.catch_up():
        pass
    assert kernel.holds(ADDRESS, "lo")


def seconds_for(kernel: Kernel, prefix: str, count: int) -> float:
    """How long the reports of so many added addresses take."""
    index = kernel.index("lo")
    each = [VirtualAddress(ip_interface(f"{prefix}:{number:x}::1/128")) for number in range(1, count + 1)]
    reports = [address_message(one, index, add=True) for one in each]
    began = time.perf_counter()
    for one in reports:
        kernel._take_in(one)
    return time.perf_counter() - began


@pytest.mark.slow
def test_a_report_costs_no_more_beside_thousands_of_addresses(kernel):
    """Each was searched for among all: 5,000 that were added at once kept the adverts for 3.5 s."""
    alone = min(seconds_for(kernel, f"2001:db8:{number}", 300) for number in range(3))
    seconds_for(kernel, "2001:db8:9", 3000)
    beside = min(seconds_for(kernel, f"2001:db8:1{number}", 300) for number in range(3))
    assert beside < 5 * alone


async def test_changes_are_told_at_once_in_a_storm_every_20_ms():
    loop, done = asyncio.get_running_loop(), []
    paced = Paced(loop, lambda: done.append(loop.time()))
    paced()
    paced()
    assert len(done) == 2, "the first ones at once: a link that goes down must not wait, nor what follows it"
    ends = loop.time() + 0.3
    while loop.time() < ends:
        paced()
        await asyncio.sleep(0)
    assert AT_ONCE + 2 <= len(done) <= AT_ONCE + 15
    assert min(after - before for before, after in pairwise(done[AT_ONCE:])) >= 0.019
    await asyncio.sleep(0.25)
    count = len(done)
    paced()
    paced()
    assert len(done) == count + 2


async def test_what_takes_long_is_rested_from_four_times_as_long():
    loop, done = asyncio.get_running_loop(), []

    def act() -> None:
        done.append(loop.time())
        time.sleep(0.04)

    paced = Paced(loop, act)
    for _ in range(60):
        paced()
        await asyncio.sleep(0.005)
    paced.close()
    assert min(after - before for before, after in pairwise(done)) >= 0.199
