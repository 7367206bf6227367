"""What the observer makes of real keepalived routers in trouble: exactly the codes that the trouble has.

Everything on the switch is recorded by tcpdump while it happens, and read afterwards as anybody's capture would be.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from tests import tshark
from tests.interop.dialects import V2_PASS, V3_IPV4, Dialect
from tests.interop.segment_lab import FRR, Program, SegmentLab
from vrrptui.engine.observer.replay import Replay
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns
from vrrptui.segment.codes import Code
from vrrptui.segment.events import Kind

pytestmark = [
    pytest.mark.usefixtures("needs_keepalived"),
    pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed"),
]

V2 = replace(V2_PASS, name="v2", auth_type=False)
MORE_ADDRESSES = ("virtual_ipaddress {\n", "virtual_ipaddress {\n        192.0.2.199/24\n")
# Two masters that refuse each other's adverts. keepalived 2.2 starts its timer anew for a refused advert, so that it is
# a matter of their clocks whether both go on, or one never speaks again: then only the address that it announced tells.
BOTH_SERVE = {Code.DUAL_MASTER, Code.STALE_ARP}
Fault = Callable[[SegmentLab], None]


def partition(lab: SegmentLab) -> None:
    """The switch forwards nothing between the two routers any more."""
    lab.shell("switch", "bridge link set dev to-r1 isolated on && bridge link set dev to-r2 isolated on")


def deafness(lab: SegmentLab) -> None:
    """Router 2 hears no advert any more, and is heard."""
    chain = "add table ip t; add chain ip t in { type filter hook input priority 0; }"
    rules = f"{chain}; add rule ip t in ip protocol 112 drop"
    if "no" in lab.shell("r2", f"nft '{rules}' >&2 || echo no", check=False):
        pytest.skip("nftables does not work here")


@dataclass(frozen=True)
class Trouble:
    """What two routers are, what befalls them, and what is to be found."""

    first: str
    second: str
    codes: frozenset[Code]
    fault: Fault | None = None
    master_leaves: bool = False
    refuse: bool = False  # they refuse each other's adverts, and are masters both
    seconds: float = 3.0
    hint: str = ""


def trouble(first: str, second: str, *codes: Code, **more) -> Trouble:
    return Trouble(first, second, frozenset(codes), **more)


V3_HIGH, V3_LOW = V3_IPV4.configuration(150), V3_IPV4.configuration(100)
OWNER = V2.configuration(255).replace("state BACKUP", "state MASTER")
TROUBLES = {
    "healthy": trouble(V3_HIGH, V3_LOW, seconds=1.5),
    "split by a partition": trouble(
        V3_HIGH, V3_LOW, Code.DUAL_MASTER, fault=partition, hint="neither answers the other"
    ),
    "one-way loss": trouble(V3_HIGH, V3_LOW, Code.DUAL_MASTER, fault=deafness, hint="192.0.2.12 does not hear"),
    "wrong list": trouble(V3_HIGH, V3_LOW.replace(*MORE_ADDRESSES), Code.VIP_MISMATCH, master_leaves=True),
    "wrong password": trouble(
        V2_PASS.configuration(150),
        V2_PASS.configuration(100).replace("s3cret", "secret"),
        Code.AUTH_MISMATCH,
        Code.AUTH_CLEARTEXT,
        refuse=True,
        seconds=10,
    ),
    "wrong interval": trouble(
        V2.configuration(150),
        replace(V2, interval_s=2.0).configuration(100),
        Code.INTERVAL_MISMATCH,
        refuse=True,
        seconds=11,
    ),
    "v2 against v3": trouble(
        V2.configuration(150), replace(V2, version=3).configuration(100), Code.VERSION_MIX, refuse=True, seconds=10
    ),
    "two owners": trouble(OWNER, OWNER, Code.OWNER_DUPLICATE),
}


def recorded(lab: SegmentLab, happens: Callable[[], None]) -> Replay:
    """What an observer knows after reading tcpdump's file of what happened."""
    file = lab.folder / "switch.pcap"
    capture = lab.tcpdump(file)
    happens()
    capture.terminate()
    capture.wait()
    if tshark.INSTALLED:
        assert tshark.compare(file) > 0
    replay = Replay()
    replay.read(str(file))
    return replay


def start(lab: SegmentLab, name: str, text: str, dialect_settles: str) -> Program:
    program = lab.keepalived(name, text)
    lab.wait_for(lambda: dialect_settles in program.text())
    return program


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_has_exactly_its_codes(lab, name):
    case = TROUBLES[name]

    def happens() -> None:
        first = start(lab, "r1", case.first, "MASTER STATE")
        start(lab, "r2", case.second, "STATE")
        if case.fault:
            time.sleep(3 * V3_IPV4.interval_s)  # having heard the other, it ticks at another moment
            case.fault(lab)
        if case.master_leaves:
            first.terminate()
        time.sleep(case.seconds)

    replay = recorded(lab, happens)
    (group,) = replay.segment.groups.values()
    assert group.problems.keys() - (BOTH_SERVE if case.refuse else set()) == case.codes
    assert not case.refuse or len(group.problems.keys() & BOTH_SERVE) <= 1  # by chance neither, at the end
    assert case.hint in next((finding.text for finding in group.problems.values()), "")
    assert all(finding.evidence for finding in group.problems.values())


