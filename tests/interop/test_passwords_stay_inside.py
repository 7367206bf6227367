"""A marked password of each kind of authentication is in no output: socket, status, history, log, check, core file."""

from __future__ import annotations

import base64
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import configuration, instance
from vrrptui.control import codec
from vrrptui.control.messages import Adverts, FromEngine, Subscribe

MARK = "q7Zmark"


def with_authentication(*lines: str) -> str:
    text = "\n".join(lines)
    return instance(interval=1).rstrip().removesuffix("}") + f"\nversion 2\nauthentication {{\n{text}\n}}\n}}\n"


FORMS = {
    "PASS": with_authentication("auth_type PASS", f"auth_pass {MARK}"),
    "AH": with_authentication("auth_type AH", f"auth_pass {MARK}"),
    "PASS, too long": with_authentication("auth_type PASS", f"auth_pass {MARK}{MARK}"),
    "PASS, cut": with_authentication("auth_type PASS", f"auth_pass {MARK}#{MARK}"),
}
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


def marked(data: bytes) -> bool:
    """Whether the mark, as it is or as a part of base64, is in it."""
    pieces = {base64.b64encode(b"\0" * before + MARK.encode())[-8:-4] for before in range(3)}
    return MARK.encode() in data or any(piece in data for piece in pieces if len(piece) == 4 and b"A" not in piece)


@pytest.mark.parametrize("form", FORMS)
def test_an_engine_gives_it_to_nobody(engine, form):
    program = engine.start(FORMS[form])
    engine.wait_until("master")
    messages = heard(engine.path, 2.5)
    frames = [one.frame for message in messages if isinstance(message, Adverts) for one in message.heard]
    assert frames
    assert not [frame for frame in frames if MARK.encode() in frame]
    assert not [message for message in messages if MARK.encode() in codec.encode(message)]
    for words in (("status",), ("status", "--json"), ("reload",), ("forecast", "VI_1", "--priority", "10", "--json")):
        done = engine.cli(*words)
        assert not marked((done.stdout + done.stderr).encode()), words
    with Path(f"/proc/{program.pid}/limits").open() as limits:
        assert [line.split()[4] for line in limits if line.startswith("Max core file size")] == ["0"]
    program.end()
    assert not marked(program.text().encode())
    kept = [path for path in engine.lab.folder.rglob("*") if path.is_file() and path.suffix not in (".conf", ".pcap")]
    assert [path for path in kept if "state" in str(path) or "r1" in path.parts]
    assert [path.name for path in kept if marked(path.read_bytes())] == []


@pytest.mark.parametrize("form", [*FORMS, *WRONG])
def test_what_check_and_a_refused_reload_say_does_not_repeat_it(engine, form):
    text = FORMS.get(form) or with_authentication(*WRONG[form])
    file = engine.lab.folder / "checked.conf"
    file.write_text(configuration(text))
    for words in (("check", str(file)), ("check", "--json", str(file)), ("check", "--show", str(file))):
        done = engine.lab.shell("r1", f"{sys.executable} -m vrrptui {' '.join(words)} 2>&1", check=False)
        assert str(file) in done or (form in FORMS and not done)
        assert "Traceback" not in done
        assert not marked(done.encode()), done
