"""What `vrrptui doctor` finds open to other users, with real files, owners and modes; and gone when put right."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rights import give
from vrrptui.config.lint.script_safety import unsafe_part
from vrrptui.config.load import load
from vrrptui.engine.doctor import checks, exposure

OTHER = 5002
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to own what it looks at")
INSTANCE = """
vrrp_instance VI_1 {{
    interface lo
    virtual_router_id 51
    version 2
    {more}
    virtual_ipaddress {{
        192.0.2.100/24
    }}
}}
"""


class Host:
    """A configuration with an include, a script, a socket and a state directory, as they should be."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.run, self.state = folder / "etc", folder / "run", folder / "lib"
        for made in (self.etc, self.etc / "conf.d", self.run, self.state):
            made.mkdir(mode=0o750)
        self.file, self.more = self.etc / "keepalived.conf", self.etc / "conf.d" / "one.conf"
        self.script = self.etc / "check.sh"
        self.script.write_text("#!/bin/sh\nexit 0\n")
        self.script.chmod(0o755)
        self.record = self.state / "owned-1.json"
        self.record.write_text("{}")
        self.write()
        self.socket = self.run / "engine.sock"
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.socket))
        self.socket.chmod(0o660)

    def write(self, more: str = "", user: str = "root", command: str = "{script}") -> None:
        program = command.split()[0]
        if program.startswith("/") and unsafe_part(program):
            pytest.skip("the system's programs do not belong to root in a user namespace")
        self.more.write_text(INSTANCE.format(more=more))
        line = command.format(script=self.script)
        self.file.write_text(
            f"global_defs {{\n    script_user {user}\n}}\ninclude conf.d/*.conf\n"
            f'vrrp_script check {{\n    script "{line}"\n}}\n'
        )
        self.file.chmod(0o640)
        self.more.chmod(0o640)

    def found(self) -> list[tuple[str, str]]:
        """The codes that ask for something, each with its subject."""
        loaded = load(str(self.file))
        assert loaded.configuration is not None, loaded.findings
        every = exposure.examine(loaded, self.socket, self.state) + list(checks._scripts(loaded.configuration))
        assert all("\n" not in f"{one.what}{one.remedy}" and one.remedy for one in every)
        return [(one.code, one.subject) for one in every if one.level != "note"]

    def notes(self) -> set[tuple[str, str]]:
        return {(one.code, one.subject) for one in exposure.examine(load(str(self.file)), self.socket, self.state)}


@pytest.fixture
def host(tmp_path) -> Iterator[Host]:
    if reason := unsafe_part(str(tmp_path)):
        pytest.skip(f"others can write where the tests do: {reason}")
    made = Host(tmp_path)
    yield made
    made.listening.close()


def test_what_root_alone_can_change_is_good(host):
    assert host.found() == []


Harm = Callable[[Host], object]
THEIRS: dict[str, tuple[Harm, str, Callable[[Host], Path]]] = {
    "a file that all can write": (lambda h: h.file.chmod(0o646), "CONFIGURATION_WRITABLE", lambda h: h.file),
    "a file of somebody else": (lambda h: give(h.file, OTHER, 0), "CONFIGURATION_WRITABLE", lambda h: h.file),
    "an include of a group": (
        lambda h: (give(h.more, 0, OTHER), h.more.chmod(0o660)),
        "CONFIGURATION_WRITABLE",
        lambda h: h.more,
    ),
    "an include is a link to somebody's": (
        lambda h: (
            h.more.rename(h.run / "theirs"),
            h.more.symlink_to(h.run / "theirs"),
            give(h.run / "theirs", OTHER, 0),
        ),
        "CONFIGURATION_WRITABLE",
        lambda h: h.more,
    ),
    "a socket directory of somebody else": (
        lambda h: give(h.run, OTHER, 0),
        "SOCKET_DIRECTORY",
        lambda h: h.run,
    ),
    "a socket directory that all can write": (lambda h: h.run.chmod(0o777), "SOCKET_DIRECTORY", lambda h: h.run),
    "a sticky socket directory": (lambda h: h.run.chmod(0o1777), "SOCKET_DIRECTORY", lambda h: h.run),
    "a socket that all can write": (lambda h: h.socket.chmod(0o666), "SOCKET_OPEN", lambda h: h.socket),
    "a socket of another group": (lambda h: give(h.socket, 0, OTHER), "SOCKET_OPEN", lambda h: h.socket),
    "a file in the place of the socket": (
        lambda h: (h.socket.unlink(), h.socket.touch()),
        "SOCKET_OPEN",
        lambda h: h.socket,
    ),
    "a state directory of somebody else": (lambda h: give(h.state, OTHER, 0), "STATE_DIRECTORY", lambda h: h.state),
    "a state directory that a group can write": (
        lambda h: (give(h.state, 0, OTHER), h.state.chmod(0o770)),
        "STATE_DIRECTORY",
        lambda h: h.state,
    ),
    "a record of somebody else": (lambda h: give(h.record, OTHER, 0), "STATE_FILE", lambda h: h.record),
    "a record that all can write": (lambda h: h.record.chmod(0o666), "STATE_FILE", lambda h: h.record),
}


