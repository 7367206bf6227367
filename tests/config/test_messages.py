"""What is said about mistakes that are often made, in the words a reader of the file can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.config_texts import Load, instance, said, script
from vrrptui.config.load import load


def lines(loaded) -> list[str]:
    """The findings as text and hint, with line and column."""
    return [f"{f.place.line}:{f.place.column} {f.text}" + (f"; {f.hint}" if f.hint else "") for f in loaded.findings]


@pytest.mark.parametrize(
    "text, meant",
    [
        (instance("virtual_address {\n10.0.0.1\n}"), "virtual_ipaddress"),
        (instance("noprempt"), "nopreempt"),
        (instance("no_preempt"), "nopreempt"),
        (instance("Priority 100"), "priority"),
        (instance("track-script {\nchk\n}"), "track_script"),
        (instance("unicast_peers {\n10.0.0.1\n}"), "unicast_peer"),
        (instance("authentification {\nauth_type PASS\n}"), "authentication"),
        (instance("advert 1"), "advert_int"),
        ("vrrp_skript chk {\n}\n" + instance(), "vrrp_script"),
        ("globals_defs {\n}\n" + instance(), "global_defs"),
        ("global_defs {\nvrrp_stricts\n}\n" + instance(), "vrrp_strict"),
        ("global_defs {\nenable_script_secutiry\n}\n" + instance(), "enable_script_security"),
        (script("intervall 2") + instance(), "interval"),
        ("track_file f {\nfile /a\nwieght 5\n}\n" + instance(), "weight"),
        ("vrrp_sync_group G {\ngroups {\nVI_1\nVI_2\n}\n}\n" + instance(), "group"),
        ("garp_group {\ngarp_intervall 1\ngna_interval 1\n}\n" + instance(), "garp_interval"),
    ],
)
def test_a_misspelt_keyword_is_told_with_the_one_it_may_be(load_text: Load, text: str, meant: str) -> None:
    hints = [finding.hint for finding in load_text(text).findings if finding.code == "unknown-keyword"]
    assert hints == [f"did you mean {meant}?"]


@pytest.mark.parametrize("word", ["nonsense", "x", "x" * 5000, "real_server"])
def test_a_word_like_no_keyword_is_told_alone(load_text: Load, word: str) -> None:
    (finding,) = load_text(instance(word)).findings if len(word) < 1000 else load_text(instance(word[:900])).findings
    assert (finding.code, finding.hint) == ("unknown-keyword", "")


@pytest.mark.parametrize(
    "word, sign, meant",
    [
        ("st\N{CYRILLIC SMALL LETTER A}te", "character 3 is U+0430 CYRILLIC SMALL LETTER A", "state"),
        ("pri\N{GREEK SMALL LETTER OMICRON}rity", "character 4 is U+03BF GREEK SMALL LETTER OMICRON", "priority"),
        ("\N{FULLWIDTH LATIN SMALL LETTER S}tate", "character 1 is U+FF53 FULLWIDTH LATIN SMALL LETTER S", "state"),
        ("priority\N{NO-BREAK SPACE}", "character 9 is U+00A0 NO-BREAK SPACE", "priority"),
        ("\N{ZERO WIDTH SPACE}priority", "character 1 is U+200B ZERO WIDTH SPACE", "priority"),
    ],
)
def test_a_sign_of_another_script_is_named(load_text: Load, word: str, sign: str, meant: str) -> None:
    (finding,) = load_text(instance(f"{word} 100")).findings
    assert finding.text.endswith(f" is no keyword here: {sign}")
    assert finding.hint == f"did you mean {meant}?"


def test_a_nested_block_and_what_is_behind_a_brace_too_many(load_text: Load) -> None:
    unclosed = instance()[:-2] + "\n" + instance(name="VI_2")
    hints = {finding.code: finding.hint for finding in load_text(unclosed).findings}
    assert hints == {
        "unknown-keyword": "is a } missing before it?",
        "open-block": "is a } missing before the next block?",
    }
    closed_too_early = instance("virtual_ipaddress {\n10.0.0.1\n}\n}", "priority 5")
    assert lines(load_text(closed_too_early)) == [
        "8:1 'priority' is no keyword here; it belongs into a block: is there a } too many before it?",
        "9:1 this } closes nothing: it is passed over; is there one too many before it?",
    ]


def test_an_instance_with_an_error_is_not_called_missing(load_text: Load) -> None:
    group = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"
    text = group + instance("advert_int 0.5") + instance("virtual_router_id 52", name="VI_2").replace(".100", ".101")
    assert [code.split()[1] for code in said(load_text(text))] == ["bad-value"]
    lost = group + instance().replace("virtual_router_id 51\n", "")
    assert [f.code for f in load_text(lost).findings] == ["unknown-member", "missing-keyword"]


def test_a_default_of_the_shell_is_named_and_the_block_is_read(load_text: Load) -> None:
    text = instance("priority 256", name="VI_${X:-51}")
    assert lines(load_text(text)) == [
        "1:1 '${X:-51}' is the shell's: keepalived knows ${NAME} alone; check the file with the value filled in",
        "7:10 priority '256' is out of range; 1 to 255",
    ]
    assert lines(load_text(instance("priority ${X}", "bogus")))[0] == "7:1 the variable 'X' is not defined"
    secret = instance("authentication {\nauth_type PASS\nauth_pass ${X:-geheim}\n}")
    assert "geheim" not in "".join(lines(load_text(secret)))


@pytest.mark.parametrize("tag", ["{{ prio }}", "{{- .Prio -}}", "<%= @prio %>", "{%100%}", "<?php echo 1 ?>"])
def test_a_template_is_named_and_the_rest_is_judged(load_text: Load, tag: str) -> None:
    text = instance(f"priority {tag}") + instance("advert_int 500", name=f"V{tag}") + instance("bogus", name="C")
    (template, value, word) = load_text(text).findings
    assert template.text == f"'{tag}' is left of a template that nothing has filled in (2 times, the last in line 9)"
    assert (value.code, value.place.line) == ("bad-value", 15)
    assert (word.code, word.place.line) == ("unknown-keyword", 23)


def test_braces_between_quotes_are_an_argument(load_text: Load) -> None:
    text = script("script \"/usr/bin/docker inspect -f '{{.State.Running}}' web\"") + instance()
    assert load_text(text).findings == ()


def test_what_is_not_run_is_told_once_with_its_number(load_text: Load) -> None:
    text = instance() + "virtual_server 10.0.0.1 80 {\ndelay_loop 6\n}\n" * 37
    (finding,) = load_text(text).findings
    assert (finding.place.line, finding.code) == (8, "not-supported-yet")
    assert finding.text.endswith(" (37 times, the last in line 116)")


@pytest.mark.parametrize(
    "keyword, text",
    [
        ("priority", instance("state MASTER", "@web1 priority 150", "@web2 priority 100")),
        ("interface", instance("@web1 interface eth0", "@web2 interface eth1").replace("interface eth0\n", "", 1)),
        ("virtual_router_id", instance("@web1 virtual_router_id 1").replace("virtual_router_id 51\n", "")),
    ],
)
def test_what_is_for_other_hosts_names_the_way_to_read_it(tmp_path: Path, keyword: str, text: str) -> None:
    path = tmp_path / "a.conf"
    path.write_text(text)
    hint = load(str(path), config_id="here").findings[0].hint
    assert hint.startswith(f"{keyword} is written for @web1")
    assert hint.endswith("alone: --config-id web1 reads the file as that host")
    assert load(str(path), config_id="web1").findings == ()


@pytest.mark.parametrize(
    "line, column",
    [
        ("@^other priority 256", 18),
        ("  @^other   priority   256", 24),
        ("priority $P", 10),
        ("  priority ${P}  # a comment", 12),
        ("$K 256", 4),
        ("@^other priority ${P} # 256", 18),
        ("unicast_peer { 10.0.0.2 ${X} bogus }", 30),
        ("unicast_peer { 10.0.0.2 ${TWO} }", 25),
        ("~SEQ(N, 1, 1) priority 256", 24),
    ],
)
def test_a_line_that_is_rewritten_keeps_its_columns(load_text: Load, line: str, column: int) -> None:
    text = "$P=256\n$K=priority\n$X=min_ttl\n$TWO=min_ttl x\n" + instance() + instance(line, name="B")
    assert [line for line in said(load_text(text)) if "error" in line] == [f"error bad-value 18:{column}"]
