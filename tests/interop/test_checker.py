"""The judge of captures is judged: what routers did right it lets pass, and each invariant that is broken it finds.

None needs root or a network: each capture tells a story that never happened.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.interop.capture_writing import BEGIN_S, VIP, Wire
from tests.interop.captured import NotACaptureError, read_capture
from tests.interop.checker import MS, Facts, Spell, judge

ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")


def at(seconds: float) -> int:
    return round((BEGIN_S + seconds) * 1_000) * MS


# Stories. Each is right but for one thing; told right, nothing is found in it.


def crash(wire: Wire, gap_s: float = 3.610, announced: bool = True) -> Facts:
    wire.master(0, 5, 1, 150)
    wire.adverts(5 + gap_s, 12 + gap_s, 2, 100)
    if announced:
        wire.announce(5 + gap_s + 0.003, 2)
    return Facts(away=(Spell(ONE, at(5.1)),), faults=1, best=TWO)


def resignation(wire: Wire, gap_s: float = 0.610) -> Facts:
    wire.master(0, 5, 1, 150)
    wire.advert(5.4, 1, 0)
    wire.master(5.4 + gap_s, 10.4 + gap_s, 2, 100)
    return Facts(faults=1, best=TWO)


def start(wire: Wire, after_s: float = 3.610) -> Facts:
    wire.answer(0, 9, "10.0.0.9")  # so that the capture begins before
    wire.master(1 + after_s, 6 + after_s, 2, 100)
    return Facts(ready={TWO: at(1)})


def preemption(wire: Wire, goes_on_s: float = 0.0) -> Facts:
    wire.master(0, 5 + goes_on_s, 2, 100)
    wire.master(5.5, 10.5, 1, 150)
    if goes_on_s:
        wire.announce(6.5, 1)
    return Facts(faults=1, best=ONE)


def partition(wire: Wire, goes_on_s: float = 0.0) -> Facts:
    """From 2 on the two do not hear each other, from 8 on they do."""
    wire.master(0, 12, 1, 150)
    wire.master(4.61, 7.61 + goes_on_s, 2, 100)
    wire.announce(8.1, 1)
    if goes_on_s:
        wire.announce(9.1, 1)
    return Facts(deaf=(Spell(ONE, at(0.9), at(7.8)), Spell(TWO, at(1.0 + 1e-3), at(7.8))), faults=1, best=ONE)


def pause(wire: Wire, says: tuple[float, ...] = ()) -> Facts:
    """The master with 100 is stopped from 2.5 to 9.5; one with 150 came meanwhile."""
    wire.master(0, 2, 2, 100)
    wire.master(5.7, 12.7, 1, 150)
    for second in says:
        wire.advert(second, 2, 100)
    return Facts(paused=(Spell(TWO, at(2.5), at(9.5)),), faults=1, best=ONE)


def split_brain(wire: Wire, announced: bool = True) -> Facts:
    """The winner hears a loser, which yields at once."""
    wire.master(0, 10, 1, 150)
    wire.advert(5.5, 2, 100)
    wire.announce(5.502, 2)
    if announced:
        wire.announce(5.51, 1)
    return Facts(routers=(ONE,))


def strangers(wire: Wire, silent_s: float = 0.0) -> Facts:
    """Somebody's adverts of another version, which nobody may believe."""
    wire.master(0, 3, 1, 150)
    for number in range(12):
        wire.advert(3.2 + number * 0.3, 3, 1, version=3)
    wire.master(4 + silent_s, 9 + silent_s, 1, 150)
    return Facts(routers=(ONE,), version=2)


def tied(wire: Wire, together: bool = True) -> Facts:
    wire.master(0, 10, 1, 150)
    if together:
        wire.master(0.01, 10.01, 1, 150, vrid=52)
    else:
        wire.master(0.01, 10.01, 2, 150, vrid=52)
    return Facts(together=((4, 51), (4, 52)))


def flapping(wire: Wire, times: int = 1) -> Facts:
    for number in range(times):
        wire.master(20 * number, 20 * number + 3, 1, 150)
        wire.advert(20 * number + 3.4, 1, 0)
        wire.master(20 * number + 4.01, 20 * number + 12.01, 2, 100)
    return Facts(faults=1)


def alone(wire: Wire, **odd: object) -> Facts:
    """One master; an advert of it may be odd, at second 6 where it is due."""
    wire.master(0, 5, 1, 150)
    wire.advert(6, 1, 150, **odd)
    wire.adverts(7, 10, 1, 150)
    return Facts(routers=(ONE,))


def gap(wire: Wire, seconds: float = 1.0) -> Facts:
    wire.master(0, 5, 1, 150)
    wire.adverts(5 + seconds, 10 + seconds, 1, 150)
    return Facts()


