"""How an effective priority is made: base, what checks and trackers add, what an operator set (RFC 9568 §5.2.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vrrptui.protocol.advert import PRIORITY_OWNER

LOWEST, HIGHEST = 1, 254  # 0 resigns, 255 belongs to the address owner
WEIGHT_MAX = 253  # more moves nothing


@dataclass(frozen=True, slots=True)
class Tracked:
    """One check as a virtual router counts it. `up` is None before its first result.

    A positive weight is added while it is up, a negative one while it is down; weight 0 makes its failure a fault.
    `reverse` turns the direction: the weight is taken away instead of added, and of weight 0 success is the fault.
    """

    name: str
    weight: int
    up: bool | None
    reverse: bool = False

    @property
    def amount(self) -> int:
        """What it adds to the priority now; nothing before its first result."""
        if self.up is None or self.weight == 0 or self.up != (self.weight > 0):
            return 0
        return -self.weight if self.reverse else self.weight

    @property
    def failed(self) -> bool:
        """Whether its last result was not the one that is wanted."""
        return self.up is not None and self.up == self.reverse

    @property
    def fault(self) -> bool:
        """Whether it keeps the router from taking part."""
        return self.weight == 0 and self.failed


def counted(name: str, weight: int, number: int, reverse: bool) -> Tracked:
    """A number in a file as a virtual router counts it: the product with the weight, at most 253.

    A product of -254 or less is a fault. So is any number but 0 with weight 0; reversed, only 0 is.
    """
    if weight == 0:
        return Tracked(name, 0, number == 0, reverse)
    product = weight * number * (-1 if reverse else 1)
    if product < -WEIGHT_MAX:
        return Tracked(name, 0, up=False)
    return Tracked(name, min(product, WEIGHT_MAX), up=product >= 0)


def sum_in_words(base: int, tracked: Iterable[Tracked] = (), override: int | None = None) -> str:
    """Return a description of the effective priority, such as `base 150 − 20 (chk_http) = 130`."""
    if base == PRIORITY_OWNER:
        return f"base {base}, the address owner's, which nothing moves"
    tracked = tuple(tracked)
    moving = [one for one in tracked if one.amount]
    terms = "".join(f" {'−' if one.amount < 0 else '+'} {abs(one.amount)} ({one.name})" for one in moving)
    total, kept = base + sum(one.amount for one in moving), effective_priority(base, tracked)
    limit = f", kept within {LOWEST} to {HIGHEST}: {kept}" if total != kept else ""
    operator = "" if override is None else f"; an operator set {override}"
    return f"base {base}{f'{terms} = {total}' if terms else ''}{limit}{operator}"


def effective_priority(base: int, tracked: Iterable[Tracked] = (), override: int | None = None) -> int:
    """The priority to advertise, 1 to 255.

    An owner's 255 is never moved; every other sum is kept within 1 to 254. An operator's `override` (1 to 254)
    replaces the sum.
    """
    if base == PRIORITY_OWNER:
        return PRIORITY_OWNER
    if override is not None:
        return override
    return max(LOWEST, min(HIGHEST, base + sum(one.amount for one in tracked)))
