"""Computes the effective priority from the base, checks and trackers, and an operator's override (RFC 9568 §5.2.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from vrrptui.protocol.advert import PRIORITY_OWNER

LOWEST, HIGHEST = 1, 254  # 0 resigns, 255 is reserved for the address owner
WEIGHT_MAX = 253  # a greater weight has no further effect


@dataclass(frozen=True, slots=True)
class Tracked:
    """A check tracked by a virtual router. `up` is None before its first result.

    A positive weight is added while the check is up, a negative one while it is down; with weight 0 a failure is a
    fault. `reverse` inverts this: the weight is subtracted instead of added, and with weight 0 success is the fault.
    """

    name: str
    weight: int
    up: bool | None
    reverse: bool = False

    @property
    def amount(self) -> int:
        """The check's contribution to the priority; 0 before its first result."""
        if self.up is None or self.weight == 0 or self.up != (self.weight > 0):
            return 0
        return -self.weight if self.reverse else self.weight

    @property
    def failed(self) -> bool:
        """Whether the last result was a failure, or a success if reversed."""
        return self.up is not None and self.up == self.reverse

    @property
    def fault(self) -> bool:
        """Whether the check prevents the router from taking part."""
        return self.weight == 0 and self.failed


def counted(name: str, weight: int, number: int, reverse: bool) -> Tracked:
    """Convert the number in a tracked file: the priority changes by number times weight, at most 253.

    A product of -254 or less is a fault. With weight 0 any number but 0 is a fault; if reversed, only 0 is.
    """
    if weight == 0:
        return Tracked(name, 0, number == 0, reverse)
    product = weight * number * (-1 if reverse else 1)
    if product < -WEIGHT_MAX:
        return Tracked(name, 0, up=False)
    return Tracked(name, min(product, WEIGHT_MAX), up=product >= 0)


class Counted(Protocol):
    """A check's contribution to a priority."""

    @property
    def name(self) -> str: ...

    @property
    def amount(self) -> int: ...

    @property
    def fault(self) -> bool: ...


PartOfSum = Literal["base", "raises", "lowers", "fault", "between", "operator", "result"]


def signed(amount: int) -> str:
    """Return an amount as a term of a sum: `− 20`, `+ 5`."""
    return f"{'−' if amount < 0 else '+'} {abs(amount)}"


def sum_in_parts(
    base: int, counted: Iterable[Counted], result: int, override: int | None = None
) -> list[tuple[PartOfSum, str]]:
    """Return the parts of a sum such as `base 150 − 20 (chk_http) = 130`, for a screen; `result` is its value."""
    parts: list[tuple[PartOfSum, str]] = [("base", f"base {base}")]
    for one in counted:
        if one.fault:
            parts += [("between", " · "), ("fault", f"fault ({one.name} is down)")]
        elif one.amount:
            parts.append(("lowers" if one.amount < 0 else "raises", f" {signed(one.amount)} ({one.name})"))
    if override is None:
        return [*parts, ("base", " = "), ("result", str(result))]
    return [*parts, ("operator", " · set by an operator to "), ("result", str(override))]


def sum_in_words(base: int, tracked: Iterable[Tracked] = (), override: int | None = None) -> str:
    """Return a description of the effective priority, such as `base 150 − 20 (chk_http) = 130`."""
    if base == PRIORITY_OWNER:
        return f"base {base}, the address owner's, which nothing moves"
    tracked = tuple(tracked)
    moving = [one for one in tracked if one.amount]
    terms = "".join(f" {signed(one.amount)} ({one.name})" for one in moving)
    total, kept = base + sum(one.amount for one in moving), effective_priority(base, tracked)
    limit = f", kept within {LOWEST} to {HIGHEST}: {kept}" if total != kept else ""
    operator = "" if override is None else f"; an operator set {override}"
    return f"base {base}{f'{terms} = {total}' if terms else ''}{limit}{operator}"


def effective_priority(base: int, tracked: Iterable[Tracked] = (), override: int | None = None) -> int:
    """Return the priority to advertise, 1 to 255.

    An address owner's 255 never changes; any other sum is limited to 1 to 254. An operator's `override` (1 to 254)
    replaces the sum.
    """
    if base == PRIORITY_OWNER:
        return PRIORITY_OWNER
    if override is not None:
        return override
    return max(LOWEST, min(HIGHEST, base + sum(one.amount for one in tracked)))
