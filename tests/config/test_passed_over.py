"""Blocks that nobody here reads, such as those of server pools: nothing in them keeps a file from running."""

from __future__ import annotations

import pytest

from tests.config.config_texts import Load, instance, router, said

POOL = "virtual_server 10.0.0.1 80 {{\ndelay_loop 6\nreal_server 10.0.0.2 80 {{\nHTTP_GET {{\n{}\n}}\n}}\n}}\n"


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("path /" + "x" * 32_000, id="a line of 32,000 characters"),
        pytest.param("path " + "word " * 8000, id="a line of 8,000 words"),
        pytest.param("weight 1\n" * 600, id="more words than there may be"),
        pytest.param('path "/a', id="an open quote"),
        pytest.param("path /a\\#b", id="a sign that versions read differently"),
        pytest.param("path ${UNKNOWN}", id="a variable that is not defined"),
        pytest.param("path {{ template }}", id="a template"),
        pytest.param("url {\npath /${UNKNOWN}\n}", id="a block"),
    ],
)
def test_what_is_in_them_is_not_judged(load_text: Load, monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    monkeypatch.setattr("vrrptui.config.language.tree.WORDS_MAX", 1000)
    loaded = load_text(POOL.format(inside) + instance("priority 70"))
    assert [line.split()[1] for line in said(loaded)] == ["not-supported-yet"]
    assert router(loaded).priority == 70


@pytest.mark.parametrize("begins", ["virtual_server ${UNKNOWN} 80 {", "virtual_server {{ address }} 80 {"])
def test_their_first_line_is(load_text: Load, begins: str) -> None:
    loaded = load_text(begins + "\nreal_server 10.0.0.2 80 {\n}\n}\n" + instance("priority 256"))
    assert [line.split()[0] for line in said(loaded)] == ["error", "warning", "error"]


def test_one_that_is_not_closed_is_an_error_at_its_brace(load_text: Load) -> None:
    loaded = load_text(instance() + "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n}\n" + instance())
    assert "error open-block 8:28" in said(loaded)
    assert loaded.configuration is None


def test_a_brace_too_many_is_passed_over(load_text: Load) -> None:
    # keepalived 2.2.7: "Extra '}' found", and both instances run
    other = instance("virtual_router_id 52", name="B").replace(".100", ".101")
    loaded = load_text(instance() + "}\n" + other + "}\n}\n")
    assert said(loaded) == ["warning unexpected-brace 8:1"]
    assert loaded.findings[0].text.endswith("(3 times, the last in line 17)")
    assert [one.name for one in loaded.configuration.routers] == ["VI_1", "B"]


@pytest.mark.slow
def test_braces_without_end_take_no_memory_and_no_time(load_text: Load) -> None:
    loaded = load_text("a { { { {\n" * 100_000)
    assert "error open-block 1:3" in said(loaded)
