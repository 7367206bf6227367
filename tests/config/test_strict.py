"""Strict mode puts back what goes beyond the protocol, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.config_texts import AUTH, Load, instance, router, said
from vrrptui.config.model.configuration import Announcements, Level


@pytest.mark.parametrize(
    "general, own, strict",
    [("vrrp_strict", "", True), ("vrrp_strict", "strict_mode off", False), ("", "strict_mode", True), ("", "", False)],
)
def test_it_holds_for_all_or_for_one(load_text: Load, general: str, own: str, strict: bool) -> None:
    loaded = load_text(f"global_defs {{\n{general}\n}}\n" + instance(AUTH, own))
    assert [f.code for f in loaded.findings] == (["not-accepted", "strict"] if strict else [])
    assert router(loaded).strict is strict
    assert router(loaded).auth_type == (0 if strict else 1)


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("state MASTER\npriority 100", "initial_state", "BACKUP"),
        ("state BACKUP\npriority 255", "initial_state", "MASTER"),
        ("preempt_delay 5", "preempt_delay_ns", 0),
        ("version 2\naccept", "accept", False),
        ("garp_lower_prio_repeat 3", "announcements", Announcements(lower_repeat=0, lower_delay_ns=0)),
        ("lower_prio_no_advert off", "lower_priority_advert", False),
        ("higher_prio_send_advert", "higher_priority_advert", False),
        ("down_timer_adverts 5", "down_timer_adverts", 3),
    ],
)
def test_what_goes_beyond_the_protocol_is_put_back(load_text: Load, line: str, field: str, value: Any) -> None:
    loaded = load_text(instance("version 3", "strict_mode", *line.split("\n")))
    assert [finding.code for finding in loaded.findings if finding.code != "not-accepted"] == ["strict"]
    assert getattr(router(loaded), field) == value


def test_adverts_come_from_the_virtual_mac(load_text: Load) -> None:
    loaded = load_text(instance("strict_mode", "use_vmac", "vmac_xmit_base"))
    assert [finding.code for finding in loaded.findings if finding.code != "not-accepted"] == ["strict"]
    assert router(loaded).virtual_mac is not None
    assert not router(loaded).virtual_mac.transmit_from_base


def test_what_the_protocol_has_is_left_alone(load_text: Load) -> None:
    """The defaults are the protocol's: nothing is accepted, and no losing advert is answered."""
    found = router(load_text(instance("version 3", "strict_mode")))
    assert (found.accept, found.lower_priority_advert, found.announcements.lower_repeat) == (False, False, 0)
    found = router(load_text(instance("version 3", "strict_mode", "accept")))
    assert found.accept


def test_the_first_ipv6_address_must_be_link_local(load_text: Load) -> None:
    loaded = load_text(instance("virtual_ipaddress {\n2001:db8::1/64\n}", "strict_mode"))
    assert [finding.code for finding in loaded.findings if finding.level is Level.ERROR] == ["strict"]
    assert (
        said(load_text(instance("virtual_ipaddress {\nfe80::1/64\n2001:db8::1/64\n}", "strict_mode", "accept"))) == []
    )


@pytest.mark.parametrize(
    "lines, hint",
    [
        (("strict_mode",), "write accept, and version 3 on all routers"),
        (("strict_mode", "version 3"), "write accept"),
        (("strict_mode", "version 3", "accept"), None),
        (("strict_mode", "no_accept"), None),
        (("strict_mode", "state MASTER", "priority 255"), None),
        (("no_accept",), None),
    ],
)
def test_addresses_that_answer_nothing_are_told(load_text: Load, lines: tuple[str, ...], hint: str | None) -> None:
    # RFC 9568 §6.1: Accept_Mode is false by default; version 2 has none (RFC 3768 §6.4.3)
    hints = [finding.hint for finding in load_text(instance(*lines)).findings if finding.code == "not-accepted"]
    assert hints == ([hint] if hint else [])