def bystander(wire: Wire, what: str = "") -> Facts:
    """A backup that has ruled before, and now resigns, answers or announces."""
    wire.master(0, 3, 2, 100)
    wire.master(3.2, 12.2, 1, 150)
    if what == "resigns":
        wire.advert(6.6, 2, 0)
    elif what == "answers":
        wire.answer(6.6, 2)
    elif what == "announces":
        wire.announce(6.6, 2)
    return Facts()


def stale(wire: Wire, who: int = 2) -> Facts:
    """A killed master still has the address in its kernel, and its host answers for it."""
    facts = crash(wire)
    wire.answer(11, who)
    return facts


STORIES = [
    crash, resignation, start, preemption, partition, pause, split_brain, strangers, tied, flapping, alone, gap,
    bystander, stale,
]  # fmt: skip
BROKEN: list[tuple[str, Callable[[Wire], Facts]]] = [
    ("INV1", lambda wire: crash(wire, 3.5)),
    ("INV1", lambda wire: crash(wire, 3.8)),
    ("INV2", lambda wire: resignation(wire, 0.5)),
    ("INV2", lambda wire: resignation(wire, 0.8)),
    ("INV3", lambda wire: start(wire, 3.8)),
    ("INV4", lambda wire: preemption(wire, goes_on_s=1)),
    ("INV5", lambda wire: partition(wire, goes_on_s=2)),
    ("INV6", lambda wire: pause(wire, (9.501,))),
    ("INV7", lambda wire: replaced(crash(wire), best=ONE)),
    ("INV7", lambda wire: replaced(partition(wire, goes_on_s=4), best=ONE)),
    ("INV8", lambda wire: alone(wire, vips=(VIP, "10.0.0.253"))),
    ("INV8", lambda wire: bystander(wire, "answers")),
    ("INV8", lambda wire: bystander(wire, "announces")),
    ("INV8", lambda wire: stale(wire, who=1)),
    ("INV9", lambda wire: crash(wire, announced=False)),
    ("INV9", lambda wire: split_brain(wire, announced=False)),
    ("INV10", lambda wire: bystander(wire, "resigns")),
    ("INV10", lambda wire: gap(wire, 1.2)),
    ("INV10", lambda wire: gap(wire, 0.8)),
    ("INV11", lambda wire: flapping(wire, 2)),
    ("INV12", lambda wire: tied(wire, together=False)),
    ("INV14", lambda wire: strangers(wire, silent_s=1)),
    ("FORM", lambda wire: alone(wire, flip=1)),
    ("FORM", lambda wire: alone(wire, ttl=254)),
    ("FORM", lambda wire: alone(wire, version=3)),
]


def replaced(facts: Facts, **changes: object) -> Facts:
    return Facts(**{**vars(facts), **changes})


def findings(tmp_path: Path, story: Callable[[Wire], Facts]) -> list[str]:
    wire = Wire()
    facts = story(wire)
    return sorted({finding.invariant for finding in judge(wire.read(tmp_path), facts)})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_story_told_right_passes(tmp_path, story):
    assert findings(tmp_path, story) == []


@pytest.mark.parametrize(("invariant", "story"), BROKEN, ids=[f"{n} {one[0]}" for n, one in enumerate(BROKEN)])
def test_each_invariant_that_is_broken_is_found(tmp_path, invariant, story):
    assert invariant in findings(tmp_path, story)


def test_every_invariant_has_a_capture_that_breaks_it():
    broken = {invariant for invariant, _ in BROKEN}
    assert broken == {f"INV{number}" for number in (*range(1, 13), 14)} | {"FORM"}


def test_version_3_is_judged_by_the_interval_heard(tmp_path):
    """Priority 100 after a master of 0.2 s waits 3 × 0.2 s and 156/256 of it."""
    for gap_s, found in ((0.722, []), (0.6, ["INV1"]), (0.9, ["INV1"])):
        wire = Wire(3, 0.2)
        wire.master(0, 2, 1, 150)
        wire.master(2 + gap_s, 4 + gap_s, 2, 100)
        assert sorted({f.invariant for f in judge(wire.read(tmp_path), Facts(away=(Spell(ONE, at(2.01)),)))}) == found


def test_a_truncated_capture_is_read_as_far_as_it_goes(tmp_path):
    wire = Wire()
    crash(wire)
    whole = wire.read(tmp_path)
    file = tmp_path / "told.pcap"
    file.write_bytes(file.read_bytes()[:-30])
    assert len(read_capture(file).adverts) == len(whole.adverts) - 1


def test_what_is_no_capture_is_said(tmp_path):
    file = tmp_path / "none"
    file.write_bytes(b"not a capture at all, but long enough")
    with pytest.raises(NotACaptureError):
        read_capture(file)
