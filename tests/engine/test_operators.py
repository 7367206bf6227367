"""What operators ask for: how long it holds, what ends it, and how a drain ends; on a host in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import product

import pytest

from tests.engine import host
from tests.engine.host import instance, until
from vrrptui.control.messages import (
    Done,
    DrainRouter,
    HistoryEvent,
    MuteCheck,
    Refused,
    SetPriority,
    StartRouter,
    StopRouter,
)
from vrrptui.engine.operate.commands import Commands
from vrrptui.engine.serve.control_server import Operator
from vrrptui.engine.serve.history import History
from vrrptui.protocol.events import Stopped, Tick

ROOT = Operator("root", may_operate=True)
SHORT_S, LONG_S, MORE_S = 0.03, 1.2, 0.05
NAME = "VI_1"


class Desk:
    """Commands to the virtual routers of a host, and what was told of them."""

    def __init__(self, running: host.Running) -> None:
        self.running, self.events = running, list[HistoryEvent]()
        self.commands = Commands(running.routers, History(None, self.events.append), lambda *_: "")
        running.moved = self.commands.drains.moved

    def __call__(self, command) -> str:
        answer = self.commands.obey(command, ROOT)
        assert isinstance(answer, Done), answer
        return answer.text

    def refuses(self, command) -> str:
        answer = self.commands.obey(command, ROOT)
        assert isinstance(answer, Refused), answer
        return answer.why

    @property
    def router(self):
        return self.running[NAME]

    @property
    def state(self) -> str:
        return self.router.machine.state_name

    @property
    def priority(self) -> tuple[int, int | None]:
        return self.router.machine.priority, self.router.override

    def until(self, kind: str) -> float | None:
        return self.commands.terms.until(kind, NAME)

    def lead(self) -> None:
        self.running.handle(self.router, self.router.machine.next_deadline_ns(), Tick())
        assert self.state == "master"

    def set(self, priority: int | None = None, seconds: float | None = None) -> str:
        return self(SetPriority(id=1, router=NAME, priority=priority, seconds=seconds))

    def stop(self, seconds: float | None = None) -> str:
        return self(StopRouter(id=1, router=NAME, seconds=seconds))

    def start(self) -> str:
        return self(StartRouter(id=1, router=NAME))

    def drain(self) -> str:
        return self(DrainRouter(id=1, router=NAME))


@pytest.fixture
async def desk(run) -> Callable[..., Desk]:
    def of(*lines: str, priority: int = 100) -> Desk:
        return Desk(run(instance(NAME, 51, priority, *lines)))

    return of


# Terms: whatever is said last holds, for as long as that said.

PRIORITIES = [(30, None), (30, SHORT_S), (40, None), (40, LONG_S), (None, None), (None, SHORT_S)]


async def test_the_last_word_about_a_priority_holds_for_its_own_time(desk):
    """Also when it restores the priority: then nothing is left that could end."""
    await asyncio.gather(*(_two_priorities(desk(), *words) for words in product(PRIORITIES, repeat=2)))


async def _two_priorities(one: Desk, first: tuple, second: tuple) -> None:
    one.set(*first)
    one.set(*second)
    wanted, seconds = second
    held = (100 if wanted is None else wanted, wanted)
    assert one.priority == held
    ends = None if wanted is None or seconds is None else time.time() + seconds
    assert one.until("priority") == (None if ends is None else pytest.approx(ends, abs=0.5))
    told = len(one.events)
    await asyncio.sleep(SHORT_S + MORE_S)
    if seconds != SHORT_S:
        assert one.priority == held, f"the time of {first} is not that of {second}"
    await asyncio.sleep(LONG_S - SHORT_S)
    assert one.priority == ((100, None) if ends is not None else held)
    assert one.until("priority") is None
    by = [event.by for event in one.events[told:] if event.kind == "PRIORITY"]
    assert by == (["time is up"] if ends is not None else [])


async def test_a_start_ends_the_time_of_the_stop_before(desk):
    await asyncio.gather(*(_two_stops(desk(), *terms) for terms in product((None, SHORT_S, LONG_S), repeat=2)))


async def _two_stops(one: Desk, first: float | None, second: float | None) -> None:
    one.stop(first)
    assert (one.until("stop") is None) is (first is None)
    one.start()
    assert one.until("stop") is None
    one.stop(second)
    await asyncio.sleep(SHORT_S + MORE_S)
    if second != SHORT_S:
        assert one.state == "stopped"
    await asyncio.sleep(LONG_S - SHORT_S)
    assert one.state == ("stopped" if second is None else "backup"), "by its own time, not by the first one's"


async def test_what_was_started_or_stopped_again_stays_so(desk):
    one = desk()
    one.stop(SHORT_S)
    one.start()
    await asyncio.sleep(SHORT_S + MORE_S)
    assert one.state == "backup"
    assert one.refuses(StartRouter(id=1, router=NAME)) == f"{NAME} is not stopped"
    one.stop()
    assert one.refuses(StopRouter(id=1, router=NAME)) == f"{NAME} is stopped already"


@pytest.mark.parametrize(("first", "second"), list(product((None, SHORT_S), repeat=2)))
async def test_a_mute_counts_again_after_its_own_time(desk, tmp_path, first, second):
    (tmp_path / "file").write_text("1")
    text = f"track_file F {{\nfile {tmp_path}/file\n}}\n"
    running = desk("track_file {\nF weight -20\n}").running
    running.apply(host.configured(tmp_path, text, instance(NAME, 51, 100, "track_file {\nF weight -20\n}")))
    one = Desk(running)
    await until(lambda: one.priority[0] == 80)
    mute = MuteCheck(id=1, check="file F", seconds=first)
    one(mute)
    assert one.priority[0] == 100
    one(MuteCheck(id=1, check="file F", muted=False, seconds=SHORT_S))
    assert (one.priority[0], one.commands.terms.until("mute", "file F")) == (80, None)
    one(MuteCheck(id=1, check="file F", seconds=second))
    await asyncio.sleep(SHORT_S + MORE_S)
    assert one.priority[0] == (100 if second is None else 80)


# Drains.


async def test_a_drained_router_stops_with_the_priority_it_had(desk):
    one = desk()
    one.lead()
    one.drain()
    assert (one.priority, one.commands.drains.drains(NAME), one.state) == ((1, 1), True, "master")
    one.running.hear(NAME, 50)
    await until(lambda: one.state == "stopped")
    assert (one.priority, one.commands.drains.drains(NAME)) == ((100, None), False)
    assert one.router.machine.stopped_by == Stopped("root")
    one.start()
    assert one.state == "backup"


@pytest.mark.parametrize(
    ("word", "held"),
    [((60, None), (60, 60)), ((60, SHORT_S), (60, 60)), ((None, None), (100, None))],
    ids=["priority", "priority for a while", "reset"],
)
async def test_a_word_about_the_priority_ends_a_drain(desk, word, held):
    """Else it would be stopped later, by a command that the operator has taken back."""
    one = desk()
    one.lead()
    one.drain()
    one.set(*word)
    assert (one.priority, one.commands.drains.drains(NAME), one.until("drain")) == (held, False, None)
    one.running.hear(NAME, 200)
    await asyncio.sleep(SHORT_S + MORE_S)
    assert one.state == "backup"
    assert not [event for event in one.events if event.kind == "DRAIN_FAILED"]


async def test_a_stop_ends_a_drain_and_the_router_stays_stopped(desk):
    one = desk()
    one.lead()
    one.drain()
    one.stop()
    await asyncio.sleep(0.03)
    assert (one.state, one.commands.drains.drains(NAME)) == ("stopped", False)
    assert one.priority == (100, None)
    one.start()
    one.lead()
    one.running.hear(NAME, 200)
    await asyncio.sleep(0.03)
    assert one.state == "backup"


async def test_a_drained_router_that_fails_is_not_stopped(desk):
    """It resigned because of the fault. When that is over it takes part again, with the priority it had."""
    one = desk("track_interface {\nlan1\n}")
    one.lead()
    one.drain()
    one.running.host.set_up("lan1", False)
    await until(lambda: not one.commands.drains.drains(NAME))
    assert (one.state, one.until("drain")) == ("fault", None)
    await until(lambda: one.priority == (100, None))
    one.running.host.set_up("lan1", True)
    await asyncio.sleep(0.03)
    assert (one.state, one.priority) == ("backup", (100, None))


async def test_a_drain_that_nobody_answers_gives_the_priority_back(desk, monkeypatch):
    monkeypatch.setattr("vrrptui.control.messages.DRAIN_LEAST_S", SHORT_S)
    monkeypatch.setattr("vrrptui.control.messages.DRAIN_INTERVALS", 0)
    one = desk()
    one.lead()
    one.drain()
    await until(lambda: not one.commands.drains.drains(NAME))
    assert (one.state, one.priority) == ("master", (100, None))
    assert [event.kind for event in one.events].count("DRAIN_FAILED") == 1
    one.running.hear(NAME, 200)
    await asyncio.sleep(0.03)
    assert one.state == "backup", "it was given up: it stops no more"


async def test_a_drain_that_is_asked_for_twice_is_one(desk):
    one = desk()
    one.lead()
    one.drain()
    one.drain()
    one.running.hear(NAME, 50)
    await until(lambda: one.state == "stopped")
    assert one.priority == (100, None)


async def test_a_word_whose_time_ends_during_a_drain_holds_no_more(desk):
    one = desk()
    one.set(150, SHORT_S)
    one.lead()
    one.drain()
    await asyncio.sleep(SHORT_S + MORE_S)
    assert one.priority == (1, 1), "the drain goes on"
    one.running.hear(NAME, 50)
    await until(lambda: one.state == "stopped")
    assert one.priority == (100, None)


@pytest.mark.parametrize("seconds", [None, 10.0])
@pytest.mark.parametrize("relieved", [False, True])
async def test_after_a_drain_an_earlier_priority_holds_again(desk, monkeypatch, relieved, seconds):
    monkeypatch.setattr("vrrptui.control.messages.DRAIN_LEAST_S", SHORT_S)
    monkeypatch.setattr("vrrptui.control.messages.DRAIN_INTERVALS", 0)
    one = desk()
    one.set(150, seconds)
    ends = one.until("priority")
    one.lead()
    one.drain()
    assert one.priority == (1, 1)
    if relieved:
        one.running.hear(NAME, 50)
    await until(lambda: not one.commands.drains.drains(NAME))
    await until(lambda: one.priority == (150, 150))
    assert one.until("priority") == (None if ends is None else pytest.approx(ends, abs=0.5))


async def test_a_backup_stops_at_once_and_an_owner_is_not_drained(desk):
    one = desk()
    assert one.drain() == f"{NAME} stopped"
    assert (one.state, one.priority) == ("stopped", (100, None))
    owner = desk(priority=255)
    assert "owns its addresses" in owner.refuses(DrainRouter(id=1, router=NAME))
    assert "owns its addresses" in owner.refuses(SetPriority(id=1, router=NAME, priority=100))
