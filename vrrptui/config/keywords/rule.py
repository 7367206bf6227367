"""Parses one line of virtual_rules or static_rules, in the syntax of `ip rule`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.line_reader import LineReader
from vrrptui.config.model.routes import Network, Rule

ACTIONS = frozenset(("nop", "unreachable", "prohibit", "blackhole"))
EVERYWHERE = frozenset(("default", "any", "all"))
EVERYWHERE_SIX = "default6"
MOST = 2**32 - 1
FIRST_PREFERENCE = 16384  # of the file's rules without a preference, per family
PORT_MAX = 0xFFFF
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "ipv6-icmp": 58, "sctp": 132}


class Preferences:
    """Numbers the rules of a file that have no preference, downwards in file order, as keepalived 2.2.7 does."""

    def __init__(self) -> None:
        self._next = dict.fromkeys((False, True), FIRST_PREFERENCE)

    def given(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """Return the rules, each with a preference."""
        return tuple(self._numbered(rule) if rule.preference is None else rule for rule in rules)

    def _numbered(self, rule: Rule) -> Rule:
        number = self._next[rule.six]
        self._next[rule.six] -= 1
        return replace(rule, preference=number, words=(*rule.words, "preference", str(number)))


class _RuleLine(LineReader):
    def __init__(self, words: tuple[Word, ...], report: Report) -> None:
        super().__init__(words, report)
        self._fields: dict[str, Any] = {}

    def read(self) -> Rule | None:
        for word in self:
            self._take(word)
            if not self.good:
                return None
        fields = self._fields
        if "preference" not in fields:
            text = f"the rule has no preference: such rules are numbered from {FIRST_PREFERENCE} down, as by keepalived"
            self.report.warning(self.words[0].place, "rule-without-preference", text, "preference NUMBER")
        networks = [fields[end] for end in ("source", "destination") if fields.get(end) is not None]
        six = {network.version == 6 for network in networks} | ({fields.pop("six")} if "six" in fields else set())
        if len(six) > 1:
            self.refuse(self.words[0], "the rule mixes IPv4 and IPv6", code="mixed-families")
            return None
        return Rule(tuple(word.text for word in self.words), six=True in six, **fields)

    def _take(self, word: Word) -> None:
        text = word.text
        if text in ACTIONS:
            self._fields["action"] = text
        elif text == "fwmark":
            self._mark(word)
        elif text in _OPTIONS:
            field, read = _OPTIONS[text]
            self._fields[field] = read(self, word)
        elif word is self.words[0]:
            self.refuse(word, f"a rule cannot start with {word.shown}", "from ADDRESS")
        else:
            self.refuse(word, f"{word.shown} is no word of a rule")

    def network(self, option: Word) -> Network | None:
        word = self.value(option)
        if word is not None and word.text == EVERYWHERE_SIX:
            self._fields["six"] = True
            return None
        if word is None or word.text in EVERYWHERE:
            return None
        found = values.interface_address(word, "rule", self.report)
        self.good = self.good and found is not None
        return found.network if found is not None else None

    def _mark(self, option: Word) -> None:
        if (word := self.value(option)) is None:
            return
        mark, slash, mask = word.text.partition("/")
        self._fields["mark"] = self.whole(Word(mark, word.place), "fwmark", 0, MOST)
        if slash:
            self._fields["mark_mask"] = self.whole(Word(mask, word.place), "fwmark mask", 0, MOST)

    def span(self, option: Word, highest: int) -> tuple[int, int] | None:
        """Read LOW-HIGH, or one number."""
        if (word := self.value(option)) is None:
            return None
        low, dash, high = word.text.partition("-")
        first = self.whole(Word(low, word.place), option.text, 0, highest)
        last = self.whole(Word(high, word.place), option.text, 0, highest) if dash else first
        if first is None or last is None:
            return None
        if last < first:
            self.refuse(word, f"{option.text} {word.shown} ends before it begins")
        return first, last

    def ip_protocol(self, option: Word) -> int | None:
        if (word := self.value(option)) is None:
            return None
        known = PROTOCOLS.get(word.text)
        return known if known is not None else self.whole(word, option.text, 0, 255)


_Reading = Callable[[_RuleLine, Word], Any]


def _number(low: int, high: int) -> _Reading:
    return lambda line, option: line.number(option, low, high)


def _span(highest: int) -> _Reading:
    return lambda line, option: line.span(option, highest)


def _flag(value: bool) -> _Reading:
    return lambda line, option: value


_OPTIONS: Mapping[str, tuple[str, _Reading]] = {
    "inet": ("six", _flag(False)),
    "inet6": ("six", _flag(True)),
    "not": ("negated", _flag(True)),
    "from": ("source", _RuleLine.network),
    "to": ("destination", _RuleLine.network),
    "iif": ("input_device", _RuleLine.device),
    "dev": ("input_device", _RuleLine.device),
    "oif": ("output_device", _RuleLine.device),
    **{word: ("tos", _number(0, 255)) for word in ("tos", "dsfield")},
    **dict.fromkeys(("table", "lookup"), ("table", _RuleLine.text)),
    **{word: ("preference", _number(0, MOST)) for word in ("preference", "pref", "order", "priority")},
    "goto": ("goto", _number(1, MOST)),
    "l3mdev": ("l3mdev", _flag(True)),
    "realms": ("realms", _RuleLine.realm),
    "uidrange": ("uids", _span(MOST)),
    **dict.fromkeys(("ipproto", "ip_proto"), ("ip_protocol", _RuleLine.ip_protocol)),
    "sport": ("source_ports", _span(PORT_MAX)),
    "dport": ("destination_ports", _span(PORT_MAX)),
    **{word: ("tunnel", _number(0, 2**64 - 1)) for word in ("tun_id", "tunnel-id")},
    **{word: ("suppress_length", _number(0, 128)) for word in ("suppress_prefixlength", "sup_pl")},
    **{word: ("suppress_group", _number(0, MOST)) for word in ("suppress_ifgroup", "sup_group")},
    "protocol": ("protocol", _RuleLine.text),
    "track_group": ("track_group", _RuleLine.text),
    "no_track": ("tracked", _flag(False)),
}


def read(words: tuple[Word, ...], report: Report) -> Rule | None:
    """Return the rule on one line, or None after a finding."""
    return _RuleLine(words, report).read()
