"""Whether the host's firewall drops adverts: nftables or iptables rules, followed for one packet.

Unknown properties of the packet (sender, mark, rate limit) make a rule uncertain. An uncertain rule is skipped unless
it would accept, so a reported drop is certain.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Any

from vrrptui.children import run_helper
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP, Address, Family

PROTOCOL_NAMES = {PROTOCOL_VRRP: ("vrrp", "112"), PROTOCOL_AH: ("ah", "51")}
INPUT_HOOKS, OUTPUT_HOOKS = ("prerouting", "input"), ("output", "postrouting")
LISTING_S = 5.0


class Fate(Enum):
    """The fate of a packet in a chain."""

    ACCEPTED = "accepted"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"
    PASSED = "passed"  # continue after the jump, or with the policy


@dataclass(frozen=True, slots=True)
class Probe:
    """An advert as the firewall sees it, received or sent on one interface."""

    interface: str
    destination: Address
    inbound: bool
    protocol: int = PROTOCOL_VRRP

    @property
    def family(self) -> Family:
        return Family.of(self.destination)


@dataclass(frozen=True, slots=True)
class Drop:
    """Where a packet is dropped."""

    where: str  # table and chain, in the firewall's own words
    why: str  # "a rule" or "its policy"


class FirewallUnreadableError(Exception):
    """The rules cannot be read, or not be understood."""


def read_rules() -> tuple[str, str]:
    """Return the current rules as ("nft", JSON) or ("iptables", text). Raises FirewallUnreadableError."""
    why = "neither nft nor iptables-save is installed"
    for kind, name, arguments in (("nft", "nft", ["-j", "list", "ruleset"]), ("iptables", "iptables-save", [])):
        try:
            done = run_helper(name, *arguments, seconds=LISTING_S)
        except FileNotFoundError:
            continue
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"{name}: {error}"
            continue
        if done.returncode == 0:
            return kind, done.stdout
        why = f"{name}: {(done.stderr.strip().splitlines() or ['failed'])[0]}"
    raise FirewallUnreadableError(why)


def find_drop(kind: str, rules: str, probe: Probe) -> Drop | None:
    """Return where these rules certainly drop the packet, or None. Raises FirewallUnreadableError."""
    if kind == "iptables":
        return _iptables(rules, probe)
    try:
        items = json.loads(rules)["nftables"]
        return _Nftables(items, probe).drop()
    except (ValueError, KeyError, TypeError) as error:
        raise FirewallUnreadableError(f"nft: its output cannot be parsed ({type(error).__name__})") from error


class _Nftables:
    """Follows a packet through the tables of `nft -j list ruleset`."""

    def __init__(self, items: list[dict[str, Any]], probe: Probe) -> None:
        self._probe = probe
        own = ("inet", "ip" if probe.family is Family.IPV4 else "ip6")
        self._chains = [item["chain"] for item in items if "chain" in item and item["chain"]["family"] in own]
        self._rules: dict[tuple[str, str, str], list[list[dict[str, Any]]]] = {}
        for rule in (item["rule"] for item in items if "rule" in item):
            self._rules.setdefault((rule["family"], rule["table"], rule["chain"]), []).append(rule["expr"])

    def drop(self) -> Drop | None:
        hooks = INPUT_HOOKS if self._probe.inbound else OUTPUT_HOOKS
        for chain in sorted((c for c in self._chains if c.get("hook") in hooks), key=lambda c: hooks.index(c["hook"])):
            where = f"{chain['family']} {chain['table']} {chain['name']}"
            fate = self._follow((chain["family"], chain["table"], chain["name"]), ())
            if fate is Fate.DROPPED:
                return Drop(where, "a rule")
            if fate is Fate.PASSED and chain.get("policy") == "drop":
                return Drop(where, "its policy")
        return None

    def _follow(self, chain: tuple[str, str, str], above: tuple[str, ...]) -> Fate:
        """Return the fate of the packet in a chain; `above` are the chains that jumped here."""
        if chain[2] in above:
            return Fate.UNCERTAIN
        for expressions in self._rules.get(chain, []):
            fate = self._rule(expressions, chain, above)
            if fate is not None:
                return fate
        return Fate.PASSED

    def _rule(
        self, expressions: list[dict[str, Any]], chain: tuple[str, str, str], above: tuple[str, ...]
    ) -> Fate | None:
        """Return the fate that a rule decides; None to continue with the next rule."""
        certain = True
        for expression in expressions:
            (kind, what), *_ = expression.items()
            if kind in ("accept", "drop", "reject", "jump", "goto", "return", "queue"):
                fate = self._verdict(kind, what, chain, above)
                if kind == "jump" and fate is Fate.PASSED:
                    return None
                if fate is Fate.DROPPED and not certain:
                    return None
                return fate if certain else Fate.UNCERTAIN
            if kind == "vmap":
                values = _known(what["key"], self._probe)
                entries = [] if values is None else [_holds(entry[0], values) for entry in what["data"]["set"]]
                if values is None or True in entries or None in entries:
                    return Fate.UNCERTAIN
            elif kind not in ("counter", "log"):
                holds = self._matches(what) if kind == "match" else None
                if holds is False:
                    return None
                certain = certain and holds is True
        return None

    def _verdict(self, kind: str, what: Any, chain: tuple[str, str, str], above: tuple[str, ...]) -> Fate:
        if kind in ("jump", "goto"):
            return self._follow((chain[0], chain[1], what["target"]), (*above, chain[2]))
        if kind in ("accept", "queue"):
            return Fate.ACCEPTED if kind == "accept" else Fate.UNCERTAIN
        return Fate.PASSED if kind == "return" else Fate.DROPPED

    def _matches(self, match: Mapping[str, Any]) -> bool | None:
        values = _known(match["left"], self._probe)
        if values is None:
            return None
        found = [_holds(right, values) for right in _alternatives(match["right"])]
        within = True if True in found else None if None in found else False
        if match["op"] in ("==", "in") or within is None:
            return within
        return not within if match["op"] == "!=" else None


def _known(left: Mapping[str, Any], probe: Probe) -> tuple[str, ...] | None:
    """Return the packet's value for an expression in all notations; None if it is unknown."""
    if "meta" in left:
        key = left["meta"]["key"]
        if key in ("iif", "iifname", "oif", "oifname"):
            return (probe.interface,) if key.startswith("i") is probe.inbound else None
        if key == "nfproto":
            return ("ipv4",) if probe.family is Family.IPV4 else ("ipv6",)
        return PROTOCOL_NAMES[probe.protocol] if key == "l4proto" else None
    if "ct" in left:
        return ("new", "untracked") if left["ct"].get("key") == "state" else None
    payload = left.get("payload", {})
    own = "ip" if probe.family is Family.IPV4 else "ip6"
    if payload.get("protocol") in ("ip", "ip6") and payload["protocol"] != own:
        return ()  # of the other family: never true
    if payload.get("protocol") in ("tcp", "udp", "icmp", "icmpv6"):
        return ()
    if payload.get("field") in ("protocol", "nexthdr"):
        return PROTOCOL_NAMES[probe.protocol]
    return (str(probe.destination),) if payload.get("field") == "daddr" else None


