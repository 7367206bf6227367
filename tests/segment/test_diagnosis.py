"""What is wrong with a group: each code is raised once when it is so, and cleared when it is over."""

from __future__ import annotations

import pytest

from tests.segment.observed import Observed, ns
from vrrptui.protocol.advert import Auth, Checksum
from vrrptui.segment.codes import OF_OWN_ROUTERS, OF_THE_HOST, Code
from vrrptui.segment.diagnosis import DIAGNOSES
from vrrptui.segment.events import Kind

R1, R2, R3 = "10.0.0.1", "10.0.0.2", "10.0.0.3"
MAC1, MAC2 = "02:00:00:00:00:01", "02:00:00:00:00:02"
VMAC = "00:00:5e:00:01:33"  # of VRID 51


def one_after_the_other(first: dict, second: dict) -> Observed:
    """R1 (150) is master, resigns, and R2 (100) takes over: never two at once."""
    seen = Observed()
    seen.steadily(0, 3, **({"source": R1, "priority": 150} | first))
    seen.say(3.5, R1, 0, **{k: v for k, v in first.items() if k not in ("source", "priority", "every")})
    seen.steadily(4.1, 8.1, **({"source": R2, "priority": 100} | second))
    return seen


def together(first: dict, second: dict, *, seconds=5) -> Observed:
    """Both advertise for `seconds`."""
    seen = Observed()
    for second_number in range(seconds):
        seen.say(second_number, **({"source": R1, "priority": 150} | first))
        seen.say(second_number + 0.3, **({"source": R2, "priority": 100} | second))
    return seen


def alone(**fields) -> Observed:
    seen = Observed()
    seen.steadily(0, 5, **fields)
    return seen


FAST3 = {"version": 3, "every": 0.2}


