"""Removing what a killed engine left on the host, by the next engine or by `vrrptui cleanup`."""

from __future__ import annotations

import logging
from pathlib import Path

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import route, rule
from vrrptui.config.language.lexer import Word
from vrrptui.config.model.configuration import Place
from vrrptui.engine.host import accept_filter
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.requests import UnknownNameError, address_message, link_removal_message, removal_message
from vrrptui.engine.state.host_changes import remove_fifo
from vrrptui.engine.state.ownership_record import OwnershipRecord
from vrrptui.engine.state.state_dir import StateDir
from vrrptui.engine.state.sysctl import restore

log = logging.getLogger(__name__)


def remove_leftovers(kernel: Kernel, record: OwnershipRecord) -> list[str]:
    """Remove the recorded objects that still exist. Return the reasons for those that the kernel refused."""
    _remove_routing(kernel, record)
    refused: list[str] = []
    for owned in record.addresses:
        link, address = kernel.link(owned.device), owned.virtual_address()
        if link is None:
            continue
        if link.holds(address.address):
            problems = kernel.request([address_message(address, link.index, add=False)])
            refused += _tell(f"{owned.address} from {owned.device}", problems)
        kernel.catch_up()
    for name, mac in record.devices.items():
        link = kernel.link(name)
        if link is not None and link.parent is not None and mac in ("", link.mac.hex()):
            refused += _tell(name, kernel.request([link_removal_message(link.index)]))
    kernel.catch_up()
    kernel.read()
    for path in restore(record.settings):
        log.warning("restored %s to %s: left by a killed engine", path, record.settings[path].former)
    for fifo in filter(remove_fifo, record.fifos):
        _tell(fifo, [])
    if record.table:
        accept_filter.remove_left()
    return refused


def clean_up(state_dir: Path) -> list[str]:
    """Remove what the last engine of this network namespace left. Return the refusals, which are retried next time.

    Raises StateError if an engine is running, and PermissionError without netlink.
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


def _remove_routing(kernel: Kernel, record: OwnershipRecord) -> None:
    """Delete rules, then routes, in reverse order of their addition. A missing one is ignored."""
    report, nowhere = Report(), Place("", 0, 0)
    rules = [rule.read(tuple(Word(text, nowhere) for text in words), report) for words in record.rules if words]
    routes = [route.read(tuple(Word(text, nowhere) for text in words), report) for words in record.routes if words]
    for what in (*reversed(rules), *reversed(routes)):
        if what is None:
            continue
        try:
            gone = kernel.refusal(removal_message(what, kernel.index)) == 0
        except UnknownNameError:  # its device or table is gone, and the kernel deleted it
            continue
        if gone:
            _tell(str(what), [])


def _tell(what: str, problems: list[str]) -> list[str]:
    if not problems:
        log.warning("removed %s: left by a killed engine", what)
    return [f"cannot remove {what}: {why}" for why in problems]
