"""The keywords of vrrp_instance. Each sets a field of a draft, which `resolve` converts to the model.

Values are checked here one by one; `resolve` checks combinations after the whole block is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import addresses, announcements, devices, notify, static, tracking, unsupported
from vrrptui.config.keywords.tracking import Trackers
from vrrptui.config.language import settings, values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import (
    Ipvlan,
    Notify,
    PeerTtl,
    Place,
    Route,
    Rule,
    VirtualAddress,
    VirtualMac,
    VirtualRouterConfig,
)
from vrrptui.protocol.advert import Address

PASSWORD_MAX = 8  # bytes, the size of the field in the advert (RFC 2338 §5.3.10)


@dataclass(slots=True)
class Draft:
    """The values from one vrrp_instance block; None: not given."""

    name: str
    place: Place
    interface: str | None = None
    vrid: int | None = None
    version: int | None = None
    state: Literal["MASTER", "BACKUP"] = "BACKUP"
    priority: int | None = None
    interval_ns: int | None = None
    preempt: bool = True
    preempt_delay_ns: int = 0
    checksum_as_v2: bool | None = None
    auth_type: Literal[0, 1, 2] = 0
    password: bytes = field(default=b"", repr=False)
    source: Address | None = None
    unicast: bool = False  # whether a unicast keyword was used
    peers: list[Address] = field(default_factory=list)
    virtual: list[VirtualAddress] = field(default_factory=list)
    empty_block: Place | None = None  # the place of a virtual_ipaddress block without lines
    excluded: list[VirtualAddress] = field(default_factory=list)
    peer_ttls: list[PeerTtl] = field(default_factory=list)
    trackers: Trackers = field(default_factory=Trackers)
    notify: Notify = field(default_factory=Notify)
    virtual_mac: VirtualMac | None = None  # without a name, `resolve` chooses it
    addresses_virtual_mac: bool = False
    transmit_from_base: bool = False
    ipvlan: Ipvlan | None = None
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    announcements: dict[str, Any] = field(default_factory=dict)  # by field of Announcements
    fields: dict[str, Any] = field(default_factory=dict)  # by field of the model
    places: dict[str, Place] = field(default_factory=dict)  # of keywords ("priority") and things ("peer 10.0.0.2")

    def place_of(self, keyword: str) -> Place:
        """Return the place of a keyword's value, or of the block if the keyword was not used."""
        return self.places.get(keyword, self.place)

    def is_new(self, thing: str, place: Place) -> bool:
        """Record the place of `thing` if it is new; return whether it is."""
        return self.places.setdefault(thing, place) is place


def read(statement: Statement, name: Word, report: Report) -> Draft:
    """Return the draft of one vrrp_instance block."""
    draft = Draft(name.text, statement.place)
    for inner in statement.block or []:
        draft.places[inner.name] = inner.values[0].place if inner.values else inner.place
        before = draft.fields.copy()
        if inner.name in PLAIN:
            settings.read(inner, PLAIN, draft.fields, report)
        elif inner.name in announcements.PLAIN:
            settings.read(inner, announcements.PLAIN, draft.announcements, report)
        elif inner.name in tracking.KEYWORDS:
            draft.trackers.read(inner, report)
        elif inner.block is not None and inner.name in _HANDLERS and inner.name not in _WITH_BLOCK:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        elif inner.name in _HANDLERS:
            _HANDLERS[inner.name](inner, draft, report)
        else:
            unsupported.report_unhandled(inner, unsupported.INSTANCE, report, KEYWORDS)
            continue
        if inner.name in unsupported.INSTANCE and not _says_the_default(inner.name, before, draft):
            unsupported.report_unhandled(inner, unsupported.INSTANCE, report)
    return draft


def _says_the_default(keyword: str, before: dict[str, Any], draft: Draft) -> bool:
    """Report whether the keyword only sets its default value, such as lower_prio_no_advert off."""
    if keyword not in PLAIN:
        return False
    name, _ = PLAIN[keyword]
    default = VirtualRouterConfig.__dataclass_fields__[name].default
    return name not in before and draft.fields.get(name, default) == default


def _state(statement: Statement, draft: Draft, report: Report) -> None:
    word = values.one(statement, report)
    if word and word.text in ("MASTER", "BACKUP"):
        draft.state = "MASTER" if word.text == "MASTER" else "BACKUP"
    elif word:
        report.error(word.place, "bad-value", f"state {word.shown} is neither MASTER nor BACKUP")


