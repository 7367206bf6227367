"""What is told of changes of state, beside a keepalived that runs the same file: FIFO lines, scripts, mail."""

from __future__ import annotations

import os
import re
import signal
import stat
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from tests.interop.engine_lab import gaps_ms, instance, sender, track
from tests.interop.engine_lab import script as check_script
from tests.interop.segment_lab import Program, SegmentLab
from tests.interop.smtp_server import SmtpServer
from tests.rights import needs_scripts_of_keepalived
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3

STATES = ("master", "backup", "fault", "stop")


def note(folder: Path) -> Path:
    """A script that writes down what it is called with."""
    script = folder / "note"
    script.write_text(f'#!/bin/sh\necho "$@" >> {folder}/notes\n')
    script.chmod(0o755)
    (folder / "notes").touch()
    return script


def notifies(script: Path, name: str) -> str:
    own = "".join(f'    notify_{state} "{script} {name} own {state}"\n' for state in STATES)
    return f'{own}    notify "{script} {name} all"\n'


def configuration(folder: Path, script: Path, second: bool, reload_states: bool = False) -> str:
    more = '    notify_deleted "{0} {1} own deleted"\n    notify_master_rx_lower_pri "{0} {1} own lower"\n'
    track = "    track_script {\n        chk\n    }\n"

    def router(name: str, vrid: int, extra: str = "") -> str:
        told = notifies(script, name) + more.format(script, name)
        return instance(name, vrid, 100, 0.2, (f"192.0.2.{100 + vrid}/24",), extra=told + extra)

    return "\n".join(
        (
            f"global_defs {{\n    vrrp_version 3\n    notify_fifo {folder}/fifo\n    vrrp_notify_fifo {folder}/vrrp",
            f'    notify_fifo_script "{script} reader"\n    vrrp_notify_priority_changes true',
            f'    startup_script "{script} startup"\n    shutdown_script "{script} shutdown"',
            "    fifo_write_vrrp_states_on_reload" * reload_states + "\n}",
            f'vrrp_script chk {{\n    script "/usr/bin/test -e {folder}/good"\n    interval 1\n    weight -20\n}}',
            router("VI_1", 51, track),
            router("VI_2", 52) if second else "",
            router("VI_3", 53) + router("VI_4", 54),
            f"vrrp_sync_group G {{\n    group {{\n        VI_3\n        VI_4\n    }}\n{notifies(script, 'G')}}}\n",
        )
    )


class Reader:
    """What has been written to a FIFO; it is held open, so that nothing is lost while nobody reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._data = b""

    def lines(self) -> list[str]:
        """All lines so far; keepalived makes another FIFO of the same name when it reloads."""
        self._read()
        if self._path.exists() and self._path.stat().st_ino != os.fstat(self._descriptor).st_ino:
            self.close()
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            self._read()
        return self._data.decode().splitlines()

    def _read(self) -> None:
        try:
            while data := os.read(self._descriptor, 65536):
                self._data += data
        except BlockingIOError:
            pass

    def close(self) -> None:
        os.close(self._descriptor)


def by_subject(lines: list[str], subject: str) -> dict[str, list[str]]:
    """The lines of each subject in their order; between subjects there is none."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(re.match(subject, line)[0], []).append(line)
    return found


def play(lab: SegmentLab, program: Program, folder: Path, script: Path) -> tuple[list[str], list[str]]:
    """One life of a router program; what it wrote to its FIFOs and what it called with which words."""
    lab.wait_for(lambda: (folder / "fifo").exists() and (folder / "vrrp").exists())
    fifos = [Reader(folder / "fifo"), Reader(folder / "vrrp")]
    mode = {stat.filemode((folder / name).stat().st_mode) for name in ("fifo", "vrrp")}
    assert mode == {"prw-------"}

    def heard(line: str, times: int = 1) -> None:
        lab.wait_for(lambda: fifos[0].lines().count(line) >= times)

    heard('GROUP "G" MASTER 0')
    heard('INSTANCE "VI_1" MASTER 100')
    (folder / "good").unlink()
    heard('INSTANCE "VI_1" MASTER_PRIORITY 80')
    (folder / "good").touch()
    heard('INSTANCE "VI_1" MASTER_PRIORITY 100')
    with sender(lab, "r2") as socket:
        socket.sendto(lower_advert(lab), ("224.0.0.18", 0))
    heard('INSTANCE "VI_1" MASTER_RX_LOWER_PRI 100')
    lab.network.plug("r1", False)
    heard('GROUP "G" FAULT 0')
    lab.network.plug("r1", True)
    heard('GROUP "G" MASTER 0', 2)
    heard('INSTANCE "VI_1" MASTER 100', 2)
    heard('INSTANCE "VI_2" MASTER 100', 2)
    both = fifos[0].lines() == fifos[1].lines()
    lab._configuration("r1", configuration(folder, script, second=False))
    os.kill(program.pid, signal.SIGHUP)
    heard('INSTANCE "VI_2" DELETED 100')
    program.terminate()
    assert program.wait() == 0
    lines = fifos[0].lines()
    for fifo in fifos:
        fifo.close()
    assert both
    assert not (folder / "fifo").exists()
    notes = (folder / "notes").read_text().splitlines()
    (folder / "notes").write_text("")
    return lines, notes


