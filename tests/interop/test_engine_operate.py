"""What operators do over the command line, and what the wire shows of it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.interop.engine_lab import VIP, instance, script, track

ENGINE = {"pid", "version", "mode", "uptime", "capture_drops"}
ROUTER = {
    "name", "interface", "family", "vrid", "version", "state", "reason", "base_priority", "effective_priority",
    "override", "master", "advertisement_interval", "skew_time", "master_down_interval", "virtual_addresses",
    "checks", "statistics",
}  # fmt: skip
GROUP = {"interface", "vlan", "family", "vrid", "version", "masters", "addresses", "listeners", "severity", "problems"}
MASTER = {"source", "priority", "since", "last_seen", "interval", "adverts"}
CHECK = {
    "name", "kind", "state", "weight", "rise", "fall", "run", "last_exit", "last_output", "duration",
}  # fmt: skip


def test_a_priority_set_and_restored_is_the_one_on_the_wire(engine):
    engine.start(instance())
    engine.wait_until("master")
    for value, priority in (("30", 30), ("+5", 35), ("-34", 1), ("254", 254), ("reset", 100)):
        done = engine.cli("priority", "VI_1", value)
        assert (done.returncode, done.stderr) == (0, "")
        engine.lab.wait_for(lambda wanted=priority: engine.priority() == wanted, 2)
        assert engine.router().override == (None if value == "reset" else priority)
    assert engine.holds()
    asked = [event for event in engine.history() if event.kind == "PRIORITY" and event.by != "network"]
    assert [event.by.split("@")[0] for event in asked] == ["root"] * 5


def test_stop_resigns_and_start_takes_part_again(engine):
    engine.start(instance())
    engine.wait_until("master")
    assert engine.cli("stop", "eth0/51").returncode == 0
    engine.lab.wait_for(lambda: engine.priority() == 0)
    assert not engine.holds()
    assert (engine.router().state, engine.router().reason) == ("stopped", "stopped by root")
    again = engine.cli("stop", "VI_1")
    assert (again.returncode, again.stderr) == (1, "vrrptui: stop: VI_1 is stopped already\n")
    assert engine.cli("start", "VI_1").returncode == 0
    engine.wait_until("master")
    assert engine.holds()
    assert engine.cli("start", "VI_1").stderr == "vrrptui: start: VI_1 is not stopped\n"


def test_what_cannot_be_done_is_one_line_and_changes_nothing(engine):
    engine.start(instance(), instance("OWNER", 52, priority=255, vips=("192.0.2.11/24",)))
    engine.wait_until("master")
    asked = [
        (("stop", "NO_SUCH"), 1, "no virtual router NO_SUCH here (there are: VI_1, OWNER)"),
        (("priority", "VI_1", "0"), 1, "priority 0 is not 1 to 254"),
        (("priority", "VI_1", "255"), 1, "priority 255 is not 1 to 254"),
        (("priority", "VI_1", "300"), 1, "priority 300 is not 1 to 254"),
        (("priority", "VI_1", "+200"), 1, "priority 300 is not 1 to 254"),
        (("priority", "OWNER", "100"), 1, "OWNER owns its addresses: its priority is always 255; stop it instead"),
        (("priority", "VI_1", "high"), 2, "invalid priority 'high' (use N, +N, -N or reset)"),
    ]
    running = [engine_cli(engine, *words) for words, _, _ in asked]
    for program, (words, status, why) in zip(running, asked, strict=True):
        out, error = program.communicate(timeout=20)
        assert (program.returncode, out, error) == (status, "", f"vrrptui: {words[0]}: {why}\n")
    assert {router.override for router in engine.status().virtual_routers} == {None}
    assert {seen.advert.priority for seen in engine.lab.of("r1")} == {100}


def engine_cli(engine, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "vrrptui", *words, "--socket", str(engine.path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_shutdown_ends_the_engine_as_sigterm_does(engine):
    program = engine.start(instance())
    engine.wait_until("master")
    assert engine.cli("shutdown").returncode == 0
    assert program.wait() == 0
    assert engine.priority() == 0
    assert not engine.holds()


def test_status_has_the_promised_keys_and_exit_codes(engine):
    assert engine.cli("status").returncode == 2
    file = engine.lab.folder / "good"
    file.touch()
    engine.start(script("chk", f"/usr/bin/test -e {file}"), instance(extra=track("chk")))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: [group for group in engine.status().groups if group.masters])
    done = engine.cli("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert set(said) >= {"engine", "virtual_routers", "groups", "checks"}
    (router,), (group,), (check,) = said["virtual_routers"], said["groups"], said["checks"]
    for part, keys in (
        (said["engine"], ENGINE), (router, ROUTER), (group, GROUP), (group["masters"][0], MASTER), (check, CHECK),
    ):  # fmt: skip
        assert set(part) >= keys, keys - set(part)
    assert (router["master"], router["virtual_addresses"]) == ("192.0.2.11", [f"{VIP}/24"])
    assert (group["masters"][0]["source"], group["severity"]) == ("192.0.2.11", "ok")
    assert (check["state"], check["last_exit"], check["kind"]) == ("up", 0, "script")
    file.unlink()
    engine.wait_until("fault")
    assert engine.cli("status").returncode == 1
    assert engine.cli("status", "NO_SUCH").returncode == 2


def test_without_an_engine_every_command_says_so_in_one_line(engine):
    asked = [("status",), ("stop", "VI_1"), ("priority", "VI_1", "5"), ("reload",), ("shutdown",)]
    running = [engine_cli(engine, *words) for words in asked]
    for program, words in zip(running, asked, strict=True):
        out, error = program.communicate(timeout=20)
        why = f"no engine answers on {engine.path}; start one with `vrrptui engine`, or name its --socket"
        assert (program.returncode, out, error) == (2, "", f"vrrptui: {words[0]}: {why}\n")
