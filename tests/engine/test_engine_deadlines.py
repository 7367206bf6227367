"""Who is due next, and the one timer that rings for it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from vrrptui.engine.runtime.timer import Timer
from vrrptui.engine.vrrp.schedule import Schedule

MS = 1_000_000


@dataclass(eq=False)
class Due:
    """What a schedule looks at of a virtual router: its deadline, and where it is armed."""

    deadline_ns: int | None
    armed_ns: int | None = None
    machine: Due = field(init=False)

    def __post_init__(self) -> None:
        self.machine = self

    def next_deadline_ns(self) -> int | None:
        return self.deadline_ns


def test_the_earliest_deadline_is_next():
    schedule = Schedule()
    late, early = Due(200), Due(100)
    schedule.note(late)
    schedule.note(early)
    assert schedule.next_ns() == 100
    assert schedule.first is early


def test_a_deadline_that_moves_later_costs_no_heap_operation(monkeypatch):
    schedule, router = Schedule(), Due(100)
    schedule.note(router)
    pushes = []
    monkeypatch.setattr("heapq.heappush", lambda *_: pushes.append(1))
    for deadline_ns in range(101, 1000):
        router.deadline_ns = deadline_ns
        schedule.note(router)
    assert pushes == []


def test_a_deadline_that_moved_later_is_not_taken_early():
    schedule, router = Schedule(), Due(100)
    schedule.note(router)
    router.deadline_ns = 500
    schedule.note(router)
    assert schedule.take_due(499) == []
    assert schedule.next_ns() == 500
    assert schedule.take_due(500) == [router]


def test_a_deadline_that_moves_earlier_is_taken_earlier_and_once():
    schedule, router = Schedule(), Due(500)
    schedule.note(router)
    router.deadline_ns = 100
    schedule.note(router)
    assert schedule.take_due(100) == [router]
    router.deadline_ns = 900
    schedule.note(router)
    assert schedule.take_due(899) == []
    assert schedule.take_due(900) == [router]


def test_a_router_that_waits_for_nothing_any_more_is_never_due():
    schedule, router, other = Schedule(), Due(100), Due(300)
    schedule.note(router)
    schedule.note(other)
    router.deadline_ns = None
    assert schedule.next_ns() == 300
    assert schedule.take_due(10_000) == [other]
    assert schedule.next_ns() is None


def test_routers_due_together_are_taken_by_their_deadlines():
    schedule = Schedule()
    routers = [Due(at) for at in (50, 30, 40, 60)]
    for router in routers:
        schedule.note(router)
    taken: list[Any] = schedule.take_due(50)
    assert [router.deadline_ns for router in taken] == [30, 40, 50]


@pytest.fixture
async def alarm():
    rung: list[int] = []
    one = Timer(asyncio.get_running_loop(), lambda: rung.append(time.monotonic_ns()))
    yield one, rung
    one.close()


async def test_an_alarm_is_never_early(alarm):
    one, rung = alarm
    for delay_ns in (100_000, 900_000, 3 * MS, 7 * MS + 1):
        due_ns = time.monotonic_ns() + delay_ns
        one.set(due_ns)
        await asyncio.sleep(delay_ns / 1e9 + 0.02)
        assert rung.pop() >= due_ns
        assert rung == []


async def test_an_alarm_in_the_past_rings_at_once(alarm):
    one, rung = alarm
    one.set(1)
    await asyncio.sleep(0.01)
    assert len(rung) == 1


async def test_an_alarm_set_again_rings_at_the_new_time_only(alarm):
    one, rung = alarm
    now_ns = time.monotonic_ns()
    one.set(now_ns + 10 * MS)
    one.set(now_ns + 40 * MS)
    await asyncio.sleep(0.08)
    assert len(rung) == 1
    assert rung[0] >= now_ns + 40 * MS


async def test_an_alarm_unheard_and_set_later_does_not_ring_early(alarm):
    one, rung = alarm
    one.set(time.monotonic_ns())
    time.sleep(0.005)  # it went off while the loop was busy
    due_ns = time.monotonic_ns() + 30 * MS
    one.set(due_ns)
    await asyncio.sleep(0.06)
    assert len(rung) == 1
    assert rung[0] >= due_ns


async def test_a_cleared_alarm_does_not_ring(alarm):
    one, rung = alarm
    one.set(time.monotonic_ns() + 5 * MS)
    one.set(None)
    await asyncio.sleep(0.03)
    assert rung == []
    one.set(time.monotonic_ns() + 5 * MS)
    await asyncio.sleep(0.03)
    assert len(rung) == 1