def lower_advert(lab: SegmentLab) -> bytes:
    """An advert of r2 for VRID 51 with priority 50."""
    source = IPv4Address(lab.network.hosts["r2"].address)
    return encode_v3(51, 50, 200_000_000, (IPv4Address("192.0.2.151"),), source, Family.IPV4.group)


@pytest.mark.usefixtures("needs_keepalived")
@needs_scripts_of_keepalived
def test_fifo_lines_and_script_words_are_those_of_keepalived(lab, tmp_path):
    """The same file, check results, loss of the link, lower advert, reload and end under both, one after the other."""
    script = note(tmp_path)
    told = {}
    for program in (lab.keepalived, lab.vrrptui):
        (tmp_path / "good").touch()
        running = program("r1", configuration(tmp_path, script, second=True))
        told[program.__name__] = play(lab, running, tmp_path, script)
    (theirs, their_notes), (ours, our_notes) = told["keepalived"], told["vrrptui"]
    assert by_subject(ours, r'\w+ "\w+"') == by_subject(theirs, r'\w+ "\w+"')
    assert (our_notes[0], our_notes[-1]) == ("startup", "shutdown")
    their_words, our_words = (by_subject(notes, r"\w+") for notes in (their_notes, our_notes))
    # keepalived runs a router's scripts at once, so that their order is nobody's; and its FIFO's script again on reload
    assert {name: sorted(words) for name, words in our_words.items() if name != "reader"} == {
        name: sorted(words) for name, words in their_words.items() if name != "reader"
    }
    assert our_words["VI_1"][:2] == ["VI_1 own backup", "VI_1 all INSTANCE VI_1 BACKUP 100"]
    assert our_words["G"][:2] == ["G own backup", "G all GROUP G BACKUP 0"]
    assert our_words["reader"][0] == f"reader {tmp_path}/fifo"


def test_a_fifo_and_its_script_stay_over_a_reload_without_loss(engine):
    """A script that reads for good is started once; it has every line, those of the end too, and is then ended."""
    folder = engine.lab.folder
    script = folder / "read"
    script.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\nexec cat $1 >> {folder}/lines\n")
    script.chmod(0o755)
    (folder / "lines").touch()
    general = f'global_defs {{\n    notify_fifo {folder}/fifo\n    notify_fifo_script "{script}"\n}}\n'
    program = engine.start(general, instance())
    engine.wait_until("master")
    for priority in (110, 120, 130):
        engine.write(general, instance(priority=priority))
        engine.reload(program)
    engine.cli("stop", "VI_1")
    engine.cli("start", "VI_1")
    engine.wait_until("master")
    program.terminate()
    assert program.wait() == 0
    states = [line.split()[2] for line in (folder / "lines").read_text().splitlines()]
    assert states == ["BACKUP", "MASTER", "STOP", "BACKUP", "MASTER", "STOP"]
    (pid,) = (folder / "pids").read_text().split()
    assert not Path(f"/proc/{pid}").exists()
    assert not (folder / "fifo").exists()


@pytest.mark.parametrize("program", ["vrrptui", "keepalived"])
@pytest.mark.usefixtures("needs_keepalived")
def test_a_faulty_router_that_is_removed_is_not_in_fault_again(lab, program):
    path = lab.folder / "fifo"
    general = f"global_defs {{\n    notify_fifo {path}\n    vrrp_version 3\n}}\n"
    running = getattr(lab, program)("r1", general + instance(interval=1) + SECOND)
    lab.wait_for(path.exists)
    fifo = Reader(path)
    lab.wait_for(lambda: len(fifo.lines()) >= 2)
    lab.network.plug("r1", False)
    lab.wait_for(lambda: {f'INSTANCE "VI_{n}" FAULT 100' for n in (1, 2)} <= set(fifo.lines()))
    lab._configuration("r1", general + SECOND)
    os.kill(running.pid, signal.SIGHUP)
    lab.wait_for(lambda: "Reload complete" in running.text() or "Reloaded: " in running.text())
    running.terminate()
    running.wait()
    assert [line for line in fifo.lines() if "VI_1" in line][-1] == 'INSTANCE "VI_1" FAULT 100'
    assert sum('"VI_1" FAULT' in line for line in fifo.lines()) == 1
    fifo.close()


