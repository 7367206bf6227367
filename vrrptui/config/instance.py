"""The keywords of vrrp_instance. Each fills in a draft; `router` turns a finished draft into the model.

Values are checked one by one here; what depends on several of them waits until the block is read whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from vrrptui.config import addresses, global_defs, keywords, script, values
from vrrptui.config.lexer import Word
from vrrptui.config.model import Notify, Place, TrackedInterface, TrackedScript, VirtualAddress
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement
from vrrptui.protocol.advert import Address

PASSWORD_MAX = 8  # bytes, the field in the advert (RFC 2338 §5.3.10)


@dataclass(slots=True)
class Draft:
    """What one vrrp_instance block said; None where it said nothing."""

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
    accept: bool = True
    lower_priority_advert: bool | None = None
    strict: bool | None = None
    checksum_as_v2: bool | None = None
    auth_type: str | None = None
    password: bytes = field(default=b"", repr=False)
    source: Address | None = None
    unicast: bool = False  # whether a unicast keyword was used
    peers: list[Address] = field(default_factory=list)
    virtual: list[VirtualAddress] = field(default_factory=list)
    empty_block: Place | None = None  # a virtual_ipaddress block without a line
    excluded: list[VirtualAddress] = field(default_factory=list)
    scripts: list[TrackedScript] = field(default_factory=list)
    interfaces: list[TrackedInterface] = field(default_factory=list)
    notify: Notify = Notify()
    garp_delay_ns: int | None = None
    garp_repeat: int | None = None
    garp_refresh_ns: int | None = None
    garp_refresh_repeat: int | None = None
    places: dict[str, Place] = field(default_factory=dict)  # of keywords ("priority") and things ("peer 10.0.0.2")

    def place_of(self, keyword: str) -> Place:
        """Where a keyword's value stands; the block itself when it was not used."""
        return self.places.get(keyword, self.place)

    def is_new(self, thing: str, place: Place) -> bool:
        """Whether `thing` was not there before; its place is kept."""
        return self.places.setdefault(thing, place) is place


def read(statement: Statement, name: Word, report: Report) -> Draft:
    """The draft of one vrrp_instance block."""
    draft = Draft(name.text, statement.place)
    for inner in statement.block or []:
        handler = _HANDLERS.get(inner.name)
        if handler is None:
            keywords.report_unhandled(inner, keywords.INSTANCE, report)
            continue
        if inner.block is not None and inner.name not in _WITH_BLOCK:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
            continue
        draft.places[inner.name] = inner.values[0].place if inner.values else inner.place
        handler(inner, draft, report)
    return draft


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


def _accept(statement: Statement, draft: Draft, report: Report) -> None:
    values.nothing(statement, report)
    draft.accept = statement.name == "accept"
    if not draft.accept:
        text = "no_accept is not supported yet: a master answers on its virtual addresses"
        report.warning(statement.place, "not-supported-yet", text)


def _lower_prio_no_advert(statement: Statement, draft: Draft, report: Report) -> None:
    silent = values.boolean(statement, report)
    if silent is not None:
        draft.lower_priority_advert = not silent


def _strict(statement: Statement, draft: Draft, report: Report) -> None:
    strict = values.boolean(statement, report)
    if strict is not None:
        draft.strict = strict
    if strict:
        global_defs.report_strict(statement, report)


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
            # The word may be a piece of a password, so it is not repeated.
            report.warning(inner.place, "unknown-keyword", "authentication has auth_type and auth_pass, and not this")


def _auth_type(statement: Statement, draft: Draft, report: Report) -> None:
    word = values.one(statement, report)
    if word is None:
        return
    if word.text == "PASS":
        draft.auth_type = "PASS"
    elif word.text == "AH":
        text = "auth_type AH is not supported yet, and peers would refuse adverts without it"
        report.error(word.place, "not-supported-yet", text, "use PASS, or no authentication, on every router")
    else:
        report.error(word.place, "bad-value", f"auth_type {word.shown} is not known", "PASS")


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
        if inner.values:
            text = "options of a unicast peer are not supported yet: adverts are taken with any TTL"
            report.warning(inner.values[0].place, "not-supported-yet", text)
        if peer is not None and draft.is_new(f"peer {peer}", inner.place):
            draft.peers.append(peer)


