"""A marked password of each kind of authentication is in no output: socket, commands, history, log, files, mail.

`watch -v` and `check --show --passwords` are left out: they show one because that was asked for.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import EngineLab, configuration, instance, script, track
from tests.interop.smtp_server import SmtpServer
from vrrptui.config.load import load
from vrrptui.control import codec
from vrrptui.control.messages import Adverts, FromEngine, Subscribe
from vrrptui.engine.vrrp.identity import settings_of

MARK, SIGNS, OTHERS = "q7Zmark", "q7Z/é&", "w8Xmark"  # ours, ours with what JSON may escape, and another router's
GROUP, LOOKER = 4990, 5001


def with_authentication(*lines: str, more: str = "", priority: int = 150) -> str:
    text = "\n".join(lines)
    one = instance(interval=1, priority=priority, extra=more)
    return one.rstrip().removesuffix("}") + f"\nversion 2\nauthentication {{\n{text}\n}}\n}}\n"


FORMS = {
    "PASS": ("auth_type PASS", f"auth_pass {MARK}"),
    "AH": ("auth_type AH", f"auth_pass {MARK}"),
    "PASS with signs": ("auth_type PASS", f"auth_pass {SIGNS}"),
    "PASS, too long": ("auth_type PASS", f"auth_pass {MARK}{MARK}"),
    "PASS, cut": ("auth_type PASS", f"auth_pass {MARK}#{MARK}"),
}
# keepalived has no HMAC, and neither has the configuration here: a line with one is refused or passed over.
WRONG = {
    "HMAC": (f"auth_hmac sha256 {MARK}",),
    "HMAC in a block": ("auth_hmac {", f"key {MARK}", "}"),
    "misspelt": ("auth_type PASS", f"auth_pas {MARK}"),
    "misspelt otherwise": ("auth_type PASS", f"authpass {MARK}"),
    "password": ("auth_type PASS", f"password {MARK}"),
    "two words": ("auth_type PASS", f"auth_pass {MARK} {MARK}"),
    "an open quote": ("auth_type PASS", f'auth_pass "{MARK}'),
    "a variable": ("auth_type PASS", f"auth_pass $NONE{MARK}"),
    "no type": (f"auth_pass {MARK}",),
    "a block": (f"auth_pass {MARK} {{", "}"),
}
# An engine that logs all it can, at every level.
LOUD = (
    "import logging, sys; from vrrptui.engine.runtime import logs; real = logs.to_stderr\n"
    "def loud(): real(); logging.getLogger().setLevel(1)\n"
    "logs.to_stderr = loud; from vrrptui.cli.main import run; sys.exit(run(sys.argv[1:]))"
)
GROUPS = """
ulimit -c 1024
cp /etc/group "$1" && echo vrrptui:x:4990: >> "$1" && mount --bind "$1" /etc/group
shift
exec "$@"
"""
LOOK = """
import os, socket, sys, time
os.setgroups([]); os.setgid({group}); os.setuid({user})
one = socket.socket(socket.AF_UNIX)
one.connect("r1.sock")
one.sendall(bytes.fromhex("{subscribe}"))
one.settimeout(0.2)
ends = time.monotonic() + {seconds}
while time.monotonic() < ends:
    try:
        sys.stdout.buffer.write(one.recv(1 << 16))
    except TimeoutError:
        pass
