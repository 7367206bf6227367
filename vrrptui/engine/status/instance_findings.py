"""Problems of a virtual router of this host: missing or stray addresses, adverts that are not sent."""

from __future__ import annotations

from collections.abc import Iterator

from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.states import Master
from vrrptui.segment.codes import Code


def own_findings(router: Instance, unfiltered: str | None, carrier: bool) -> dict[Code, str]:
    """Return each code that applies to `router`, with a sentence.

    `unfiltered` is why the filter for no_accept is missing; `carrier` is whether the interface can send.
    """
    return dict(_found(router, unfiltered, carrier))


def _found(router: Instance, unfiltered: str | None, carrier: bool) -> Iterator[tuple[Code, str]]:
    if unfiltered is not None and not router.config.accepts:
        text = f"{router.name} has no_accept, and what is sent to its addresses is not dropped: {unfiltered}."
        yield Code.ACCEPT_FILTER_LOST, text
    if not isinstance(router.machine.state, Master):
        if held := router.presence.addresses.held():
            yield Code.VIP_HELD_BY_BACKUP, f"{router.name} is not master, and this host holds {', '.join(held)}."
        return
    if missing := router.presence.addresses.missing():
        yield Code.VIP_MISSING, f"{router.name} is master, and {'; '.join(missing)}."
    if not carrier:
        text = f"{router.name} is master, and {router.config.interface} is down or has no carrier: no advert leaves it."
        yield Code.ADVERTS_NOT_SENT, text
    elif router.transmitter.unsent is not None:
        text = f"{router.name} is master, and its adverts do not leave this host: {router.transmitter.unsent}"
        yield Code.ADVERTS_NOT_SENT, f"{text} ({router.transmitter.unsent_adverts} so far)."
