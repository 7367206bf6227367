"""Another program that speaks VRRP on the same host: refused at the start, told of while the engine runs."""

from __future__ import annotations

import sys

import pytest

from tests.interop.engine_lab import VIP, configuration, instance

pytestmark = pytest.mark.usefixtures("needs_keepalived")


def test_an_engine_does_not_start_beside_a_keepalived(engine):
    """And touches none of its addresses."""
    keepalived = engine.lab.keepalived("r1", configuration(instance()))
    engine.lab.wait_for(engine.holds)
    program = engine.start(instance(), ready=False)
    assert program.wait() == 1
    assert "keepalived (pid " in program.text()
    assert "speaks VRRP on this host already, and both would be master: stop it first" in program.text()
    assert engine.holds()
    assert keepalived.runs


def test_with_beside_others_it_does(engine):
    engine.lab.keepalived("r1", configuration(instance()))
    engine.lab.wait_for(engine.holds)
    text = configuration(instance("VI_2", 52, vips=("192.0.2.120/24",)))
    engine.lab.vrrptui("r1", text, "--beside-others")
    engine.wait_until("master", "VI_2")
    assert engine.status().engine.problems == []


def test_an_engine_that_only_observes_starts(engine):
    engine.lab.keepalived("r1", configuration(instance()))
    engine.lab.wait_for(engine.holds)
    engine.lab.observer("r1")
    engine.lab.wait_for(lambda: engine.path.exists())
    assert engine.cli("status").returncode == 0


def test_a_keepalived_that_comes_later_is_told_of_until_it_goes(engine):
    engine.start(instance())
    engine.wait_until("master")
    keepalived = engine.lab.keepalived("r1", configuration(instance("K", 77, vips=("192.0.2.177/24",))))
    engine.lab.wait_for(lambda: "OTHER_DAEMON" in engine.status().engine.problems, seconds=20)
    status = engine.cli("status")
    assert status.returncode == 1
    assert "OTHER_DAEMON: keepalived (pid " in status.stdout
    keepalived.end()
    engine.lab.wait_for(lambda: engine.status().engine.problems == [], seconds=20)
    assert engine.lab.holds("r1", VIP)


def test_doctor_names_it(engine):
    engine.lab.keepalived("r1", configuration(instance()))
    engine.lab.wait_for(engine.holds)
    file = engine.lab._configuration("r1", configuration(instance()))
    report = engine.lab.shell("r1", f"{sys.executable} -m vrrptui doctor -f {file}", check=False)
    assert "OTHER_DAEMON" in report
    assert "keepalived (pid " in report
