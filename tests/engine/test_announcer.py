"""How announcements of several virtual routers share an interface's pace, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vrrptui.engine.vrrp.announcer import Pace

SECOND_NS = 1_000_000_000


@dataclass
class Loop:
    """A loop whose time moves when it is told to."""

    now_s: float = 0.0
    timers: list[tuple[float, Any]] = field(default_factory=list)

    def time(self) -> float:
        return self.now_s

    def call_at(self, at_s: float, act: Any) -> None:
        self.timers.append((at_s, act))

    def run(self, until_s: float) -> None:
        while self.timers and min(self.timers, key=lambda timer: timer[0])[0] <= until_s:
            timer = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(timer)
            self.now_s = timer[0]
            timer[1]()
        self.now_s = until_s


@dataclass
class Wire:
    """Notes what is announced, and when."""

    loop: Loop
    sent: list[tuple[float, str]] = field(default_factory=list)

    def announce(self, frames: Any) -> None:
        self.sent += [(self.loop.now_s, name) for name, _ in frames]


def announced(routers: int, repeats: int, at_s: list[float]) -> list[tuple[float, str]]:
    """What leaves when so many routers announce one address each at these times."""
    loop = Loop()
    wire, pace = Wire(loop), Pace(loop, SECOND_NS)
    for number in range(routers):
        loop.run(at_s[number])
        pace.send(wire, [(f"r{number}", bytes((number,)))] * repeats)
    loop.run(1000)
    return wire.sent


def test_the_first_announcements_of_all_come_first():
    """keepalived 2.2.7 with vrrp_garp_interval 1 and three instances: the first ones after 0, 2 and 3 s."""
    sent = announced(3, 5, [0.0, 0.0, 0.0])
    assert sent[:3] == [(0.0, "r0"), (1.0, "r1"), (2.0, "r2")]
    assert [at for at, _ in sent] == [float(n) for n in range(15)]
    assert [name for _, name in sent] == ["r0", "r1", "r2"] * 5


def test_a_later_one_is_not_behind_the_repeats_of_others():
    sent = announced(2, 5, [0.0, 2.5])
    assert [name for _, name in sent][:4] == ["r0", "r0", "r0", "r1"]


def test_what_is_forgotten_is_not_sent():
    loop = Loop()
    wire, pace = Wire(loop), Pace(loop, SECOND_NS)
    for number in range(2):
        pace.send(wire, [(f"r{number}", bytes((number,)))] * 3)
    pace.forget([("r0", bytes((0,)))])
    loop.run(10)
    assert [name for _, name in wire.sent] == ["r0", "r1", "r1", "r1"]
