"""Finds the least recently heard item without reordering anything when an item is heard.

The items are sorted by the time they were last heard only when the last order is used up. Items heard since that sort
are skipped: all others in the order are older.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Oldest(Generic[T]):
    """The order of a changing set; `heard_ns` returns when an item was last heard, or None if it was removed.

    The time of an item never decreases. A new item must have been heard later than all others; otherwise call `forget`.
    """

    def __init__(self, heard_ns: Callable[[T], int | None]) -> None:
        self._heard_ns = heard_ns
        self._order: list[tuple[int, T]] = []  # the oldest last

    def forget(self) -> None:
        """Discard the order, so that the next call of `first` sorts again."""
        self._order.clear()

    def first(self, everybody: Iterable[T]) -> T:
        """Return the least recently heard item, or the first of several. `everybody` must not be empty."""
        while True:
            while self._order:
                heard_ns, one = self._order[-1]
                if self._heard_ns(one) == heard_ns:
                    return one
                self._order.pop()
            dated = ((self._heard_ns(one), one) for one in everybody)
            self._order = [(heard_ns, one) for heard_ns, one in dated if heard_ns is not None]
            self._order.sort(key=lambda entry: entry[0])
            self._order.reverse()
