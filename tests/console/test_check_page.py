"""A check in sentences: what it moves, whether that decides an election, and how its runs went."""

import msgspec
import pytest

from tests.console import world
from vrrptui.client.view import View
from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text import check_page
from vrrptui.control.snapshots import CheckSnapshot, Contribution, Effect

NOW = world.NOW


def check(state="down", weight=-30, **changes):
    fields = {
        "name": "chk",
        "kind": "script",
        "state": state,
        "weight": weight,
        "rise": 2,
        "fall": 3,
        "run": (1, 2) if state == "down" else (0, 3),
        "routers": ["VI_9"],
        "effects": [Effect(router="VI_9", weight=weight)],
    }
    return CheckSnapshot(**(fields | changes))


def said_of(snapshot, base=120, amount=-30, state="backup", width=200, **changes):
    part = Contribution(name="chk", amount=amount, state=snapshot.state)
    view = View()
    view.apply(world.group(9, "10.0.9.1", world.heard("10.0.0.2", 100)))
    view.apply(world.router(9, state, base, part, **changes))
    lines = check_page.pane(snapshot, view, NOW, width, Keymap())
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_a_failing_check_says_what_its_recovery_would_do():
    said = said_of(check())
    assert "VI_9 eth0/9: 120 − 30 = 90; best other heard 100 (10.0.0.2): local cannot win" in said
    assert "120 after 2 good results in a row; best other heard 100 (10.0.0.2): local wins" in said
    assert "DOWN · 1 of 2 good results in a row until it is up" in said


def test_a_good_check_says_what_its_failure_would_do():
    said = said_of(check("up"), amount=0, state="master")
    assert "VI_9 eth0/9: 120; best other heard 100 (10.0.0.2): local stays master" in said
    assert "90 after 3 bad results in a row; best other heard 100 (10.0.0.2): local cannot win" in said


@pytest.mark.parametrize(
    ("weight", "reverse", "amount", "then"),
    [(30, False, 30, "100 after"), (30, True, -30, "100 after"), (-30, True, 0, "130 after")],
)
def test_a_weight_counts_in_its_direction(weight, reverse, amount, then):
    snapshot = check("up", weight, effects=[Effect(router="VI_9", weight=weight, reverse=reverse)])
    assert then in said_of(snapshot, base=100, amount=amount)


@pytest.mark.parametrize(
    ("snapshot", "changes", "words"),
    [
        (check("up", 0), {"amount": 0}, "down puts it in fault"),
        (check("down", 0), {"amount": 0, "state": "fault"}, "puts it in fault now"),
        (check("down", 0), {"amount": 0, "state": "fault"}, "takes part again with 120 after 2 good results"),
        (check("up", 0, effects=[Effect(router="VI_9", weight=0, stops=True)]), {"amount": 0}, "down stops it"),
        (check(muted=True), {}, "ignored"),
        (check(), {"override": 50}, "an operator has set 50"),
        (check(routers=[], effects=[]), {}, "no local router uses it"),
        (check(effects=[Effect(router="VI_elsewhere", weight=-30, amount=-30)]), {}, "VI_elsewhere: -30 now"),
    ],
)
def test_what_is_no_matter_of_a_sum_is_said_in_words(snapshot, changes, words):
    assert words in said_of(snapshot, **changes)


def test_a_failed_run_is_a_cross():
    spans = check_page.bars([0.001, 0.002, 0.007, 0.004], [False, True, False], 4)  # the first is from before
    assert "".join(text for text, _ in spans) == "▁▂×▄"
    assert [tone for _, tone in spans] == ["text", "critical", "text"]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.99, 4), (0.0, 1), (1.0, 4), (0.51, 3)])
def test_a_percentile_is_a_value_that_was_measured(share, value):
    assert check_page.percentile([4, 1, 3, 2], share) == value


def test_the_runs_are_counted():
    said = said_of(check(durations=[0.001] * 9 + [0.5], failed=[False] * 9 + [True], interval=2.0, timeout=1.0))
    assert "last 10 runs: p50 1 ms · p99 500 ms · in 20 s · 1 failed" in said


@pytest.mark.parametrize("width", [20, 60, 80, 120, 300])
def test_a_check_is_told_in_any_width(width):
    snapshot = msgspec.structs.replace(
        check(last_output="x" * 5000), durations=[0.0] * 60, failed=[True] * 60, command="y" * 500
    )
    assert "×" in said_of(snapshot, width=width)


async def test_the_screen_counts_towards_rise_and_fall(play):
    async with play() as played:
        await played.press("3")
        text = played.text()
        assert "rise 1/2" in text
        assert "fall 0/1" in text
        assert "3 failed (×)" in text
