"""`vrrptui check`: one line per finding, one JSON object, and the exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.config.config_texts import instance
from vrrptui.cli.commands.check import CheckOptions, run


def check(*files: Path | str, **options: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run([str(file) for file in files], CheckOptions(**options), out, err)
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.conf"
    path.write_text(instance())
    return path


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    path = tmp_path / "warned.conf"
    path.write_text(instance("debug 2"))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.conf"
    path.write_text(instance("priority 256"))
    return path


def test_a_good_file_says_nothing(good: Path) -> None:
    assert check(good) == (0, "", "")


def test_a_warning_is_a_line_with_its_place(warned: Path) -> None:
    status, out, err = check(warned)
    assert (status, err) == (1, "")
    assert out.startswith(f"{warned}:7:1: warning: 'debug' is not supported yet")
    assert out.count("\n") == 1


def test_an_error_is_a_line_with_its_place_and_a_hint(bad: Path) -> None:
    assert check(bad) == (2, f"{bad}:7:10: error: priority '256' is out of range; 1 to 255\n", "")


def test_the_worst_file_decides(good: Path, warned: Path, bad: Path) -> None:
    assert [check(*files)[0] for files in ([good, warned], [warned, bad, good], [good, good])] == [1, 2, 0]


def test_a_file_that_cannot_be_read_is_an_error_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "missing.conf"
    assert check(path) == (2, "", f"vrrptui: '{path}' cannot be read: No such file or directory\n")


def test_json_is_one_object_with_every_file(good: Path, bad: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.conf"
    status, out, err = check(good, bad, missing, as_json=True)
    found: dict[str, Any] = json.loads(out)
    assert status == 2
    assert out.count("\n") == 1
    assert err.startswith("vrrptui: ")
    assert [(file["file"], file["result"]) for file in found["files"]] == [
        (str(good), "good"),
        (str(bad), "errors"),
        (str(missing), "errors"),
    ]
    assert found["files"][1]["findings"] == [
        {
            "level": "error",
            "file": str(bad),
            "line": 7,
            "column": 10,
            "code": "bad-value",
            "text": "priority '256' is out of range",
            "hint": "1 to 255",
        }
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_no_control_character_comes_out(tmp_path: Path, as_json: bool) -> None:
    path = tmp_path / "\x1b[31m\udcff.conf"
    path.write_bytes(instance("\x1b]0;x\x07 y").encode())
    status, out, err = check(path, tmp_path / "\x1b", as_json=as_json)
    assert status == 2
    assert all(char.isprintable() or char == "\n" for char in out + err)
    (out + err).encode()


def test_a_condition_is_read_as_the_host_does_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("@web1 nonsense\n" + instance())
    assert check(path, config_id="web1")[0] == 1
    assert check(path, config_id="web2")[0] == 0


def test_what_is_in_force_is_shown_and_errors_go_to_stderr(warned: Path, bad: Path) -> None:
    status, out, err = check(warned, bad, show=True)
    assert status == 2
    assert f"    debug 2 ! {warned}:7\n" in out
    assert err.startswith(f"{warned}:7:1: warning: ")
    assert f"{bad}:7:10: error: " in err


def test_several_files_are_held_against_each_other(tmp_path: Path, good: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text(instance("priority 150", "advert_int 2"))
    status, out, _ = check(good, other)
    text = f"{other}:8:12: warning: 'VI_1' in {good} has advert_int 1, here it is 2; one advert_int on all routers\n"
    assert (status, out) == (1, text)


def test_a_script_that_others_can_change_is_told(tmp_path: Path) -> None:
    command = tmp_path / "check.sh"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o757)
    path = tmp_path / "a.conf"
    path.write_text("global_defs {\nscript_user root\n}\n" + instance(f"notify {command}"))
    status, out, _ = check(path)
    assert status == 1
    assert f"a.conf:10:8: warning: '{command}' is not safe to run as root: " in out


def test_errors_alone_are_told_and_count_when_asked(warned: Path, bad: Path) -> None:
    assert check(warned, errors_only=True) == (0, "", "")
    status, out, _ = check(warned, bad, errors_only=True, as_json=True)
    assert status == 2
    assert [file["result"] for file in json.loads(out)["files"]] == ["good", "errors"]


@pytest.mark.parametrize(("text", "status"), [(instance(), 0), (instance("debug 2"), 1), (instance("priority 256"), 2)])
def test_standard_input_is_read(text: str, status: int) -> None:
    command = [sys.executable, "-m", "vrrptui", "check", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == status
    assert done.stdout.startswith("-:7:") == bool(status)


def test_standard_input_may_be_a_file_and_is_read_once(tmp_path: Path, warned: Path) -> None:
    command = [sys.executable, "-m", "vrrptui", "check", "--errors-only", "-"]
    with warned.open() as file:
        assert subprocess.run(command, stdin=file, capture_output=True).returncode == 0
    (tmp_path / "-").write_text("nonsense\n")
    done = subprocess.run([*command[:4], "-"], input="include -\n", capture_output=True, text=True, cwd=tmp_path)
    assert "'nonsense' is no keyword here" in done.stdout, "an include of that name is a file"


@pytest.mark.parametrize("text", ["", "# a comment\n", "global_defs {\n}\n"])
def test_a_file_without_an_instance_is_no_good_one(tmp_path, text):
    """A full disk leaves an empty file, and an engine that runs routers refuses it."""
    file = tmp_path / "empty.conf"
    file.write_text(text)
    out = io.StringIO()
    assert run([str(file)], CheckOptions(), out, io.StringIO()) == 1
    assert out.getvalue().startswith(f"{file}:1:1: warning: no vrrp_instance: ")
