"""What the RFCs require of a configuration, each way round: what must load, and what must be refused at its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.config_texts import AUTH, IPV6, Load, instance, router, said

S = 1_000_000_000
CS = S // 100
MIXED_4 = "virtual_ipaddress {\n10.0.0.100\nfe80::1\n}"
MIXED_6 = "virtual_ipaddress {\nfe80::1\n10.0.0.100\n}"


@pytest.mark.parametrize(
    "lines, attribute, value",
    [
        pytest.param(["virtual_router_id 1"], "vrid", 1, id="9568-5.2.3-1 positive: 1"),
        pytest.param(["virtual_router_id 255"], "vrid", 255, id="9568-5.2.3-1 positive: 255"),
        pytest.param(["priority 1"], "priority", 1, id="9568-5.2.4-2 positive: 1"),
        pytest.param(["priority 254"], "priority", 254, id="9568-5.2.4-2 positive: 254"),
        pytest.param([], "priority", 100, id="9568-5.2.4-4 positive: no priority line is 100"),
        pytest.param([], "version", 2, id="9568-5.2.9-2 positive: IPv4 addresses alone"),
        pytest.param([IPV6], "version", 3, id="9568-5.2.9-2 positive: IPv6 addresses alone"),
        pytest.param(["version 3"], "interval_ns", S, id="9568-6.1-1 positive: no line is 1 s"),
        pytest.param(["version 3", "advert_int 0.01"], "interval_ns", CS, id="9568-6.1-1 positive: 1 cs"),
        pytest.param(["version 3", "advert_int 40.95"], "interval_ns", 4095 * CS, id="9568-6.1-1 positive: 4095 cs"),
        pytest.param([], "auth_type", 0, id="3768-5.3.6-2 positive: no authentication block is type 0"),
        pytest.param([], "interval_ns", S, id="3768-5.3.7-1 positive: no line is 1 s"),
        pytest.param(["advert_int 1"], "interval_ns", S, id="3768-5.3.7-1 positive: 1 s"),
        pytest.param(["advert_int 255"], "interval_ns", 255 * S, id="3768-5.3.7-1 positive: 255 s"),
    ],
)  # fmt: skip
def test_what_the_rfcs_allow_loads(load_text: Load, lines: list[str], attribute: str, value: Any) -> None:
    loaded = load_text(instance(*lines))
    assert said(loaded) == []
    assert getattr(router(loaded), attribute) == value


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param(["virtual_router_id 0"], "bad-value 6:19", id="9568-5.2.3-1 negative: 0"),
        pytest.param(["virtual_router_id 256"], "bad-value 6:19", id="9568-5.2.3-1 negative: 256"),
        pytest.param(["priority 0"], "bad-value 7:10", id="9568-5.2.4-2 negative: 0"),
        pytest.param(["priority 256"], "bad-value 7:10", id="9568-5.2.4-2 negative: 256"),
        pytest.param(
            ["state MASTER"], "owner-not-said 7:7", id="9568-5.2.4-4 negative: an owner without a priority line"
        ),
        pytest.param([MIXED_4], "mixed-families 6:1", id="9568-5.2.9-2 negative: IPv6 among IPv4 addresses"),
        pytest.param([MIXED_6], "mixed-families 6:1", id="9568-5.2.9-2 negative: IPv4 among IPv6 addresses"),
        pytest.param(["version 3", "advert_int 0"], "bad-value 8:12", id="9568-6.1-1 negative: 0"),
        pytest.param(["version 3", "advert_int 40.96"], "bad-value 8:12", id="9568-6.1-1 negative: 40.96 s"),
        pytest.param(["version 3", "advert_int 0.015"], "bad-value 8:12", id="9568-6.1-1 negative: 1.5 cs"),
        pytest.param(
            ["authentication {\nauth_type PASS\n}"],
            "missing-value 7:1",
            id="2338-5.3.6.2-3 positive: a block without a password",
        ),
        pytest.param(["advert_int 0"], "bad-value 7:12", id="3768-5.3.7-1 negative: 0"),
        pytest.param(["advert_int 256"], "bad-value 7:12", id="3768-5.3.7-1 negative: 256"),
        pytest.param(["advert_int 0.5"], "bad-value 7:12", id="3768-5.3.7-1 negative: 0.5 s"),
    ],
)
def test_what_the_rfcs_forbid_is_refused_at_its_place(load_text: Load, lines: list[str], expected: str) -> None:
    loaded = load_text(instance(*lines))
    assert [line for line in said(loaded) if line.startswith("error")] == [f"error {expected}"]
    assert loaded.configuration is None


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(AUTH, id="3768-5.3.6-2 negative: type 1 in strict mode"),
        pytest.param(AUTH.replace("PASS", "AH"), id="3768-5.3.6-2 negative: type 2"),
    ],
)
def test_strict_mode_sends_no_authentication(load_text: Load, lines: str) -> None:
    loaded = load_text(instance("strict_mode on", "no_accept", lines))
    assert said(loaded) == ["warning strict 9:1"]
    assert (router(loaded).auth_type, router(loaded).auth_password) == (0, b"")


@pytest.mark.parametrize("password", ["", '""', "!secret", "#secret"])
def test_type_1_is_never_sent_with_empty_data(load_text: Load, password: str) -> None:
    """2338-5.3.6.2-3 negative: a password of which nothing is left is refused as well"""
    assert load_text(instance(AUTH.replace("secret", password))).configuration is None
