"""How an engine begins and ends: orderly, killed, twice, and without the rights it needs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import MS, VIP, configuration, instance


def test_sigterm_resigns_and_removes_addresses_within_100_ms(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    asked_ns = time.time_ns()
    program.terminate()
    engine.lab.wait_for(lambda: engine.priority() == 0)
    assert (engine.lab.of("r1")[-1].at_ns - asked_ns) / MS <= 100
    assert program.wait() == 0
    assert (time.time_ns() - asked_ns) / MS <= 2000
    assert not engine.holds()
    assert not engine.path.exists()
    assert list(engine.lab.folder.glob("r1-state/owned-*")) == []


def test_what_a_killed_engine_left_is_removed_by_the_next(engine):
    program = engine.start(instance(), instance("VI_2", 52, vips=("203.0.113.7/32",)))
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    program.kill()
    assert engine.holds()
    again = engine.start(instance(interval=5), instance("VI_2", 52, vips=("203.0.113.7/32",), interval=5))
    assert engine.router().state == "backup"
    assert not engine.holds()
    assert not engine.holds("203.0.113.7")
    assert f"removed {VIP}/24 from eth0: left by a killed engine" in again.text()


def test_an_address_there_before_survives_every_start_and_end(engine):
    """An owner's real address."""
    owner = instance(priority=255, vips=("192.0.2.11/24",))
    program = engine.start(owner)
    engine.wait_until("master")
    program.kill()
    assert engine.holds("192.0.2.11")
    program = engine.start(owner)
    engine.wait_until("master")
    assert engine.holds("192.0.2.11")
    program.terminate()
    assert program.wait() == 0
    assert engine.holds("192.0.2.11")


def test_an_address_held_elsewhere_is_held_where_it_belongs(engine):
    """A real server behind a balancer has the virtual address on its loopback interface."""
    engine.lab.shell("r1", f"ip addr add {VIP}/32 dev lo")
    program = engine.start(instance())
    engine.wait_until("master")
    assert engine.holds()
    program.terminate()
    assert program.wait() == 0
    assert not engine.holds()
    assert VIP in engine.lab.shell("r1", "ip addr show lo")


def test_a_second_engine_with_the_same_state_is_one_line(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    second = engine.start_bare("-f", str(engine.lab.folder / "r1.conf"), state="r1-state", socket="other.sock")
    assert second.wait() == 1
    (line,) = second.text().splitlines()
    assert line.startswith("vrrptui: engine: another engine (pid ")
    assert f"pid {program.pid})" in line
    assert engine.holds()
    assert engine.router().state == "master"


def test_another_state_but_the_same_socket_is_one_line(engine):
    engine.start(instance())
    engine.wait_until("master")
    second = engine.start_bare("-f", str(engine.lab.folder / "r1.conf"))
    assert second.wait() == 1
    (line,) = second.text().splitlines()
    assert line == f"vrrptui: engine: another engine answers on {engine.path}; choose another --socket"
    assert engine.holds()
    assert engine.router().state == "master"


@pytest.mark.parametrize("missing,named", [("net_raw", "CAP_NET_RAW"), ("net_admin", "CAP_NET_ADMIN")])
def test_a_missing_capability_is_one_clear_line(engine, missing, named):
    engine.write(instance())
    file = str(engine.lab.folder / "r1.conf")
    program = engine.start_bare("-f", file, before=("setpriv", f"--bounding-set=-{missing}"))
    assert program.wait() == 1
    (line,) = program.text().splitlines()
    assert line.startswith("vrrptui: engine: no permission")
    assert named in line
    assert not engine.holds()
    assert not engine.path.exists()


def test_to_observe_the_right_to_capture_is_enough(engine):
    program = engine.start_bare(before=("setpriv", "--bounding-set=-net_admin"))
    engine.lab.wait_for(lambda: "ready: observing only, listening on eth0" in program.text())
    assert engine.status().engine.mode == "observe"


def test_an_unusable_configuration_is_told_and_starts_nothing(engine):
    program = engine.start(instance(priority=300), ready=False)
    assert program.wait() == 1
    assert program.text().startswith(f"vrrptui: engine: {engine.lab.folder}/r1.conf:9:14: ")
    assert "Traceback" not in program.text()


def test_the_configuration_is_read_as_the_host_that_is_named(engine):
    """Conditional lines follow --config-id, at the start and at a reload."""
    conditions = "    @here priority 120\n    @^here priority 80\n"
    text = configuration(instance(extra=conditions).replace("    priority 100\n", ""))
    file = engine.lab.folder / "named.conf"
    file.write_text(text)
    program = engine.start_bare("-f", str(file), "--config-id", "here")
    engine.lab.wait_for(lambda: "ready:" in program.text())
    assert engine.router().base_priority == 120
    file.write_text(text.replace("120", "130"))
    engine.reload(program)
    assert engine.router().base_priority == 130


def test_nobody_takes_part_before_the_delay_after_boot_is_over(engine):
    """In a time namespace, so that the host seems to have started a moment ago."""
    file = engine.lab.folder / "late.conf"
    file.write_text(configuration("global_defs {\n    vrrp_delay_after_boot 4\n}\n", instance()))
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    just_started = ("unshare", "--time", "--boottime", str(-int(up_s)))
    program = engine.start_bare("-f", str(file), before=just_started)
    engine.lab.wait_for(lambda: "ready:" in program.text())
    assert engine.router().state == "init"
    assert "vrrp_delay_after_boot" in engine.router().reason
    engine.wait_until("master")
    assert float(Path("/proc/uptime").read_text().split()[0]) >= int(up_s) + 4