def _virtual_ipaddress(statement: Statement, draft: Draft, report: Report) -> None:
    excluded = statement.name == "virtual_ipaddress_excluded"
    target = draft.excluded if excluded else draft.virtual
    if statement.block == [] and not excluded:
        draft.empty_block = statement.place
    for inner in values.block(statement, report):
        found = addresses.read(inner, report)
        if found is None:
            continue
        if draft.is_new(f"address {found.address}", inner.place):
            target.append(found)
        else:
            text = f"address {inner.keyword.shown} is written twice: the first one counts"
            report.warning(inner.place, "duplicate-address", text)


def _track_script(statement: Statement, draft: Draft, report: Report) -> None:
    for inner in values.block(statement, report):
        if draft.is_new(f"script {inner.name}", inner.place):
            draft.scripts.append(TrackedScript(inner.name, _weight(inner, report), inner.place))
        else:
            text = f"script {inner.keyword.shown} is tracked twice: the first line counts"
            report.warning(inner.place, "duplicate-tracking", text)


def _track_interface(statement: Statement, draft: Draft, report: Report) -> None:
    for inner in values.block(statement, report):
        name = values.interface_name(inner.keyword, report)
        if name is None:
            continue
        if draft.is_new(f"interface {name}", inner.place):
            draft.interfaces.append(TrackedInterface(name, _weight(inner, report) or 0, inner.place))
        else:
            text = f"interface {inner.keyword.shown} is tracked twice: the first line counts"
            report.warning(inner.place, "duplicate-tracking", text)


def _weight(statement: Statement, report: Report) -> int | None:
    """The weight on a line of a track block, or None when it has none of its own."""
    if statement.block is not None:
        report.error(statement.place, "unexpected-block", f"{statement.keyword.shown} takes no block")
    if not statement.values:
        return None
    if statement.values[0].text != "weight":
        report.error(
            statement.values[0].place, "bad-value", f"{statement.values[0].shown} is not known here", "weight N"
        )
    elif len(statement.values) == 1:
        report.error(statement.values[0].place, "missing-value", "'weight' needs a value")
    else:
        return script.weight(statement.values[1:], report)
    return None


def _notify(statement: Statement, draft: Draft, report: Report) -> None:
    event = statement.name.removeprefix("notify").removeprefix("_") or "any"
    if getattr(draft.notify, event):
        text = f"{statement.keyword.shown} is written twice: the first one counts"
        report.warning(statement.place, "duplicate-keyword", text)
        return
    found = values.command(statement, report)
    if found is None:
        return
    command, user = found
    draft.notify = replace(draft.notify, **{event: command})
    if user:
        text = f"a user for {statement.keyword.shown} is not supported yet: it runs as script_user"
        report.warning(statement.place, "not-supported-yet", text, "arguments belong inside the double quotes")


def _garp_delay(statement: Statement, draft: Draft, report: Report) -> None:
    draft.garp_delay_ns = global_defs.garp_delay(statement, report)


def _garp_repeat(statement: Statement, draft: Draft, report: Report) -> None:
    draft.garp_repeat = global_defs.garp_repeat(statement, report)


def _garp_refresh(statement: Statement, draft: Draft, report: Report) -> None:
    draft.garp_refresh_ns = global_defs.garp_refresh(statement, report)


def _garp_refresh_repeat(statement: Statement, draft: Draft, report: Report) -> None:
    draft.garp_refresh_repeat = global_defs.garp_repeat(statement, report)


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
    "accept": _accept,
    "no_accept": _accept,
    "lower_prio_no_advert": _lower_prio_no_advert,
    "strict_mode": _strict,
    "v3_checksum_as_v2": _checksum_as_v2,
    "native_ipv6": _native_ipv6,
    "authentication": _authentication,
    "mcast_src_ip": _source,
    "unicast_src_ip": _source,
    "unicast_peer": _unicast_peer,
    "virtual_ipaddress": _virtual_ipaddress,
    "virtual_ipaddress_excluded": _virtual_ipaddress,
    "track_script": _track_script,
    "track_interface": _track_interface,
    "notify": _notify,
    "notify_master": _notify,
    "notify_backup": _notify,
    "notify_fault": _notify,
    "notify_stop": _notify,
    "garp_master_delay": _garp_delay,
    "garp_master_repeat": _garp_repeat,
    "garp_master_refresh": _garp_refresh,
    "garp_master_refresh_repeat": _garp_refresh_repeat,
}

_WITH_BLOCK = frozenset(
    {
        "authentication",
        "unicast_peer",
        "virtual_ipaddress",
        "virtual_ipaddress_excluded",
        "track_script",
        "track_interface",
    }
)
