"""Names with what a terminal obeys, in a configuration and on the command line: no command prints one raw."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.interop.engine_lab import configuration, instance, script, track

SIGNS = {
    "ESC": "\x1b]0;owned\x07",
    "C1": "\x9b31m",
    "bidi": "\u202e\u2066",
    "zero-width": "\u200b",
    "line separator": "\u2028",
    "delete": "\x7f",
}
BAD = "".join(SIGNS.values())
ALLOWED = {"\r", "\n"}

COMMANDS = [
    ["check", "{file}"],
    ["check", "--show", "{file}"],
    ["check", "--json", "{file}"],
    ["check", f"none{BAD}"],
    ["status"],
    ["status", "--json"],
    ["status", f"g{BAD}"],
    ["forecast", "eth0/51", "--priority", "10"],
    ["forecast", "eth0/51", "--priority", "10", "--json"],
    ["forecast", "eth0/51", "--check", f"c{BAD}=fail"],
    ["forecast", f"g{BAD}", "--without", f"r{BAD}"],
    ["announce", "eth0/51"],
    ["priority", "eth0/51", "+1"],
    ["priority", "eth0/51", f"1{BAD}"],
    ["stop", f"r{BAD}"],
    ["drain", "eth0/51", "--no-wait", "--force"],
    ["start", "eth0/51"],
    ["mute", f"chk{BAD}"],
    ["unmute", f"chk{BAD}"],
    ["mute", f"c{BAD}"],
    ["reload", f"none{BAD}"],
    ["reload"],
    ["explain", f"c{BAD}"],
    ["doctor", "-f", "{file}"],
    ["doctor", "--json", "-f", "{file}"],
    ["watch", "-i", f"e{BAD}", "-c", "1"],
    ["groups", "-r", f"none{BAD}"],
    [f"cmd{BAD}"],
    ["engine", "-f", f"none{BAD}"],
    ["cleanup", "--state-dir", f"/proc/none{BAD}"],
    ["--theme", f"none{BAD}"],
]
WITH_SOCKET = {"status", "forecast", "announce", "priority", "stop", "drain", "start", "mute", "unmute", "reload"}


def on_terminal(command: list[str]) -> str:
    """What a command prints where its streams are a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    said = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        said += data
    process.wait(timeout=20)
    os.close(master)
    return said.decode("utf-8", "replace")


@pytest.fixture
def lines(engine) -> Iterator[str]:
    text = configuration(
        script(f"chk{BAD}", f"/bin/echo {BAD}"),
        instance(f"VI{BAD}", extra=track(f"chk{BAD}") + f'    notify "/bin/echo {BAD}"\n'),
    )
    file = engine.lab.folder / "r1.conf"
    file.write_text(text)
    program = engine.start_bare("-f", str(file))
    engine.lab.wait_for(lambda: "ready:" in program.text())
    engine.lab.wait_for(lambda: engine.status().virtual_routers[0].state == "master")
    yield str(file)
    assert raw(program.text()) == []


def raw(text: str) -> list[str]:
    return sorted({repr(sign) for sign in text if not sign.isprintable() and sign not in ALLOWED})


def test_no_command_prints_one_raw(engine, lines):
    """On a terminal and into a pipe; names are such that are there and that are not."""
    for words in COMMANDS:
        command = [sys.executable, "-m", "vrrptui", *(word.format(file=lines) for word in words)]
        if words[0] in WITH_SOCKET:
            command += ["--socket", str(engine.path)]
        piped = subprocess.run(command, capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
        said = (piped.stdout + piped.stderr).decode("utf-8", "replace")
        assert "Traceback" not in said, words
        assert said or words == ["check", "{file}"], words  # which is good
        if words[:2] != ["check", "--show"]:  # which is to be read again
            assert raw(said) == [], words
        if words[0] != "--theme":
            terminal = on_terminal(command)
            assert raw(terminal) == [], words
