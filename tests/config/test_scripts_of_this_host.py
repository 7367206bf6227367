"""What a command would do on this host, said before it runs: files that cannot be run, words that mean nothing here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.config.config_texts import Load, instance, script
from vrrptui.config.lint import script_files, script_words

HOST = "global_defs {\nscript_user root\n}\n"


def checked(command: str) -> str:
    return HOST + script(f'script "{command}"')[:-2].replace('script "/bin/true"\n', "", 1) + "}\n" + instance()


def words(load_text: Load, text: str) -> list[str]:
    return [f"{f.code}: {f.text}; {f.hint}" for f in script_words.findings(load_text(text).configuration)]


CANNOT_RUN = {
    "blank": (b"\n#!/bin/sh\nexit 0\n", "there is blank space before its #!"),
    "space": (b" #!/bin/sh\nexit 0\n", "there is blank space before its #!"),
    "wide": ("#\uff01/bin/bash\n".encode(), "character 2 is U+FF01 FULLWIDTH EXCLAMATION MARK"),
    "crlf": (b"#!/bin/sh\r\nexit 0\r\n", "its lines end in CR LF"),
    "none": (b"exit 0\n", "it has no line with #!"),
    "comment": (b"# !/bin/sh\nexit 0\n", "it has no line with #!"),
    "bom": (b"\xef\xbb\xbf#!/bin/sh\nexit 0\n", "it begins with a byte order mark"),
    "empty": (b"", "it is empty"),
    "nothing": (b"#!\nexit 0\n", "nothing follows #!"),
    "missing": (b"#!/bin/nosuch -x\nexit 0\n", "its interpreter '/bin/nosuch' is not here"),
    "relative": (b"#!sh\nexit 0\n", "its interpreter 'sh' is not here"),
    "directory": (b"#!/etc\nexit 0\n", "its interpreter '/etc' is not a program"),
    "env": (b"#!/usr/bin/env nosuch\nexit 0\n", "its interpreter 'nosuch' is not in /usr/local/sbin:"),
}


@pytest.mark.parametrize("name", CANNOT_RUN)
@pytest.mark.parametrize("keyword", ["script", "notify_master"])
def test_a_file_that_execve_refuses_is_told_with_its_reason(
    load_text: Load, tmp_path: Path, name: str, keyword: str
) -> None:
    """What execve(2) does is asked of the kernel too."""
    data, reason = CANNOT_RUN[name]
    path = tmp_path / "a.sh"
    path.write_bytes(data)
    path.chmod(0o755)
    if name not in ("env",):
        with pytest.raises(OSError, match=r"Exec format|No such file|Permission denied"):
            subprocess.run([str(path)])
    text = checked(str(path)) if keyword == "script" else HOST + instance(f"notify_master {path}")
    (finding,) = script_files.findings(load_text(text).configuration)
    assert finding.text.startswith(f"'{path}' cannot be run: ")
    assert reason in finding.text
    assert ("vrrptui takes that for a failure" in finding.text) is (keyword == "script")
    assert finding.hint


GOOD = [b"#!/bin/sh\nexit 0\n", b"#! /bin/sh -e\n", b"#!/usr/bin/env sh\n", b"#!/usr/bin/env -S sh -e\n", b"\x7fELF..."]


@pytest.mark.parametrize("data", GOOD)
def test_a_file_that_can_be_run_is_not_told(load_text: Load, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.sh"
    path.write_bytes(data)
    path.chmod(0o755)
    assert script_files.findings(load_text(checked(str(path))).configuration) == []


def test_what_is_no_program_at_all(load_text: Load, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o644)
    (finding,) = script_files.findings(load_text(checked(str(path))).configuration)
    assert (finding.code, finding.hint) == ("cannot-run", f"chmod +x {path}")
    (finding,) = script_files.findings(load_text(checked(str(tmp_path))).configuration)
    assert "it is a directory" in finding.text
    os.mkfifo(tmp_path / "fifo")
    (finding,) = script_files.findings(load_text(checked(str(tmp_path / "fifo"))).configuration)
    assert "it is not a regular file" in finding.text
    loaded = load_text(checked(str(tmp_path / "nosuch"))).configuration
    assert script_files.findings(loaded) == [], "it may be on another host"
    (finding,) = script_files.findings(loaded, missing=True)
    assert finding.text.startswith(f"there is no '{tmp_path}/nosuch' here")


def test_who_runs_it_must_be_allowed_to(load_text: Load, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o744)
    text = checked(str(path)).replace("script_user root", "script_user nobody")
    (finding,) = script_files.findings(load_text(text).configuration)
    assert "it is not executable for nobody" in finding.text
    path.chmod(0o755)
    assert script_files.findings(load_text(text).configuration) == []


STOP, START, ASK = "stops keepalived", "starts keepalived", "asks for keepalived"
SIGNAL = "sends keepalived a signal"


@pytest.mark.parametrize(
    "line, said",
    [
        ("killall keepalived", STOP),
        ("/usr/bin/killall -9 keepalived", STOP),
        ("sudo pkill -TERM keepalived", STOP),
        ("pkill -f /usr/sbin/keepalived", STOP),
        ("systemctl stop keepalived", STOP),
        ("systemctl --no-block stop nginx keepalived.service", STOP),
        ("/bin/systemctl kill keepalived", STOP),
        ("systemctl restart keepalived", START),
        ("systemctl start keepalived", START),
        ("service keepalived stop", STOP),
        ("service keepalived restart", START),
        ("/etc/init.d/keepalived stop", STOP),
        ("/etc/rc.d/init.d/keepalived stop", STOP),
        ("rc-service keepalived stop", STOP),
        ("invoke-rc.d keepalived stop", STOP),
        ("kill -9 $(pidof keepalived)", STOP),
        ("kill `cat /var/run/keepalived.pid`", STOP),
        ("docker stop keepalived", STOP),
        ("ps -C nginx || killall keepalived", STOP),
        ("/usr/sbin/keepalived -D", START),
        ("killall -0 keepalived", ASK),
        ("killall -s 0 keepalived", ASK),
        ("kill -0 $(cat /run/keepalived.pid)", ASK),
        ("pidof keepalived", ASK),
        ("pgrep -x keepalived", ASK),
        ("systemctl is-active --quiet keepalived", ASK),
        ("systemctl status keepalived.service", ASK),
        ("service keepalived status", ASK),
        ("ps aux | grep -v grep | grep keepalived", ASK),
        ("test -e /var/run/keepalived.pid", ASK),
        ("killall -HUP keepalived", SIGNAL),
        ("pkill -USR1 keepalived", SIGNAL),
        ("systemctl reload keepalived", SIGNAL),
    ],
)
@pytest.mark.parametrize("way", ["command", "script", "interpreter"])
def test_words_about_keepalived_are_told(load_text: Load, tmp_path: Path, line: str, said: str, way: str) -> None:
    path = tmp_path / "a.sh"
    path.write_text(f"#!/bin/sh\n# killall keepalived\nif true; then\n    {line}\nfi\nexit 0\n")
    path.chmod(0o755)
    quoted = line.replace("'", "")
    command = {"command": f"/bin/sh -c '{quoted}'", "script": str(path), "interpreter": f"/bin/bash {path} x"}[way]
    found = [text for text in words(load_text, checked(command)) if text.startswith("names-keepalived: ")]
    assert len(found) == 1
    assert f" {said}" in found[0]
    assert ("line 4," in found[0]) is (way != "command")


@pytest.mark.parametrize(
    "line",
    [
        "# killall keepalived",
        "killall nginx",
        "logger keepalived is master",
        "cp /etc/keepalived/keepalived.conf /backup/",
        "systemctl restart nginx",
        "/etc/keepalived/check.sh",
        "mail -s 'keepalived state' root",
    ],
)
def test_other_words_are_not(load_text: Load, tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.sh"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    assert words(load_text, checked(str(path))) == []


def test_the_way_is_named(load_text: Load) -> None:
    (check,) = words(load_text, checked("killall keepalived"))
    assert check.endswith("write @vrrptui on_failure stop where the virtual router is to be stopped")
    (notify,) = words(load_text, instance('notify_fault "systemctl stop keepalived"'))
    assert notify.endswith("; vrrptui stop NAME, or vrrptui drain NAME")
    (process,) = words(load_text, "vrrp_track_process p {\nprocess /usr/sbin/keepalived\n}\n" + instance())
    assert "the process of 'p' is keepalived" in process


def test_reading_a_script_never_waits_and_has_an_end(load_text: Load, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert words(load_text, checked(f"/bin/cat {tmp_path}/fifo /dev/zero /dev/tty")) == []
    huge = tmp_path / "huge"
    huge.write_text("#!/bin/sh\n" + "x" * script_words.SCRIPT_BYTES + "\nkillall keepalived\n")
    huge.chmod(0o755)
    assert words(load_text, checked(str(huge))) == []


@pytest.mark.parametrize(
    "command, sign",
    [
        ("/bin/ip addr |/bin/grep 192.0.2", "|/bin/grep"),
        ("/usr/bin/ss -4lnt|grep -q :80 ; exit $?", "-4lnt|grep"),
        ("/bin/true && /bin/false", "&&"),
        ("/bin/true || exit 1", "||"),
        ("/bin/true;", "/bin/true;"),
        ("/usr/bin/pgrep -f init > /dev/null", ">"),
        ("/usr/bin/pgrep -f init >/dev/null 2>&1", ">/dev/null"),
        ("/bin/echo $(date)", "$(date)"),
        ("/bin/echo `date`", "`date`"),
        ("if true; then exit 0; fi", "if"),
        ("exit 0", "exit"),
        ("LANG=C /bin/true", "LANG=C"),
    ],
)
def test_signs_of_a_shell_outside_of_one_are_told(load_text: Load, command: str, sign: str) -> None:
    (found,) = words(load_text, checked(command))
    assert found.startswith(f"no-shell: '{sign}' ")


@pytest.mark.parametrize(
    "command",
    [
        "/bin/sh -c '/bin/false || /bin/true'",
        "/bin/bash -c 'exit 0'",
        "[ -f /etc/passwd ]",
        "test -f /etc/passwd",
        "/bin/grep -qE 'up|down' /etc/passwd",
        "/usr/bin/curl -fs http://127.0.0.1/?a=1&b=2",
        "/usr/bin/awk '/a/{print;}' /etc/passwd",
        "/usr/bin/find /tmp -exec true {} \\\\;",
        "/usr/bin/mysql -e 'select 1;'",
        "</etc/passwd",
    ],
)
def test_signs_that_are_arguments_are_not(load_text: Load, command: str) -> None:
    assert words(load_text, checked(command)) == []


def test_a_second_command_on_the_line_is_no_user(load_text: Load) -> None:
    (found,) = words(load_text, instance("notify /bin/true ; /bin/false"))
    assert found.startswith("no-shell: ';' is taken for the user that runs the command")
