"""Text to statements: comments, quotes, braces, and what is refused rather than misread."""

from __future__ import annotations

import pytest

from tests.config.config_texts import Load, instance, router, said, script
from vrrptui.config.findings.report import FINDINGS_MAX
from vrrptui.config.language.lexer import LINE_MAX, split_command
from vrrptui.config.language.tree import DEPTH_MAX, WORDS_MAX


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "vrrp_instance A { interface eth0\nvirtual_router_id 5\nvirtual_ipaddress { 10.0.0.9 }\n}",
            id="a brace in the middle of a line",
        ),
        pytest.param(
            "vrrp_instance A\n{\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress\n{\n10.0.0.9\n}\n}\n",
            id="braces on lines of their own",
        ),
        pytest.param(
            "vrrp_instance A{\ninterface eth0\nvirtual_ipaddress{\n10.0.0.9}virtual_router_id 5\n}",
            id="braces without blanks",
        ),
        pytest.param(
            "\r\n \t vrrp_instance \t A{\r\n\tinterface\teth0\r\nvirtual_router_id 5\r\n"
            "virtual_ipaddress {\r\n10.0.0.9\r\n}}",
            id="tabs and carriage returns",
        ),
        pytest.param(
            "# a {\n! b }\nvrrp_instance A { # }\ninterface eth0! x\nvirtual_router_id 5#6\n"
            "virtual_ipaddress {\n10.0.0.9 # last\n}\n}",
            id="comments",
        ),
        pytest.param(
            '"vrrp_instance" "A" {\ninterface "eth0"\nvirtual_router_id "5"\nvirtual_ipaddress {\n"10.0.0.9"\n}\n}',
            id="quotes",
        ),
    ],
)
def test_a_layout_does_not_matter(load_text: Load, text: str) -> None:
    loaded = load_text(text)
    assert said(loaded) == []
    assert (router(loaded).name, router(loaded).interface, router(loaded).vrid) == ("A", "eth0", 5)


@pytest.mark.parametrize(
    "line, code, place",
    [
        ("priority ${PRIO}", "undefined-variable", "7:1"),
        ("priority ${_RANDOM 1 9}", "random-value", "7:1"),
        ("priority ${_ENV NOT_SET_ANYWHERE}", "undefined-variable", "7:1"),
        ("~SEQ(X,1) priority ${Y}", "undefined-variable", "7:1"),
        ("~SEQ(X,3,1,1) priority 1", "bad-sequence", "7:1"),
        ("@^x @^x priority 1", "bad-condition", "7:1"),
        ("priority \\", "continued-line", "7:1"),
        ("notify_master a${_HASH}b", "escaped-comment", "7:1"),
        ('notify_master "/x', "open-quote", "7:1"),
        ('notify_master "a" b"', "open-quote", "7:1"),
        ('notify_master "a\\"b"', "open-quote", "7:20"),
        ("notify_master a\\#b", "escaped-comment", "7:16"),
        ("notify_master " + "x" * LINE_MAX, "line-too-long", "7:1"),
        ("priority 1\0", "bad-byte", "7:1"),
    ],
)
def test_a_line_that_could_be_misread_is_refused_at_its_place(
    load_text: Load, line: str, code: str, place: str
) -> None:
    loaded = load_text(instance(line))
    assert said(loaded) == [f"error {code} {place}"]
    assert loaded.configuration is None


def test_a_dollar_sign_without_a_variable_is_itself(load_text: Load) -> None:
    password = "authentication {\nauth_type PASS\nauth_pass a$b$c$$\n}"
    assert router(load_text(instance(password))).auth_password == b"a$b$c$$"


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param(instance() + "}\n" + instance("priority 256", name="B"), "error bad-value 15:10", id="one } more"),
        pytest.param(instance().rstrip("}\n"), "error open-block 1:20", id="one } too few"),
        pytest.param("{\n}\n", "error unexpected-brace 1:1", id="a block of nothing"),
        pytest.param("global_defs {\n{\n}\n}\n", "error unexpected-brace 2:1", id="a block in a block"),
        pytest.param("a {\n}\n{\n}\n", "error unexpected-brace 3:1", id="a second block"),
        pytest.param("global_defs { " * (DEPTH_MAX + 1), f"error too-deep 1:{14 * DEPTH_MAX + 13}", id="too deep"),
    ],
)
def test_braces_that_do_not_pair_are_an_error_at_their_place(load_text: Load, text: str, expected: str) -> None:
    loaded = load_text(text)
    assert expected in said(loaded)
    assert loaded.configuration is None


@pytest.mark.parametrize(
    "text, words",
    [
        ("", ()),
        ("/bin/a b  c", ("/bin/a", "b", "c")),
        ("a 'b c' \"d e\"", ("a", "b c", "d e")),
        ("a'b c'd", ("ab cd",)),
        ("a '' b", ("a", "", "b")),
        (r"a\ b \"c\"", ("a b", '"c"')),
        (r"\x41\x2f \101\57 \t\n\E \cA", ("A/", "A/", "\t\n\x1b", "\x01")),
        (r"'it\'s' \z\\", ("it's", "z\\")),
        (r"\xff", ("\udcff",)),
    ],
)
def test_a_command_is_split_as_a_shell_would(text: str, words: tuple[str, ...]) -> None:
    assert split_command(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "a \\"])
def test_a_command_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not closed|escapes nothing"):
        split_command(text)


@pytest.mark.parametrize(
    "limit, line",
    [pytest.param("WORDS_MAX", "a b\n", id="words"), pytest.param("CHARACTERS_MAX", "x" * 100 + "\n", id="characters")],
)
def test_a_configuration_that_is_too_large_is_refused(
    load_text: Load, monkeypatch: pytest.MonkeyPatch, limit: str, line: str
) -> None:
    monkeypatch.setattr(f"vrrptui.config.language.tree.{limit}", 1000)
    loaded = load_text("global_defs {\n" + line * 501 + "}\n")
    assert "too-large" in [finding.code for finding in loaded.findings]
    assert loaded.configuration is None


@pytest.mark.slow
def test_a_site_of_two_thousand_routers_is_read(load_text: Load) -> None:
    """70,000 words, as keepalived 2.2.7 reads them; more than 25,000 were refused."""
    more = ("priority 150", "advert_int 1", "garp_master_delay 1", "track_script {\nchk\n}", "notify /bin/true")
    addresses = "virtual_ipaddress {\n" + "".join(f"10.0.0.{n}/24 dev eth0\n" for n in range(1, 8)) + "}"
    each = (instance(*more, addresses, f"interface eth{n}", name=f"site_{n}_customer_lan") for n in range(2000))
    text = script() + "".join(each)
    assert 60_000 < len(text.split()) < WORDS_MAX // 20
    loaded = load_text(text)
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings[:3]]
    assert len(loaded.configuration.routers) == 2000


def test_findings_have_a_limit_and_say_so(load_text: Load) -> None:
    loaded = load_text("foo\n" * (FINDINGS_MAX + 5) + instance("priority 0"))
    assert len(loaded.findings) == FINDINGS_MAX
    assert "too-many-findings" in [finding.code for finding in loaded.findings]
    assert loaded.configuration is None


def test_foreign_text_in_a_finding_is_visible_and_short(load_text: Load) -> None:
    loaded = load_text(instance("\x1b[31m\udcff" + "x" * 500))
    (finding,) = loaded.findings
    assert finding.text.isprintable()
    assert r"\x1b[31m\udcff" in finding.text
    assert len(finding.text) < 150
