"""The lines of virtual_ipaddress blocks: an address each, with options.

Each line is checked by itself; `resolve` checks the addresses of a virtual router together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.protocol.advert import Address

LONGEST_WITH_BROADCAST = 30  # prefix length; RFC 3021 §2.2
LABEL_MAX = 15  # bytes, the kernel's limit
SCOPES = ("host", "link", "global", "site", "nowhere")

LIFETIME_MAX = 2**32 - 1  # seconds; this value means forever

_FLAGS = frozenset(("home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin"))
_ALONE = _FLAGS | {"no_track", "use_vmac"}


def read(statement: Statement, report: Report) -> VirtualAddress | None:
    """Return the address on one line with its options, or None after an error."""
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
    """Return the address with the options in `words`, or None if an option is invalid."""
    fields: dict[str, Any] = {"flags": ()}
    good = True
    rest = iter(words)
    for option in rest:
        value = next(rest, None) if option.text in _VALUED else None
        if option.text in _FLAGS:
            fields["flags"] += (option.text,)
        elif option.text in _ALONE:
            fields |= {"tracked": False} if option.text == "no_track" else {"virtual_mac": True}
        elif option.text not in _VALUED:
            report.error(option.place, "bad-value", f"{option.shown} is no option of an address")
            good = False
        elif value is None:
            report.error(option.place, "missing-value", f"{option.shown} needs a value")
            good = False
        else:
            name, reader = _VALUED[option.text]
            fields[name] = reader(value, interface, report)
            good = good and (fields[name] is not None or name in ("label", "broadcast"))
    return VirtualAddress(interface, **fields) if good else None


def _label(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> str | None:
    if interface.version == 6:
        report.warning(word.place, "bad-value", "an IPv6 address has no label: it is not set")
    elif len(word.text.encode("utf-8", "surrogateescape")) > LABEL_MAX:
        report.error(word.place, "bad-value", f"label {word.shown} is too long", f"at most {LABEL_MAX} bytes")
    else:
        return word.text
    return None


def _scope(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> str | None:
    if word.text in SCOPES or values.is_number(word.text, 255):
        return word.text
    report.error(word.place, "bad-value", f"scope {word.shown} is not known", ", ".join(SCOPES) + " or 0 to 255")
    return None


def _device(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> str | None:
    return values.interface_name(word, report)


def _peer(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> Address | None:
    found = values.address(word, "peer", report)
    if found is not None and found.version != interface.version:
        report.error(word.place, "mixed-families", f"peer {word.shown} is not of the family of the address")
        return None
    return found


def _lifetime(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> int | None:
    return LIFETIME_MAX if word.text == "forever" else values.whole(word, 0, LIFETIME_MAX, "preferred_lft", report)


def _track_group(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> str:
    return word.text


def _broadcast(word: Word, interface: IPv4Interface | IPv6Interface, report: Report) -> IPv4Address | None:
    """Read a broadcast address: an address, + for all host bits set, or - for all host bits cleared.

    Returns None for + and - in a network without a broadcast address, where keepalived sets none.
    """
    if not isinstance(interface, IPv4Interface):
        report.error(word.place, "bad-value", "an IPv6 address has no broadcast address")
        return None
    if word.text in ("+", "-") and interface.network.prefixlen > LONGEST_WITH_BROADCAST:
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


_VALUED: Mapping[str, tuple[str, Callable[[Word, IPv4Interface | IPv6Interface, Report], Any]]] = {
    "dev": ("device", _device),
    "label": ("label", _label),
    "scope": ("scope", _scope),
    "brd": ("broadcast", _broadcast),
    "broadcast": ("broadcast", _broadcast),
    "peer": ("peer", _peer),
    "preferred_lft": ("preferred_lifetime_s", _lifetime),
    "track_group": ("track_group", _track_group),
}