@pytest.mark.parametrize("program", ["vrrptui", "keepalived"])
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.usefixtures("needs_keepalived")
def test_a_check_that_starts_as_failed_is_a_fault_when_it_ends(lab, program, good):
    path, check = lab.folder / "fifo", lab.folder / "check"
    check.write_text(f"#!/bin/sh\nsleep 1\nexit {int(not good)}\n")
    check.chmod(0o755)
    text = f"global_defs {{\n    notify_fifo {path}\n    script_user root\n}}\n"
    text += check_script("chk", str(check), "    timeout 5\n    init_fail\n") + instance(extra=track("chk"), interval=1)
    running = getattr(lab, program)("r1", text)
    lab.wait_for(path.exists)
    fifo = Reader(path)
    lab.wait_for(fifo.lines)
    running.terminate()
    running.wait()
    assert fifo.lines()[0].split()[2] == ("BACKUP" if good else "FAULT")
    fifo.close()


def test_an_unread_or_false_fifo_stops_nothing(engine):
    folder = engine.lab.folder
    (folder / "file").write_text("mine\n")
    general = f"global_defs {{\n    notify_fifo {folder}/file\n    vrrp_notify_fifo {folder}/fifo\n}}\n"
    routers = [instance(f"V{vrid}{'x' * 240}", vrid, 100, 0.5, (f"198.51.100.{vrid}/32",)) for vrid in range(1, 100)]
    program = engine.start(general, *routers)
    engine.lab.wait_for(lambda: len(engine.lab.of("r1", 99)) > 1)
    engine.lab.network.plug("r1", False)
    engine.lab.wait_for(lambda: "FAULT" in program.text())
    engine.lab.network.plug("r1", True)
    assert f"cannot use the FIFO {folder}/file: it is not a FIFO" in program.text()
    engine.lab.wait_for(lambda: f"the FIFO {folder}/fifo has no reader: lines are lost" in program.text())
    assert (folder / "file").read_text() == "mine\n"


def mailing(server: SmtpServer, extra: str = "") -> str:
    return (
        "global_defs {\n    router_id lab\n    notification_email {\n        a@example.com\n        b@example.com\n"
        f"    }}\n    smtp_server {server.address} {server.port}\n    smtp_alert\n{extra}}}\n"
    )


@pytest.fixture
def mail(lab):
    made = []

    def make(silent: bool = False, host: str = "client", address: str = "192.0.2.50") -> SmtpServer:
        made.append(SmtpServer(lab.network.hosts[host].namespace, address, silent))
        return made[-1]

    yield make
    for server in made:
        server.close()


GROUP = "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n}\n"
SECOND = instance("VI_2", 52, vips=("192.0.2.120/24",), interval=0.2)


@pytest.mark.usefixtures("needs_keepalived")
def test_mail_says_what_keepalived_s_says(lab, mail):
    """Envelope, sender, subject and text of every mail over the same states."""
    said: dict[str, dict[str, Any]] = {}
    for program in (lab.keepalived, lab.vrrptui):
        server = mail(host="r1", address="127.0.0.1")  # no cable to it: keepalived does not try again
        text = mailing(server) + "global_defs {\n    vrrp_version 3\n}\n" + instance(interval=0.2) + SECOND + GROUP
        running = program("r1", text)
        lab.wait_for(lambda s=server: len(s.taken) >= 6)
        lab.network.plug("r1", False)
        lab.wait_for(lambda p=running: p.text().count("Entering FAULT STATE") == 2)
        lab.network.plug("r1", True)
        lab.wait_for(lambda s=server: len(s.taken) >= 15, seconds=30)
        running.terminate()
        running.wait()
        letters = [
            (*[one.message[field] for field in ("Subject", "From", "To")], one.sender, *one.recipients)
            for one in server.taken
        ]
        texts = {one.message["Subject"]: one.message.get_content().strip() for one in server.taken}
        subjects = sorted({letter[0].partition(" - ")[0] for letter in letters})
        said[program.__name__] = {
            name: sorted(one for one in letters if one[0].startswith(name)) for name in subjects
        }  # keepalived sends them at once, each on a connection of its own
        said[program.__name__]["texts"] = texts
    assert said["vrrptui"] == said["keepalived"]
    assert len(said["vrrptui"]) == 4


