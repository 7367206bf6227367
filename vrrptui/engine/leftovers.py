"""What a killed engine leaves on interfaces, and how it is taken away: by the next engine, or by `vrrptui cleanup`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from vrrptui.engine import acceptance
from vrrptui.engine.kernel import Kernel, address_message, link_removal_message
from vrrptui.engine.state_dir import Owned, StateDir

log = logging.getLogger(__name__)


def remove_leftovers(kernel: Kernel, record: Iterable[Owned]) -> list[str]:
    """Remove the addresses and virtual MACs of a record that are still there; returns what the kernel refused."""
    refused: list[str] = []
    for owned in record:
        link, address = kernel.link(owned.device), owned.virtual_address()
        if link is None:
            continue
        if link.holds(address.address):
            problems = kernel.request([address_message(address, link.index, add=False)])
            refused += _tell(f"{owned.address} from {owned.device}", problems)
        if link.virtual:
            problems = kernel.request([link_removal_message(link.index)])
            refused += _tell(owned.device, problems)
        kernel.catch_up()
    kernel.read()
    acceptance.remove_left()
    return refused


def clean_up(state_dir: Path) -> list[str]:
    """Do it for the last engine of this network namespace; returns what the kernel refused, which is tried again.

    Raises StateError if an engine runs here, and PermissionError without netlink.
    """
    state = StateDir(state_dir)
    try:
        kernel = Kernel(lambda: None)
        try:
            refused = remove_leftovers(kernel, state.read_owned())
        finally:
            kernel.close()
        if not refused:
            state.forget_owned()
        return refused
    finally:
        state.release()


def _tell(what: str, problems: list[str]) -> list[str]:
    if not problems:
        log.warning("removed %s: left by an engine that was killed", what)
    return [f"cannot remove {what}: {why}" for why in problems]
