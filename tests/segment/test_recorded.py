"""What the model makes of captures of real routers: keepalived, FRR, ucarp."""

from __future__ import annotations

from pathlib import Path

import pytest

from vrrptui.engine.observer.replay import Replay
from vrrptui.segment.events import Kind

RECORDED = Path(__file__).parents[3] / "shared" / "pcaps" / "recorded"
R1, R2, R3 = "192.0.2.1", "192.0.2.2", "192.0.2.3"
SIX1, SIX2 = "fe80::6091:c5ff:fedb:f11e", "fe80::a4de:b7ff:fef1:bc0a"

if not RECORDED.is_dir():
    pytest.skip("the recorded captures are not beside the checkout", allow_module_level=True)

# file: gaps of the takeovers in ms (0 for a preemption), masters at the end, problems at the end
EXPECTED = {
    "f03_frr_keepalived_v3": ([615.9], [R2], []),
    "k01_v2_none": ([610.6, 0], [R1], []),
    "k02_v2_pass": ([0, 611.9], [R2], ["AUTH_MISMATCH", "AUTH_CLEARTEXT"]),
    "k03_v2_ah": ([612.8, 0], [R1], []),
    "k04_v3_ip4": ([123.1, 0], [R1], []),
    "k05_v3_ip6": ([616.2, 0], [SIX1], []),
    "k06_v3_vmac": ([610.1, 0], [R1], []),
    "k07_v2_unicast": ([611.5], [R2], []),
    "k09_kill9": ([3610.1, 0], [R1], []),
    "k10_sigstop": ([3610.2, 0], [R1], []),
    "k17_vrid_clash": ([], [R1, R2], ["DUAL_MASTER", "VRID_COLLISION", "VIP_MISMATCH"]),
    "k18_v2_v3_clash": ([], [R1, R2], ["DUAL_MASTER", "VERSION_MIX"]),
    "k19_rejected_flood": ([3610.6, 0, 3620.6, 0], [R1], ["FOREIGN_VRRP_SUPPRESSION", "VERSION_MIX"]),
}


def replayed(name: str) -> Replay:
    replay = Replay()
    replay.read(str(RECORDED / f"{name}.pcap"))
    return replay


@pytest.mark.parametrize("name", EXPECTED)
def test_takeovers_and_problems_of_a_recorded_lan(name):
    gaps_ms, masters, problems = EXPECTED[name]
    replay = replayed(name)
    measured_ms = [event.gap_ns / 1e6 for event in replay.events if event.kind is Kind.FAILOVER]
    assert measured_ms == pytest.approx(gaps_ms, abs=2)
    group = next(g for g in replay.snapshots() if g.masters)
    assert ([m.source for m in group.masters], group.problems) == (masters, problems)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("k01_v2_none", ["MASTER", "RESIGNED", "FAILOVER", "ANNOUNCED", "FAILOVER", "ANNOUNCED"]),
        ("k09_kill9", ["MASTER", "FAILOVER", "ANNOUNCED", "FAILOVER", "ANNOUNCED"]),
        ("k10_sigstop", ["MASTER", "FAILOVER", "ANNOUNCED", "FAILOVER", "ANNOUNCED"]),
        (
            "k02_v2_pass",
            [
                "MASTER",
                "FAILOVER",
                "PROBLEM",
                "ANNOUNCED",
                "SECOND_MASTER",
                "RESIGNED",
                "SECOND_MASTER_OVER",
                "RESIGNED",
                "FAILOVER",
                "ANNOUNCED",
            ],
        ),
        ("k17_vrid_clash", ["MASTER", "PROBLEM", "PROBLEM", "SECOND_MASTER"]),
    ],
)
def test_the_story_of_a_recorded_lan(name, kinds):
    assert [event.kind.value for event in replayed(name).events] == kinds


def test_carp_is_no_group():
    replay = replayed("c01_ucarp")
    assert (replay.snapshots(), list(replay.events)) == ([], [])
    assert {reason.value: count for reason, count in replay.segment.refused.items()} == {"carp": 8}


def test_frr_adverts_without_link_local_are_heard_and_named():
    """RFC 9568 §7.1 names no such reason to discard an advert; keepalived and FRR hear each other so."""
    six = next(g for g in replayed("f03_frr_keepalived_v3").snapshots() if g.family == "ipv6")
    assert [router.adverts for router in six.routers] == [6]
    assert "V6_FIRST_NOT_LINKLOCAL" in six.problems
    assert {one.severity for one in six.findings if one.code == "V6_FIRST_NOT_LINKLOCAL"} == {"ok"}


def test_every_recorded_capture_is_expected():
    assert {path.stem for path in RECORDED.glob("*.pcap")} == {*EXPECTED, "c01_ucarp"}