@pytest.mark.parametrize(
    ("end", "formula"),
    [(Program.kill, master_down_interval_ns), (Program.terminate, skew_time_ns)],
    ids=["kill", "SIGTERM"],
)
def test_a_takeovers_gap_is_tcpdumps_own(lab, end, formula):
    dialect: Dialect = V3_IPV4

    def happens() -> None:
        first = start(lab, "r1", V3_HIGH, "MASTER STATE")
        second = start(lab, "r2", V3_LOW, "BACKUP STATE")
        time.sleep(0.5)
        end(first)
        lab.wait_for(lambda: "MASTER STATE" in second.text())
        time.sleep(0.5)

    replay = recorded(lab, happens)
    (taken,) = [event for event in replay.events if event.kind is Kind.FAILOVER]
    (announced,) = [event for event in replay.events if event.kind is Kind.ANNOUNCED]
    assert taken.predicted_ns == formula(dialect.version, 100, dialect.interval_ns)
    assert taken.gap_ns / 1e6 == pytest.approx(gap_by_tcpdump_ms(lab), abs=2)
    assert 0 <= announced.announced_ns < 50e6
    assert [finding.text for finding in next(iter(replay.segment.groups.values())).problems.values()] == []


def test_a_paused_master_is_two_changes_and_no_problem(lab):
    """It is taken over from, and preempts when it goes on: for a moment, in which nobody is to be alarmed."""

    def happens() -> None:
        first = start(lab, "r1", V3_HIGH, "MASTER STATE")
        second = start(lab, "r2", V3_LOW, "BACKUP STATE")
        time.sleep(0.5)
        first.signal(signal.SIGSTOP)
        lab.wait_for(lambda: "MASTER STATE" in second.text())
        time.sleep(1)
        first.signal(signal.SIGCONT)
        lab.wait_for(lambda: second.text().count("BACKUP STATE") == 2)
        time.sleep(1)

    replay = recorded(lab, happens)
    taken, back = [event for event in replay.events if event.kind is Kind.FAILOVER]
    assert taken.predicted_ns == master_down_interval_ns(3, 100, V3_IPV4.interval_ns)
    assert taken.gap_ns / 1e6 == pytest.approx(gap_by_tcpdump_ms(lab), abs=2)
    assert (back.gap_ns, back.router) == (0, "192.0.2.11")
    assert [event.code for event in replay.events if event.kind is Kind.PROBLEM] == []
    assert [list(group.problems) for group in replay.segment.groups.values()] == [[]]


@pytest.mark.skipif(not (FRR / "vrrpd").is_file(), reason="FRR is not installed")
@pytest.mark.parametrize(
    ("end", "formula"),
    [(Program.kill, master_down_interval_ns), (Program.terminate, skew_time_ns)],
    ids=["kill", "SIGTERM"],
)
def test_frr_with_keepalived_is_one_group_without_a_problem(lab, end, formula):
    address = V3_IPV4.vip(51)
    settings = ("version 3", "priority 150", "advertisement-interval 200", f"ip {address}")
    text = "interface eth0\n" + "".join(f" vrrp 51 {setting}\n" for setting in settings)

    def happens() -> None:
        second = start(lab, "r2", V3_LOW, "STATE")
        first = lab.frr("r1", text, f"{address}/24")
        lab.wait_for(lambda: second.text().count("BACKUP STATE") == 2)  # before FRR came it was master
        time.sleep(1)
        taken = second.text().count("MASTER STATE")
        end(first)
        lab.wait_for(lambda: second.text().count("MASTER STATE") > taken)
        time.sleep(0.7)

    replay = recorded(lab, happens)
    *_, taken = [event for event in replay.events if event.kind is Kind.FAILOVER]
    (group,) = replay.segment.groups.values()
    assert (taken.router, taken.predicted_ns) == ("192.0.2.12", formula(3, 100, V3_IPV4.interval_ns))
    assert taken.gap_ns / 1e6 == pytest.approx(gap_by_tcpdump_ms(lab), abs=2)
    assert [finding.text for finding in group.problems.values()] == []


def gap_by_tcpdump_ms(lab: SegmentLab) -> float:
    """From the first router's last advert before the second's takeover to that, as tcpdump prints them."""
    command = ["tcpdump", "-n", "-tt", "-r", str(lab.folder / "switch.pcap"), "ip proto 112"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    said = [(float(moment), source) for moment, _, source, *_ in (line.split() for line in lines)]
    first = [moment for moment, source in said if source == "192.0.2.11"]
    for before, after in pairwise(said):  # of several changes the first one from router 1 to router 2
        if (before[1], after[1]) == ("192.0.2.11", "192.0.2.12") and after[0] > first[0]:
            return (after[0] - before[0]) * 1000
    raise AssertionError("tcpdump saw no takeover")


def test_a_silent_backup_is_a_listener(lab):
    def happens() -> None:
        start(lab, "r1", V3_HIGH, "MASTER STATE")
        start(lab, "r2", V3_LOW, "BACKUP STATE")
        time.sleep(2.5)  # the kernel repeats its report at random within a second

    (snapshot,) = recorded(lab, happens).snapshots()
    assert ([master.source for master in snapshot.masters], snapshot.listeners) == (["192.0.2.11"], ["192.0.2.12"])
