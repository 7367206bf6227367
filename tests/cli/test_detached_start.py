"""A detached engine that does not start: the console shows the reason, and no errors of earlier starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from vrrptui.cli.commands.start import NotStartedError, Observed, start_detached

WRONG = "vrrp_instance VI {\n interface lo\n virtual_router_id 300\n virtual_ipaddress {\n 192.0.2.1\n }\n}\n"


def refused(folder: Path, name: str) -> str:
    """What a start with this configuration file says; the file cannot be run."""
    file = folder / name
    file.write_text(WRONG)
    with pytest.raises(NotStartedError) as raised:
        start_detached(folder / "s", folder / "state", str(file), Observed())
    return str(raised.value)


@pytest.mark.slow
def test_each_start_tells_its_own_errors(tmp_path):
    first = refused(tmp_path, "first.conf")
    assert first.startswith(f"{tmp_path}/first.conf:")
    assert refused(tmp_path, "first.conf") == first
    assert refused(tmp_path, "second.conf") == first.replace("first.conf", "second.conf")
    log = (tmp_path / "state" / "engine.log").read_text()
    assert (log.count("first.conf"), log.count("second.conf")) == (
        2 * first.count("first.conf"),
        first.count("first.conf"),
    )


def test_an_engine_that_says_nothing_is_told_with_how_it_ended(tmp_path, monkeypatch):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "engine.log").write_text("vrrptui: engine: an old complaint\n")
    command = ["/bin/sh", "-c", f"kill -{int(signal.SIGKILL)} $$"]
    monkeypatch.setattr("vrrptui.children.module_command", lambda *_: command)
    said = refused(tmp_path, "any.conf")
    assert said == f"the engine was ended by signal 9 before it was ready; see {tmp_path}/state/engine.log"


@pytest.mark.parametrize("kind", ["a FIFO", "a directory"])
def test_a_log_that_is_none_is_one_line(tmp_path, kind):
    (tmp_path / "state").mkdir()
    log = tmp_path / "state" / "engine.log"
    if kind == "a FIFO":
        os.mkfifo(log)
    else:
        log.mkdir()
    assert refused(tmp_path, "any.conf").startswith(f"cannot write in {tmp_path}/state: ")
