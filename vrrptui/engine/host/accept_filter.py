"""The filter for masters that must not accept packets to their virtual addresses (RFC 9568 §6.1, no_accept).

The kernel accepts packets to every address it holds, so an nftables table drops them. The table exists as long as the
engine runs: a backup does not hold the addresses, and a takeover does not wait for nft. ARP is not filtered; neighbour
solicitations and advertisements are accepted (§6.4.3).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from vrrptui.children import run_helper
from vrrptui.config.model.configuration import VirtualRouterConfig

TABLE = "vrrptui"
PATIENCE_S = 5.0
FRESH = f"table inet {TABLE} {{}}\ndelete table inet {TABLE}\n"  # "destroy" does not fail if there is no table


class Kept(NamedTuple):
    """The result of checking the table."""

    was_lost: bool  # the table differed
    why: str | None  # why it could not be loaded; None: it is loaded
    listing: str  # nft's listing of the complete table


class AcceptFilter:
    """The table of one engine."""

    def __init__(self) -> None:
        self.rules = ""  # the wanted table, whether or not nft accepted it
        self.listing = ""  # nft's listing after loading; empty: unknown

    def apply(self, routers: Iterable[VirtualRouterConfig]) -> str | None:
        """Drop packets to the addresses of routers with no_accept. Return why that failed, or None."""
        rules = ruleset(routers)
        if rules == self.rules:
            return None
        before, self.rules, self.listing = self.rules, rules, ""
        if (before or rules) and (why := _run(FRESH + rules)):
            return f"no_accept is not in force: {why}"
        return None

    def remove(self) -> None:
        """Remove the table."""
        if self.rules:
            _run(FRESH)
            self.rules = ""


def keep(rules: str, listing: str) -> Kept:
    """Compare the table with `listing` and load it again if it differs; always if `listing` is empty."""
    if listing and _listed() == listing:
        return Kept(was_lost=False, why=None, listing=listing)
    why = _run(FRESH + rules)
    return Kept(was_lost=bool(listing), why=why, listing=_listed() if why is None else listing)


def _listed() -> str:
    """Return nft's listing of the table; empty if there is none or nft cannot be run."""
    try:
        done = run_helper("nft", "list", "table", "inet", TABLE, seconds=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def remove_left() -> None:
    """Remove the table that a killed engine left, if any."""
    if _run(f"list table inet {TABLE}\n") is None:
        _run(FRESH)


def ruleset(routers: Iterable[VirtualRouterConfig]) -> str:
    """Return the text of the table; empty if every router accepts."""
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
    """Run nft. Return why it failed, or None."""
    try:
        done = run_helper("nft", "-f", "-", seconds=PATIENCE_S, text=text)
    except FileNotFoundError:
        return "nft is not installed (package nftables)"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["nft failed"])[0]
