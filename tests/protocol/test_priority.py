"""What one check adds to a priority, as keepalived counts it."""

from __future__ import annotations

import pytest

from vrrptui.protocol.priority import Tracked, counted, sum_in_words


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
def test_reverse_turns_a_weight_and_the_fault_of_weight_0(
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
def test_a_number_counts_by_its_weight_and_is_a_fault_from_254(
    weight: int, number: int, reverse: bool, amount: int, fault: bool
) -> None:
    one = counted("F", weight, number, reverse)
    assert (one.amount, one.fault) == (amount, fault)


@pytest.mark.parametrize(
    "base, tracked, override, words",
    [
        (150, [Tracked("chk_http", -20, False)], None, "base 150 − 20 (chk_http) = 130"),
        (150, [Tracked("chk_http", -20, True), Tracked("a", 0, True)], None, "base 150"),
        (100, [Tracked("a", 30, True, reverse=True), Tracked("b", 5, True)], None, "base 100 − 30 (a) + 5 (b) = 75"),
        (10, [Tracked("a", -20, False)], None, "base 10 − 20 (a) = -10, kept within 1 to 254: 1"),
        (250, [Tracked("a", 20, True)], None, "base 250 + 20 (a) = 270, kept within 1 to 254: 254"),
        (150, [Tracked("a", -20, False)], 99, "base 150 − 20 (a) = 130; an operator set 99"),
        (255, [Tracked("a", -20, False)], None, "base 255, the address owner's, which nothing moves"),
    ],
)
def test_the_sum_is_said_in_words(base: int, tracked: list[Tracked], override: int | None, words: str) -> None:
    assert sum_in_words(base, tracked, override) == words