"""


def looks_like(mark: str) -> set[bytes]:
    """The mark as it is, in hexadecimal, as a part of base64, escaped as in JSON and in a bytes object."""
    raw = mark.encode()
    pieces = {
        base64.b64encode(b"\0" * before + raw)[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        for before in range(3)
    }
    escaped = {json.dumps(mark)[1:-1].encode(), json.dumps(mark)[1:-1].replace("/", "\\/").encode()}
    spaced = b" ".join(raw.hex().encode()[at : at + 4] for at in range(0, 2 * len(raw), 4))
    return {raw, raw.hex().encode(), raw.hex(":").encode(), spaced, repr(raw)[2:-1].encode(), *pieces, *escaped}


FOUND_BY = set().union(*map(looks_like, (MARK, SIGNS, OTHERS)))


def marked(data: bytes | str) -> list[bytes]:
    """In which forms a mark is in it."""
    whole = data.encode(errors="surrogateescape") if isinstance(data, str) else data
    lower = whole.lower()
    return sorted(form for form in FOUND_BY if form in whole or form in lower)


@pytest.mark.parametrize(
    "output",
    [
        f"x{MARK}y",
        MARK.encode().hex(),
        *(base64.b64encode(b"x" * count + MARK.encode() + b"yz").decode() for count in range(4)),
        json.dumps(f"a {SIGNS}"),
        repr(f"a {SIGNS}".encode()),
        OTHERS,
    ],
)
def test_the_search_finds_a_mark(output):
    assert marked(output)


def heard(path: Path, seconds: float) -> list[FromEngine]:
    """All that a client is told that asks for adverts."""
    reader, messages, ends = codec.engine_reader(), list[FromEngine](), time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(codec.encode(Subscribe(adverts=True)))
        client.settimeout(0.2)
        while time.monotonic() < ends:
            try:
                messages += reader.feed(client.recv(1 << 16))
            except TimeoutError:
                continue
    return messages


def what_a_looker_hears(engine: EngineLab, seconds: float) -> bytes:
    """The bytes that a user of the group vrrptui is sent who asks for adverts."""
    engine.lab.folder.chmod(0o711)
    subscribe = codec.encode(Subscribe(adverts=True)).hex()
    code = LOOK.format(group=GROUP, user=LOOKER, subscribe=subscribe, seconds=seconds)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=engine.lab.folder, capture_output=True, check=True, timeout=30)
    return done.stdout


@pytest.fixture
def mail(lab):
    server = SmtpServer(lab.network.hosts["client"].namespace, "192.0.2.50")
    yield server
    server.close()


def everything(engine: EngineLab, form: str, mail: SmtpServer) -> str:
    """A configuration with all that says something: a check, notifications by script, FIFO and mail."""
    folder = engine.lab.folder
    notify = folder / "notify"
    notify.write_text(f'#!/bin/sh\n(echo "$@"; env; cat /proc/$PPID/cmdline) >> {folder}/notified\n')
    notify.chmod(0o755)
    general = (
        f"global_defs {{\n    vrrp_notify_fifo {folder}/fifo\n    vrrp_notify_fifo_script {folder}/reader\n"
        f"    notification_email {{\n        a@example.com\n    }}\n    smtp_server {mail.address} {mail.port}\n"
        f"    smtp_alert\n    script_user root\n}}\n"
    )
    reader = folder / "reader"
    reader.write_text(f'#!/bin/sh\nexec cat "$1" >> {folder}/from-fifo\n')
    reader.chmod(0o755)
    more = f'    notify "{notify}"\n' + track("chk")
    return general + script("chk", "/bin/cat /proc/self/environ") + with_authentication(*FORMS[form], more=more)


@pytest.mark.parametrize("form", ["PASS", "AH", "PASS with signs"])
def test_an_engine_gives_it_to_nobody(engine, form, mail):
    """Beside a router with another password, whose adverts are refused."""
    lab = engine.lab
    file = lab.folder / "r1.conf"
    file.write_text(configuration(everything(engine, form, mail)))
    places = ["--socket", str(engine.path), "--state-dir", str(lab.folder / "r1-state")]
    loud = [sys.executable, "-c", LOUD, "engine", "-f", str(file), *places]
    program = lab.run("r1", ["unshare", "-m", "sh", "-c", GROUPS, "sh", str(lab.folder / "group"), *loud])
    engine.wait_until("master")
    stranger = with_authentication(FORMS[form][0], f"auth_pass {OTHERS}", priority=200)
    lab.vrrptui("r2", configuration(stranger))
    recording = lab.tcpdump(lab.folder / "switch.pcap")

    said = what_a_looker_hears(engine, 3.0)
    assert b'"may_operate":false' in said
    assert b'"adverts"' in said
    assert marked(said) == []
    messages = heard(engine.path, 1.5)
    frames = [one.frame for message in messages if isinstance(message, Adverts) for one in message.heard]
    assert frames
    assert [form for frame in frames for form in marked(frame)] == []
    assert [form for message in messages for form in marked(codec.encode(message))] == []

    recording.terminate()
    recording.wait()
    if form.startswith("PASS"):
        assert marked((lab.folder / "switch.pcap").read_bytes()), "the segment itself carries it"
    commands_say_nothing(engine, file)
    if form == "PASS":
        what_was_refused_is_not_repeated(engine, file)
    with Path(f"/proc/{program.pid}/limits").open() as limits:
        assert [line.split()[4] for line in limits if line.startswith("Max core file size")] == ["0"]
    os.kill(program.pid, signal.SIGTERM)
    program.wait()
    for text in (program.text(), *(one.message.as_string() for one in mail.taken)):
        assert marked(text) == []
    assert mail.taken
    kept = [path for path in lab.folder.rglob("*") if path.is_file() and path.suffix not in (".conf", ".pcap")]
    assert {"notified", "from-fifo", "history.sqlite", "watched"} <= {path.name for path in kept}
    assert [path.name for path in kept if marked(path.read_bytes())] == []


def commands_say_nothing(engine: EngineLab, file: Path) -> None:
    """Every command that looks or acts, in every form of its output."""
    recorded, watched = str(engine.lab.folder / "switch.pcap"), str(engine.lab.folder / "watched")
    asked = [
        ["status"], ["status", "--json"], ["status", "VI_1"],
        ["forecast", "VI_1", "--priority", "10"], ["forecast", "VI_1", "--priority", "10", "--json"],
        ["forecast", "VI_1", "--without", "192.0.2.12"], ["priority", "VI_1", "160"], ["priority", "VI_1", "reset"],
        ["announce", "VI_1"], ["mute", "chk"], ["unmute", "chk"], ["reload"], ["reload", str(file)],
    ]  # fmt: skip
    for words in asked:
        done = engine.cli(*words)
        assert marked(done.stdout + done.stderr) == [], words
    here = [
        ["check", str(file)], ["check", "--json", str(file)], ["check", "--show", str(file)],
        ["doctor", "-f", str(file)], ["doctor", "--json", "-f", str(file)],
        *(["watch", "-r", recorded, *form] for form in ([], ["-x"], ["--json"], ["--changes"], ["-x", "-w", watched])),
        *(["watch", "-i", "eth0", "-c", "2", *form] for form in ([], ["-x"], ["--json"], ["-x", "-w", f"{watched}2"])),
        ["groups", "-r", recorded], ["groups", "--json", "-r", recorded],
    ]  # fmt: skip
    for words in here:
        output = engine.lab.shell("r1", f"{sys.executable} -m vrrptui {' '.join(words)} 2>&1", check=False)
        assert output or words[0] == "check", words
        assert marked(output) == [], words


def what_was_refused_is_not_repeated(engine: EngineLab, file: Path) -> None:
    """Reloads of configurations whose line with a password is wrong, and of one with another password."""
    good = file.read_text()
    for lines in WRONG.values():
        file.write_text(configuration(with_authentication(*lines)))
        done = engine.cli("reload")
        assert done.stdout + done.stderr
        assert marked(done.stdout + done.stderr) == [], lines
    file.write_text(good.replace(MARK, OTHERS).replace(SIGNS, OTHERS))
    done = engine.cli("reload")
    assert done.returncode == 0
    assert marked(done.stdout + done.stderr) == []


@pytest.mark.parametrize("form", [*FORMS, *WRONG])
def test_what_check_says_does_not_repeat_it(engine, form):
    text = with_authentication(*(FORMS.get(form) or WRONG[form]))
    file = engine.lab.folder / "checked.conf"
    file.write_text(configuration(text))
    for words in (("check", str(file)), ("check", "--json", str(file)), ("check", "--show", str(file))):
        done = engine.lab.shell("r1", f"{sys.executable} -m vrrptui {' '.join(words)} 2>&1", check=False)
        assert str(file) in done or (form in FORMS and not done)
        assert "Traceback" not in done
        assert marked(done) == [], done


@pytest.mark.parametrize("form", FORMS)
def test_no_object_of_the_configuration_shows_it(tmp_path, form):
    """Not in a traceback either, where arguments may be printed."""
    file = tmp_path / "a.conf"
    file.write_text(configuration(with_authentication(*FORMS[form])))
    loaded = load(str(file))
    assert loaded.configuration is not None
    (router,) = loaded.configuration.routers
    assert router.auth_password
    for one in (loaded, loaded.configuration, router, settings_of(router)):
        assert marked(repr(one)) == []
