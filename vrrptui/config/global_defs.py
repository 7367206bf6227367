"""The keywords of global_defs: what holds for all virtual routers and scripts.

Values for the whole file may stand after what uses them, so they are collected first and used when it is read whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.config import keywords, values
from vrrptui.config.model import Announcements, GlobalConfig
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement
from vrrptui.protocol.advert import NS_PER_SECOND

GARP_DELAY_MAX_S = 4294  # keepalived counts microseconds in 32 bits
COUNT_MAX = 2**31 - 1


@dataclass(slots=True)
class GlobalDefs:
    """What global_defs said so far; None where it said nothing."""

    router_id: str | None = None
    version: int = 2
    script_user: str | None = None
    script_group: str | None = None
    script_security: bool = False
    garp_delay_ns: int | None = None
    garp_repeat: int | None = None
    garp_refresh_ns: int | None = None
    garp_refresh_repeat: int | None = None
    lower_priority_advert: bool = True
    strict: bool = False
    checksum_as_v2: bool = False

    def config(self) -> GlobalConfig:
        return GlobalConfig(
            router_id=self.router_id,
            version=3 if self.version == 3 else 2,
            script_user=self.script_user,
            script_group=self.script_group,
            script_security=self.script_security,
        )

    def announcements(self) -> Announcements:
        """The schedule for virtual routers that say nothing of their own."""
        default = Announcements()
        return Announcements(
            repeat=default.repeat if self.garp_repeat is None else self.garp_repeat,
            delay_ns=default.delay_ns if self.garp_delay_ns is None else self.garp_delay_ns,
            refresh_ns=default.refresh_ns if self.garp_refresh_ns is None else self.garp_refresh_ns,
            refresh_repeat=default.refresh_repeat if self.garp_refresh_repeat is None else self.garp_refresh_repeat,
        )


def read(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    """Fold one global_defs block into `defs`; a file may have several."""
    for inner in statement.block or []:
        handler = _HANDLERS.get(inner.name)
        if handler is None:
            keywords.report_unhandled(inner, keywords.GLOBALS, report)
        elif inner.block is not None:
            report.error(inner.place, "unexpected-block", f"{inner.keyword.shown} takes no block")
        else:
            handler(inner, defs, report)
    if statement.block is None:
        report.error(statement.place, "missing-block", "'global_defs' needs a block in braces")


def _router_id(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    if word := values.one(statement, report):
        defs.router_id = word.text


def _version(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    if word := values.one(statement, report):
        defs.version = values.whole(word, 2, 3, "version", report) or defs.version


def _script_user(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    words = values.at_least_one(statement, report)
    if words:
        defs.script_user = words[0].text
        defs.script_group = words[1].text if len(words) > 1 else None
    if len(words) > 2:
        values.extra_words(statement, words[2], report)


def _script_security(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    values.nothing(statement, report)
    defs.script_security = True


def _lower_prio_no_advert(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    silent = values.boolean(statement, report)
    if silent is not None:
        defs.lower_priority_advert = not silent


def _checksum_as_v2(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.checksum_as_v2 = values.boolean(statement, report) or False


def _strict(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    values.nothing(statement, report)
    report_strict(statement, report)
    defs.strict = True


def report_strict(statement: Statement, report: Report) -> None:
    """Say how much of keepalived's strict mode there is."""
    text = f"{statement.keyword.shown} is not supported yet but for authentication, which it forbids"
    report.warning(statement.place, "not-supported-yet", text)


def garp_delay(statement: Statement, report: Report) -> int | None:
    """The value of garp_master_delay in nanoseconds; whole seconds, 0 for no second burst."""
    word = values.one(statement, report)
    number = values.whole(word, 0, GARP_DELAY_MAX_S, "delay", report) if word else None
    return None if number is None else number * NS_PER_SECOND


def garp_repeat(statement: Statement, report: Report) -> int | None:
    """The value of garp_master_repeat or _refresh_repeat: 1 or more; 0 is read as 1, as keepalived does."""
    word = values.one(statement, report)
    number = values.whole(word, 0, COUNT_MAX, "count", report) if word else None
    if word and number == 0:
        report.warning(word.place, "bad-value", f"{statement.keyword.shown} must be 1 or more: 1 is used")
        return 1
    return number


def garp_refresh(statement: Statement, report: Report) -> int | None:
    """The value of garp_master_refresh in nanoseconds; whole seconds, 0 for no refreshing."""
    word = values.one(statement, report)
    number = values.whole(word, 0, COUNT_MAX, "period", report) if word else None
    return None if number is None else number * NS_PER_SECOND


def _garp_delay(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.garp_delay_ns = garp_delay(statement, report)


def _garp_repeat(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.garp_repeat = garp_repeat(statement, report)


def _garp_refresh(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.garp_refresh_ns = garp_refresh(statement, report)


def _garp_refresh_repeat(statement: Statement, defs: GlobalDefs, report: Report) -> None:
    defs.garp_refresh_repeat = garp_repeat(statement, report)


_HANDLERS: dict[str, Callable[[Statement, GlobalDefs, Report], None]] = {
    "router_id": _router_id,
    "vrrp_version": _version,
    "script_user": _script_user,
    "enable_script_security": _script_security,
    "vrrp_garp_master_delay": _garp_delay,
    "vrrp_garp_master_repeat": _garp_repeat,
    "vrrp_garp_master_refresh": _garp_refresh,
    "vrrp_garp_master_refresh_repeat": _garp_refresh_repeat,
    "vrrp_lower_prio_no_advert": _lower_prio_no_advert,
    "vrrp_strict": _strict,
    "v3_checksum_as_v2": _checksum_as_v2,
}
