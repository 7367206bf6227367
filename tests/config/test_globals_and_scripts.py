"""global_defs and vrrp_script, and the scopes that are passed over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.config_texts import IPV6, Load, instance, router, said, script
from vrrptui.config.model.configuration import Announcements, HostScript, User
from vrrptui.protocol.advert import Checksum

S = 1_000_000_000


def defs(*lines: str) -> str:
    return "\n".join(["global_defs {", *lines, "}", ""])


@pytest.mark.parametrize(
    "line, attribute, value",
    [
        ("router_id LVS_1", "router_id", "LVS_1"),
        ('router_id "two words"', "router_id", "two words"),
        ("vrrp_version 3", "version", 3),
        ('startup_script "/a b" u g', "startup", HostScript(("/a", "b"), User("u", "g"))),
        ("shutdown_script /a", "shutdown", HostScript(("/a",))),
        ("shutdown_script_timeout 1000", "shutdown", HostScript(timeout_ns=1000 * S)),
        ("vrrp_version 2", "version", 2),
        ("script_user nobody", "script_user", "nobody"),
        ("script_user nobody nogroup", "script_group", "nogroup"),
        ("enable_script_security", "script_security", True),
        ("", "script_security", False),
    ],
)
def test_a_global_keyword_sets_its_value(load_text: Load, line: str, attribute: str, value: Any) -> None:
    loaded = load_text(defs(line))
    assert said(loaded) == []
    assert loaded.configuration is not None
    assert getattr(loaded.configuration.globals, attribute) == value


@pytest.mark.parametrize(
    "line, code, place",
    [
        ("router_id", "missing-value", "2:1"),
        ("vrrp_version 4", "bad-value", "2:14"),
        ("script_user", "missing-value", "2:1"),
        ("vrrp_garp_master_delay x", "bad-value", "2:24"),
        ("vrrp_garp_master_delay 1.5", "bad-value", "2:24"),
        ("vrrp_garp_master_repeat 9999999999", "bad-value", "2:25"),
        ("vrrp_garp_master_refresh x", "bad-value", "2:26"),
        ("vrrp_lower_prio_no_advert x", "bad-value", "2:27"),
        ("router_id {\n}", "unexpected-block", "2:1"),
    ],
)
def test_a_bad_global_value_is_an_error_at_its_place(load_text: Load, line: str, code: str, place: str) -> None:
    loaded = load_text(defs(line))
    assert said(loaded) == [f"error {code} {place}"]
    assert loaded.configuration is None


@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_globals_hold_wherever_they_stand(load_text: Load, order: int) -> None:
    lines = "vrrp_version 3", "vrrp_garp_master_delay 1", "vrrp_garp_master_repeat 2", "vrrp_lower_prio_no_advert"
    parts = [
        defs(*lines, "vrrp_garp_master_refresh 60", "vrrp_garp_master_refresh_repeat 3"),
        instance("advert_int 0.5"),
    ]
    found = router(load_text("".join(parts[::order])))
    assert found.version == 3
    assert found.interval_ns == S // 2
    assert found.lower_priority_advert is False
    assert found.announcements == Announcements(
        repeat=2, delay_ns=S, refresh_ns=60 * S, refresh_repeat=3, lower_delay_ns=S, lower_repeat=2
    )


def test_an_instance_overrides_globals(load_text: Load) -> None:
    text = defs("vrrp_version 3", "vrrp_garp_master_repeat 2", "vrrp_lower_prio_no_advert")
    found = router(load_text(text + instance("version 2", "garp_master_repeat 7", "lower_prio_no_advert off")))
    assert (found.version, found.announcements.repeat, found.lower_priority_advert) == (2, 7, True)


@pytest.mark.parametrize(
    "own, expected",
    [("", Checksum.MESSAGE), ("v3_checksum_as_v2", Checksum.MESSAGE), ("v3_checksum_as_v2 no", Checksum.PSEUDO_HEADER)],
)
def test_the_checksum_is_the_global_one_unless_an_instance_says(load_text: Load, own: str, expected: Checksum) -> None:
    text = defs("vrrp_version 3", "v3_checksum_as_v2") + instance(own)
    assert router(load_text(text)).checksum is expected


@pytest.mark.parametrize("line", ["lvs_notify_fifo /x", "smtp_alert_checker", "snmp_socket x"])
def test_a_global_that_is_not_run_is_a_warning(load_text: Load, line: str) -> None:
    loaded = load_text(defs(line))
    assert said(loaded) == ["warning not-supported-yet 2:1"]
    assert loaded.configuration is not None


@pytest.mark.parametrize(
    "lines, attribute, value",
    [
        ([], "command", ("/bin/true",)),
        (["script \"/x/check 'a b' c\""], "command", ("/x/check", "a b", "c")),
        (["script /x/check"], "command", ("/x/check",)),
        (["script '/x/check a'"], "command", ("/x/check", "a")),
        (["script killall"], "command", ("killall",)),
        ([], "interval_ns", S),
        (["interval 3"], "interval_ns", 3 * S),
        ([], "timeout_ns", S),
        (["interval 3"], "timeout_ns", 3 * S),
        (["interval 3", "timeout 2"], "timeout_ns", 2 * S),
        ([], "rise", 1),
        (["rise 4"], "rise", 4),
        ([], "fall", 1),
        (["fall 3"], "fall", 3),
        ([], "weight", 0),
        (["weight 0"], "weight", 0),
        (["weight 253"], "weight", 253),
        (["weight -253"], "weight", -253),
        (["weight 5 noreverse"], "weight", 5),
        (["weight 5 reverse"], "reverse", True),
        (['script "</etc/passwd"'], "opens", "/etc/passwd"),
        (["user nobody"], "user", "nobody"),
        (["user nobody nogroup"], "group", "nogroup"),
        ([], "init_fail", False),
        (["init_fail"], "init_fail", True),
    ],
)
def test_a_script_keyword_sets_its_value(load_text: Load, lines: list[str], attribute: str, value: Any) -> None:
    loaded = load_text(script(*lines))
    assert said(loaded) == []
    assert loaded.configuration is not None
    assert getattr(loaded.configuration.scripts[0], attribute) == value


@pytest.mark.parametrize(
    "line, code, column",
    [
        ("script", "missing-value", 1),
        ('script ""', "missing-value", 1),
        ("script 'a", "bad-command", 1),
        ("interval 0", "bad-value", 10),
        ("interval 0.0009", "bad-value", 10),
        ("interval 4295", "bad-value", 10),
        ("timeout 0", "bad-value", 9),
        ("rise 0", "bad-value", 6),
        ("fall 0", "bad-value", 6),
        ("rise 2147483648", "bad-value", 6),
        ("weight 254", "bad-value", 8),
        ("weight -254", "bad-value", 8),
        ("weight 2 foo", "bad-value", 10),
        ("user", "missing-value", 1),
        ("interval {\n}", "unexpected-block", 1),
    ],
)
def test_a_bad_script_value_is_an_error_at_its_place(load_text: Load, line: str, code: str, column: int) -> None:
    loaded = load_text(script(line))
    assert said(loaded) == [f"error {code} 3:{column}"]
    assert loaded.configuration is None


def test_a_script_with_unquoted_arguments_is_a_warning(load_text: Load) -> None:
    loaded = load_text(script("script /usr/bin/killall -0 httpd"))
    assert said(loaded) == ["warning extra-words 3:8"]
    assert loaded.configuration is not None
    assert loaded.configuration.scripts[0].command == ("/usr/bin/killall",)


def test_a_script_without_a_command_is_left_out(load_text: Load) -> None:
    loaded = load_text("vrrp_script chk {\ninterval 2\n}\n" + instance("track_script {\nchk\n}"))
    assert said(loaded) == ["warning no-script 1:13", "warning unknown-script 11:1"]
    assert loaded.configuration is not None
    assert loaded.configuration.scripts == ()


def test_of_two_scripts_of_one_name_the_first_counts(load_text: Load) -> None:
    # keepalived 2.2.7: with weights of 2 and -5 the priority became 102
    loaded = load_text(script("weight 2") + script("weight -5") + instance("track_script {\nchk\n}"))
    assert said(loaded) == ["warning duplicate-name 5:13"]
    assert [one.weight for one in loaded.configuration.scripts] == [2]


@pytest.mark.parametrize("block", ["track_file f {\nfile /a\n}\n", "vrrp_track_process f {\nprocess a\n}\n"])
def test_of_two_trackers_of_one_name_the_first_counts(load_text: Load, block: str) -> None:
    # keepalived 2.2.7: of two files with 7 and 20 in them the priority became 107
    loaded = load_text(block + block.replace(" a", " b").replace("/a", "/b") + instance())
    assert said(loaded) == ["warning duplicate-name 4:" + str(block.index(" f") + 2)]
    (one,) = loaded.configuration.files + loaded.configuration.processes
    assert getattr(one, "file", None) == "/a" or getattr(one, "command", None) == ("a",)


def test_an_interval_may_be_shorter_than_a_second(load_text: Load) -> None:
    # since keepalived 2.3.2
    (one,) = load_text(script("interval 0.25", "timeout 0.1") + instance()).configuration.scripts
    assert (one.interval_ns, one.timeout_ns) == (250_000_000, 100_000_000)


@pytest.mark.parametrize(
    "block, code",
    [
        ("virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\nweight 1\n}\n}\n", "not-supported-yet"),
        ("bfd_instance b {\nneighbor_ip 10.0.0.2\n}\n", "not-supported-yet"),
        ("net_namespace red\n", "not-supported-yet"),
        ("foo bar {\npriority nonsense\n}\n", "unknown-keyword"),
    ],
)
def test_a_scope_that_is_not_run_is_one_warning_and_passed_over(load_text: Load, block: str, code: str) -> None:
    loaded = load_text(block + instance(IPV6))
    assert said(loaded) == [f"warning {code} 1:1"]
    assert router(loaded).vrid == 51
