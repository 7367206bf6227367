"""The garp_* keywords of virtual routers and, with the prefix vrrp_, of global_defs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import settings, values
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Announcements
from vrrptui.protocol.advert import NS_PER_SECOND

DELAY_MAX_S = 4294  # keepalived counts microseconds in 32 bits
EXTRA_MAX_S = 86_400
COUNT_MAX = 2**31 - 1

MINIMAL = {"repeat": 1, "delay_ns": 0}  # vrrp_min_garp


def _seconds(high: int) -> settings.Reader:
    def reader(statement: Statement, report: Report) -> int | None:
        word = values.one(statement, report)
        number = values.whole(word, 0, high, statement.name, report) if word else None
        return None if number is None else number * NS_PER_SECOND

    return reader


def _repeat(statement: Statement, report: Report) -> int | None:
    """Read a number of at least 1; 0 is taken as 1, as keepalived does."""
    word = values.one(statement, report)
    number = values.whole(word, 0, COUNT_MAX, statement.name, report) if word else None
    if word and number == 0:
        report.warning(word.place, "bad-value", f"{statement.keyword.shown} must be 1 or more: 1 is used")
        return 1
    return number


def _extra(statement: Statement, report: Report) -> tuple[int, bool] | None:
    """Read a period in seconds; a preceding `all` means all interfaces."""
    words = values.at_least_one(statement, report)
    on_all = bool(words) and words[0].text == "all"
    if on_all and len(words) == 1:
        report.error(words[0].place, "missing-value", f"{statement.keyword.shown} needs a period", "all SECONDS")
        return None
    if len(words) > 1 + on_all:
        values.extra_words(statement, words[1 + on_all], report)
    number = values.whole(words[on_all], 0, EXTRA_MAX_S, statement.name, report) if words else None
    return None if number is None else (number * NS_PER_SECOND, on_all)


PLAIN: settings.Table = {
    "garp_master_delay": ("delay_ns", _seconds(DELAY_MAX_S)),
    "garp_master_repeat": ("repeat", _repeat),
    "garp_master_refresh": ("refresh_ns", _seconds(COUNT_MAX)),
    "garp_master_refresh_repeat": ("refresh_repeat", _repeat),
    "garp_lower_prio_delay": ("lower_delay_ns", _seconds(DELAY_MAX_S)),
    "garp_lower_prio_repeat": ("lower_repeat", _repeat),
    "garp_extra_if": ("extra", _extra),
    "vmac_garp_intvl": ("extra", _extra),
}


def build(general: Mapping[str, Any], own: Mapping[str, Any]) -> Announcements:
    """Return the announcements of one virtual router: its own values, otherwise the global ones or the defaults.

    The defaults after an advert of lower priority are the global values for becoming master.
    """
    lower = {"lower_delay_ns": general.get("delay_ns"), "lower_repeat": general.get("repeat")}
    merged = {name: value for name, value in lower.items() if value is not None} | dict(general) | dict(own)
    if extra := merged.pop("extra", None):
        merged["extra_ns"], merged["extra_all"] = extra
    return Announcements(**merged)
