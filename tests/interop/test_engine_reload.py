"""SIGHUP: what a new configuration changes, and all that it leaves alone."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from scapy.layers.l2 import ARP, Ether

from tests.interop.engine_lab import VIP, configuration, gaps_ms, instance, kernel_monitor, script, track
from vrrptui.control.messages import SetPriority, StopRouter

OTHER = instance("VI_2", 52, vips=("192.0.2.120/24",))


def test_a_bad_file_is_refused_with_its_place(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    with kernel_monitor(engine.lab, "r1") as changes:
        engine.write(instance(priority=300))
        engine.reload(program)
    assert changes == []
    assert f"{engine.lab.folder}/r1.conf:9:14: " in program.text()
    assert "the running configuration stays" in program.text()
    refused = engine.cli("reload")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "r1.conf:9:14" in refused.stderr
    assert (engine.router().state, engine.router().effective_priority) == ("master", 100)
    (engine.lab.folder / "r1.conf").unlink()
    engine.reload(program)
    assert engine.router().state == "master"
    assert "Traceback" not in program.text()


def test_a_reload_that_is_asked_for_too_early_is_made_up_for(engine):
    """SIGHUP ends a program by default: at no time is that what it does here, once Python has begun."""
    slow, begun = engine.lab.folder / "slow", engine.lab.folder / "begun"
    slow.write_text(f"#!/bin/sh\ntouch {begun}\nsleep 1\n")
    slow.chmod(0o755)
    general = f'global_defs {{\n    startup_script "{slow}"\n}}\n'
    program = engine.start(general, instance(), ready=False)
    bit, signals = 1 << (signal.SIGHUP - 1), re.compile(r"^Sig(?:Ign|Cgt):\s*(\w+)$", re.MULTILINE)

    def heeds_it() -> bool:
        return any(int(mask, 16) & bit for mask in signals.findall(Path(f"/proc/{program.pid}/status").read_text()))

    engine.lab.wait_for(heeds_it)
    while not begun.exists():
        os.kill(program.pid, signal.SIGHUP)
        time.sleep(0.01)
    engine.write(general, instance(priority=77))
    os.kill(program.pid, signal.SIGHUP)
    engine.lab.wait_for(lambda: "Reloaded: " in program.text())
    engine.lab.wait_for(lambda: engine.priority() == 77)


def test_an_unchanged_file_misses_no_advert_and_no_address(engine):
    program = engine.start(instance(), OTHER)
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    began_ns = time.time_ns()
    with kernel_monitor(engine.lab, "r1") as changes:
        for _ in range(5):
            engine.reload(program)
            time.sleep(0.05)
    assert changes == []
    for vrid in (51, 52):
        seen = engine.lab.of("r1", vrid, began_ns)
        assert len(seen) >= 5
        assert max(gaps_ms(seen)) < 50 + 50
        assert {one.advert.priority for one in seen} == {100}
    assert "Reloaded: unchanged: VI_1, VI_2" in program.text()


def test_reloads_leave_no_descriptor_open(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    time.sleep(0.1)  # the engine has seen us hang up

    def open_files() -> int:
        return len(os.listdir(f"/proc/{program.pid}/fd"))

    before = open_files()
    for number in range(1, 7):
        engine.write(instance(vrid=51 + number % 2, vips=(f"192.0.2.{100 + number % 3}/24",)))
        engine.reload(program)
    engine.write(instance())
    engine.reload(program)
    engine.wait_until("master")
    engine.lab.wait_for(lambda: open_files() <= before)


def test_another_priority_is_advertised_with_the_address_kept(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    began_ns = time.time_ns()
    with kernel_monitor(engine.lab, "r1") as changes:
        engine.write(instance(priority=120))
        engine.reload(program)
        engine.lab.wait_for(lambda: engine.priority() == 120)
    assert changes == []
    assert {one.advert.priority for one in engine.lab.of("r1", after_ns=began_ns)} <= {100, 120}
    assert (engine.router().state, engine.router().base_priority) == ("master", 120)


def test_another_version_is_spoken_without_giving_up_the_address(engine):
    """As keepalived 2.2.7 does, which sends no priority 0 either."""
    program = engine.start(instance(interval=1, extra="    version 3\n"))
    engine.wait_until("master")
    began_ns = time.time_ns()
    with kernel_monitor(engine.lab, "r1") as changes:
        engine.write(instance(interval=1, extra="    version 2\n"))
        engine.reload(program)
        engine.lab.wait_for(lambda: any(one.advert.version == 2 for one in engine.lab.of("r1", after_ns=began_ns)))
    assert changes == []
    assert 0 not in {one.advert.priority for one in engine.lab.of("r1", after_ns=began_ns)}
    assert engine.router().state == "master"


def test_another_interval_is_kept_from_the_next_advert_on(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    engine.write(instance(interval=0.3))
    engine.reload(program)
    time.sleep(1.0)
    gaps = gaps_ms(engine.lab.of("r1"))[-2:]
    assert all(290 < gap < 350 for gap in gaps), gaps
    assert {one.advert.interval_ns for one in engine.lab.of("r1")[-2:]} == {300_000_000}


def test_an_added_instance_rules_and_a_removed_one_resigns(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    engine.write(instance(), OTHER)
    engine.reload(program)
    engine.wait_until("master", "VI_2")
    assert engine.holds("192.0.2.120")
    engine.write(OTHER)
    engine.reload(program)
    engine.lab.wait_for(lambda: engine.priority() == 0)
    assert not engine.holds()
    assert [router.name for router in engine.status().virtual_routers] == ["VI_2"]
    assert engine.states("VI_2") == ["BACKUP", "MASTER"]
    assert "1 router removed: VI_1" in program.text()


def test_an_instance_with_another_address_holds_the_new_one(engine):
    program = engine.start(instance(vips=(f"{VIP}/24", "192.0.2.101/24")))
    engine.wait_until("master")
    engine.write(instance(vips=(f"{VIP}/24", "192.0.2.102/24")))
    engine.reload(program)
    engine.wait_until("master")
    assert [engine.holds(f"192.0.2.{last}") for last in (100, 101, 102)] == [True, False, True]
    program.kill()
    engine.start(instance(interval=5))
    assert [engine.holds(f"192.0.2.{last}") for last in (100, 101, 102)] == [False, False, False]


def test_an_address_moved_to_another_instance_is_held_there(engine):
    program = engine.start(instance(vips=(f"{VIP}/24", "192.0.2.101/24")), OTHER)
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    engine.write(instance(), instance("VI_2", 52, vips=("192.0.2.120/24", "192.0.2.101/24")))
    engine.reload(program)
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    assert [engine.holds(f"192.0.2.{last}") for last in (100, 101, 120)] == [True, True, True]


def test_what_an_operator_set_stays_through_a_reload(engine):
    program = engine.start(instance(), OTHER)
    engine.wait_until("master", "VI_2")
    engine.command(StopRouter(id=1, router="VI_1"))
    engine.command(SetPriority(id=1, router="VI_2", priority=33))
    engine.write(instance(vrid=61), instance("VI_2", 62, vips=("192.0.2.120/24",)))
    engine.reload(program)
    engine.wait_until("master", "VI_2")
    assert engine.router("VI_1").state == "stopped"
    assert engine.priority(62) == 33
    assert engine.lab.of("r1", 61) == []
    assert {router.vrid for router in engine.status().virtual_routers} == {61, 62}


def test_a_failed_check_that_is_changed_stays_failed(engine):
    file = engine.lab.folder / "good"
    lost = script("chk", f"/usr/bin/test -e {file}")
    program = engine.start(lost, instance(extra=track("chk")))
    engine.wait_until("fault")
    engine.write(lost.replace("interval 1", "interval 2"), instance(extra=track("chk")))
    engine.reload(program)
    time.sleep(0.6)
    assert engine.states() == ["FAULT"]
    assert engine.check("chk").interval == 2.0
    engine.write(instance())
    engine.reload(program)
    engine.wait_until("master")
    assert engine.status().checks == []


def test_of_an_address_list_only_the_difference_moves(engine):
    """A master whose list changes stays master: the rest is not touched, what comes is announced and advertised."""
    extra = "    garp_master_delay 0\n"
    tap = engine.tap()
    engine.start(instance(vips=(f"{VIP}/24", "192.0.2.101/24"), extra=extra), OTHER)
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    engine.write(instance(vips=(f"{VIP}/24", "192.0.2.102/24"), extra=extra), OTHER)
    began_ns = time.time_ns()
    with kernel_monitor(engine.lab, "r1") as changes:
        answer = engine.cli("reload")
        assert answer.stdout == "configuration read again: changed: VI_1; unchanged: VI_2\n"
        engine.lab.wait_for(lambda: engine.holds("192.0.2.102"))
        time.sleep(0.3)
    moved = {(line.startswith("Deleted"), word) for line in changes for word in line.split() if word.endswith("/24")}
    assert moved == {(True, "192.0.2.101/24"), (False, "192.0.2.102/24")}
    seen = engine.lab.of("r1", 51, began_ns)
    assert max(gaps_ms(seen)) < 50 + 50
    assert {one.advert.priority for one in seen} == {100}
    assert [str(address) for address in seen[-1].advert.addresses] == [VIP, "192.0.2.102"]
    announced = [Ether(frame.data) for frame in tap.read() if frame.at_ns > began_ns]
    assert {one[ARP].psrc for one in announced if one.haslayer(ARP)} == {"192.0.2.102"}


def test_a_renamed_virtual_router_goes_on_under_its_new_name(engine):
    engine.start(instance())
    engine.wait_until("master")
    engine.cli("priority", "VI_1", "90")
    engine.write(instance("NEW"))
    began_ns = time.time_ns()
    with kernel_monitor(engine.lab, "r1") as changes:
        assert engine.cli("reload").stdout == "configuration read again: renamed: NEW\n"
        time.sleep(0.3)
    assert changes == []
    assert max(gaps_ms(engine.lab.of("r1", 51, began_ns))) < 50 + 50
    (router,) = engine.status().virtual_routers
    assert (router.name, router.state, router.override) == ("NEW", "master", 90)


def test_what_moves_begins_again_and_others_do_not_notice(engine):
    engine.start(instance(), OTHER)
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    began_ns = time.time_ns()
    engine.write(instance(vrid=61), OTHER, instance("VI_3", 53, vips=("192.0.2.130/24",)))
    answer = engine.cli("reload").stdout
    assert answer == "configuration read again: added: VI_3; restarted: VI_1; unchanged: VI_2\n"
    engine.wait_until("master")
    assert engine.lab.of("r1", 51)[-1].advert.priority == 0
    assert engine.lab.of("r1", 61)
    assert max(gaps_ms(engine.lab.of("r1", 52, began_ns))) < 50 + 50


def test_another_file_over_the_socket_is_the_engines_then(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    other = engine.lab.folder / "other.conf"
    other.write_text(configuration(instance(), OTHER))
    refused = engine.cli("reload", str(engine.lab.folder / "missing.conf"))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    began_ns = time.time_ns()
    done = engine.cli("reload", str(other))
    assert "added: VI_2" in done.stdout
    assert "unchanged: VI_1" in done.stdout
    engine.wait_until("master", "VI_2")
    assert max(gaps_ms(engine.lab.of("r1", after_ns=began_ns))) < 50 + 50
    assert engine.status().engine.config_file == str(other)
    other.write_text(configuration(OTHER))
    engine.reload(program)
    assert [router.name for router in engine.status().virtual_routers] == ["VI_2"]


def test_an_observing_engine_becomes_a_router_by_the_socket(engine):
    engine.start_bare("-i", "eth0")
    engine.write(instance())
    engine.lab.wait_for(lambda: engine.cli("reload", str(engine.lab.folder / "r1.conf")).returncode == 0)
    engine.wait_until("master")
    assert engine.holds()
