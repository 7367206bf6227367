"""When garbage is collected, with a clock and a collector of the test."""

from __future__ import annotations

import asyncio

import pytest

from vrrptui.engine.runtime import gc_scheduler as module
from vrrptui.engine.runtime.gc_scheduler import EVERYTHING, YOUNG, GcScheduler

MS = 1_000_000


class Gc:
    """In place of the real one: a collection of everything takes `full_ns`, one of the young `young_ns`."""

    def __init__(self, full_ns: int, young_ns: int) -> None:
        self.now_ns, self.took = 0, {EVERYTHING: full_ns, YOUNG: young_ns}
        self.done: list[tuple[int, int]] = []
        self.frozen = 0
        self.made = 1000  # objects since the last collection

    def monotonic_ns(self) -> int:
        return self.now_ns

    def collect(self, generation: int = EVERYTHING) -> None:
        self.done.append((self.now_ns, generation))
        self.now_ns += self.took[generation]

    def get_count(self) -> tuple[int, int, int]:
        return self.made, 0, 0

    def freeze(self) -> None:
        self.frozen += 1

    def disable(self) -> None:
        pass


@pytest.mark.parametrize("full_ms", [1, 30, 500])
@pytest.mark.parametrize("idle_ms", [1, 8, 90])
def test_nothing_is_frozen_after_the_start_all_is_collected(monkeypatch, full_ms, idle_ms):
    """What is frozen is never given back: an engine that was never idle grew with each client, to 1 GB."""
    one = Gc(full_ms * MS, 1 * MS)
    monkeypatch.setattr(module, "gc", one)
    monkeypatch.setattr(module, "time", one)
    collector = GcScheduler()
    collector.begin()
    one.done.clear()
    for second in range(1, 600):
        one.now_ns = max(one.now_ns, second * 1000 * MS)
        collector.look(lambda span_ns: span_ns <= idle_ms * MS)
    assert one.frozen == 1
    times = [at for at, _ in one.done]
    assert max(after - before for before, after in zip([0, *times], times, strict=False)) <= 62_000 * MS
    full = [at for at, generation in one.done if generation == EVERYTHING]
    assert bool(full) is (idle_ms >= 50), "one of everything stops the loop for longer than there is time"
    if full_ms == 500:
        assert len(full) <= 1 + 600 // 50 if idle_ms >= 50 else not full


class Growing(Gc):
    """One in which each object costs 10 us: of everything all that there are, of the young those made since."""

    EACH_NS = 10_000

    def __init__(self, old: int) -> None:
        super().__init__(0, 0)
        self.old, self.made = old, 0

    def collect(self, generation: int = EVERYTHING) -> None:
        self.took = {EVERYTHING: (self.old + self.made) * self.EACH_NS, YOUNG: self.made * self.EACH_NS}
        super().collect(generation)
        self.old, self.made = self.old + self.made, 0


@pytest.mark.parametrize("grows_ms", [2, 10, 30])
@pytest.mark.parametrize("idle_ms", [60, 90])
def test_a_growing_crowd_makes_no_collection_too_long(monkeypatch, grows_ms, idle_ms):
    """A flood fills the tables in seconds: by the time of the last collection the next one seemed short enough."""
    one = Growing(old=1000)
    monkeypatch.setattr(module, "gc", one)
    monkeypatch.setattr(module, "time", one)
    monkeypatch.setattr(module, "MANY", 10**9)
    collector = GcScheduler()
    collector.begin()
    longest = {EVERYTHING: 0, YOUNG: 0}
    for second in range(1, 60):
        one.now_ns = max(one.now_ns, second * 1000 * MS)
        one.made += grows_ms * 100 if second in range(20, 30) else 10
        began_ns, count = one.now_ns, len(one.done)
        collector.look(lambda span_ns: span_ns <= idle_ms * MS)
        for _, generation in one.done[count:]:
            longest[generation] = max(longest[generation], one.now_ns - began_ns)
    assert 0 < longest[EVERYTHING] <= idle_ms * MS
    assert 0 < longest[YOUNG] <= idle_ms * MS


async def test_when_much_was_made_it_is_looked_at_many_times_a_second(monkeypatch):
    """Once a second, in a moment that may not come for several: 64 ms for what was made in six seconds of a flood."""
    one = Growing(old=1000)
    monkeypatch.setattr(module, "gc", one)
    monkeypatch.setattr(module, "SOON_S", 0.001)
    collector = GcScheduler()
    one.made = module.MANY + 1
    moments, asked = iter([False] * 10), []

    def idle_for(span_ns: int) -> bool:
        asked.append(span_ns)
        return next(moments, True)

    collector.look(idle_for)
    for _ in range(200):
        if one.done:
            break
        await asyncio.sleep(0.002)
    assert one.done
    count = len(asked)
    assert count >= 11
    await asyncio.sleep(0.05)
    assert len(asked) <= count + 2, "and then no more"
