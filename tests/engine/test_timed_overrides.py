"""What operators ask for that ends by itself, in virtual time."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from tests.engine.virtual_time import VirtualLoop, run
from vrrptui.control.messages import drain_s
from vrrptui.engine.operate.timed_overrides import Drain, Drains, TimedOverrides
from vrrptui.protocol.actions import Cause, Transition


def test_a_term_ends_once_after_its_time():
    async def story(loop: VirtualLoop) -> None:
        terms, ended = TimedOverrides(loop), []
        terms.set("priority", "VI_1", 90.0, lambda: ended.append(loop.time() - 1000))
        assert terms.until("priority", "VI_1") == pytest.approx(time.time() + 90, abs=5)  # wall clock
        await asyncio.sleep(500)
        assert ended == [90.0]
        assert terms.until("priority", "VI_1") is None

    run(story)


def test_another_word_replaces_the_first_and_ends_it_sooner():
    async def story(loop: VirtualLoop) -> None:
        terms, ended = TimedOverrides(loop), []
        terms.set("priority", "VI_1", 90.0, lambda: ended.append("first"))
        terms.set("mute", "VI_1", 80.0, lambda: ended.append("mute"))
        terms.set("priority", "VI_2", 90.0, lambda: ended.append("other"))
        terms.set("priority", "VI_1", 10.0, lambda: ended.append("second"))
        await asyncio.sleep(500)
        assert ended == ["second", "mute", "other"]
        terms.set("priority", "VI_1", 10.0, lambda: ended.append("third"))
        terms.set("priority", "VI_1", None, lambda: ended.append("never"))
        terms.set("mute", "VI_1", 10.0, lambda: ended.append("forgotten"))
        terms.forget("mute", "VI_1")
        await asyncio.sleep(500)
        assert ended == ["second", "mute", "other"]

    run(story)


def test_a_drain_says_for_how_long_the_priority_before_it_holds():
    assert Drain("root", 50, None).seconds_left is None
    assert Drain("root", 50, time.time() + 60).seconds_left == pytest.approx(60, abs=5)


class Drained:
    """Drains of VI_1, whose master down interval is 3 s, and how they ended."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.ended: list[tuple[str, str, str, float]] = []
        self.drains = Drains(TimedOverrides(loop), self._ended)
        self.router = SimpleNamespace(name="VI_1", machine=SimpleNamespace(master_down_interval_ns=3_000_000_000))
        self.drains.begin(self.router, Drain("root", None, None))

    def _ended(self, name: str, drain: Drain, state: str) -> None:
        self.ended.append((name, drain.who, state, self.loop.time() - 1000))

    def moved(self, before: str, after: str) -> None:
        self.drains.moved(self.router, Transition(before, after, Cause.PRIORITY, ""))


def test_a_drain_ends_when_another_router_takes_over():
    async def story(loop: VirtualLoop) -> None:
        one = Drained(loop)
        await asyncio.sleep(1)
        one.moved("backup", "master")  # of another kind: it was not master
        assert one.drains.drains("VI_1")
        one.moved("master", "backup")
        await asyncio.sleep(100)
        assert one.ended == [("VI_1", "root", "backup", 1.0)]
        assert not one.drains.drains("VI_1")

    run(story)


def test_a_drain_that_nobody_answers_ends_as_master():
    async def story(loop: VirtualLoop) -> None:
        one = Drained(loop)
        await asyncio.sleep(100)
        assert one.ended == [("VI_1", "root", "master", drain_s(3.0))]

    run(story)


def test_an_operator_ends_a_drain_without_a_report():
    async def story(loop: VirtualLoop) -> None:
        one = Drained(loop)
        drain = one.drains.forget("VI_1")
        assert drain is not None
        assert drain.who == "root"
        assert one.drains.forget("VI_1") is None
        await asyncio.sleep(100)
        assert one.ended == []

    run(story)
