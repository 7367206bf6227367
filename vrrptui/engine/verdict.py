"""What our own virtual router makes of an advert that the observer heard, in words."""

from __future__ import annotations

from collections.abc import Iterable

from vrrptui.engine.router import LocalRouter
from vrrptui.protocol.advert import Advert
from vrrptui.protocol.receive import SECTIONS, judge


def verdict(routers: Iterable[LocalRouter], advert: Advert, interface: str) -> str:
    """What one of `routers` makes of an advert heard on `interface`; nothing if the VRID is of none of them."""
    for router in routers:
        config = router.config
        if (config.interface, config.family, config.vrid) != (interface, advert.family, advert.vrid):
            continue
        judgement = judge(advert, router.machine.settings.expected, router.machine.source)
        if judgement.refused:
            return f"refused by {config.name}: {judgement.refused.value} ({SECTIONS[judgement.refused]})"
        notes = ", ".join(note.value for note in judgement.notes)
        return f"accepted by {config.name}" + (f", with {notes}" if notes else "")
    return ""
