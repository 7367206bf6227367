"""Two routers on one wire: vrrptui and a real keepalived, either way round, with times measured on the wire."""

from __future__ import annotations

import re
import signal
import statistics
import time

import pytest

from tests.interop.dialects import V2_AH, V2_PASS, V3_IPV4, V3_IPV6, Dialect
from tests.interop.segment_lab import SegmentLab
from tests.rights import needs_tcpdump_to_run
from vrrptui.protocol.advert import Auth, Checksum
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns

MS = 1_000_000
LATE_MS = 25  # wide enough for a busy machine; how late it really is, is measured by `make bench`
VRIDS = tuple(range(51, 61))  # ten at once: ten measurements a run

pytestmark = pytest.mark.usefixtures("needs_keepalived")


DIALECTS = [pytest.param(d, id=d.name) for d in (V2_PASS, V2_AH, V3_IPV4, V3_IPV6)]
PROGRAMS = {"vrrptui": SegmentLab.vrrptui, "keepalived": SegmentLab.keepalived}
ROLES = [("keepalived", "vrrptui"), ("vrrptui", "keepalived")]


def master_and_backup(lab: SegmentLab, dialect: Dialect, roles: tuple[str, str], vrids=(51,)):
    """r1 the master with priority 150, r2 the backup with 100; returns both programs."""
    master = PROGRAMS[roles[0]](lab, "r1", dialect.configuration(150, vrids))
    lab.wait_for_master("r1", vrids)
    backup = PROGRAMS[roles[1]](lab, "r2", dialect.configuration(100, vrids))
    lab.wait_for(lambda: "BACKUP STATE" in backup.text())
    time.sleep(2 * dialect.interval_s)  # the backup has heard the master
    return master, backup


def overhead_ms(lab: SegmentLab, vrids: tuple[int, ...], due_ns: int, since: int | None = None) -> list[float]:
    """For each VRID: by how much r2's first advert was later than `due_ns` after r1's last one."""
    found = []
    for vrid in vrids:
        last = lab.of("r1", vrid)[-1]
        if since is not None:
            assert last.advert.priority == since
        first = lab.of("r2", vrid, last.at_ns)[0]
        found.append((first.at_ns - last.at_ns - due_ns) / MS)
    return found


@pytest.mark.parametrize("roles", ROLES, ids=" to ".join)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_killed_master_is_replaced_after_the_down_interval(lab, dialect, roles):
    master, _ = master_and_backup(lab, dialect, roles, VRIDS)
    master.kill()
    lab.wait_for_master("r2", VRIDS)
    over = overhead_ms(lab, VRIDS, master_down_interval_ns(dialect.version, 100, dialect.interval_ns))
    if roles[1] == "vrrptui":
        assert min(over) >= 0, f"too early: {over}"
    assert statistics.median(over) <= LATE_MS, over
    assert all(lab.holds("r2", dialect.vip(vrid)) for vrid in VRIDS)


@pytest.mark.parametrize("roles", ROLES, ids=" to ".join)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_terminated_master_is_replaced_after_the_skew(lab, dialect, roles):
    master, _ = master_and_backup(lab, dialect, roles, VRIDS)
    asked_ns = time.time_ns()
    master.terminate()
    lab.wait_for_master("r2", VRIDS)
    over = overhead_ms(lab, VRIDS, skew_time_ns(dialect.version, 100, dialect.interval_ns), since=0)
    if roles[1] == "vrrptui":
        assert min(over) >= 0, f"too early: {over}"
    assert statistics.median(over) <= LATE_MS, over
    if roles[0] == "vrrptui":
        resigned_ms = [(lab.of("r1", vrid)[-1].at_ns - asked_ns) / MS for vrid in VRIDS]
        assert max(resigned_ms) <= 100, resigned_ms
        assert master.wait() == 0
        assert not any(lab.holds("r1", dialect.vip(vrid)) for vrid in VRIDS)


@pytest.mark.parametrize("roles", ROLES, ids=" to ".join)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_better_router_preempts(lab, dialect, roles):
    """r2 with 100 rules; r1 with 150 comes, waits its down interval, and r2 gives way at its first advert."""
    PROGRAMS[roles[1]](lab, "r2", dialect.configuration(100))
    lab.wait_for_master("r2")
    PROGRAMS[roles[0]](lab, "r1", dialect.configuration(150))
    lab.wait_for_master("r1")
    first_ns = lab.of("r1")[0].at_ns
    lab.wait_for(lambda: not lab.holds("r2", dialect.vip(51)))
    assert lab.holds("r1", dialect.vip(51))
    late = [seen for seen in lab.of("r2", after_ns=first_ns) if seen.at_ns - first_ns > 50 * MS]
    assert late == []