def _interface(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.interface = values.interface_name(word, report) or draft.interface


def _vrid(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.vrid = values.whole(word, 1, 255, "virtual_router_id", report)


def _priority(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.priority = values.whole(word, 1, 255, "priority", report)


def _version(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.version = values.whole(word, 2, 3, "version", report)


def _advert_int(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.interval_ns = values.seconds(word, "0.01", "255", "advert_int", report)


def _preempt(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.preempt = statement.name == "preempt"


def _preempt_delay(statement: Statement, draft: Draft, report: Report) -> None:
    if word := values.one(statement, report):
        draft.preempt_delay_ns = values.seconds(word, "0", "1000", "preempt_delay", report) or 0


def _checksum_as_v2(statement: Statement, draft: Draft, report: Report) -> None:
    draft.checksum_as_v2 = values.boolean(statement, report)


def _native_ipv6(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    report.warning(statement.place, "deprecated", "'native_ipv6' is not needed: the addresses say which family it is")


def _authentication(statement: Statement, draft: Draft, report: Report) -> None:
    for inner in values.block(statement, report):
        if inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        elif inner.name == "auth_type":
            _auth_type(inner, draft, report)
        elif inner.name == "auth_pass":
            _auth_pass(inner, draft, report)
        else:
            # The word may be part of a password, so the message does not quote it.
            report.warning(inner.place, "unknown-keyword", "authentication has auth_type and auth_pass, and not this")


def _auth_type(statement: Statement, draft: Draft, report: Report) -> None:
    word = values.one(statement, report)
    if word is None:
        return
    if word.text == "PASS":
        draft.auth_type = 1
    elif word.text == "AH":
        draft.auth_type = 2
    else:
        report.error(word.place, "bad-value", f"auth_type {word.shown} is not known", "PASS or AH")


def _auth_pass(statement: Statement, draft: Draft, report: Report) -> None:
    word = values.one(statement, report)
    if word is None:
        return
    password = word.text.encode("utf-8", "surrogateescape")
    if len(password) > PASSWORD_MAX:
        text = f"the password is longer than {PASSWORD_MAX} bytes: only the first {PASSWORD_MAX} are used"
        report.warning(word.place, "password-cut", text)
    if statement.cut_by_comment:
        text = "the password ends where a # or ! starts a comment"
        report.warning(word.place, "password-cut", text, "put it in double quotes if the sign belongs to it")
    draft.password = password[:PASSWORD_MAX]


def _source(statement: Statement, draft: Draft, report: Report) -> None:
    draft.unicast = draft.unicast or statement.name == "unicast_src_ip"
    draft.places["source"] = draft.places[statement.name]
    if word := values.one(statement, report):
        draft.source = values.address(word, statement.name, report)


def _unicast_peer(statement: Statement, draft: Draft, report: Report) -> None:
    draft.unicast = True
    for inner in values.block(statement, report):
        peer = values.address(inner.keyword, "unicast peer", report)
        if peer is not None and draft.is_new(f"peer {peer}", inner.place):
            draft.peers.append(peer)
            if inner.values:
                draft.peer_ttls.append(_peer_ttl(peer, inner.values, report))


def _peer_ttl(peer: Address, words: tuple[Word, ...], report: Report) -> PeerTtl:
    """Read the accepted TTLs of a peer: min_ttl and max_ttl."""
    limits = {"min_ttl": 0, "max_ttl": 255}
    for option, value in zip_longest(words[::2], words[1::2]):
        if option.text not in limits:
            report.error(option.place, "bad-value", f"{option.shown} is no option of a peer", "min_ttl or max_ttl")
        elif value is None:
            report.error(option.place, "missing-value", f"{option.shown} needs a value", "0 to 255")
        else:
            limits[option.text] = values.whole(value, 0, 255, option.text, report) or 0
    if limits["min_ttl"] > limits["max_ttl"]:
        report.error(words[0].place, "bad-value", "min_ttl is above max_ttl, so that no advert would be taken")
    return PeerTtl(peer, limits["min_ttl"], limits["max_ttl"])


def _virtual_ipaddress(statement: Statement, draft: Draft, report: Report) -> None:
    excluded = statement.name == "virtual_ipaddress_excluded"
    target = draft.excluded if excluded else draft.virtual
    if statement.block == [] and not excluded:
        draft.empty_block = statement.place
    for inner in values.block(statement, report):
        found = addresses.read(inner, report)
        if found is None:
            continue
        draft.places.setdefault(f"address {found.address}", inner.place)
        device = draft.interface if found.device is None else found.device
        if draft.is_new(f"address {found.address} {device}", inner.place):
            target.append(found)
        else:
            text = f"address {inner.keyword.shown} is written twice: the first one counts"
            report.warning(inner.place, "duplicate-address", text)


def _notify(statement: Statement, draft: Draft, report: Report) -> None:
    draft.notify = notify.read(statement, draft.notify, report)


def _use_vmac(statement: Statement, draft: Draft, report: Report) -> None:
    draft.virtual_mac = devices.virtual_mac(statement, report)


def _vmac_xmit_base(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.transmit_from_base = True


def _use_vmac_addr(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.addresses_virtual_mac = True


def _use_ipvlan(statement: Statement, draft: Draft, report: Report) -> None:
    draft.ipvlan = devices.ipvlan(statement, report)


def _old_unicast_checksum(statement: Statement, draft: Draft, report: Report) -> None:
    draft.unicast = True
    value = settings.choice({"": "always", "never": "never"})(statement, report)
    if value is not None:
        draft.fields["old_unicast_checksum"] = value


def _unicast_flag(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.unicast = True
    draft.fields["check_unicast_source"] = True


def _routes(statement: Statement, draft: Draft, report: Report) -> None:
    draft.routes += static.routes(statement, report)


def _rules(statement: Statement, draft: Draft, report: Report) -> None:
    draft.rules += static.rules(statement, report)


PLAIN: settings.Table = {
    "accept": ("accept", settings.flag()),
    "no_accept": ("accept", settings.flag(False)),
    "lower_prio_no_advert": ("lower_priority_advert", settings.switch(inverted=True)),
    "higher_prio_send_advert": ("higher_priority_advert", settings.switch()),
    "owner_ignore_adverts": ("owner_ignores_adverts", settings.switch()),
    "strict_mode": ("strict", settings.switch()),
    "skip_check_adv_addr": ("skip_check_addresses", settings.switch()),
    "notify_priority_changes": ("notify_priority_changes", settings.switch()),
    "smtp_alert": ("smtp_alert", settings.switch()),
    "mcast_dst_ip": ("multicast_destination", settings.group()),
    "unicast_ttl": ("unicast_ttl", settings.number(0, 255)),
    "unicast_fault_no_peer": ("fault_without_peers", settings.flag()),
    "track_src_ip": ("track_source", settings.flag()),
    "dont_track_primary": ("track_primary", settings.flag(False)),
    "promote_secondaries": ("promote_secondaries", settings.flag()),
    "linkbeat_use_polling": ("linkbeat_polling", settings.flag()),
    "lvs_sync_daemon_interface": ("lvs_sync_interface", settings.interface),
    "vrf": ("vrf", settings.interface),
    "down_timer_adverts": ("down_timer_adverts", settings.number(1, 100)),
    "kernel_rx_buf_size": ("receive_buffer_bytes", settings.number(1, 2**31 - 1)),
    "debug": ("debug", settings.number(0, 4)),
}

_HANDLERS: dict[str, Callable[[Statement, Draft, Report], None]] = {
    "state": _state,
    "interface": _interface,
    "virtual_router_id": _vrid,
    "priority": _priority,
    "version": _version,
    "advert_int": _advert_int,
    "preempt": _preempt,
    "nopreempt": _preempt,
    "preempt_delay": _preempt_delay,
    "v3_checksum_as_v2": _checksum_as_v2,
    "native_ipv6": _native_ipv6,
    "authentication": _authentication,
    "mcast_src_ip": _source,
    "unicast_src_ip": _source,
    "unicast_peer": _unicast_peer,
    "virtual_ipaddress": _virtual_ipaddress,
    "virtual_ipaddress_excluded": _virtual_ipaddress,
    "virtual_routes": _routes,
    "virtual_rules": _rules,
    "check_unicast_src": _unicast_flag,
    "old_unicast_checksum": _old_unicast_checksum,
    "use_vmac": _use_vmac,
    "use_vmac_addr": _use_vmac_addr,
    "vmac_xmit_base": _vmac_xmit_base,
    "use_ipvlan": _use_ipvlan,
    **dict.fromkeys(notify.EVENTS, _notify),
}

KEYWORDS = frozenset((*PLAIN, *announcements.PLAIN, *tracking.KEYWORDS, *_HANDLERS))
_WITH_BLOCK = frozenset(
    {
        "authentication",
        "unicast_peer",
        "virtual_ipaddress",
        "virtual_ipaddress_excluded",
        "virtual_routes",
        "virtual_rules",
    }
)
