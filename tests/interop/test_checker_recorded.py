"""The judge of captures and real routers: what they did right it lets pass, and what they did wrong it finds.

None needs root or a network: the captures were recorded once.
"""

from __future__ import annotations

from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest

from tests.interop.captured import read_capture
from tests.interop.checker import MS, Facts, Spell, judge

RECORDED = Path(__file__).parents[3] / "shared" / "pcaps" / "recorded"
R1, R2 = (ip_address(f"192.0.2.{number}") for number in (1, 2))
FRR_CUTS_NS = 10 * MS  # its timers are whole centiseconds

if not RECORDED.is_dir():
    pytest.skip("the recorded captures are not beside the checkout", allow_module_level=True)


def of_recording(name: str, facts: Facts) -> list[str]:
    return sorted({finding.invariant for finding in judge(read_capture(RECORDED / f"{name}.pcap"), facts)})


def silence(name: str, source: object) -> Spell:
    """The longest time in which this router of a recording said nothing: it was killed, or stopped."""
    times = [advert.at_ns for advert in read_capture(RECORDED / f"{name}.pcap").adverts if advert.source == source]
    _, begin, end = max((b - a, a, b) for a, b in pairwise(times))
    return Spell(source, begin + 1, end - 1)


GOOD = {
    "k01_v2_none": Facts(),
    "k03_v2_ah": Facts(key=b"s3cr3t"),
    "k04_v3_ip4": Facts(),
    "k05_v3_ip6": Facts(),
    "k06_v3_vmac": Facts(),
    "k07_v2_unicast": Facts(unicast=True),
    "f03_frr_keepalived_v3": Facts(rough={R1: FRR_CUTS_NS}),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_real_routers_did_right_passes(name):
    assert of_recording(name, GOOD[name]) == []


@pytest.mark.parametrize("name", ["k09_kill9", "k10_sigstop"])
def test_a_silence_is_excused_only_when_the_router_was_away(name):
    assert of_recording(name, Facts(away=(silence(name, R1),), faults=1)) == []
    assert "INV10" in of_recording(name, Facts())


@pytest.mark.parametrize(
    ("name", "facts", "found"),
    [
        ("k02_v2_pass", Facts(routers=(R1, R2), password=b"s3cr3t"), "INV14"),  # the third has another password
        ("k17_vrid_clash", Facts(), "INV1"),
        ("k18_v2_v3_clash", Facts(), "INV14"),
        ("k19_rejected_flood", Facts(), "INV14"),
    ],
)
def test_what_real_routers_did_wrong_is_found(name, facts, found):
    """keepalived's advert timer begins anew at every packet that it refuses: whoever is refused delays its master."""
    assert found in of_recording(name, facts)


def test_a_wrong_key_is_no_good_digest():
    assert of_recording("k03_v2_ah", Facts(routers=(R1, R2), key=b"other")) == ["FORM"]
