"""The keywords for a virtual router's own devices: use_vmac and use_ipvlan."""

from __future__ import annotations

import re
from typing import Literal

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Ipvlan, VirtualMac

MODES = ("bridge", "private", "vepa")  # of an ipvlan

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){4,5}[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(?:/[0-9]+)?")


def _device_words(statement: Statement, report: Report) -> tuple[str, list[Word]]:
    """Return a device's name and the words that are neither the name nor an option that keepalived 2.3 added.

    These options are `name NAME`, `group GROUP` and `netlink_notify_msg`; "group" without a value is a name.
    """
    name, others = "", []
    words = list(statement.values)
    while words:
        word = words.pop(0)
        if word.text == "group" and words:
            words.pop(0)
            text = f"the group of the device of {statement.name} is not set"
            report.warning(word.place, "not-supported-yet", text)
        elif word.text == "netlink_notify_msg":
            pass  # the kernel's messages about a device are always used
        elif word.text == "name" and words and not name:
            name = values.interface_name(words.pop(0), report) or name
        elif (
            not name and not _MAC.fullmatch(word.text) and not _ADDRESS.fullmatch(word.text) and word.text not in MODES
        ):
            name = values.interface_name(word, report) or ""
        else:
            others.append(word)
    return name, others


def virtual_mac(statement: Statement, report: Report) -> VirtualMac:
    """Read use_vmac [name] [NAME] [MAC-ADDRESS] [group GROUP] [netlink_notify_msg]."""
    name, others = _device_words(statement, report)
    address = None
    for word in others:
        if _MAC.fullmatch(word.text):
            address = word.text.lower()
        elif not name:
            name = values.interface_name(word, report) or ""
        else:
            report.error(word.place, "bad-value", f"{word.shown} is a second name", "use_vmac NAME MAC-ADDRESS")
    return VirtualMac(name, address=address)


def ipvlan(statement: Statement, report: Report) -> Ipvlan:
    """Read use_ipvlan [name] [NAME] [ADDRESS] [MODE] [group GROUP]."""
    name, others = _device_words(statement, report)
    address = None
    mode: Literal["bridge", "private", "vepa"] = "bridge"
    for word in others:
        if word.text in MODES:
            mode = "private" if word.text == "private" else "vepa" if word.text == "vepa" else "bridge"
            if mode != "bridge":
                report.warning(word.place, "not-supported-yet", f"{word.shown} is not supported yet: bridge is used")
        elif _ADDRESS.fullmatch(word.text):
            address = values.interface_address(word, "ipvlan address", report)
        else:
            report.error(word.place, "bad-value", f"{word.shown} is a second name", "use_ipvlan NAME ADDRESS MODE")
    return Ipvlan(name, address, mode)
