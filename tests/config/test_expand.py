"""Conditions, variables, sequences and lists: what a line becomes, as keepalived 2.2.7 was seen to read it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from vrrptui.config.findings.report import Report
from vrrptui.config.language.expand import STEPS_MAX, Expander
from vrrptui.config.language.lexer import lines
from vrrptui.config.load import load

# What is written, and the first words of the lines that it becomes on a host named h1.
EXPANSIONS = {
    "$A=alpha\nw-$A-x": ["w-$A-x"],
    "$A=alpha\nw-${A}-x\nw-$A": ["w-alpha-x", "w-alpha"],
    "$A=alpha\n$B=${A}beta\nw-${B}": ["w-alphabeta"],
    "$B=${A}beta\n$A=1\nw${B}\n$A=2\nw${B}": ["w1beta", "w2beta"],
    "$E=\nw-${E}-x": ["w--x"],
    "$SP = x": ["$SP"],
    "  $IND=indented   \nw-${IND}-": ["w-indented-"],
    "$V=   x\nw-${V}-": ["w-x-"],
    "$C=w # comment\n${C}-x": ["w-x"],
    "$O=w#x\n${O}y": ["wy"],
    "$A=alpha\nw-$$A\nw-$A$A": ["w-$alpha", "w-$Aalpha"],
    "$A=alpha\nw-$A\ttab": ["w-alpha"],
    "$1=w": ["$1=w"],
    "$a-b=w": ["$a-b=w"],
    "$W=one\n$W=two\nw-${W}": ["w-two"],
    "$_X=own\nw-${_X}": ["w-own"],
    "@h1 w1\n@h2 w2\n@^h1 w3\n@^h2 w4\n@h1\n@h1\tw5\n@^ w6\n@ w7": ["w1", "w4", "w5", "w6"],
    "@h1 $P=240\n@h2 $P=200\nw-$P": ["w-240"],
    "$IF=@h1\n$IF w1\n$IF=@h2\n$IF w2": ["w1"],
    "~SEQ(N,1,3) w${N}": ["w1", "w2", "w3"],
    "~SEQ(N,3,1) w${N}": ["w3", "w2", "w1"],
    "~SEQ(N,2,2,6) w${N}": ["w2", "w4", "w6"],
    "~SEQ(N,2) w${N}": ["w1", "w2"],
    "~SEQ(N,-2) w${N}": ["w-1", "w-2"],
    "~SEQ(N,0) w${N}": ["w1", "w0"],
    "~SEQ(N,5,5) w${N}": ["w5"],
    "~SEQ(N,5,-2,2) w${N}": ["w5", "w3"],
    "~SEQ(N,1,5,2) w${N}": ["w1"],
    "~SEQ(N,010,9) w${N}": ["w8", "w9"],
    "~SEQx(N,0x0e,0x10) w${N}": ["we", "wf", "w10"],
    "~SEQx(N,8,12) w${N}": ["w8", "w9", "wa", "wb", "wc"],
    "~SEQ( N , 1 , 2 ) w${N}\n~SEQ (N,1,2)v${N}": ["w1", "w2", "v1", "v2"],
    "~SEQ(N,1,2)~SEQ(M,1,2) w${N}-${M}": ["w1-1", "w1-2", "w2-1", "w2-2"],
    "~LST(L,a,b , c) w${L}": ["wa", "wb", "wc"],
    "~LST({I,J},{1,2},{3,4}) w${I}-${J}": ["w1-2", "w3-4"],
    "~LST({I,J},{1},{3,4}) w${I}-${J}": ["w1-", "w3-4"],
    "~LST(L,a,b)~SEQ(N,1,2) w${L}${N}": ["wa1", "wa2", "wb1", "wb2"],
    "$D=~SEQ(N,1,2)\n$D w${N}": ["w1", "w2"],
    "$I= \\\n w1-${N} \\\n  @h1 w2 \\\n @h2 w3 \\\n w4 # comment \\\n w5\n$N=0\n$I\n$N=1\n${I}": [
        *("w1-0", "w2", "w4", "w5"),
        *("w1-1", "w2", "w4", "w5"),
    ],
    "$J=abc \\\nw9\nw-${J}\n$J tail": ["w-abc", "w9", "$J"],
    "$J=a\\\nb\n$K=\\\n$N=7 \\\n$J \\\nw-${N}\n$K": ["a", "b", "w-7"],
    "$J=w${N}\\\nb\n~SEQ(N,3,4) $J": ["w3", "b", "w4", "b"],
    "$L=\\\nw1 \\\n\n$L": ["w1"],
    "$L= \\\n\nw1\n$L": ["w1"],
    "$M= \\\nw1 \\\n# comment\nw2 \\\nw3\n$M": ["w1", "w2", "w3"],
    "$R= \\\n ~SEQ(Z,1,2) w${Z} \\\n w3\n$R": ["w1", "w2", "w3"],
    "w-${_INSTANCE}-": ["w-h1-"],
    '"w ${_BANG} x"': ["w ! x"],
    '$Q="a b"\n${Q}': ["a b"],
    '$O="quo # ted"\n${O}': ["quo # ted"],
}
REFUSED = {
    '~LST(L, "x y", z) w${L}': "bad-sequence",
    "~LST(L, x y, z) w${L}": "bad-sequence",
    "~LST({I,J},{1,2,3}) w": "bad-sequence",
    "~LST(L) w${L}": "bad-sequence",
    "~SEQ(N,1,0,3) w": "bad-sequence",
    "~SEQ(N) w": "bad-sequence",
    "~SEQ() w": "bad-sequence",
    "~SEQ(N,a,9) w": "bad-sequence",
    "~SEQ(N,1.5,2) w": "bad-sequence",
    "~SEQ(N,1,2 w": "bad-sequence",
    "~SEQx(N,-2,1) w": "bad-sequence",
    "w-${UNDEFINED}": "undefined-variable",
    "@h1 @h1 w": "bad-condition",
    "w \\\nv": "continued-line",
    '"w \\\n v"': "open-quote",
}
# keepalived reads these for ever.
BOMBS = {
    "itself": "$A=${A}\nw${A}",
    "itself and more": "$A=${A}x\nw${A}",
    "each other": "$A=$B\n$B=$A\n$A",
    "doubling": "$A="
    + "x" * 9
    + "\n"
    + "".join(f"${b}=${{{a}}}${{{a}}}\n" for a, b in zip("ABCDEFGH", "BCDEFGHI", strict=True))
    + "$I",
    "lines of itself": "$A=a \\\n$A\n$A",
    "sequences": "~SEQ(A,1,1000000)~SEQ(B,1,1000000)~SEQ(C,1,1000000) w",
    "lines of lines": "$A=a\\\na\n"
    + "".join(f"${b}=${a} \\\n${a}\n" for a, b in zip("ABCDEFGHIJKLMNOPQ", "BCDEFGHIJKLMNOPQR", strict=True))
    + "$R",
}


def expanded(text: str, environment: dict[str, str] | None = None) -> tuple[list[str], list[str]]:
    """The lines that `text` becomes on the host h1, and the codes of what is wrong with it."""
    report = Report()
    expander = Expander("h1", environment or {}, report)
    found = [line for content, place in lines(text, "f", report) for line in expander.expand(content, place, "/etc/x")]
    return found, [finding.code for finding in report.findings]


def first_word(line: str) -> str:
    return line.split('"')[1] if line.startswith('"') else line.split()[0]


@pytest.mark.parametrize("text", EXPANSIONS)
def test_a_line_becomes_what_it_stands_for(text: str) -> None:
    found, codes = expanded(text)
    assert codes == []
    assert [first_word(line) for line in found] == EXPANSIONS[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_line_that_stands_for_nothing_is_refused(text: str) -> None:
    assert REFUSED[text] in expanded(text)[1]


@pytest.mark.parametrize("name", BOMBS)
def test_a_few_lines_never_stand_for_millions(name: str) -> None:
    found, codes = expanded(BOMBS[name])
    assert codes in (["too-large"], ["line-too-long"])
    assert len(found) <= STEPS_MAX + 1000


def test_many_lines_may_have_a_variable_each() -> None:
    """As in a generated file; keepalived has no limit."""
    found, codes = expanded("$A=w\n" + "$A $A ${A}\n" * STEPS_MAX)
    assert (set(found), codes) == ({"w w w"}, [])


def test_a_line_for_vrrptui_alone_is_read_on_every_host() -> None:
    assert expanded("@vrrptui w1\n@^vrrptui w2") == (["w1"], [])


def test_the_folder_of_the_file_and_the_environment_are_known() -> None:
    assert expanded("w ${_PWD}/x ${_ENV HOME}", {"HOME": "/root"}) == (["w /etc/x/x /root"], [])


def test_a_variable_of_the_shell_stays_between_quotes() -> None:
    assert expanded('script "/x ${HOME} $1"') == (['script "/x ${HOME} $1"'], [])


@pytest.mark.netns
@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="keepalived's check needs root")
@pytest.mark.parametrize("texts", [EXPANSIONS], ids=["all"])
def test_keepalived_reads_the_same_lines(texts: dict[str, list[str]], tmp_path: Path) -> None:
    for number, text in enumerate(texts):
        (tmp_path / f"{number:03}.conf").write_text(text + "\n")
    inside = 'for f in *.conf; do timeout 10 keepalived -t -l -i h1 -f "$f" >"$f.out" 2>&1; done; true'
    subprocess.run(["unshare", "-n", "sh", "-c", inside], cwd=tmp_path, check=True, timeout=60)
    differ = {}
    for number, (text, expected) in enumerate(texts.items()):
        said = (tmp_path / f"{number:03}.conf.out").read_text()
        # Each word is unknown, and is said to be; the check reads the file more than once.
        words = [line.partition("keyword '")[2][:-1] for line in said.splitlines() if line.startswith("(Line")]
        if words != expected:
            differ[text] = words
    assert differ == {}


def test_the_condition_is_the_host_s_name_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text(f"@{os.uname().nodename.partition('.')[0]} nonsense\n@other rubbish\n")
    assert [finding.text for finding in load(str(path)).findings] == ["'nonsense' is no keyword here"]
    assert [finding.text for finding in load(str(path), "other").findings] == ["'rubbish' is no keyword here"]
