"""The lines of virtual_ipaddress blocks: one address each, with its options.

Knows one line at a time; which addresses go together in one virtual router is checked in `instance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface

from vrrptui.config import values
from vrrptui.config.lexer import Word
from vrrptui.config.model import VirtualAddress
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement

LABEL_MAX = 15  # characters, the kernel's limit
SCOPES = ("host", "link", "global", "site", "nowhere")

_WITH_VALUE = frozenset(("peer", "preferred_lft", "track_group", "use_vmac"))
_ALONE = frozenset(("home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track"))


def read(statement: Statement, report: Report) -> VirtualAddress | None:
    """The address of one line with its options, or None after an error."""
    words = (statement.keyword, *statement.values)
    if statement.block is not None:
        report.error(statement.place, "unexpected-block", "an address takes no block")
        return None
    interface = values.interface_address(words[0], "virtual address", report)
    if interface is None:
        return None
    ip = interface.ip
    if ip.is_multicast or ip.is_unspecified or ip.is_loopback:
        report.error(words[0].place, "bad-address", f"virtual address {words[0].shown} is not one a router can hold")
        return None
    return _with_options(interface, words[1:], report)


def _with_options(
    interface: IPv4Interface | IPv6Interface, words: Sequence[Word], report: Report
) -> VirtualAddress | None:
    """The address with the options in `words`; an option with a bad value refuses the address."""
    device = label = scope = None
    broadcast: IPv4Address | None = None
    good = True
    rest = iter(words)
    for option in rest:
        if option.text in _ALONE:
            _unsupported(option, report)
            continue
        value = next(rest, None) if option.text in _VALUED else None
        if option.text not in _VALUED:
            report.error(option.place, "bad-value", f"{option.shown} is no option of an address")
            good = False
        elif value is None:
            report.error(option.place, "missing-value", f"{option.shown} needs a value")
            good = False
        elif option.text in _WITH_VALUE:
            _unsupported(option, report)
        elif option.text == "dev":
            device = values.interface_name(value, report)
            good = good and device is not None
        elif option.text == "label":
            label = _label(value, interface, report)
        elif option.text == "scope":
            scope = _scope(value, report)
            good = good and scope is not None
        else:
            broadcast = _broadcast(value, interface, report)
    if not good:
        return None
    return VirtualAddress(interface, device=device, label=label, broadcast=broadcast, scope=scope)


_VALUED = _WITH_VALUE | {"dev", "label", "scope", "brd", "broadcast"}


def _unsupported(option: Word, report: Report) -> None:
    report.warning(option.place, "not-supported-yet", f"the address option {option.shown} is not supported yet")


def _label(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> str | None:
    if interface.version == 6:
        report.warning(word.place, "bad-value", "an IPv6 address has no label: it is not set")
    elif len(word.text.encode("utf-8", "surrogateescape")) > LABEL_MAX:
        report.error(word.place, "bad-value", f"label {word.shown} is too long", f"at most {LABEL_MAX} bytes")
    else:
        return word.text
    return None


def _scope(word: Word, report: Report) -> str | None:
    if word.text in SCOPES or (word.text.isascii() and word.text.isdigit() and int(word.text[:4]) <= 255):
        return word.text
    report.error(word.place, "bad-value", f"scope {word.shown} is not known", ", ".join(SCOPES) + " or 0 to 255")
    return None


def _broadcast(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> IPv4Address | None:
    """The broadcast address: written out, + for the network's with all host bits set, - with none set."""
    if not isinstance(interface, IPv4Interface):
        report.error(word.place, "bad-value", "an IPv6 address has no broadcast address")
        return None
    if word.text == "+":
        return interface.network.broadcast_address
    if word.text == "-":
        return interface.network.network_address
    found = values.address(word, "broadcast address", report)
    if isinstance(found, IPv4Address):
        return found
    if found is not None:
        report.error(word.place, "bad-address", f"broadcast address {word.shown} is not an IPv4 address")
    return None
