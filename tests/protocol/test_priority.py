"""What one check adds to a priority, as keepalived counts it."""

from __future__ import annotations

import pytest

from vrrptui.protocol.priority import Tracked, counted


@pytest.mark.parametrize(
    "weight, up, reverse, amount, fault",
    [
        (10, True, False, 10, False),
        (10, False, False, 0, False),
        (-10, True, False, 0, False),
        (-10, False, False, -10, False),
        (10, True, True, -10, False),
        (10, False, True, 0, False),
        (-10, True, True, 0, False),
        (-10, False, True, 10, False),
        (0, True, False, 0, False),
        (0, False, False, 0, True),
        (0, True, True, 0, True),
        (0, False, True, 0, False),
        (0, None, True, 0, False),
        (-10, None, True, 0, False),
    ],
)
def test_reverse_turns_the_direction_of_a_weight_and_the_fault_of_weight_0(
    weight: int, up: bool | None, reverse: bool, amount: int, fault: bool
) -> None:
    one = Tracked("chk", weight, up, reverse)
    assert (one.amount, one.fault) == (amount, fault)


@pytest.mark.parametrize(
    "weight, number, reverse, amount, fault",
    [
        (1, 20, False, 20, False),
        (2, -30, False, -60, False),
        (-1, 20, False, -20, False),
        (1, 20, True, -20, False),
        (1, 0, False, 0, False),
        (1, 300, False, 253, False),
        (1, -253, False, -253, False),
        (1, -254, False, 0, True),
        (0, 1, False, 0, True),
        (0, -1, False, 0, True),
        (0, 0, False, 0, False),
        (0, 0, True, 0, True),
        (0, 1, True, 0, False),
    ],
)
def test_a_number_counts_times_its_weight_and_is_a_fault_from_254_down(
    weight: int, number: int, reverse: bool, amount: int, fault: bool
) -> None:
    one = counted("F", weight, number, reverse)
    assert (one.amount, one.fault) == (amount, fault)