def test_a_silent_mail_server_delays_no_advert_and_no_end(engine, mail):
    server = mail(silent=True)
    program = engine.start(mailing(server, "    smtp_connect_timeout 1\n"), instance())
    engine.wait_until("master")
    engine.lab.wait_for(lambda: "mail not sent: [lab] VRRP Instance VI_1 - Entering BACKUP state" in program.text())
    seen = engine.lab.of("r1")
    assert max(gaps_ms(seen)) < 50 + 50
    assert any(event.kind == "NOTIFY" and "mail not sent" in event.text for event in engine.history())
    began = time.monotonic()
    program.terminate()
    assert program.wait() == 0
    assert time.monotonic() - began < 5
    assert server.taken == []


def test_a_scripts_end_is_in_log_status_and_history(engine):
    bad = engine.lab.folder / "bad"
    bad.write_text("#!/bin/sh\necho no luck\nexit 3\n")
    bad.chmod(0o755)
    program = engine.start(instance(extra=f'    notify_backup "{bad}"\n    notify_master /bin/true\n'))
    engine.wait_until("master")
    engine.lab.wait_for(lambda: len(engine.router().notified) == 2)
    told = [(one.state, one.exit, one.output) for one in engine.router().notified]
    assert told == [("BACKUP", 3, "no luck"), ("MASTER", 0, "")]
    assert f"(VI_1) notify {bad} for BACKUP ended with 3" in program.text()
    (event,) = [event for event in engine.history() if event.kind == "NOTIFY"]
    assert (event.group, event.severity) == ("eth0/51", "warning")
    assert event.text.endswith("ms: no luck")
    assert "notify" in engine.cli("status", "VI_1").stdout


def test_a_startup_script_is_waited_for_up_to_its_limit(engine):
    folder = engine.lab.folder
    slow = folder / "slow"
    slow.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\nsleep 1000\n")
    slow.chmod(0o755)
    general = 'global_defs {{\n    startup_script "{0}"\n    startup_script_timeout {1}\n}}\n'
    program = engine.start(general.format(slow, 1), instance())
    engine.wait_until("master")
    assert f"startup_script {slow} timed out" in program.text()
    program.terminate()
    assert program.wait() == 0
    program = engine.start(general.format(slow, 1000), instance(), ready=False)
    engine.lab.wait_for(lambda: len((folder / "pids").read_text().split()) == 2)
    program.terminate()
    assert program.wait() == 0
    assert "ready:" not in program.text()
    assert not engine.holds()
    assert [pid for pid in (folder / "pids").read_text().split() if Path(f"/proc/{pid}").exists()] == []


FINISHES = """#!/bin/bash
trap true TERM
exec 3<>"$1"
while read -r -u 3 line; do
    case "$line" in *STOP*)
        began=$(date +%s%N)
        sleep {seconds}
        echo "$(( ($(date +%s%N) - began) / 1000000 ))" >> {folder}/finished
        exit 0;;
    esac
done
"""


@pytest.mark.parametrize(("seconds", "child_wait_time", "finishes"), [(1.5, 5, True), (30, 1, False)])
def test_the_script_of_a_fifo_finishes_what_it_does_at_stop(engine, seconds, child_wait_time, finishes):
    """Within child_wait_time: it alone gets SIGTERM, not the programs that it has started."""
    folder = engine.lab.folder
    script = folder / "reader"
    script.write_text(FINISHES.replace("{seconds}", str(seconds)).replace("{folder}", str(folder)))
    script.chmod(0o755)
    general = (
        f'global_defs {{\n    notify_fifo {folder}/fifo\n    notify_fifo_script "{script}"\n}}\n'
        f"child_wait_time {child_wait_time}\n"
    )
    program = engine.start(general, instance())
    engine.wait_until("master")
    began = time.monotonic()
    program.terminate()
    program.wait(20)
    took = time.monotonic() - began
    finished = (folder / "finished").read_text().split() if (folder / "finished").exists() else []
    assert [int(ms) >= 1000 * seconds for ms in finished] == [True] * finishes
    assert took < child_wait_time + 3