def _alternatives(right: Any) -> Iterator[Any]:
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    yield from right if isinstance(right, list) else [right]


def _holds(right: Any, values: tuple[str, ...]) -> bool | None:
    """Whether one of the packet's `values` satisfies an operand; None if they cannot be compared."""
    if isinstance(right, dict):
        prefix = right.get("prefix")
        if not isinstance(prefix, dict):
            return None
        return _within(f"{prefix['addr']}/{prefix['len']}", values)
    text = str(right)
    if text.startswith("@"):
        return None
    return any(value == text or (text.endswith("*") and value.startswith(text[:-1])) for value in values)


def _within(network: str, values: tuple[str, ...]) -> bool:
    return any(ip_address(value) in ip_network(network, strict=False) for value in values)


def _iptables(rules: str, probe: Probe) -> Drop | None:
    """Return the fate in a built-in chain of table filter, from `iptables-save`; other chains decide nothing."""
    if probe.family is not Family.IPV4:
        return None
    name, policy, table = "INPUT" if probe.inbound else "OUTPUT", "ACCEPT", ""
    for line in rules.splitlines():
        words = shlex.split(line, comments=True)
        if line.startswith("*"):
            table = line[1:].strip()
        if table != "filter" or not words:
            continue
        if words[0] == f":{name}":
            policy = words[1]
        if words[:2] == ["-A", name] and "-j" in words:
            target, holds = words[words.index("-j") + 1], _iptables_match(words[2 : words.index("-j")], probe)
            if target in ("DROP", "REJECT") and holds is True:
                return Drop(f"filter {name}", "a rule")
            if target not in ("DROP", "REJECT", "LOG") and holds is not False:
                return None
    return Drop(f"filter {name}", "its policy") if policy == "DROP" else None


def _iptables_match(words: list[str], probe: Probe) -> bool | None:
    """Whether a rule's conditions hold; None if one of them is unknown."""
    result: bool | None = True
    negated = False
    pairs = iter(words)
    for word in pairs:
        if word == "!":
            negated = True
            continue
        value = next(pairs, "")
        holds: bool | None = None
        if word == "-p":
            holds = value in PROTOCOL_NAMES[probe.protocol]
        elif word == "-d":
            holds = _within(value, (str(probe.destination),))
        elif word in ("-i", "-o") and (word == "-i") is probe.inbound:
            holds = _holds(value.replace("+", "*"), (probe.interface,))
        elif word in ("--ctstate", "--state"):
            holds = "NEW" in value.split(",")
        elif word == "-m":
            continue
        if holds is not None and holds is negated:
            return False
        result = None if holds is None else result
        negated = False
    return result
