"""When a check is up: vrrptui's counting beside keepalived's own, result by result."""

from __future__ import annotations

from itertools import product

import pytest

from vrrptui.engine.trackers.script import Health


class Keepalived:
    """keepalived's arithmetic: a counter from 0 to rise + fall - 1; up is rise and more."""

    def __init__(self, rise: int, fall: int, init_fail: bool) -> None:
        self.rise, self.fall = rise, fall
        self.counter = 0 if init_fail else None

    def take(self, good: bool) -> bool:
        full = self.rise + self.fall - 1
        if self.counter is None:  # one result is enough at the beginning
            self.counter = full if good else 0
        elif good:
            self.counter = self.counter + 1 if self.counter < self.rise - 1 else full
        else:
            self.counter = self.counter - 1 if self.counter > self.rise else 0
        return self.counter >= self.rise


@pytest.mark.parametrize("init_fail", [False, True])
@pytest.mark.parametrize("rise,fall", list(product((1, 2, 3), repeat=2)))
def test_eight_results_are_counted_as_keepalived_counts_them(rise, fall, init_fail):
    for results in product((False, True), repeat=8):
        ours, theirs = Health(rise, fall, init_fail), Keepalived(rise, fall, init_fail)
        for good in results:
            before = ours.up
            turned = ours.take(good)
            assert ours.up == theirs.take(good), (rise, fall, init_fail, results)
            assert turned == (ours.up != before)


@pytest.mark.parametrize(
    "rise,fall,init_fail,results,states",
    [
        (3, 3, False, "+", "U"),  # the first result decides
        (3, 3, False, "-", "D"),
        (3, 3, True, "++", "DD"),  # assumed failed: it has to rise
        (3, 3, True, "+++", "DDU"),
        (1, 2, False, "+-+-+-", "UUUUUU"),  # never two in a row
        (1, 2, False, "+--", "UUD"),
        (2, 1, False, "-+-++", "DDDDU"),
        (2, 3, False, "+--+---", "UUUUUUD"),  # one good result forgives all
    ],
)
def test_rise_and_fall_count_results_in_a_row(rise, fall, init_fail, results, states):
    health = Health(rise, fall, init_fail)
    seen = ""
    for result in results:
        health.take(result == "+")
        seen += "U" if health.up else "D"
    assert seen == states


def test_it_says_how_many_results_it_takes_to_turn():
    health = Health(rise=2, fall=3)
    health.take(True)
    health.take(False)
    assert (health.run, health.needed) == (1, 3)
    health.take(False)
    health.take(False)
    assert (health.up, health.run, health.needed) == (False, 0, 2)
