"""What is wrong with the host: told once, kept for a minute, told once when it is over."""

from __future__ import annotations

import pytest

from vrrptui.engine.status.self_check import SelfCheck

SECOND, MS = 1_000_000_000, 1_000_000


def looked(check: SelfCheck, at: int, late_ms=0.0, evicted=0) -> list[tuple[str, bool]]:
    return [(code.value, began) for code, began, _ in check.look(at * SECOND, round(late_ms * MS), evicted)]


@pytest.mark.parametrize(("late_ms", "said"), [(99, []), (100, [("LOCAL_STALL", True)])])
def test_a_late_timer_is_a_stall_from_100_ms(late_ms, said):
    assert looked(SelfCheck(), 0, late_ms) == said


def test_a_stall_is_told_once_and_over_a_minute_after_the_last():
    check = SelfCheck()
    assert looked(check, 0, 500) == [("LOCAL_STALL", True)]
    assert looked(check, 30, 200) == []
    assert "200 ms" in next(iter(check.problems.values()))
    assert looked(check, 89) == []
    assert looked(check, 90) == [("LOCAL_STALL", False)]
    assert check.problems == {}


def test_a_table_is_full_while_more_is_forgotten():
    check = SelfCheck()
    assert looked(check, 0, evicted=5) == [("TABLE_FULL", True)]
    assert looked(check, 59, evicted=5) == []
    assert looked(check, 60, evicted=5) == [("TABLE_FULL", False)]
