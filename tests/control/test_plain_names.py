"""Lists of names in an answer: bounded, whatever the names."""

from __future__ import annotations

import pytest

from vrrptui.control.plain import some_of


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "none"),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        ([str(n) for n in range(10)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ([str(n) for n in range(12)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more"),
        (["x" * 65], "x" * 61 + "..."),
    ],
)
def test_some_of(names, text):
    assert some_of(names) == text
