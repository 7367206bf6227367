"""`vrrptui explain`: a code in sentences, or the list of codes."""

from __future__ import annotations

import io

import pytest

from vrrptui.cli.commands.explain import run
from vrrptui.segment.codes import Code


@pytest.mark.parametrize("word", ["DUAL_MASTER", "dual-master", "Dual_Master"])
def test_a_code_is_explained_however_it_is_written(word):
    out = io.StringIO()
    assert run(word, out) == 0
    lines = out.getvalue().splitlines()
    assert lines[0] == "DUAL_MASTER (critical)"
    assert [line.split("  ")[0] for line in lines if not line.startswith(" ")][1:] == ["meaning", "cause", "what to do"]


def test_an_unknown_code_is_refused_with_the_list(capsys):
    assert run("NO_SUCH\x1b[31m", io.StringIO()) == 2
    said = capsys.readouterr().err
    assert said.startswith("vrrptui: explain: no code NO_SUCH\\x1b[31m; there are: ")
    assert all(code.value in said for code in Code)
    assert said.count("\n") == 1