@pytest.mark.parametrize("roles", ROLES, ids=" to ".join)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_pulled_cable(lab, dialect, roles):
    """The master is in fault and drops the address; the backup takes over; plugged in again the master returns."""
    master, _ = master_and_backup(lab, dialect, roles)
    lab.network.plug("r1", False)
    lab.wait_for_master("r2")
    (over,) = overhead_ms(lab, (51,), master_down_interval_ns(dialect.version, 100, dialect.interval_ns))
    assert -0.5 <= over <= LATE_MS, over
    lab.wait_for(lambda: not lab.holds("r1", dialect.vip(51)))
    assert "FAULT STATE" in master.text()
    lab.network.plug("r1", True)
    lab.wait_for_master("r1")
    lab.wait_for(lambda: not lab.holds("r2", dialect.vip(51)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_paused_master_that_must_yield_says_nothing(lab, dialect):
    """SIGSTOP for longer than the down interval: the better backup rules, and on SIGCONT the old master is silent."""
    text = dialect.configuration(100, extra="    nopreempt\n")
    ours = lab.vrrptui("r1", text)
    lab.wait_for_master("r1")
    theirs = lab.keepalived("r2", dialect.configuration(150, extra="    nopreempt\n"))
    lab.wait_for(lambda: "BACKUP STATE" in theirs.text())
    time.sleep(2 * dialect.interval_s)
    ours.signal(signal.SIGSTOP)
    lab.wait_for_master("r2")
    resumed_ns = time.time_ns()
    ours.signal(signal.SIGCONT)
    time.sleep(3 * dialect.interval_s)
    assert lab.of("r1", after_ns=resumed_ns) == []
    assert not lab.holds("r1", dialect.vip(51))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tcpdump_finds_our_adverts_correct(lab, dialect):
    needs_tcpdump_to_run()
    lab.vrrptui("r1", dialect.configuration(150))
    lab.wait_for_master("r1")
    printed = lab.shell(
        "switch", "timeout 5 tcpdump -i switch -c 2 -vvv -nn 'ip proto 112 or ip proto 51 or ip6 proto 112' 2>/dev/null"
    )
    assert len(re.findall(rf"VRRPv{dialect.version}, Advertisement, vrid 51, prio 150", printed)) == 2, printed
    assert "bad vrrp cksum" not in printed
    assert "bad cksum" not in printed
    if dialect.family == "ipv4":
        assert "tos 0xc0, ttl 255" in printed
    else:
        assert "hlim 255" in printed
    if dialect.auth_type == "PASS":
        assert 'auth "s3cret"' in printed
    assert ("proto AH" in printed) == (dialect.auth_type == "AH")


def test_what_we_send_is_what_we_say(lab):
    """Source, destination, TTL, password and checksum of every advert, read back by our own codec."""
    lab.vrrptui("r1", V2_PASS.configuration(150))
    lab.wait_for_master("r1")
    for seen in lab.of("r1"):
        advert = seen.advert
        assert advert.problems == ()
        assert (str(advert.source), str(advert.destination), advert.ttl) == ("192.0.2.11", "224.0.0.18", 255)
        assert (advert.auth, advert.auth_data) == (Auth.SIMPLE, b"s3cret\0\0")
        assert advert.checksum is Checksum.MESSAGE


def test_a_wrong_password_is_refused_and_changes_nothing(lab):
    ours = lab.vrrptui("r1", V2_PASS.configuration(100))
    lab.wait_for_master("r1")
    lab.keepalived("r2", V2_PASS.configuration(150).replace("s3cret", "other"))
    lab.wait_for(lambda: lab.of("r2"))
    began_ns = time.time_ns()
    time.sleep(3)
    gaps = [
        b.at_ns - a.at_ns
        for a, b in zip(lab.of("r1", after_ns=began_ns), lab.of("r1", after_ns=began_ns)[1:], strict=False)
    ]
    assert gaps
    assert all(abs(gap - 1_000_000_000) < 50 * MS for gap in gaps), gaps
    assert "received an invalid passwd from 192.0.2.12!" in ours.text()
    assert "s3cret" not in ours.text()
