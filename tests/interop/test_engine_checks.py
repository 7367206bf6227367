"""Checks and notifications of a running engine: what they move, and that they delay nothing."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import gaps_ms, instance, script, track
from tests.processes import runs
from vrrptui.control.messages import MuteCheck

NOTIFY = '    notify_{0} "{1} own {0}"\n'


def test_a_weight_moves_the_priority_by_itself_and_back(engine):
    """One engine, two checks: chk_weight with -30 for VI_1, chk_fault without weight for VI_2."""
    light, heavy = engine.lab.folder / "light", engine.lab.folder / "heavy"
    light.touch()
    heavy.touch()
    engine.start(
        script("chk_weight", f"/usr/bin/test -e {light}", "    weight -30\n"),
        script("chk_fault", f"/usr/bin/test -e {heavy}"),
        instance(extra=track("chk_weight")),
        instance("VI_2", 52, vips=("192.0.2.120/24",), extra=track("chk_fault")),
    )
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    light.unlink()
    heavy.unlink()
    engine.lab.wait_for(lambda: engine.priority() == 70)
    engine.wait_until("fault", "VI_2")
    assert (engine.router("VI_2").reason, engine.check("chk_fault").last_exit) == ("check chk_fault failed", 1)
    assert engine.priority(52) == 0
    assert not engine.holds("192.0.2.120")
    assert engine.holds()
    light.touch()
    heavy.touch()
    engine.lab.wait_for(lambda: engine.priority() == 100)
    engine.wait_until("master", "VI_2")
    assert engine.holds("192.0.2.120")
    assert {seen.advert.priority for seen in engine.lab.of("r1")} == {100, 70}
    assert engine.states() == ["BACKUP", "MASTER"]


def test_a_check_that_hangs_delays_no_advert_and_is_gone(engine):
    pids = engine.lab.folder / "pids"
    stubborn = engine.lab.folder / "stubborn"
    stubborn.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ >> {pids}\nsleep 1000 &\necho $! >> {pids}\nwait\nwait\n")
    stubborn.chmod(0o755)
    program = engine.start(
        script("chk", str(stubborn), "    timeout 1\n    weight -30\n"), instance(extra=track("chk"))
    )
    engine.wait_until("master")
    engine.lab.wait_for(lambda: engine.priority() == 70)  # a timeout is a failure
    assert engine.check("chk").state == "down"
    seen = engine.lab.of("r1")
    assert len(seen) > 30
    assert max(gaps_ms(seen)) < 50 + 50
    program.terminate()
    assert program.wait() == 0
    time.sleep(0.1)
    assert [pid for pid in pids.read_text().split() if runs(pid)] == []


@pytest.mark.parametrize("user", ["", "    user nobody\n"], ids=["as the engine", "as nobody"])
def test_sixty_four_hanging_checks_cost_no_backup_three_adverts(engine, user):
    """All are started and killed in the same moment, every second or so; each is a program of its own."""
    names = [f"chk_{number}" for number in range(64)]
    hanging = [script(name, "/bin/sleep 1000", f"    timeout 1\n    weight -1\n{user}") for name in names]
    engine.start(*hanging, instance(priority=200, interval=0.1, extra=track(*names)))
    engine.wait_until("master")
    began_ns = time.time_ns()
    engine.lab.wait_for(lambda: engine.priority() == 200 - 64)
    time.sleep(2)
    gaps = gaps_ms(engine.lab.of("r1", 51, began_ns))
    assert len(gaps) > 15
    assert max(gaps) < 3 * 100, sorted(gaps)[-5:]  # a backup waits for three intervals and its skew time
    assert {engine.check(name).state for name in names} == {"down"}


def test_a_check_under_two_hundred_routers_delays_no_advert(engine):
    file = engine.lab.folder / "good"
    file.touch()
    vrids = range(1, 201)
    engine.start(
        script("chk", f"/usr/bin/test -e {file}", "    weight -30\n"),
        *(instance(f"V{vrid}", vrid, 100, 0.5, (f"198.51.100.{vrid}/32",), extra=track("chk")) for vrid in vrids),
    )
    engine.wait_until("master", "V200")
    file.unlink()
    engine.lab.wait_for(lambda: {engine.priority(vrid) for vrid in vrids} == {70})
    worst = max(max(gaps_ms(engine.lab.of("r1", vrid))) for vrid in vrids)
    assert worst < 500 + 100, worst


def test_an_alternating_check_moves_nothing_when_two_must_agree(engine):
    file = engine.lab.folder / "good"
    turns = engine.lab.folder / "turns"
    turns.write_text(f"#!/bin/sh\nif [ -e {file} ]; then rm {file}; exit 0; else touch {file}; exit 1; fi\n")
    turns.chmod(0o755)
    file.touch()
    engine.start(script("chk", str(turns), "    weight -30\n    rise 2\n    fall 2\n"), instance(extra=track("chk")))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: len(engine.check("chk").durations) >= 3)
    assert {seen.advert.priority for seen in engine.lab.of("r1")} == {100}
    assert engine.check("chk").state == "up"
    assert set(engine.check("chk").failed) == {True, False}


def test_notifications_are_in_order_with_keepalived_s_arguments(engine):
    log = engine.lab.folder / "notified"
    note = engine.lab.folder / "note"
    note.write_text(f'#!/bin/sh\nsleep 0.05\necho "$@" >> {log}\n')
    note.chmod(0o755)
    own = "".join(NOTIFY.format(state, note) for state in ("master", "backup", "fault", "stop"))
    program = engine.start(instance(extra=f'{own}    notify "{note} all"\n'))
    engine.wait_until("master")
    engine.lab.network.plug("r1", False)
    engine.wait_until("fault")
    engine.lab.network.plug("r1", True)
    engine.wait_until("master")
    program.terminate()
    assert program.wait() == 0
    assert not engine.holds()
    states = ["backup", "master", "fault", "backup", "master", "stop"]
    assert log.read_text().splitlines() == [
        line for state in states for line in (f"own {state}", f"all INSTANCE VI_1 {state.upper()} 100")
    ]


def test_reverse_subtracts_and_a_file_that_opens_is_good(engine):
    file = engine.lab.folder / "good"
    file.touch()
    engine.start(
        script("chk", f"<{file}", "    weight 30 reverse\n"),
        instance(extra=track("chk")),
        instance("VI_2", 52, vips=("192.0.2.120/24",), extra=track("chk weight 0 reverse")),
    )
    engine.wait_until("master")
    engine.lab.wait_for(lambda: engine.priority() == 70)
    engine.wait_until("fault", "VI_2")
    file.unlink()
    engine.lab.wait_for(lambda: engine.priority() == 100)
    engine.wait_until("master", "VI_2")


def test_a_check_stops_its_router_and_starts_it_when_recovered(engine):
    file, tries = engine.lab.folder / "good", engine.lab.folder / "tries"
    file.touch()
    mend = engine.lab.folder / "mend"
    mend.write_text(f"#!/bin/sh\necho again >> {tries}\n")
    mend.chmod(0o755)
    own = f'    @vrrptui recover "{mend}"\n    @vrrptui recover_attempts 2\n    @vrrptui on_failure stop\n'
    engine.start(script("chk", f"/usr/bin/test -e {file}", own), instance(extra=track("chk")))
    engine.wait_until("master")
    file.unlink()
    engine.wait_until("stopped")
    assert (engine.router().reason, tries.read_text().split()) == ("stopped by check chk", ["again"] * 2)
    assert not engine.holds()
    assert engine.priority() == 0
    assert [event.text for event in engine.history() if event.kind == "CHECK"][-1] == "check chk failed"
    file.touch()
    engine.wait_until("master")
    assert engine.holds()
    file.unlink()
    engine.wait_until("stopped")
    assert engine.cli("start", "VI_1").returncode == 0
    engine.wait_until("master")  # an operator's word is stronger than the check that is still down
    assert engine.check("chk").state == "down"


def test_a_number_moves_the_priority_or_with_weight_0_faults(engine):
    light, heavy = engine.lab.folder / "light", engine.lab.folder / "heavy"
    engine.start(
        f"track_file light {{\n    file {light}\n    weight -2\n    init_file 5\n}}\n",
        f"track_file heavy {{\n    file {heavy}\n    weight 0\n}}\n",
        instance(extra="    track_file {\n        light\n    }\n"),
        instance("VI_2", 52, vips=("192.0.2.120/24",), extra="    track_file {\n        heavy\n    }\n"),
    )
    engine.wait_until("master")
    engine.wait_until("master", "VI_2")
    engine.lab.wait_for(lambda: engine.priority() == 90)
    light.write_text("20\n")
    heavy.write_text("1\n")
    engine.lab.wait_for(lambda: engine.priority() == 60)
    engine.wait_until("fault", "VI_2")
    assert (engine.check("file light").kind, engine.check("file heavy").state) == ("file", "down")
    heavy.unlink()
    engine.wait_until("master", "VI_2")


def test_a_process_moves_the_priority_of_a_sync_group(engine):
    process = subprocess.Popen(["/bin/sleep", "98765.5"])
    try:
        engine.start(
            "vrrp_track_process P {\n    process sleep 98765.5\n    weight -20\n}\n",
            "vrrp_sync_group G {\n    group {\n    VI_1\n    VI_2\n    }\n    track_process {\n    P\n    }\n}\n",
            instance(),
            instance("VI_2", 52, vips=("192.0.2.120/24",)),
        )
        engine.wait_until("master")
        engine.wait_until("master", "VI_2")
        assert engine.priority() == 100
    finally:
        process.kill()
        process.wait()
    engine.lab.wait_for(lambda: (engine.priority(), engine.priority(52)) == (80, 80))
    assert engine.check("process P").state == "down"


def test_a_check_says_whom_it_moves_and_by_how_much(engine):
    """The same failed check: tracked by a router, by the group of two others, by a member in vain."""
    engine.start(
        script("chk", "/bin/false", "    weight -20\n"),
        script("number", "/bin/echo 5", "    weight -10\n"),
        "vrrp_sync_group G {\n    group {\n    VI_2\n    VI_3\n    }\n" + track("chk weight -7") + "}\n",
        instance(extra=track("chk", "number")),
        instance("VI_2", 52, vips=("192.0.2.120/24",)),
        instance("VI_3", 53, vips=("192.0.2.130/24",), extra=track("number")),
    )
    for name in ("VI_1", "VI_2", "VI_3"):
        engine.wait_until("master", name)
    engine.lab.wait_for(lambda: engine.priority(53) == 93)
    chk, number = engine.check("chk"), engine.check("number")
    assert chk.routers == ["VI_1", "VI_2", "VI_3"]
    said = [(one.router, one.weight, one.amount, one.group, one.ignored) for one in chk.effects]
    assert said == [("VI_1", -20, -20, "", False), ("VI_2", -7, -7, "G", False), ("VI_3", -7, -7, "G", False)]
    assert [(one.router, one.ignored) for one in number.effects] == [("VI_1", False), ("VI_3", True)]
    assert number.hint == "it printed 5 and exited with 0, which is success: only the exit status counts"
    assert [engine.router(name).arithmetic for name in ("VI_1", "VI_2")] == [
        "base 100 − 20 (chk) = 80",
        "base 100 − 7 (chk) = 93",
    ]
    text = engine.cli("status", "VI_2").stdout
    assert "priority 93 (base 100 − 7 (chk) = 93)" in text
    assert (
        "moves VI_1: -20 now, weight -20; VI_2 (sync group G): -7 now, weight -7; VI_3 (sync group G): -7 now" in text
    )
    assert "5 and exited with 0" in engine.cli("status", "VI_1").stdout
    assert engine.command(MuteCheck(id=1, check="chk")).id == 1
    engine.lab.wait_for(lambda: engine.priority(53) == 100)
    assert {(one.amount, one.ignored) for one in engine.check("chk").effects} == {(0, True)}


SECURITY = [
    ("", ["bad nobody", "bad root", "good root"]),
    ("    enable_script_security\n", ["bad nobody"]),
    ("    enable_script_security\n    script_user root\n", ["bad nobody", "good root"]),
    ("    script_user nobody\n", ["bad nobody", "bad root", "good nobody"]),
]


@pytest.mark.usefixtures("needs_keepalived")
@pytest.mark.parametrize("general, expected", SECURITY, ids=range(len(SECURITY)))
def test_script_security_lets_run_what_keepalived_lets_run(lab, tmp_path, general, expected):
    """One safe script, one in a folder that everybody can write to, as root and as nobody: who ran."""
    folder = Path(f"/var/lib/vrrptui-test-{os.getpid()}")  # every part of which root alone can change
    (folder / "open").mkdir(parents=True)
    try:
        (folder / "open").chmod(0o777)
        for file in (folder / "good", folder / "open" / "bad"):
            file.write_text(f'#!/bin/sh\necho "{file.name} $(id -un)" >> {folder}/ran\n')
            file.chmod(0o755)
        text = "\n".join(
            (
                f"global_defs {{\n    vrrp_version 3\n{general}}}\n",
                script("good", f"{folder}/good"),
                script("bad", f"{folder}/open/bad", "    user root\n"),
                script("theirs", f"{folder}/open/bad", "    user nobody\n"),
                instance(extra=track("good", "bad", "theirs") + f'    notify_backup "{folder}/open/bad"\n'),
            )
        )
        ran = {}
        for program in (lab.keepalived, lab.vrrptui):
            (folder / "ran").write_text("")
            (folder / "ran").chmod(0o666)
            running = program("r1", text)
            lab.wait_for(lambda p=running: "Entering MASTER STATE" in p.text())
            ran[program.__name__] = sorted(set((folder / "ran").read_text().splitlines()))
            running.terminate()
            running.wait()
        assert ran["vrrptui"] == ran["keepalived"] == expected
    finally:
        subprocess.run(["rm", "-r", str(folder)], check=True)
