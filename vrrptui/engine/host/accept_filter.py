"""Masters that do not accept what is sent to their virtual addresses (RFC 9568 §6.1, keepalived's no_accept).

The kernel accepts what is sent to an address it holds, so a table of nftables drops it. The table stands as long as the
engine runs: a backup does not hold the addresses, and a takeover waits for nothing. ARP is not touched, and neighbour
solicitations and advertisements are let through (§6.4.3).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from vrrptui.children import run_helper
from vrrptui.config.model.configuration import VirtualRouterConfig

TABLE = "vrrptui"
PATIENCE_S = 5.0
FRESH = f"table inet {TABLE} {{}}\ndelete table inet {TABLE}\n"  # which is no error when there is none


class Kept(NamedTuple):
    """What became of the table when it was looked at."""

    was_lost: bool  # it was not as it should be
    why: str | None  # it is not now either; None: it is
    listing: str  # how nft lists it when it is whole


class AcceptFilter:
    """The table of one engine."""

    def __init__(self) -> None:
        self.rules = ""  # as they should be, whether nft took them or not
        self.listing = ""  # how nft listed them when they were loaded; empty: not known

    def apply(self, routers: Iterable[VirtualRouterConfig]) -> str | None:
        """Let the virtual addresses of those that do not accept be dropped; returns why not, if not."""
        rules = ruleset(routers)
        if rules == self.rules:
            return None
        before, self.rules, self.listing = self.rules, rules, ""
        if (before or rules) and (why := _run(FRESH + rules)):
            return f"no_accept cannot be kept: {why}"
        return None

    def remove(self) -> None:
        """Nothing is dropped any more."""
        if self.rules:
            _run(FRESH)
            self.rules = ""


def keep(rules: str, listing: str) -> Kept:
    """Look whether the table is as nft listed it, and load it again if not. Empty `listing`: load it in any case."""
    if listing and _listed() == listing:
        return Kept(was_lost=False, why=None, listing=listing)
    why = _run(FRESH + rules)
    return Kept(was_lost=bool(listing), why=why, listing=_listed() if why is None else listing)


def _listed() -> str:
    """The table as nft lists it; empty when there is none, or nft cannot be run."""
    try:
        done = run_helper("nft", "list", "table", "inet", TABLE, seconds=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def remove_left() -> None:
    """Take away the table that a killed engine left, if there is one."""
    if _run(f"list table inet {TABLE}\n") is None:
        _run(FRESH)


def ruleset(routers: Iterable[VirtualRouterConfig]) -> str:
    """The table's text; empty when every router accepts."""
    drops_in, drops_out = [], []
    for config in routers:
        if config.accepts:
            continue
        for address in config.all_addresses:
            family = "ip" if address.address.version == 4 else "ip6"
            scoped = address.address.is_link_local and family == "ip6"
            here, there = (f'{way} "{config.device_of(address)}" ' if scoped else "" for way in ("iifname", "oifname"))
            drops_in.append(f"{here}{family} daddr {address.address} drop")
            drops_out.append(f"{there}{family} saddr {address.address} drop")
    if not drops_in:
        return ""
    return f"table inet {TABLE} {{\n{_chain('input', drops_in)}{_chain('output', drops_out)}}}\n"


def _chain(hook: str, rules: Iterable[str]) -> str:
    neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
    lines = [f"type filter hook {hook} priority -1; policy accept;", neighbours, *rules]
    return f"chain {hook} {{\n" + "".join(f"{line}\n" for line in lines) + "}\n"


def _run(text: str) -> str | None:
    """Why nft refused; None when it did not."""
    try:
        done = run_helper("nft", "-f", "-", seconds=PATIENCE_S, text=text)
    except FileNotFoundError:
        return "nft is not installed (package nftables)"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["nft failed"])[0]
