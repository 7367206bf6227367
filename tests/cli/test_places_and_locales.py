"""Commands in an environment that lacks what they usually find: folders, a home, an encoding."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rights import TWO_USERS
from vrrptui.console.text.signs import in_ascii, locale_lacks_signs

VRRPTUI = [sys.executable, "-m", "vrrptui"]
COMMANDS = [
    ["status"],
    ["stop", "VI_1"],
    ["forecast", "VI_1", "--priority", "5"],
    ["reload"],
    ["shutdown"],
    ["priority", "VI_1", "+5"],
]


def isolated() -> list[str]:
    """A mount namespace in which no folder for temporary files can be written to, as a user without a home."""
    if not TWO_USERS or shutil.which("setpriv") is None:
        pytest.skip("needs root, to be two users, and setpriv")
    mounts = "mount -t tmpfs -o ro none /tmp && mount -t tmpfs -o ro none /var/tmp && cd / && "
    return ["unshare", "-m", "sh", "-c", mounts + 'exec setpriv --reuid 12345 --clear-groups "$@"', "sh"]


@pytest.mark.netns
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_without_a_writable_folder_it_is_one_line_and_exit_2(words):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([*isolated(), *VRRPTUI, *words], capture_output=True, text=True, env=environment, timeout=30)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"vrrptui: {words[0]}: no engine answers on /tmp/vrrptui-12345/vrrptui/engine.sock")
    assert done.stderr.count("\n") == 1


def test_in_a_folder_that_is_gone_a_command_is_one_line(tmp_path):
    gone = tmp_path / "gone"
    inside = f'mkdir {gone}; cd {gone}; rmdir {gone}; exec "$@"'
    words = [*VRRPTUI, "reload", "a.conf"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(["sh", "-c", inside, "sh", *words], capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "environment, encoding, lacking",
    [
        ({"LC_ALL": "C"}, "utf-8", True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", True),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "utf-8", True),
        ({"LANG": "de_DE@euro"}, "iso8859-15", True),
        ({"LANG": "ja_JP.eucJP"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "", "LANG": "en_US.utf8"}, "utf-8", False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, "utf-8", False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, "utf-8", False),
        ({"LANG": "xx_XX.nonsense"}, "utf-8", True),
        ({}, "utf-8", False),
        ({}, "ascii", True),
    ],
)
def test_signs_follow_the_locale(environment, encoding, lacking):
    assert locale_lacks_signs(environment, encoding) is lacking


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LANG": "C"}, {"LANG": "de_DE.ISO-8859-1"}])
@pytest.mark.parametrize("words", [["check", "{}"], ["check", "--json", "{}"], ["config"], ["explain", "DUAL_MASTER"]])
def test_what_is_printed_is_ascii_then(tmp_path, locale, words):
    path = tmp_path / "a.conf"
    path.write_text(
        "vrrp_instance \N{CYRILLIC SMALL LETTER A}\N{GRINNING FACE} {\npriorit\u00fd 5\n}\n" + "x" * 200 + "\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("LANG", "LC_ALL", "LC_CTYPE")} | locale
    done = subprocess.run([*VRRPTUI, *(w.format(path) for w in words)], capture_output=True, env=environment)
    assert done.returncode in (0, 2)
    assert (done.stdout + done.stderr).isascii()
    assert b"Traceback" not in done.stderr
    if "--json" in words:
        import json

        texts = [finding["text"] for finding in json.loads(done.stdout)["files"][0]["findings"]]
        assert any("\u0430\U0001f600" in text for text in texts), "JSON's escapes lose nothing"


def test_what_the_handler_makes_of_signs():
    text = "▲ ü \udcff 😀"
    import codecs

    codecs.register_error("test-in-ascii", in_ascii)
    assert text.encode("ascii", "test-in-ascii") == b"! \\u00fc \xff \\ud83d\\ude00"


def test_the_configuration_is_shown_as_it_is_written(tmp_path):
    path = tmp_path / "a.conf"
    text = "global_defs {\nrouter_id K\u00fcche\n}\n"
    path.write_text(text)
    done = subprocess.run([*VRRPTUI, "check", "--show", path], capture_output=True, env=os.environ | {"LC_ALL": "C"})
    assert "router_id K\u00fcche".encode() in done.stdout


@pytest.mark.parametrize("option", [["--socket", "{}/a/b/engine.sock"], ["--state-dir", "{}/a/b/state"]])
def test_an_engine_makes_no_folders_for_a_mistyped_path(tmp_path, option):
    given = [word.format(tmp_path) for word in option]
    done = subprocess.run([*VRRPTUI, "engine", "-i", "lo", *given], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr == f"vrrptui: engine: directory {tmp_path}/a/b does not exist: create it, or correct the path\n"
    assert list(tmp_path.iterdir()) == []