@pytest.mark.parametrize(
    ("seen", "code", "found"),
    [
        pytest.param(
            lambda: together({"priority": 255, "mac": MAC1}, {"priority": 255, "mac": MAC2}),
            "OWNER_DUPLICATE",
            True,
            id="9568-8.3.2-2 positive: two sources with 255",
        ),
        pytest.param(
            lambda: together(
                {"priority": 255, "mac": MAC1, "version": 3}, {"priority": 255, "mac": MAC2, "version": 3}
            ),
            "DUAL_MASTER",
            True,
            id="5798-7.1-1 positive: two owners that discard each other's adverts stay, and are found",
        ),
        pytest.param(
            lambda: alone(source=R1, priority=255), "OWNER_DUPLICATE", False, id="9568-8.3.2-2 negative: one source"
        ),
        pytest.param(
            lambda: one_after_the_other({"priority": 255, "mac": MAC1}, {"priority": 255, "mac": MAC1}),
            "OWNER_DUPLICATE",
            False,
            id="9568-8.3.2-2 negative: the same router after changing address",
        ),
        pytest.param(
            lambda: together({"priority": 100}, {"priority": 100}),
            "PRIORITY_TIE",
            True,
            id="9568-8.3.2-3 positive: two masters of one priority",
        ),
        pytest.param(
            lambda: one_after_the_other({"priority": 100}, {"priority": 100}),
            "PRIORITY_TIE",
            False,
            id="9568-8.3.2-3 negative: one after the other",
        ),
        pytest.param(
            lambda: together({"priority": 100}, {"priority": 100}, seconds=1),
            "PRIORITY_TIE",
            False,
            id="9568-8.3.2-3 negative: handover overlap of one interval",
        ),
        pytest.param(
            lambda: one_after_the_other(FAST3 | {"priority": 101}, FAST3 | {"priority": 100}),
            "SKEW_TOO_CLOSE",
            True,
            id="9568-8.3.2-4 positive: neighbouring priorities at 0.2 s are found, 0.78 ms apart",
        ),
        pytest.param(
            lambda: one_after_the_other(FAST3 | {"priority": 106}, FAST3 | {"priority": 100}),
            "SKEW_TOO_CLOSE",
            False,
            id="9568-8.3.2-4 negative: six steps at 0.2 s are 4.7 ms, and silent",
        ),
        pytest.param(
            lambda: one_after_the_other({"priority": 101}, {"priority": 100}),
            "SKEW_TOO_CLOSE",
            True,
            id="9568-8.3.2-4 positive: neighbouring priorities of version 2 are 3.9 ms apart",
        ),
        pytest.param(
            lambda: one_after_the_other({"priority": 102}, {"priority": 100}),
            "SKEW_TOO_CLOSE",
            False,
            id="9568-8.3.2-4 negative: two steps of version 2 are 7.8 ms, and silent",
        ),
        pytest.param(
            lambda: one_after_the_other(FAST3 | {"priority": 255}, FAST3 | {"priority": 254}),
            "SKEW_TOO_CLOSE",
            False,
            id="9568-8.3.2-4 negative: an owner never waits for its skew",
        ),
        pytest.param(
            lambda: one_after_the_other(FAST3 | {"priority": 100}, FAST3 | {"priority": 100}),
            "SKEW_TOO_CLOSE",
            False,
            id="equal priorities are told apart by address",
        ),
        pytest.param(
            lambda: one_after_the_other({"version": 2}, FAST3 | {"priority": 100}),
            "V2_OUTRANKS_FAST_V3",
            True,
            id="9568-8.4.2.1.1-1 positive: version mix with higher v2 priority",
        ),
        pytest.param(
            lambda: one_after_the_other({"version": 2, "priority": 90}, FAST3 | {"priority": 100}),
            "V2_OUTRANKS_FAST_V3",
            False,
            id="9568-8.4.2.1.1-1 negative: lower v2 priority",
        ),
        pytest.param(
            lambda: one_after_the_other({"version": 2, "priority": 90}, FAST3 | {"priority": 100}),
            "VERSION_MIX",
            True,
            id="9568-8.4.2.1.1-1 negative: lower v2 priority is a version mix all the same",
        ),
        pytest.param(
            lambda: one_after_the_other({"version": 2}, {"version": 3}),
            "V2_OUTRANKS_FAST_V3",
            False,
            id="a v3 router of a second is no fast one",
        ),
        pytest.param(
            lambda: one_after_the_other({"version": 3}, {"version": 3}), "VERSION_MIX", False, id="one version"
        ),
        pytest.param(
            lambda: one_after_the_other({"addresses": ("10.0.0.254", "10.0.0.253")}, {}),
            "VIP_MISMATCH",
            True,
            id="other list",
        ),
        pytest.param(
            lambda: one_after_the_other(
                {"addresses": ("10.0.0.254", "10.0.0.253")}, {"addresses": ("10.0.0.253", "10.0.0.254")}
            ),
            "VIP_MISMATCH",
            False,
            id="the order of a list is free",
        ),
        pytest.param(lambda: one_after_the_other({}, {"every": 2.0}), "INTERVAL_MISMATCH", True, id="1 s and 2 s"),
        pytest.param(lambda: one_after_the_other({}, {}), "INTERVAL_MISMATCH", False, id="one interval"),
        pytest.param(
            lambda: one_after_the_other({"auth": Auth.SIMPLE, "password": b"one"}, {}),
            "AUTH_MISMATCH",
            True,
            id="simple and none",
        ),
        pytest.param(
            lambda: one_after_the_other(
                {"auth": Auth.SIMPLE, "password": b"one"}, {"auth": Auth.SIMPLE, "password": b"two"}
            ),
            "AUTH_MISMATCH",
            True,
            id="two passwords",
        ),
        pytest.param(
            lambda: one_after_the_other(
                {"auth": Auth.SIMPLE, "password": b"one"}, {"auth": Auth.SIMPLE, "password": b"one"}
            ),
            "AUTH_MISMATCH",
            False,
            id="one password",
        ),
        pytest.param(
            lambda: one_after_the_other({"password": b"junk"}, {}),
            "AUTH_MISMATCH",
            False,
            id="what none carries is ignored",
        ),
        pytest.param(lambda: alone(mac="00:00:5e:00:01:34"), "WRONG_VMAC", True, id="the virtual MAC of another VRID"),
        pytest.param(
            lambda: alone(mac="00:00:5e:00:02:33"), "WRONG_VMAC", True, id="the virtual MAC of the other family"
        ),
        pytest.param(lambda: alone(mac=VMAC), "WRONG_VMAC", False, id="the right virtual MAC"),
        pytest.param(lambda: alone(mac=MAC1), "WRONG_VMAC", False, id="a physical MAC"),
        pytest.param(lambda: alone(problems=["bad-checksum"]), "BAD_CHECKSUM", True, id="a wrong checksum"),
        pytest.param(lambda: alone(problems=["ttl-not-255"]), "TTL_NOT_255", True, id="a low TTL"),
        pytest.param(lambda: alone(problems=["zero-interval"]), "INTERVAL_ZERO", True, id="an interval of 0"),
        pytest.param(lambda: alone(), "BAD_CHECKSUM", False, id="a right checksum"),
        pytest.param(lambda: alone(), "TTL_NOT_255", False, id="a right TTL"),
        pytest.param(lambda: alone(), "INTERVAL_ZERO", False, id="an interval"),
    ],
)
def test_a_diagnosis_is_made_when_it_should_be(seen, code, found):
    assert (code in seen().codes) is found


