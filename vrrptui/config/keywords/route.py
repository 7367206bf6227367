"""Parses one line of virtual_routes or static_routes, in the syntax of `ip route`.

What only the kernel can decide, such as whether a gateway is reachable, is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.line_reader import LineReader
from vrrptui.config.model.routes import Network, NextHop, Route

TYPES = frozenset(("unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole"))
EVERYWHERE = frozenset(("default", "any", "all"))
EVERYWHERE_SIX = "default6"
SCOPES = ("global", "site", "link", "host", "nowhere")
PREFERENCES = ("low", "medium", "high")
METRICS = frozenset(
    (
        *("mtu", "advmss", "cwnd", "hoplimit", "initcwnd", "initrwnd", "quickack", "reordering", "rtt", "rttvar"),
        *("ssthresh", "window"),
    )
)
MOST = 2**32 - 1
NOT_RUN = frozenset(
    (
        *("encap", "ttl-propagate", "fastopen_no_cookie", "expires", "features", "congctl", "rto_min"),
        "mpls",
    )
)


class _RouteLine(LineReader):
    def __init__(self, words: tuple[Word, ...], report: Report) -> None:
        super().__init__(words, report)
        self._six = False
        self._destination: Word | None = None
        self._hops: list[NextHop] = []
        self._hop: dict[str, Any] = {}
        self._several = False  # whether `nexthop` was used
        self._fields: dict[str, Any] = {}

    def read(self) -> Route | None:
        for word in self:
            self._take(word)
            if not self.good:
                return None
        self._end_hop()
        if self._destination is None:
            self.refuse(self.words[0], "the route has no destination", "ADDRESS/LENGTH or default")
            return None
        destination = self._network(self._destination)
        if destination is None:
            return None
        words = tuple(word.text for word in self.words)
        return Route(words, destination, hops=tuple(self._hops), **self._fields)

    def _take(self, word: Word) -> None:
        text = word.text
        if text in TYPES:
            self._fields["type"] = text
        elif text in ("inet", "inet6"):
            self._six = text == "inet6"
        elif text == "to":
            self._destination = self.value(word)
        elif text in NOT_RUN:
            self.good = False
            self.report.warning(word.place, "not-supported-yet", f"{word.shown}: this route is not added")
        elif text in METRICS:
            self._metric(word)
        elif text in _PLAIN:
            field, read = _PLAIN[text]
            self._fields[field] = read(self, word)
        elif text in _OF_A_HOP:
            field, read = _OF_A_HOP[text]
            self._hop[field] = read(self, word)
        elif text in ("nexthop", "or"):
            self._next_hop(word)
        elif self._destination is None:
            self._destination = word
        else:
            self.refuse(word, f"{word.shown} is no word of a route")

    def _network(self, word: Word) -> Network | None:
        if word.text in EVERYWHERE or word.text == EVERYWHERE_SIX:
            six = (
                self._six
                or word.text == EVERYWHERE_SIX
                or any(hop.gateway is not None and hop.gateway.version == 6 for hop in self._hops)
            )
            return ip_network("::/0" if six else "0.0.0.0/0")
        found = values.interface_address(word, "route", self.report)
        return found.network if found is not None else None

    def _next_hop(self, word: Word) -> None:
        """Start another next hop."""
        if word.text == "nexthop" and self._hop and not self._several:
            text = "a route with nexthop has every via and dev behind one"
            self.refuse(word, text, "nexthop via ADDRESS dev NAME")
        self._several = True
        self._end_hop()
        if word.text == "or":
            text = "'or' between gateways is an old form of several next hops"
            self.report.warning(word.place, "deprecated", text, "nexthop via ADDRESS nexthop via ADDRESS")
            self._hop["gateway"] = self.address(word)

    def _end_hop(self) -> None:
        if self._hop:
            self._hops.append(NextHop(**self._hop))
            self._hop = {}

    def _metric(self, option: Word) -> None:
        word = self.value(option)
        if word is not None and word.text == "lock":
            self._fields["locked"] = (*self._fields.get("locked", ()), option.text)
            word = self.value(option)
        if word is None:
            return
        # rtt and rttvar may have the unit ms; the kernel counts in eighths and quarters of a millisecond.
        scale = {"rtt": 8, "rttvar": 4}.get(option.text, 1) if word.text.endswith("ms") else 1
        bare = Word(word.text.removesuffix("ms"), word.place) if scale > 1 else word
        number = self.whole(bare, option.text, 0, 255 if option.text == "hoplimit" else MOST)
        self._fields["metrics"] = (*self._fields.get("metrics", ()), (option.text, (number or 0) * scale))


_Reading = Callable[[_RouteLine, Word], Any]


def _number(low: int, high: int) -> _Reading:
    return lambda line, option: line.number(option, low, high)


def _flag(value: bool) -> _Reading:
    return lambda line, option: value


_PLAIN: Mapping[str, tuple[str, _Reading]] = {
    "src": ("source", _RouteLine.address),
    "table": ("table", _RouteLine.text),
    **dict.fromkeys(("metric", "priority", "preference"), ("metric", _number(0, MOST))),
    "scope": ("scope", lambda line, option: line.choice(option, SCOPES, 255)),
    **dict.fromkeys(("tos", "dsfield"), ("tos", _number(0, 255))),
    **dict.fromkeys(("proto", "protocol"), ("protocol", _RouteLine.text)),
    "realms": ("realms", _RouteLine.realm),
    "pref": ("preference", lambda line, option: line.choice(option, PREFERENCES)),
    "track_group": ("track_group", _RouteLine.text),
    "no_track": ("tracked", _flag(False)),
}
_OF_A_HOP: Mapping[str, tuple[str, _Reading]] = {
    "via": ("gateway", _RouteLine.address),
    "gw": ("gateway", _RouteLine.address),
    "dev": ("device", _RouteLine.device),
    "oif": ("device", _RouteLine.device),
    "weight": ("weight", _number(1, 256)),
    "onlink": ("onlink", _flag(True)),
}


def read(words: tuple[Word, ...], report: Report) -> Route | None:
    """Return the route on one line, or None after a finding."""
    return _RouteLine(words, report).read()
