"""Strict mode: replaces settings that go beyond the protocol, each with a warning, as keepalived does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords.instance import Draft
from vrrptui.protocol.advert import PRIORITY_OWNER, Family, Reason, list_oddities

LEAST_WITH_ACCEPT = 3  # the first version with Accept_Mode (RFC 9568 §6.1)
AS_RFC: dict[str, Any] = {"lower_priority_advert": False, "higher_priority_advert": False, "down_timer_adverts": 3}
KEYWORDS = {
    "lower_priority_advert": "lower_prio_no_advert",
    "higher_priority_advert": "higher_prio_send_advert",
    "down_timer_adverts": "down_timer_adverts",
}


def settle(draft: Draft, inherited: dict[str, Any], version: int, family: Family, report: Report) -> None:
    """Apply strict mode to a draft; `inherited` are the global values for virtual routers."""
    if draft.priority != PRIORITY_OWNER and "accept" not in draft.fields:
        text = "strict mode: the addresses answer no ping and serve nothing on this host, which is right for a gateway"
        hint = "write accept" if version >= LEAST_WITH_ACCEPT else "write accept, and version 3 on all routers"
        report.warning(draft.place_of("virtual_ipaddress"), "not-accepted", text, hint)
    for keyword, text in _put_right(draft, inherited, version):
        report.warning(draft.place_of(keyword), "strict", f"strict mode: {text}")
    listed = [one.address for one in draft.virtual]
    oddities = list_oddities(version, family, listed)
    if Reason.FIRST_NOT_LINK_LOCAL in oddities:
        text = f"strict mode wants the first IPv6 address, {listed[0]}, to be link-local (RFC 9568 §5.2.9)"
        report.error(draft.place_of(f"address {listed[0]}"), "strict", text, "write one in fe80::/10 first")
    if not listed:
        text = "strict mode wants an address to advertise (RFC 9568 §5.2.5)"
        report.error(draft.place_of("virtual_ipaddress"), "strict", text, "virtual_ipaddress { ADDRESS }")


def _put_right(draft: Draft, inherited: dict[str, Any], version: int) -> Iterator[tuple[str, str]]:
    owner = draft.priority == PRIORITY_OWNER
    if (draft.state == "MASTER") != owner:
        yield "state", f"state MASTER is for an address owner, who has priority {PRIORITY_OWNER}, and for nobody else"
        draft.state = "MASTER" if owner else "BACKUP"
    if draft.auth_type:
        yield "authentication", "there is no authentication (RFC 3768 §5.3.6): adverts leave without it"
        draft.auth_type, draft.password = 0, b""
    if draft.preempt_delay_ns:
        yield "preempt_delay", "there is no preempt_delay"
        draft.preempt_delay_ns = 0
    if version == 2 and draft.fields.get("accept"):
        yield "accept", "version 2 does not accept packets to virtual addresses (RFC 3768 §6.4.3)"
        draft.fields["accept"] = False
    draft.fields.setdefault("accept", False)
    if draft.transmit_from_base:
        yield "vmac_xmit_base", "adverts come from the virtual MAC (RFC 9568 §7.2)"
        draft.transmit_from_base = False
    if {"lower_repeat", "lower_delay_ns"} & draft.announcements.keys():
        yield "garp_lower_prio_repeat", "nothing is announced again after an advert of lower priority"
    draft.announcements |= {"lower_repeat": 0, "lower_delay_ns": 0}
    for name, value in AS_RFC.items():
        if draft.fields.get(name, inherited.get(name, value)) != value:
            yield KEYWORDS[name], f"{KEYWORDS[name]} is as the protocol has it"
        draft.fields[name] = value
