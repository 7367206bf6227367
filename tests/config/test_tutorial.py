"""The tutorial's configurations are good ones, by themselves and together, and its commands are there."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from vrrptui.cli.arguments import build_parser
from vrrptui.cli.commands.check import CheckOptions, run
from vrrptui.config.load import load

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text()
FILES = dict(re.findall(r"<!-- (\w+) -->\n```\n(.*?)```", TUTORIAL, re.DOTALL))


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in FILES]


def test_both_files_are_good_and_fit_together(paths: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    status = run(paths, CheckOptions(), out, err)
    assert (list(FILES), status, out.getvalue(), err.getvalue()) == (["web1", "web2"], 0, "", "")


def test_the_second_file_differs_in_the_two_lines_that_are_told() -> None:
    one, other = (FILES[name].splitlines() for name in ("web1", "web2"))
    differing = [(a.strip(), b.strip()) for a, b in zip(one, other, strict=True) if a != b]
    assert differing == [("router_id web1", "router_id web2"), ("priority 150", "priority 100")]


def test_the_warning_about_priorities_is_the_one_that_comes(paths: list[str], tmp_path: Path) -> None:
    for path, priority in zip(paths, (100, 101), strict=True):
        Path(path).write_text(re.sub(r"priority 1\d0", f"priority {priority}", Path(path).read_text()))
    out = io.StringIO()
    assert run(paths, CheckOptions(), out, io.StringIO()) == 1
    said = out.getvalue().replace(f"{tmp_path}/web1", "web1.conf").replace(f"{tmp_path}/web2", "web2.conf")
    assert said.split() == re.search(r"(web2.conf:\d.*?)```", TUTORIAL, re.DOTALL)[1].split()


def test_keepalived_reads_the_same_files_without_our_own_lines(paths: list[str]) -> None:
    (script,) = load(paths[0], config_id="vrrptui-on-another-host").configuration.scripts
    assert (script.recover_attempts, script.on_failure) == (2, "stop")
    kept = "\n".join(line for line in FILES["web1"].splitlines() if "@vrrptui" not in line)
    Path(paths[0]).write_text(kept)
    loaded = load(paths[0])
    assert loaded.findings == ()
    assert loaded.configuration.scripts[0].recover == ()


COMMANDS = sorted(set(re.findall(r"(?:`|# |\$ )vrrptui ([a-z]+)\b", TUTORIAL)))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_that_is_named_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert f"vrrptui {command}" in capsys.readouterr().out
