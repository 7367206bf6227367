"""The engine as a service: what systemd is told, what it checks of the unit, and what is cleaned up after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.engine_lab import VIP, configuration, instance, script, track
from vrrptui.engine.runtime.systemd import notify_systemd

UNIT = Path(__file__).parents[2] / "packaging" / "vrrptui.service"


def test_systemd_is_told_of_readiness_life_and_end(engine, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        program = engine.start(instance())
        assert [manager.recv(99) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        os.kill(program.pid, signal.SIGTERM)
        said = [manager.recv(99)]
        while said[-1] == b"WATCHDOG=1":
            said.append(manager.recv(99))
        assert said[-1] == b"STOPPING=1"


def test_a_socket_without_a_file_is_told_too(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0vrrptui-test-{os.getpid()}")
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@vrrptui-test-{os.getpid()}")
        notify_systemd("READY=1")
        assert manager.recv(99) == b"READY=1"


def test_a_service_manager_that_is_gone_stops_no_engine(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    engine.start(instance())
    engine.wait_until("master")


def clean_up(engine) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vrrptui", "cleanup", "--state-dir", str(engine.lab.folder / "cleaned")]
    with_namespace = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{engine.lab.network.hosts['r1'].namespace}"]
    return subprocess.run([*with_namespace, *command], capture_output=True, text=True, check=False, timeout=20)


def running(engine):
    file = engine.lab.folder / "cleaned.conf"
    file.write_text(configuration(instance()))
    program = engine.start_bare("-f", str(file), state="cleaned")
    engine.wait_until("master")
    return program


def test_the_stale_address_story_ends_with_a_cleanup_too(engine):
    program = running(engine)
    program.kill()
    assert engine.holds()
    done = clean_up(engine)
    assert (done.returncode, engine.holds()) == (0, False)
    assert f"removed {VIP}/24 from eth0" in done.stderr
    again = clean_up(engine)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_running_engine_is_not_cleaned_up_after(engine):
    running(engine)
    done = clean_up(engine)
    assert (done.returncode, engine.holds()) == (1, True)
    assert done.stderr.startswith("vrrptui: cleanup: another engine")
    assert len(done.stderr.splitlines()) == 1


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/vrrptui/bin/vrrptui", str(Path(sys.executable).parent / "vrrptui")))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_hardened_as_systemd_counts():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=50", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


def test_an_engine_is_scheduled_as_configured_its_checks_not(engine, tmp_path):
    priority = os.sched_get_priority_min(os.SCHED_RR)
    check = script("chk", f"/bin/sh -c 'cat /proc/self/stat > {tmp_path}/check'")
    settings = f"global_defs {{\n vrrp_rt_priority {priority}\n vrrp_no_swap\n}}\n"
    program = engine.start(settings, check, instance(extra=track("chk")))
    if "vrrp_rt_priority is not set" in program.text():
        pytest.skip("this kernel gives no real-time scheduling here")
    assert "is not set" not in program.text()
    assert os.sched_getscheduler(program.pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
    engine.wait_until("master")
    engine.lab.wait_for(lambda: (tmp_path / "check").exists() and (tmp_path / "check").read_text())
    policy = (tmp_path / "check").read_text().rpartition(")")[2].split()[38]  # proc(5): the 41st, after two
    assert int(policy) == os.SCHED_OTHER
