"""The differences from keepalived 2.2.7 that are chosen, or where keepalived is wrong. Nothing else may differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.twins.compare import Difference, Step


@dataclass(frozen=True)
class Known:
    """One kind of difference: how it is told from all others, and why it is right."""

    id: str
    why: str
    pointer: str  # where it is written or measured
    is_it: Callable[[Difference, Step], bool]
    ends: bool = False  # what comes after it cannot be compared


def _dont_fragment(difference: Difference, step: Step) -> bool:
    def mask(frames: object) -> str:
        return " | ".join(
            one[:41] + "00" + one[43:] if one[24:28] == "0800" else one for one in str(frames).split(" | ")
        )

    return difference.look == "advert" and mask(difference.keepalived) == mask(difference.vrrptui)


KNOWN: list[Known] = [
    Known(
        "dont-fragment",
        "vrrptui's adverts have the IP flag DF, as the kernel gives it to what is never fragmented; keepalived writes"
        " the IP header itself and leaves it out. No router looks at it.",
        "RFC 9568 §5.1 says nothing of it",
        _dont_fragment,
    ),
]


def known(difference: Difference, step: Step) -> Known | None:
    """The entry for a difference; None when it is not known."""
    return next((one for one in KNOWN if one.is_it(difference, step)), None)
