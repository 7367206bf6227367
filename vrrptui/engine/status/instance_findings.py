"""What is wrong with a virtual router of this host: addresses that are missing or left, adverts that are not sent."""

from __future__ import annotations

from collections.abc import Iterator

from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.states import Master
from vrrptui.segment.codes import Code


def own_findings(router: Instance) -> dict[Code, str]:
    """Each code that holds for `router` now, with a sentence."""
    return dict(_found(router))


def _found(router: Instance) -> Iterator[tuple[Code, str]]:
    if router.unfiltered is not None:
        text = f"{router.name} has no_accept, and what is sent to its addresses is not dropped: {router.unfiltered}."
        yield Code.ACCEPT_FILTER_LOST, text
    if not isinstance(router.machine.state, Master):
        if held := router.presence.held():
            yield Code.VIP_HELD_BY_BACKUP, f"{router.name} is not master, and this host holds {', '.join(held)}."
        return
    if missing := router.presence.missing():
        yield Code.VIP_MISSING, f"{router.name} is master, and {'; '.join(missing)}."
    if not router.carrier:
        text = f"{router.name} is master, and {router.config.interface} is down or has no carrier: no advert leaves it."
        yield Code.ADVERTS_NOT_SENT, text
    elif router.unsent is not None:
        text = f"{router.name} is master, and its adverts do not leave this host: {router.unsent}"
        yield Code.ADVERTS_NOT_SENT, f"{text} ({router.unsent_adverts} so far)."