def test_a_healthy_failover_has_no_problem():
    assert one_after_the_other({}, {}).codes == []


def test_a_master_that_does_not_answer_a_loser_is_no_fault():
    """5798-6.4.3-1 positive: heard beside a loser that yields, its silence in between is not a problem"""
    seen = Observed()
    seen.steadily(0, 3, R1, 150, version=3)
    seen.say(3.5, R2, 100, version=3)
    seen.steadily(4, 8, R1, 150, version=3)
    assert (seen.codes, seen.masters) == ([], [R1])


def test_every_code_has_a_diagnosis():
    assert set(DIAGNOSES) == set(Code) - OF_THE_HOST - OF_OWN_ROUTERS


def test_a_problem_is_told_once_and_once_when_it_is_over():
    seen = one_after_the_other({}, {"addresses": ("10.0.0.9",)})
    assert [event.code for event in seen.of(Kind.PROBLEM)] == [Code.VIP_MISMATCH]
    assert seen.of(Kind.CLEARED) == []
    seen.steadily(9, 15, R2, 100)
    assert [event.code for event in seen.of(Kind.CLEARED)] == [Code.VIP_MISMATCH]
    assert seen.codes == []


def test_a_router_silent_for_ten_minutes_is_compared_no_more():
    seen = one_after_the_other({}, {"addresses": ("10.0.0.9",)})
    seen.steadily(9.1, 602.1, R2, 100, addresses=("10.0.0.9",))
    assert seen.codes == ["VIP_MISMATCH"]
    seen.steadily(603.1, 610.1, R2, 100, addresses=("10.0.0.9",))
    assert seen.codes == []


def test_refused_adverts_are_a_problem_until_ten_quiet_seconds():
    seen = Observed()
    seen.say(0, R1)
    seen.say(0.5, R2, problems=["bad-checksum"])
    seen.steadily(1, 10, R1)
    assert seen.codes == ["BAD_CHECKSUM"]
    seen.steadily(11, 12, R1)
    assert seen.codes == []


def test_a_group_of_refused_adverts_only_goes_with_them():
    seen = Observed()
    seen.say(0, R1, problems=["ttl-not-255"])
    assert seen.codes == ["TTL_NOT_255"]
    assert seen.group.severity(0) == "warning"
    seen.until(11)
    assert not seen.segment.groups
    assert len(seen.segment.take_changed()) == 1


@pytest.mark.parametrize("reason", ["truncated", "bad-version", "bad-type", "carp", "bad-vrid"])
def test_what_is_no_whole_advert_makes_no_group(reason):
    seen = Observed()
    seen.say(0, R1, problems=[reason, "bad-checksum"])
    assert not seen.segment.groups
    assert seen.segment.refused.total() == 1


