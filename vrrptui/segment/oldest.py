"""Who was silent for longest, found without keeping everybody in order: hearing somebody again costs nothing here.

Everybody is sorted by when they were last heard only when the last such order is used up. Who was heard since then is
passed over: all others of that order are older.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Oldest(Generic[T]):
    """Looks at a changing crowd. `heard_ns` says when one was last heard, None when it is gone; it never goes back.

    Who joins was heard later than everybody, or the order is to be forgotten.
    """

    def __init__(self, heard_ns: Callable[[T], int | None]) -> None:
        self._heard_ns = heard_ns
        self._order: list[tuple[int, T]] = []  # the oldest last

    def forget(self) -> None:
        """Sort everybody anew next time."""
        self._order.clear()

    def first(self, everybody: Iterable[T]) -> T:
        """The one silent for longest; of several, the one that came first. `everybody` is not empty."""
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
