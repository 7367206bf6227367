"""Any text at all, and valid files with something changed, give findings and nothing else, and soon."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.config_texts import AUTH, EVERYTHING, IPV6, instance, script
from vrrptui.config.lint import script_safety
from vrrptui.config.lint.peers import compare
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Loaded
from vrrptui.config.render.instances import show

WHOLE = (
    "global_defs {\nrouter_id r\nvrrp_version 3\nscript_user a b\nvrrp_garp_master_refresh 9\n}\n"
    + script("interval 3", "weight -5", "script \"/x 'a b'\"")
    + instance(
        *("state MASTER", "priority 7", "nopreempt", "track_script {\nchk weight 2\n}", "notify /x"),
        *("unicast_peer {\n10.0.0.2\n}", "advert_int 0.5", AUTH, "include *.none"),
    )
    + instance(IPV6, "track_interface {\neth1 weight 3\n}", name="VI_6")
)
SIGNS = (
    *("{", "}", '"', "'", "\\", "#", "!", "@a", "@vrrptui", "$A=1", "$A=$A \\\n", "$A", "${A}", "${_PWD}", "${_HASH}"),
    *(
        "~SEQ(A,1)",
        "~SEQ(A,1,99999)",
        "~SEQx(B,0,9)",
        "~LST({A,B},{1,2})",
        "include *",
        "include {a,b}*",
        "\0",
        "\x1b",
        "é",
    ),
)
PIECES = sorted({*WHOLE.split(), *EVERYTHING.split(), *SIGNS})
ROUTER = (
    "vrrp_instance A{0}.{1}.{2} {{\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress {{\n10.{0}.{1}.{2}\n}}\n}}\n"
)


LARGE_BYTES = 128 << 10  # 2,000 routers need ten times as much, and may take some seconds
NOISY = 3  # a second is what is asked for; what else runs on the same core makes even processor time longer


def loaded_in_time(text: bytes) -> Loaded:
    with tempfile.TemporaryDirectory() as folder:  # one of its own, as `include *` is drawn, too
        file = Path(folder, "keepalived.conf")
        file.write_bytes(text)
        started = time.process_time()
        loaded = load(str(file))
        if loaded.configuration:
            show(loaded.configuration)
            compare([loaded.configuration, replace(loaded.configuration, file="other")])
            script_safety.findings(loaded.configuration)
        assert time.process_time() - started < NOISY * 1
    assert (loaded.configuration is None) == any(f.level.value == "error" for f in loaded.findings)
    for finding in loaded.findings:
        assert finding.text.isprintable()
        assert finding.hint.isprintable()
        assert finding.place.line >= 1
        assert finding.place.column >= 1
    return loaded


def test_the_file_that_is_changed_here_is_a_good_one() -> None:
    errors = [f for f in loaded_in_time(WHOLE.encode()).findings if f.level.value == "error"]
    assert errors == []


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_give_findings(text: bytes) -> None:
    loaded_in_time(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", "\n"])), max_size=60))
def test_any_words_give_findings(words: list[tuple[str, str]]) -> None:
    loaded_in_time("".join(word + gap for word, gap in words).encode())


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_good_file_with_something_changed_gives_findings(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from([WHOLE, EVERYTHING])).split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        words = lines[at].split(" ")
        where = data.draw(st.integers(0, len(words) - 1))
        words[where : where + data.draw(st.integers(0, 1))] = [data.draw(st.sampled_from(PIECES) | st.text(max_size=9))]
        lines[at] = " ".join(words)
    loaded_in_time("\n".join(lines).encode("utf-8", "surrogateescape"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *("\n", "a\n", "a{}\n", "@\n", "a " * 500 + "\n", 'a "b\n', "#", "x" * 1000 + "\n", "include x*\n", "{", "}"),
        *("\r", "$A=b\n", "@x y\n", "~SEQ(A,1,9) x\n", "$A= \\\n$A \\\n", "x $A ${B}\n", "@vrrptui ~LST(a,b) c\n"),
        "include {a,b,c,d}{a,b,c,d}*\n",
    ],
    ids=range(19),
)
def test_a_large_file_is_answered_in_time(unit: str) -> None:
    loaded_in_time((unit * (LARGE_BYTES // len(unit))).encode())


@pytest.mark.slow
@pytest.mark.parametrize(
    "head, line",
    [
        ("vrrp_instance A {\nvirtual_ipaddress {\n", "10.{0}.{1}.{2}/24 dev eth0\n"),
        ("vrrp_instance A {\nunicast_peer {\n", "10.{0}.{1}.{2}\n"),
        ("vrrp_instance A {\ntrack_script {\n", "s{0}.{1}.{2} weight 1\n"),
        ("vrrp_script A {\n", "script \"/x 'a b' {0} {1} {2}\"\n"),
        ("", ROUTER),
        ("vrrp_sync_group G {\ngroup {\n", "r{0}.{1}.{2} s{0}.{1}.{2}\n"),
        ("static_routes {\n", "10.{0}.{1}.{2} via 10.0.0.2\n"),
        ("interface_up_down_delays {\n", "e{1}.{2} 1 2\n"),
        ("", "track_file {0}.{1}.{2} {{\nfile /x\n}}\n"),
    ],
    ids=["addresses", "peers", "tracked scripts", "commands", "routers", "members", "routes", "delays", "files"],
)
def test_thousands_of_good_lines_are_answered_in_time(head: str, line: str) -> None:
    body = "".join(line.format(n >> 16, n >> 8 & 255, n & 255) for n in range(1, 2500))
    loaded_in_time((head + body + "}\n" * head.count("{")).encode())