def test_the_sentence_names_the_difference():
    seen = one_after_the_other({"addresses": ("10.0.0.254", "10.0.0.253")}, {"addresses": ("10.0.0.254", "10.0.0.9")})
    (finding,) = seen.group.problems.values()
    assert finding.text == "Compared with 10.0.0.2, 10.0.0.1 has 10.0.0.253 in addition and lacks 10.0.0.9."
    assert [(one.source, one.field) for one in finding.evidence] == [
        ("10.0.0.2", "addresses 10.0.0.9, 10.0.0.254"),
        ("10.0.0.1", "addresses 10.0.0.253, 10.0.0.254"),
    ]


def test_no_sentence_shows_a_password():
    seen = together({"auth": Auth.SIMPLE, "password": b"hunter2\0"}, {"auth": Auth.SIMPLE, "password": b"hunter3\0"})
    assert "AUTH_MISMATCH" in seen.codes
    assert "hunter" not in " ".join([repr(seen.group.problems), *(e.text for e in seen.events), repr(seen.group)])


@pytest.mark.parametrize(
    ("after", "severity"),
    [(1, "warning"), (599, "warning"), (600, "ok")],
    ids=["just now", "nearly ten minutes", "ten"],
)
def test_a_failover_is_a_warning_for_ten_minutes(after, severity):
    seen = Observed()
    seen.steadily(0, 3, R2, 100)
    seen.steadily(4, 4 + after, R1, 150)
    assert seen.group.severity(ns(4 + after)) == severity


def test_two_masters_of_global_ipv6_addresses_are_found():
    """Their adverts are heard though RFC 9568 §5.2.9 wants a link-local address first: §7.1 discards none for it."""
    six = {"version": 3, "addresses": ("2001:db8::15",), "checksum": Checksum.PSEUDO_HEADER}
    seen = together({"source": "fe80::1", **six}, {"source": "fe80::2", **six})
    assert seen.masters == ["fe80::1", "fe80::2"]
    assert (seen.group.spokesman.version, [str(one) for one in seen.group.addresses]) == (3, ["2001:db8::15"])
    assert "DUAL_MASTER" in seen.codes
    assert "V6_FIRST_NOT_LINKLOCAL" in seen.codes
    assert seen.group.severity(ns(5)) == "critical"


def test_a_healthy_group_of_global_ipv6_addresses_is_fine():
    seen = alone(source="fe80::1", version=3, addresses=("2001:db8::15",), checksum=Checksum.PSEUDO_HEADER)
    assert seen.codes == ["V6_FIRST_NOT_LINKLOCAL"]
    assert seen.group.severity(ns(5)) == "ok"
    assert seen.of(Kind.PROBLEM) == []


def test_a_carp_vhid_with_a_groups_virtual_mac_is_found():
    """CARP has 00:00:5e:00:01:VHID for both families, as VRRP for IPv4 (RFC 9568 §7.3)."""
    carp = {"problems": ["carp"], "vrid": 51}
    for mac, found in ((VMAC, ["VHID_COLLISION"]), (MAC1, [])):
        seen = Observed()
        for second in range(5):
            seen.say(second, R1, 100, mac=mac)
            seen.say(second + 0.3, R2, 0, **carp)
            seen.say(second + 0.4, R3, 0, problems=["carp"], vrid=7)
        seen.say(5, R1, 100, mac=mac)
        assert seen.codes == found
        assert {(str(source), vhid) for (_, vhid), source in seen.segment.vhids.items()} == {(R2, 51), (R3, 7)}
        seen.steadily(6, 70, R1, 100, mac=mac)
        assert seen.codes == []


def test_the_invalid_vrid_0_is_named_and_is_no_group():
    seen = Observed()
    seen.say(0, R1, 100, vrid=0, problems=["bad-vrid"])
    assert seen.segment.groups == {}
    assert [name for _, name, _ in seen.segment.others] == ["VRID 0 (invalid: 1 to 255)"]