@pytest.mark.parametrize("name", THEIRS)
def test_what_others_can_change_is_one_line_with_its_place(host, name):
    harm, code, where = THEIRS[name]
    harm(host)
    assert host.found() == [(code, str(where(host)))]


def test_a_directory_that_others_can_write_is_found_while_empty(host):
    """`include conf.d/*.conf` takes whatever is put there."""
    host.more.unlink()
    host.file.write_text(host.file.read_text() + INSTANCE.format(more=""))
    host.more.parent.chmod(0o777)
    assert host.found() == [("CONFIGURATION_WRITABLE", str(host.more.parent))]


def test_a_directory_above_is_looked_at_as_well(host):
    give(host.etc, OTHER, 0)
    codes = [code for code, _ in host.found()]
    assert codes == ["CONFIGURATION_WRITABLE"] * 3 + ["UNSAFE_SCRIPT"]


@pytest.mark.parametrize("command", ["{script}", "/bin/sh {script}", "/usr/bin/env sh {script}", "{script} -v"])
@pytest.mark.parametrize(
    ("user", "owner", "mode", "code"),
    [
        ("root", 0, 0o755, None),
        ("root", OTHER, 0o755, "UNSAFE_SCRIPT"),
        ("root", 0, 0o757, "UNSAFE_SCRIPT"),
        ("daemon", 0, 0o755, None),
        ("daemon", 1, 0o755, None),  # its own
        ("daemon", OTHER, 0o755, "SCRIPT_WRITABLE"),
        ("daemon", 0, 0o757, "SCRIPT_WRITABLE"),
    ],
)
def test_a_script_that_others_can_change_is_found(host, command, user, owner, mode, code):
    """root's scripts make root of who can write them; any check decides who is master."""
    host.write(user=user, command=command)
    give(host.script, owner, 0)
    host.script.chmod(mode)
    assert [one for one, _ in host.found()] == ([] if code is None else [code])
    assert [where for _, where in host.found()] == ([] if code is None else [f"{host.file}:6"])


def test_a_file_that_a_check_merely_reads_is_nobodys_business(host):
    host.write(command=f"/usr/bin/test -e {host.run}/flag")
    (host.run / "flag").touch()
    (host.run / "flag").chmod(0o666)
    assert host.found() == []


@pytest.mark.parametrize(("more", "mode", "noted"), [("", 0o644, False), ("PASS", 0o640, False), ("PASS", 0o644, True)])
def test_passwords_that_everybody_can_read_are_a_note(host, more, mode, noted):
    host.write("authentication {\nauth_type PASS\nauth_pass made-up1\n}" if more else "")
    host.more.chmod(mode)
    assert (("CONFIGURATION_READABLE", str(host.more)) in host.notes()) is noted


def test_an_engine_with_a_user_of_its_own_owns_both_directories(host):
    """`User=` in its unit; one of the two alone is somebody else's."""
    give(host.run, OTHER, OTHER)
    give(host.socket, OTHER, 0)
    assert {code for code, _ in host.found()} == {"SOCKET_DIRECTORY", "SOCKET_OPEN"}
    give(host.state, OTHER, OTHER)
    assert host.found() == []


def test_where_no_engine_has_run_nothing_is_found(host, tmp_path):
    host.socket.unlink()
    host.run.rmdir()
    host.record.unlink()
    host.state.rmdir()
    assert host.found() == []
