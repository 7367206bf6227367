"""Acts that take their time: for a while and back by themselves, draining, muting, and announcing again."""

from __future__ import annotations

import time

from scapy.layers.l2 import ARP, Ether

from tests.interop.engine_lab import VIP, configuration, instance, script, track


def done(engine, *arguments: str) -> str:
    answer = engine.cli(*arguments)
    assert (answer.returncode, answer.stderr) == (0, ""), arguments
    return answer.stdout.strip()


def refused(engine, *arguments: str) -> str:
    answer = engine.cli(*arguments)
    assert (answer.returncode, answer.stdout) == (1, ""), arguments
    return answer.stderr.strip()


def test_a_priority_for_a_while_comes_back_by_itself(engine):
    engine.start(instance())
    engine.wait_until("master")
    assert done(engine, "priority", "VI_1", "30", "--for", "2s") == "VI_1 priority set for 2 s: 100 to 30"
    assert 0 < engine.router().until - time.time() <= 2
    engine.lab.wait_for(lambda: engine.priority() == 30)
    engine.lab.wait_for(lambda: engine.priority() == 100)
    assert (engine.router().override, engine.router().until) == (None, None)
    assert "time is up" in [event.by for event in engine.history() if event.kind == "PRIORITY"]


def test_a_later_priority_ends_the_earlier_ones_time(engine):
    engine.start(instance())
    engine.wait_until("master")
    done(engine, "priority", "VI_1", "30", "--for", "1s")
    done(engine, "priority", "VI_1", "40")
    time.sleep(1.5)
    assert (engine.router().override, engine.router().until) == (40, None)


def test_maintenance_ends_by_itself(engine):
    engine.start(instance())
    engine.wait_until("master")
    assert done(engine, "stop", "VI_1", "--for", "4s") == "VI_1 stopped for 4 s"
    assert engine.router().state == "stopped"
    engine.wait_until("master")
    assert engine.holds()
    done(engine, "stop", "VI_1", "--for", "3s")
    done(engine, "start", "VI_1")
    done(engine, "stop", "VI_1")
    time.sleep(3.5)
    assert engine.router().state == "stopped"


def test_a_drained_router_stops_once_the_other_is_master(engine):
    engine.start(instance(priority=150))
    engine.wait_until("master")
    engine.lab.vrrptui("r2", configuration(instance(priority=100)))
    engine.lab.wait_for(lambda: "BACKUP" in engine.lab.status("r2"))
    assert done(engine, "drain", "VI_1") == "VI_1 stopped: another router has taken over"
    engine.wait_until("stopped")
    engine.lab.wait_for_master("r2")
    assert [seen.advert.priority for seen in engine.lab.of("r1")][-1] == 1, "it never resigned"
    router = engine.router()
    assert (router.override, router.draining, engine.holds()) == (None, False, False)
    done(engine, "start", "VI_1")
    engine.wait_until("master")


def test_a_router_that_nobody_relieves_goes_on(engine):
    engine.start(instance())
    engine.wait_until("master")
    assert "no other router of eth0/51 is known" in refused(engine, "drain", "VI_1")
    assert not engine.router().draining
    assert done(engine, "drain", "VI_1", "--force", "--no-wait") == "VI_1 stops when another router has taken over"
    assert engine.router().draining
    assert done(engine, "start", "VI_1") == "drain of VI_1 cancelled"
    assert (engine.router().draining, engine.router().override, engine.router().state) == (False, None, "master")
    why = refused(engine, "drain", "VI_1", "--force", "--timeout", "2")
    assert "drain of VI_1 cancelled: no other router took over" in why
    assert not engine.router().draining
    assert (engine.router().state, engine.router().override) == ("master", None)
    assert engine.holds()
    assert any(event.kind == "DRAIN_FAILED" for event in engine.history())


def test_a_muted_check_counts_for_nothing_and_goes_on_running(engine):
    flag = engine.lab.folder / "flag"
    engine.start(script("chk", f"/usr/bin/test -e {flag}"), instance(extra=track("chk")))
    engine.wait_until("fault")
    assert done(engine, "mute", "chk", "--for", "3s") == "chk muted for 3 s"
    engine.wait_until("master")
    assert (engine.check("chk").muted, engine.check("chk").state) == (True, "down")
    assert engine.check("chk").muted_until is not None
    engine.wait_until("fault")
    assert not engine.check("chk").muted
    done(engine, "mute", "chk")
    engine.wait_until("master")
    done(engine, "unmute", "chk")
    engine.wait_until("fault")
    assert refused(engine, "mute", "nope") == "vrrptui: mute: no check nope here (there are: chk)"


def test_only_a_master_announces_again_when_told_to(engine):
    tap = engine.tap()
    engine.start(instance(extra="    garp_master_delay 0\n    garp_master_repeat 2\n"))
    engine.wait_until("master")

    def announced() -> int:
        arps = (Ether(frame.data) for frame in tap.read())
        return sum(1 for one in arps if one.haslayer(ARP) and one[ARP].psrc == VIP)

    engine.lab.wait_for(lambda: announced() == 2)
    assert done(engine, "announce", "VI_1") == "VI_1 announced its addresses again"
    engine.lab.wait_for(lambda: announced() == 4)
    done(engine, "stop", "VI_1")
    assert "is not master" in refused(engine, "announce", "VI_1")


def test_a_span_that_is_none_is_said_at_once(engine):
    answer = engine.cli("stop", "VI_1", "--for", "soon")
    assert (answer.returncode, answer.stderr) == (2, "vrrptui: stop: invalid duration 'soon' (use 90s, 10m or 2h)\n")


def test_stopping_during_a_drain_leaves_no_priority_behind(engine):
    engine.start(instance())
    engine.wait_until("master")
    done(engine, "drain", "VI_1", "--force", "--no-wait")
    done(engine, "stop", "VI_1")
    assert (engine.router().state, engine.router().override) == ("stopped", None)
